import FixturesTests
import Model
import Planning
import Testing

/// What a plan needs besides a budget: proof that nobody stopped the unit, and that it is one agent alone.
struct GateProofTests {
    private static let start = Plan(
        agent: Sample.id, rungs: [.rule(.unitFailed)], steps: [.startUnit], reason: "It has failed.")
    private static let dropIn = Plan(
        agent: Sample.id, rungs: [.rule(.unitKillMode)], steps: [.writeKillMode("mixed")], reason: "Unsafe.")
    private static let end = Plan(
        agent: Sample.id, rungs: [.rule(.processLeftover)], steps: [.endProcess(Sample.order(7))], reason: "Left.")
    private static let order = Plan(agent: Sample.id, rungs: [.change], steps: [.restartUnit], reason: "Ordered.")

    private func refusal(
        of plan: Plan, seen: AgentObservation, history: AgentHistory = AgentHistory()
    ) -> String? {
        let ruling = Gate.rule(
            on: plan, seen: seen, history: history, policy: Policy(), braked: false, now: Sample.now)
        switch consume ruling {
        case .refused(let reason): return reason
        case .spent(let reason): return "Spent: \(reason)"
        case .approved(let approved):
            #expect(approved.spend() == plan)
            return nil
        }
    }

    @Test func `a unit that is another's double is not touched, but for an operator's order`() {
        for plan in [Self.start, Self.dropIn, Self.end] {
            var seen = plan == Self.start ? Sample.failed() : Sample.running()
            seen.double = AgentDouble(
                agent: AgentID(scope: Sample.user, unit: Sample.unit), name: "coder@fleet", isUp: true,
                path: Sample.configPath)
            #expect(
                refusal(of: plan, seen: seen)
                    == "Left alone: \(Sample.unit) of the user manager of fleet is this very agent.")
            #expect(refusal(of: Self.order, seen: seen) == nil)
        }
    }

    @Test func `without proof that nobody stopped it nothing is started`() {
        var seen = Sample.failed()
        seen.journal.end = nil
        #expect(
            refusal(of: Self.start, seen: seen)
                == "Whether somebody stopped \(Sample.unit) cannot be told, so it is not started.")
        #expect(refusal(of: Self.end, seen: seen) == nil, "what starts nothing needs none")
    }

    @Test func `no drop-in is loaded together with what somebody else has changed`() {
        let seen = Sample.running { $0.needsReload = true }
        #expect(
            refusal(of: Self.dropIn, seen: seen)
                == "The files of \(Sample.unit) were changed and not loaded yet: to have them read now would make effective what somebody may still be at."
        )
        #expect(refusal(of: Self.end, seen: seen) == nil)
        for needed in [false, nil] {
            #expect(refusal(of: Self.dropIn, seen: Sample.running { $0.needsReload = needed }) == nil)
        }
    }

    @Test func `what a pass that died has written and not loaded is its own`() {
        let seen = Sample.running { $0.needsReload = true }
        for (remedy, began, isOwn) in [
            ("writeKillMode", true, true), ("writeKillMode", false, false), ("restoreConfig", true, false),
        ] {
            var history = AgentHistory()
            history.interrupted = [
                InterruptedStep(id: 1, rung: .rule(.unitKillMode), remedy: remedy, began: began)
            ]
            #expect((refusal(of: Self.dropIn, seen: seen, history: history) == nil) == isOwn, "\(remedy) \(began)")
        }
    }
}
