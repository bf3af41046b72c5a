import Diagnosing
import FixturesTests
import Model
import Testing

/// How findings are put together.
struct RulesTests {
    private static let gap = Gap(source: "config", sentence: "The config could not be read.")

    private func found(_ seen: AgentObservation, policy: Policy = Policy()) -> [Finding] {
        Rules.findings(seen, history: AgentHistory(), policy: policy)
    }

    @Test func `outages come before warnings, and warnings before remarks`() {
        var seen = Sample.failed { $0.killMode = "process" }
        seen.gaps = [Gap(source: "processes", sentence: "A remark.", blinding: false)]
        #expect(found(seen).map(\.kind) == [.unitFailed, .unitKillMode, .watchdogIncomplete])
        #expect(found(seen).map(\.severity) == [.critical, .warning, .info])
    }

    @Test func `what could not be seen is a finding, and what could be seen is judged all the same`() throws {
        var seen = Sample.failed()
        seen.gaps = [Self.gap]
        #expect(found(seen).map(\.kind) == [.unitFailed, .watchdogIncomplete])
        let incomplete = try #require(found(seen).last)
        #expect(incomplete.severity == .warning)
        #expect(incomplete.summary == "The config could not be read.")
        #expect(incomplete.prescription == .none)
    }

    @Test func `a unit whose properties could not be read is not judged by empty ones`() {
        var seen = AgentObservation(agent: Sample.agent(), taken: Sample.now, unit: UnitFacts())
        seen.unit.activeState = "failed"
        seen.gaps = [Gap(source: "units", sentence: "No answer came.")]
        #expect(found(seen).map(\.kind) == [.watchdogIncomplete])
    }

    @Test func `a journal without the agent's own words takes no proof away`() {
        #expect(found(Sample.failed()).first?.evidence.count == 2)
    }

    @Test func `a host with gaps has a finding for each`() {
        let snapshot = Snapshot(
            taken: Sample.now, agents: [],
            gaps: [Self.gap, Gap(source: "journal", sentence: "A remark.", blinding: false)])
        let findings = Rules.findings(ofHost: snapshot)
        #expect(findings.map(\.kind) == [.watchdogIncomplete, .watchdogIncomplete])
        #expect(findings.map(\.severity) == [.warning, .info])
        #expect(
            findings.map(\.evidence) == [
                [Evidence("config", "The config could not be read.")], [Evidence("journal", "A remark.")],
            ])
    }

    @Test func `a host without gaps has no findings`() {
        #expect(Rules.findings(ofHost: Snapshot(taken: Sample.now, agents: [], gaps: [])).isEmpty)
    }
}

struct KillModeRuleTests {
    private func finding(_ mode: String, _ change: (inout Policy) -> Void = { _ in }) -> Finding? {
        var policy = Policy()
        change(&policy)
        let seen = Sample.running { $0.killMode = mode }
        return Rules.findings(seen, history: AgentHistory(), policy: policy).first { $0.kind == .unitKillMode }
    }

    @Test(arguments: ["process", "none"])
    func `a unit whose children outlive a restart is warned of while it still works`(mode: String) throws {
        let finding = try #require(self.finding(mode))
        #expect(finding.severity == .warning)
        #expect(finding.prescription == .enforceKillMode)
        #expect(
            finding.summary
                == "KillMode of openclaw-gateway-coder.service is \(mode): what the agent starts outlives a restart.")
    }

    @Test func `a unit that takes its children with it is well`() {
        #expect(finding("control-group") == nil)
        #expect(finding("") == nil)
    }

    @Test func `mixed is left alone unless the operator is strict`() {
        #expect(finding("mixed") == nil)
        #expect(finding("mixed") { $0.killModeStrict = true } != nil)
    }

    @Test func `a mode that the operator asked for is never complained of`() {
        let wanted = finding("mixed") {
            $0.killModeStrict = true
            $0.killMode = "mixed"
        }
        #expect(wanted == nil)
    }
}
