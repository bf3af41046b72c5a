import Diagnosing
import FixturesTests
import Model
import Testing

struct UnitRulesTests {
    private static func found(_ seen: AgentObservation, history: AgentHistory = AgentHistory()) -> [Finding] {
        Rules.findings(seen, history: history, policy: Policy())
    }

    private static func kinds(_ seen: AgentObservation) -> [FindingKind] { found(seen).map(\.kind) }

    @Test func `an agent that runs well has no findings`() {
        #expect(Self.kinds(Sample.running()).isEmpty)
    }

    // MARK: unit-failed

    @Test func `a failed unit is an outage with its result, its status and its last words`() throws {
        var seen = Sample.failed()
        seen.journal.lines = (1...7).map { Sample.line("word \($0)", at: Sample.now - .seconds(20 - Int64($0))) }
        seen.journal.lines.append(Sample.line("Failed with result 'exit-code'.", .manager))
        let finding = try #require(Self.found(seen).first)
        #expect(Self.found(seen).count == 1)
        #expect(finding.kind == .unitFailed)
        #expect(finding.severity == .critical)
        #expect(finding.prescription == .resetAndStart)
        #expect(finding.summary == "openclaw-gateway-coder.service has failed (result exit-code, status 1).")
        #expect(
            finding.evidence.map(\.text) == [
                "failed (failed) since 2026-09-01T03:14:50Z", "exit-code", "word 3", "word 4", "word 5", "word 6",
                "word 7",
            ])
        #expect(finding.evidence.last?.source == "journal, 2026-09-01T03:14:47Z")
    }

    // MARK: unit-config-exit

    @Test func `a unit that ended with status 78 refused its configuration, and no other kind is named`() throws {
        let seen = Sample.failed {
            $0.exitStatus = 78
            $0.restarts = 9
            $0.result = "start-limit-hit"
        }
        let finding = try #require(Self.found(seen).first)
        #expect(Self.kinds(seen) == [.unitConfigExit])
        #expect(finding.prescription == .restoreConfig)
        #expect(finding.severity == .critical)
        #expect(finding.summary == "openclaw-gateway-coder.service ended with status 78: it refused its configuration.")
    }

    @Test func `status 78 counts while systemd is about to try the same file again`() {
        let seen = Sample.failed {
            $0.activeState = "activating"
            $0.subState = "auto-restart"
            $0.exitStatus = 78
            $0.restarts = 5
        }
        #expect(Self.kinds(seen) == [.unitConfigExit])
    }

    @Test func `status 78 counts where the unit takes it for a clean end`() {
        let seen = Sample.failed {
            $0.activeState = "inactive"
            $0.subState = "dead"
            $0.exitStatus = 78
        }
        #expect(Self.kinds(seen) == [.unitConfigExit])
    }

    @Test(arguments: ["active", "activating", "deactivating", "reloading"])
    func `status 78 of an earlier start says nothing of a unit that runs or starts`(state: String) {
        let seen = Sample.running {
            $0.exitStatus = 78
            $0.activeState = state
            $0.subState = state == "active" ? "running" : "start"
            $0.stateSince = Sample.now - .seconds(5)
        }
        #expect(Self.kinds(seen).isEmpty)
    }

    // MARK: unit-start-limit

    private static func line(_ age: Duration, _ speaker: JournalLine.Speaker = .manager) -> JournalLine {
        Sample.line("Start request repeated too quickly.", speaker, at: Sample.now - age)
    }

    @Test func `a unit in its start limit is told by its result`() throws {
        let seen = Sample.failed { $0.result = "start-limit-hit" }
        let finding = try #require(Self.found(seen).first)
        #expect(Self.kinds(seen) == [.unitStartLimit])
        #expect(finding.prescription == .resetAndStart)
        #expect(finding.summary == "openclaw-gateway-coder.service failed so often that systemd refuses to start it.")
    }

    @Test(arguments: [Duration.seconds(10), .seconds(1), .seconds(15)])
    func `a unit in its start limit is told by the journal's line of this failure`(age: Duration) {
        var seen = Sample.failed()
        seen.journal.managers = [Self.line(age)]
        #expect(Self.kinds(seen) == [.unitStartLimit])
    }

    @Test func `the line of an earlier start limit does not count`() {
        var seen = Sample.failed()
        seen.journal.managers = [Self.line(.milliseconds(15_001)), Self.line(.seconds(86_400))]
        #expect(Self.kinds(seen) == [.unitFailed])
    }

    @Test func `what an agent prints about start requests is no proof`() {
        var seen = Sample.failed()
        seen.journal.managers = [Self.line(.seconds(1), .unit)]
        #expect(Self.kinds(seen) == [.unitFailed])
    }

    @Test func `a unit that runs again is in no start limit`() {
        var seen = Sample.running { $0.result = "start-limit-hit" }
        seen.journal.managers = [Self.line(.seconds(1))]
        #expect(Self.kinds(seen).isEmpty)
    }

    // MARK: unit-inactive

    /// A gateway, which has never done its work.
    private static func inactive(_ change: (inout UnitFacts) -> Void = { _ in }) -> AgentObservation {
        var seen = Sample.inactive(Sample.id, change)
        seen.agent.kind = KindName(rawValue: "openclaw")
        return seen
    }

    @Test(arguments: ["enabled", "enabled-runtime"])
    func `an enabled unit that is not running is an outage`(state: String) throws {
        let seen = Self.inactive { $0.unitFileState = state }
        let finding = try #require(Self.found(seen).first)
        #expect(Self.kinds(seen) == [.unitInactive])
        #expect(finding.prescription == .start)
        #expect(finding.summary == "openclaw-gateway-coder.service is enabled and not running.")
    }

    @Test(arguments: ["disabled", "static", "masked", "indirect", "generated", ""])
    func `a unit that nobody enabled may be off`(state: String) {
        #expect(Self.kinds(Self.inactive { $0.unitFileState = state }).isEmpty)
    }

    @Test func `a one-shot unit, and one that something else starts, may be off`() {
        #expect(Self.kinds(Self.inactive { $0.type = "oneshot" }).isEmpty)
        #expect(Self.kinds(Self.inactive { $0.triggeredBy = ["coder.timer"] }).isEmpty)
    }

    @Test func `a unit that an operator stopped may be off`() {
        var seen = Self.inactive()
        seen.journal.lastRequest = Sample.stop()
        seen.journal.end = .requested(Sample.stop())
        #expect(Self.kinds(seen).isEmpty)
        seen.journal.lastRequest = OperatorRequest(verb: .start, at: Sample.now, line: "Starting…")
        seen.journal.end = Sample.ended
        #expect(Self.kinds(seen) == [.unitInactive])
    }
}
