import FixturesTests
import Model
import Planning
import Testing

struct GateTests {
    private static let start = Plan(
        agent: Sample.id, rungs: [.rule(.unitFailed)], steps: [.resetFailed, .startUnit], reason: "It has failed.")
    private static let upkeep = Plan(
        agent: Sample.id, rungs: [.rule(.unitKillMode)], steps: [.writeKillMode("control-group")], reason: "Unsafe.")
    private static let undo = Plan(agent: Sample.id, rungs: [.undo], steps: [.startUnit], reason: "It did not help.")

    /// The reason of a refusal, with a word before it where a person is to take over; `nil` where the plan was approved,
    /// and is the plan that was asked for.
    private func refusal(
        of plan: Plan, seen: AgentObservation = Sample.failed(), actions: [Timestamp] = [], policy: Policy = Policy(),
        braked: Bool = false
    ) -> String? {
        var history = AgentHistory()
        history.actions = actions
        let ruling = Gate.rule(
            on: plan, seen: seen, history: history, policy: policy, braked: braked, now: Sample.now)
        switch consume ruling {
        case .refused(let reason): return reason
        case .spent(let reason): return "Spent: \(reason)"
        case .approved(let approved):
            #expect(approved.spend() == plan)
            return nil
        }
    }

    @Test func `a plan that nothing speaks against is approved as it is`() {
        #expect(refusal(of: Self.start) == nil)
    }

    @Test func `what an operator wants is stronger than any plan`() {
        let disabled = Sample.failed { $0.unitFileState = "disabled" }
        #expect(refusal(of: Self.start, seen: disabled) == "Left alone: the unit is disabled.")
        #expect(refusal(of: Self.upkeep, seen: disabled) == "Left alone: the unit is disabled.")
    }

    @Test func `spent actions are refused with the number and the time`() {
        let spent = (1...3).map { Sample.now - .seconds(Int64($0) * 60) }
        #expect(
            refusal(of: Self.start, actions: spent)
                == "Spent: 3 healing actions within 6 h are the limit for one agent, and they are spent.")
    }

    @Test func `the last action of the budget may be used`() {
        #expect(refusal(of: Self.start, actions: [Sample.now - .seconds(60), Sample.now - .seconds(120)]) == nil)
    }

    @Test func `an action counts until its window is over, and not from then on`() {
        let window = Policy().actionsWindow
        let old = [Timestamp](repeating: Sample.now - window, count: 3)
        #expect(refusal(of: Self.start, actions: old) == nil)
        let young = [Timestamp](repeating: Sample.now - window + .microseconds(1), count: 3)
        #expect(refusal(of: Self.start, actions: young) != nil)
    }

    @Test func `a restart without a file counts as a start`() {
        let restart = Plan(agent: Sample.id, rungs: [.advisor], steps: [.restartUnit], reason: "")
        #expect(refusal(of: restart, actions: [Sample.now, Sample.now, Sample.now]) != nil)
    }

    @Test func `a budget of nothing forbids every start`() {
        var policy = Policy()
        policy.actionsPerAgent = 0
        #expect(
            refusal(of: Self.start, policy: policy)
                == "Spent: 0 healing actions within 6 h are the limit for one agent, and they are spent.")
        #expect(refusal(of: Self.upkeep, policy: policy) == nil)
    }

    @Test func `upkeep restarts nothing, so neither budget nor brake holds it back`() {
        let spent = [Timestamp](repeating: Sample.now, count: 9)
        #expect(refusal(of: Self.upkeep, seen: Sample.running(), actions: spent, braked: true) == nil)
    }

    @Test func `putting back a file that was replaced is never refused`() {
        let masked = Sample.failed { $0.loadState = "masked" }
        let spent = [Timestamp](repeating: Sample.now, count: 9)
        #expect(refusal(of: Self.undo, seen: masked, actions: spent, braked: true) == nil)
    }

    @Test func `a plan that only contains an undo among others is judged like any other`() {
        let mixed = Plan(agent: Sample.id, rungs: [.undo, .advisor], steps: [.startUnit], reason: "")
        #expect(refusal(of: mixed, braked: true) != nil)
    }

    @Test func `the brake refuses every start`() {
        #expect(
            refusal(of: Self.start, braked: true) == "Most of the fleet is broken at once, so nothing is restarted.")
    }
}

struct BrakeTests {
    /// Whether a fleet of the system's own is held, of which so many are broken.
    private static func holds(broken: Int, fleet: Int, share: Double) -> Bool {
        let members = (0..<fleet).map { Brake.Member(scope: .system, isBroken: $0 < broken) }
        return Brake.held(members, share: share) == [.system]
    }

    @Test(arguments: [
        (broken: 2, fleet: 4, holds: false),
        (broken: 3, fleet: 4, holds: true),
        (broken: 3, fleet: 5, holds: true),
        (broken: 3, fleet: 6, holds: false),
        (broken: 4, fleet: 6, holds: true),
        (broken: 0, fleet: 4, holds: false),
    ])
    func `more than half of a fleet is too much at once`(broken: Int, fleet: Int, holds: Bool) {
        #expect(Self.holds(broken: broken, fleet: fleet, share: 0.5) == holds)
    }

    @Test func `three agents are no fleet`() {
        #expect(!Self.holds(broken: 3, fleet: 3, share: 0.5))
        #expect(Self.holds(broken: 4, fleet: 4, share: 0.5))
    }

    @Test func `the operator's share is what counts`() {
        #expect(Self.holds(broken: 2, fleet: 10, share: 0.1))
        #expect(!Self.holds(broken: 10, fleet: 10, share: 1))
    }
}
