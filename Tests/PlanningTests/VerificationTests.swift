import FixturesTests
import Model
import Planning
import Testing

/// Whether a start has helped.
struct VerificationTests {
    private static let plan = Plan(
        agent: Sample.id, rungs: [.rule(.unitFailed)], steps: [.resetFailed, .startUnit], reason: "")
    private static let acted = Sample.now
    private static let unitFailed = "d9b373ed55a64feb8242e02dbe79a49c"
    private static let mainProcessExited = "98e322203f7a4ed290d09fe03c09fe15"

    /// A unit that came up `up` after the action, seen `later` after it.
    private static func started(
        later: Duration, up: Duration = .zero, _ change: (inout UnitFacts) -> Void = { _ in }
    ) -> AgentObservation {
        Sample.running(at: acted + later) { unit in
            unit.activeSince = acted + up
            change(&unit)
        }
    }

    private func judge(_ seen: AgentObservation, restarts: UInt32 = 0) -> Verification {
        Verification.judge(
            Self.plan, before: Sample.failed(), seen: seen, findings: [], acted: Self.acted, restarts: restarts,
            policy: Policy())
    }

    @Test func `a unit that has held for the settle time is healed`() {
        #expect(judge(Self.started(later: .seconds(10))) == .healed)
    }

    @Test func `a unit that has not held that long is waited for`() {
        #expect(judge(Self.started(later: .milliseconds(9_999))) == .waiting("has held for 9 s of 10 s"))
    }

    @Test func `the settle time begins when the unit is up, not when it was asked to start`() {
        #expect(judge(Self.started(later: .seconds(14), up: .seconds(5))) == .waiting("has held for 9 s of 10 s"))
        #expect(judge(Self.started(later: .seconds(15), up: .seconds(5))) == .healed)
    }

    @Test func `the settle time of a unit that was up all along begins with the action`() {
        #expect(judge(Self.started(later: .seconds(4), up: .seconds(-3600))) == .waiting("has held for 4 s of 10 s"))
    }

    @Test func `a unit that is still starting is waited for`() {
        let seen = Self.started(later: .seconds(30)) {
            $0.activeState = "activating"
            $0.subState = "start"
        }
        #expect(judge(seen) == .waiting("is activating"))
    }

    @Test(arguments: ["failed", "inactive"])
    func `a unit that went down again is not healed`(state: String) {
        let seen = Self.started(later: .seconds(20)) {
            $0.activeState = state
            $0.exitStatus = 78
        }
        #expect(judge(seen) == .broken("openclaw-gateway-coder.service is \(state) again (status 78)."))
    }

    @Test func `a unit that systemd had to restart is not healed, though it runs`() {
        let sentence = "openclaw-gateway-coder.service went away again and systemd restarts it."
        #expect(judge(Self.started(later: .seconds(20)) { $0.restarts = 3 }, restarts: 2) == .broken(sentence))
        #expect(judge(Self.started(later: .seconds(20)) { $0.restarts = 2 }, restarts: 2) == .healed)
        let pending = Self.started(later: .seconds(20)) {
            $0.activeState = "activating"
            $0.subState = "auto-restart"
        }
        #expect(judge(pending) == .broken(sentence))
    }

    @Test(arguments: [unitFailed, mainProcessExited])
    func `a failure in the journal after the start counts, although the unit looks well`(id: String) {
        var seen = Self.started(later: .seconds(20))
        seen.journal.lines = [Sample.line("Main process exited.", .manager, at: Self.acted + .seconds(1), id: id)]
        #expect(judge(seen) == .broken(#"The journal shows a new failure after the action: "Main process exited."."#))
    }

    @Test func `of several failures the newest is told`() {
        var seen = Self.started(later: .seconds(20))
        seen.journal.lines = (1...3).map {
            Sample.line("Failure \($0).", .manager, at: Self.acted + .seconds($0), id: Self.unitFailed)
        }
        #expect(judge(seen) == .broken(#"The journal shows a new failure after the action: "Failure 3."."#))
    }

    @Test func `a failure from before the start, and another line, do not count`() {
        var seen = Self.started(later: .seconds(20))
        seen.journal.lines = [
            Sample.line("Failed.", .manager, at: Self.acted, id: Self.unitFailed),
            Sample.line("Started.", .manager, at: Self.acted + .seconds(1), id: "39f53479d3a045ac8e11786248231fbf"),
            Sample.line("I have failed", .unit, at: Self.acted + .seconds(2), id: Self.unitFailed),
        ]
        #expect(judge(seen) == .healed)
    }

    @Test func `a probe that fails is waited for until the warm-up is over`() {
        var seen = Self.started(later: .seconds(239))
        seen.probes = [Sample.probe(.unhealthy("It answered 503."))]
        #expect(judge(seen) == .waiting("runs, and does not answer yet"))
    }

    @Test func `a probe that still fails after the warm-up means that it is not healed`() {
        var seen = Self.started(later: .seconds(240))
        seen.probes = [Sample.probe(.healthy), Sample.probe(.unhealthy("It answered 503."))]
        #expect(
            judge(seen)
                == .broken(
                    "openclaw-gateway-coder.service runs, and after its warm-up does not answer as it should. "
                        + "It answered 503."))
    }

    @Test(arguments: [ProbeFacts.Answer.healthy, .unsupported])
    func `a probe that is well or proves nothing does not stand in the way`(answer: ProbeFacts.Answer) {
        var seen = Self.started(later: .seconds(10))
        seen.probes = [Sample.probe(answer)]
        #expect(judge(seen) == .healed)
    }
}

/// Whether a repair on a running agent has helped, and left it alone.
struct UpkeepVerificationTests {
    private static let plan = Plan(
        agent: Sample.id, rungs: [.rule(.unitKillMode), .rule(.processLeftover)],
        steps: [.writeKillMode("control-group")], reason: "")

    private func judge(_ seen: AgentObservation, findings: [Finding] = []) -> Verification {
        Verification.judge(
            Self.plan, before: Sample.running(), seen: seen, findings: findings, acted: Sample.now, restarts: 0,
            policy: Policy())
    }

    @Test func `it is healed at once when the finding is gone and the agent untouched`() {
        #expect(judge(Sample.running()) == .healed)
    }

    @Test func `another main process means that the agent was restarted`() {
        let sentence = Verification.broken("openclaw-gateway-coder.service was restarted meanwhile.")
        #expect(judge(Sample.running { $0.mainPID = 4712 }) == sentence)
        #expect(judge(Sample.running { $0.invocationID = "f" }) == sentence)
    }

    @Test func `a finding that is still there is said`() {
        let finding = Sample.finding(.processLeftover, .warning, summary: "A process is left.")
        #expect(judge(Sample.running(), findings: [finding]) == .broken("It is still so: A process is left."))
    }

    @Test func `of several findings that are still there the most severe is said`() {
        let findings = [
            Sample.finding(.processLeftover, .critical, summary: "First."),
            Sample.finding(.unitKillMode, .warning, summary: "Second."),
        ]
        #expect(judge(Sample.running(), findings: findings) == .broken("It is still so: First."))
    }

    @Test func `another finding is not this plan's`() {
        #expect(judge(Sample.running(), findings: [Sample.finding(.probeFailed)]) == .healed)
    }
}
