import Diagnosing
import FixturesTests
import Model
import Testing

struct ProbeRuleTests {
    private static let failing = Sample.probe(.unhealthy("It answered 503: not ready."))

    private static func finding(
        _ probes: [ProbeFacts], up: Duration = .seconds(3600), failedBefore: Bool = false,
        _ change: (inout UnitFacts) -> Void = { _ in }
    ) -> Finding? {
        var seen = Sample.running { unit in
            unit.activeSince = Sample.now - up
            change(&unit)
        }
        seen.probes = probes
        var history = AgentHistory()
        if failedBefore { history.kinds = [.probeFailed] }
        return Rules.findings(seen, history: history, policy: Policy()).first { $0.kind == .probeFailed }
    }

    @Test func `the first failure is a warning, and nothing is done about it`() throws {
        let finding = try #require(Self.finding([Self.failing]))
        #expect(finding.severity == .warning)
        #expect(finding.prescription == .none)
        #expect(
            finding.summary
                == "openclaw-gateway-coder.service is active and does not answer as it should; the next pass confirms it."
        )
        #expect(
            finding.evidence == [Evidence("GET http://127.0.0.1:48520/readyz", "It answered 503: not ready.")])
    }

    @Test func `the second failure in a row is an outage, and the unit is to be restarted`() throws {
        let finding = try #require(Self.finding([Self.failing], failedBefore: true))
        #expect(finding.severity == .critical)
        #expect(finding.prescription == .restart)
        #expect(
            finding.summary
                == "openclaw-gateway-coder.service is active and does not answer as it should, for the second pass.")
        #expect(finding.evidence.last == Evidence("ledger", "failed in the pass before, too"))
    }

    @Test func `what somebody has stopped in its course is left to them, and told with the command that lets it go on`()
        throws
    {
        var seen = Sample.running { $0.activeSince = Sample.now - .seconds(3600) }
        seen.probes = [Self.failing]
        seen.suspended = Suspension("its cgroup is frozen", ShellCommand("systemctl", "thaw", Sample.unit))
        var history = AgentHistory()
        history.kinds = [.probeFailed]
        let findings = Rules.findings(seen, history: history, policy: Policy())
        let finding = try #require(findings.first { $0.kind == .probeFailed })
        #expect(finding.severity == .warning)
        #expect(finding.prescription == .none)
        #expect(finding.summary.contains("because its cgroup is frozen."))
        #expect(finding.summary.contains("`systemctl thaw \(Sample.unit)`"))
    }

    @Test func `nothing is judged before the warm-up is over`() {
        #expect(Self.finding([Self.failing], up: .seconds(239), failedBefore: true) == nil)
        #expect(Self.finding([Self.failing], up: .seconds(240), failedBefore: true) != nil)
    }

    @Test(arguments: [ProbeFacts.Answer.healthy, .unsupported])
    func `an answer that is well, or that is not about health, proves no outage`(answer: ProbeFacts.Answer) {
        #expect(Self.finding([Sample.probe(answer)], failedBefore: true) == nil)
    }

    @Test func `one failing address among several is enough, and each failing one is named`() throws {
        let other = Sample.probe(.unhealthy("No answer."), url: "http://127.0.0.1:1/healthz")
        let finding = try #require(Self.finding([Sample.probe(.healthy), Self.failing, other]))
        #expect(
            finding.evidence.map(\.source) == [
                "GET http://127.0.0.1:48520/readyz", "GET http://127.0.0.1:1/healthz",
            ])
    }

    @Test func `a unit that does not run is not judged by its probes`() {
        let down = Self.finding([Self.failing], failedBefore: true) {
            $0.activeState = "failed"
            $0.subState = "failed"
        }
        #expect(down == nil)
    }
}
