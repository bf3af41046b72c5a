import FixturesTests
import Model
import Planning
import Testing

/// Whether a conflict is over, and a stray gone.
struct ConflictVerificationTests {
    private static let conflict = Sample.finding(.pollerConflict, .warning, .restart, summary: "Polls end with 409.")
    private static let end = Remedy.endProcess(
        EndOrder(
            process: ProcessID(pid: 7, startTicks: 1), cgroup: "/", uid: 0, proof: .token(TokenFingerprint(hex: "a"))))

    private func judge(
        _ steps: [Remedy], _ rungs: [Rung] = [.rule(.pollerConflict)], after: Duration, findings: [Finding] = [],
        up: Duration = .seconds(-3600), _ change: (inout UnitFacts) -> Void = { _ in }
    ) -> Verification {
        let plan = Plan(agent: Sample.id, rungs: rungs, steps: steps, reason: "")
        let seen = Sample.running(at: Sample.now + after) { unit in
            unit.activeSince = Sample.now + up
            change(&unit)
        }
        return Verification.judge(
            plan, before: Sample.running(), seen: seen, findings: findings, acted: Sample.now, restarts: 0,
            policy: Policy())
    }

    @Test func `without a new line the settle time is waited for, and then it is healed`() {
        #expect(judge([Self.end], after: .seconds(9)) == .waiting("polls without a new 409 for 9 s of 10 s"))
        #expect(judge([Self.end], after: .seconds(10)) == .healed)
    }

    @Test func `a new line at any time means that it was of no use`() {
        for after in [1, 10, 100] as [Int64] {
            #expect(
                judge([Self.end], after: .seconds(after), findings: [Self.conflict])
                    == .broken("It is still so: Polls end with 409."))
        }
    }

    @Test func `an agent that was restarted for it has to hold, and to poll in peace`() {
        let restarted = [Remedy.restartUnit]
        #expect(judge(restarted, after: .seconds(9), up: .zero) == .waiting("has held for 9 s of 10 s"))
        #expect(judge(restarted, after: .seconds(10), up: .zero) == .healed)
        #expect(
            judge(restarted, after: .seconds(10), findings: [Self.conflict], up: .zero)
                == .broken("It is still so: Polls end with 409."))
    }

    @Test func `a conflict that another plan was not for does not speak against it`() {
        #expect(
            judge([.restartUnit], [.rule(.unitFailed)], after: .seconds(10), findings: [Self.conflict], up: .zero)
                == .healed)
        #expect(judge([Self.end], [.rule(.processStray)], after: .zero, findings: [Self.conflict]) == .healed)
    }

    @Test func `an agent that was restarted meanwhile was not left alone`() {
        #expect(
            judge([Self.end], after: .seconds(20)) { $0.mainPID = 99 }
                == .broken("openclaw-gateway-coder.service was restarted meanwhile."))
    }

    @Test func `a stray that is still there is said, and one that was only told is not this plan's`() {
        let stray = Sample.finding(.processStray, .warning, .end([]), summary: "A stray.")
        let told = Sample.finding(.processStray, .warning, .none, summary: "Somebody's.")
        let rungs: [Rung] = [.rule(.processStray)]
        #expect(judge([Self.end], rungs, after: .zero, findings: [stray]) == .broken("It is still so: A stray."))
        #expect(judge([Self.end], rungs, after: .zero, findings: [told]) == .healed)
    }
}
