import FixturesTests
import Model
import Planning
import Testing

/// What somebody else, or the unit's own settings, do while a plan is being watched.
struct StoppedVerificationTests {
    private static let plan = Plan(
        agent: Sample.id, rungs: [.rule(.unitFailed)], steps: [.resetFailed, .startUnit], reason: "")

    private func judge(_ seen: AgentObservation, restarts: UInt32 = 0, restores: Bool = false) -> Verification {
        let restore = ConfigRestore(version: Sample.config("good"), replacing: Sample.digest("bad"))
        let steps = (restores ? [.restoreConfig(restore)] : []) + Self.plan.steps
        return Verification.judge(
            Plan(agent: Sample.id, rungs: Self.plan.rungs, steps: steps, reason: ""), before: Sample.failed(),
            seen: seen, findings: [], acted: Sample.now - .seconds(60),
            restarts: restarts, policy: Policy())
    }

    @Test func `a stop in between proves nothing of what was done`() {
        var seen = Sample.inactive()
        seen.journal.lastRequest = Sample.stop()
        #expect(
            judge(seen)
                == .stopped(
                    "While it was being watched, its manager was asked to stop it at 2026-09-01T03:14:55Z (journal: \"Stopping openclaw-gateway-coder.service...\"); by whom is not recorded."
                ))
        #expect(
            judge(Sample.failed { $0.unitFileState = "disabled" })
                == .stopped("While it was being watched, the unit is disabled."))
    }

    @Test func `an end with success proves nothing of a config that was put back`() {
        let seen = Sample.inactive { $0.mainEnd = .exited(0) }
        #expect(
            judge(seen, restores: true)
                == .stopped("It has ended with success meanwhile, which says nothing of its config."))
        guard case .broken = judge(seen) else {
            Issue.record("without a config it is broken, and \(judge(seen)) came")
            return
        }
        guard case .broken = judge(Sample.failed(), restores: true) else {
            Issue.record("a failure is one, and \(judge(Sample.failed(), restores: true)) came")
            return
        }
    }

    @Test func `a unit that runs although it is disabled is judged by how it runs`() {
        #expect(judge(Sample.running { $0.unitFileState = "disabled" }) == .healed)
    }

    @Test func `a job of systemd's that has not come to its end is waited for`() {
        let seen = Sample.inactive {
            $0.hasJob = true
            $0.jobType = "restart"
        }
        #expect(judge(seen) == .waiting("is still being restarted"))
    }

    private static func declared(_ end: MainEnd, _ sub: String = "auto-restart") -> AgentObservation {
        Sample.failed {
            $0.activeState = "activating"
            $0.subState = sub
            $0.restarts = 1
            $0.mainEnd = end
            $0.declared = DeclaredEnds(statuses: [75], signals: [10])
        }
    }

    @Test(arguments: [MainEnd.exited(75), .killed(signal: 10), .dumped(signal: 10)])
    func `a restart that the unit itself wants for such an end is no failure`(end: MainEnd) {
        #expect(judge(Self.declared(end)) == .waiting("was restarted as its unit has it for such an end"))
    }

    @Test(arguments: [MainEnd.exited(1), .exited(10), .killed(signal: 9)])
    func `another end is one`(end: MainEnd) {
        let sentence = "\(Sample.unit) went away again and systemd restarts it."
        #expect(judge(Self.declared(end)) == .broken(sentence))
    }

    @Test func `of a unit that runs again the journal tells how it ended`() {
        func judged(_ status: Int32) -> Verification {
            var seen = Sample.running {
                $0.restarts = 1
                $0.declared = DeclaredEnds(statuses: [75])
            }
            seen.journal.managers = [
                JournalLine(
                    at: Sample.now - .seconds(30), speaker: .manager, text: "Main process exited",
                    messageID: "98e322203f7a4ed290d09fe03c09fe15", exitStatus: status)
            ]
            return judge(seen)
        }
        #expect(judged(75) == .waiting("was restarted as its unit has it for such an end"))
        #expect(judged(1) == .broken("\(Sample.unit) went away again and systemd restarts it."))
    }

    @Test func `what only a guessed address says is no failure`() {
        var seen = Sample.running()
        seen.probes = [
            ProbeFacts(
                probe: HealthProbe(url: "http://127.0.0.1:1/readyz", assumed: true), answer: .unhealthy("No answer."),
                doubt: "gateway.bind is tailnet")
        ]
        #expect(judge(seen) == .healed)
        seen.probes[0].answer = .notAsked("No socket.")
        seen.probes[0].doubt = nil
        #expect(judge(seen) == .healed)
        seen.probes[0].answer = .unhealthy("No answer.")
        #expect(judge(seen) != .healed)
    }
}
