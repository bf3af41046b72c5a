import Diagnosing
import FixturesTests
import Model
import Testing

/// Answers that say nothing of an agent.
struct DoubtfulProbeTests {
    private static let guess = ProbeFacts(
        probe: HealthProbe(url: "http://127.0.0.1:18789/readyz", assumed: true), answer: .unhealthy("No answer."),
        doubt: "gateway.bind is tailnet")
    private static let unasked = Sample.probe(.notAsked("This host could not open a connection."))

    private func finding(_ probes: ProbeFacts..., kinds: Set<FindingKind> = [.probeFailed]) -> Finding? {
        var seen = Sample.running()
        seen.probes = probes
        var history = AgentHistory()
        history.kinds = kinds
        return Rules.findings(seen, history: history, policy: Policy()).first
    }

    @Test func `an address that is guessed is a remark, in how many passes ever`() {
        let found = finding(Self.guess)
        #expect(found?.kind == .probeFailed && found?.severity == .info && found?.prescription == Prescription.none)
        #expect(
            found?.summary
                == "Whether coder answers is not known: No answer. That is a guess, because gateway.bind is tailnet. To have it watched, set `health` of its [[agent]] in the settings."
        )
    }

    @Test func `what this host could not ask is a remark, and no failure of the agent`() {
        let found = finding(Self.unasked)
        #expect(found?.severity == .info && found?.prescription == Prescription.none)
        #expect(
            found?.summary
                == "Whether coder answers is not known: This host could not open a connection. To have it watched, set `health` of its [[agent]] in the settings."
        )
    }

    @Test func `a failure that counts is told, whatever is guessed beside it`() {
        let found = finding(Self.guess, Self.unasked, Sample.probe(.unhealthy("It answered 503.")))
        #expect(found?.severity == .critical && found?.prescription == .restart)
        #expect(found?.evidence.first?.text == "It answered 503.")
    }

    @Test func `a guess that is answered well is nothing`() {
        var well = Self.guess
        well.answer = .healthy
        #expect(finding(well) == nil)
    }
}
