import FixturesTests
import Model
import Planning
import Testing

/// Strays and conflicts, from the finding to the plan.
struct StrayPlanTests {
    private static func order(_ pid: Int32, _ proof: EndOrder.Proof = .token(TokenFingerprint(hex: "a"))) -> EndOrder {
        EndOrder(process: ProcessID(pid: pid, startTicks: 12), cgroup: "/system.slice/x.scope", uid: 1000, proof: proof)
    }

    private func facts(
        _ findings: [Finding], seen: AgentObservation = Sample.running(), tried: [Rung] = []
    ) -> Ladder.Facts {
        Ladder.Facts(
            seen: seen, findings: findings, history: AgentHistory(), tried: tried, advice: nil,
            advisorAvailable: true, policy: Policy())
    }

    private static let stray = Sample.finding(.processStray, .warning, .end([order(7), order(8)]), summary: "A stray.")
    private static let conflict = Sample.finding(
        .pollerConflict, .warning, .end([Sample.order(5), order(8)]), summary: "A conflict.")
    private static let leftover = Sample.finding(
        .processLeftover, .warning, .end([Sample.order(5)]), summary: "A leftover.")

    @Test func `a process that two findings name is ended once`() throws {
        let plan = try LadderOutageTests.plan(Ladder.next(facts([Self.leftover, Self.stray, Self.conflict])))
        #expect(
            plan.steps == [
                .endProcess(Sample.order(5)), .endProcess(Self.order(7)), .endProcess(Self.order(8)),
            ])
        #expect(plan.rungs == [.rule(.processLeftover), .rule(.processStray), .rule(.pollerConflict)])
        #expect(plan.reason == "A leftover. A stray. A conflict.")
    }

    @Test func `the same process under another proof is another order`() throws {
        let other = Sample.finding(.pollerConflict, .warning, .end([Self.order(7, .port(1))]))
        let plan = try LadderOutageTests.plan(Ladder.next(facts([Self.stray, other])))
        #expect(
            plan.steps.count == 3, "each is proven anew while the process is held, and one that has ended is no harm")
    }

    @Test func `an agent that conflicts with itself is restarted once, and then it is a person's`() throws {
        let alone = Sample.finding(.pollerConflict, .warning, .restart, summary: "Alone; then it is polled elsewhere.")
        #expect(try LadderOutageTests.plan(Ladder.next(facts([alone]))).steps == [.restartUnit])
        #expect(
            Ladder.next(facts([alone], tried: [.rule(.pollerConflict)]))
                == .escalate("Alone; then it is polled elsewhere. What the rule prescribes was done and did not last."))
    }

    @Test func `what is only told is no plan and no escalation`() {
        let told = [FindingKind.processStray, .pollerConflict, .pollerDuplicateToken, .pollerWebhook, .secretRejected]
        #expect(Ladder.next(facts(told.map { Sample.finding($0, .warning) })) == .nothing)
        #expect(
            Ladder.next(facts(told.map { Sample.finding($0, .warning) }, tried: told.map { .rule($0) })) == .nothing)
    }

    // MARK: While the agent is down

    @Test func `a stray that may hold the agent's port is ended before the start`() throws {
        let failed = Sample.finding(.unitFailed, .critical, .resetAndStart, summary: "It has failed.")
        let plan = try LadderOutageTests.plan(Ladder.next(facts([failed, Self.stray], seen: Sample.failed())))
        #expect(
            plan.steps == [
                .endProcess(Self.order(7)), .endProcess(Self.order(8)), .resetFailed, .startUnit,
            ])
        #expect(plan.rungs == [.rule(.processStray), .rule(.unitFailed)])
    }

    @Test func `a stray is blamed before any advisor or config`() throws {
        let probe = Sample.finding(.probeFailed, .critical, summary: "It does not answer.")
        let plan = try LadderOutageTests.plan(
            Ladder.next(facts([probe, Self.stray], tried: [.rule(.probeFailed)])))
        #expect(plan.steps == [.endProcess(Self.order(7)), .endProcess(Self.order(8)), .restartUnit])
        #expect(plan.rungs == [.rule(.processStray)])
        #expect(Ladder.next(facts([probe, Self.stray], tried: [.rule(.probeFailed), .rule(.processStray)])) == .ask)
    }

    // MARK: The gate

    private func refusal(_ steps: [Remedy], actions: Int, braked: Bool = false) -> String? {
        var history = AgentHistory()
        history.actions = [Timestamp](repeating: Sample.now - .seconds(60), count: actions)
        let plan = Plan(agent: Sample.id, rungs: [.rule(.processStray)], steps: steps, reason: "")
        let ruling = Gate.rule(
            on: plan, seen: Sample.running(), history: history, policy: Policy(), braked: braked, now: Sample.now)
        switch consume ruling {
        case .refused(let reason): return reason
        case .spent(let reason): return "Spent: \(reason)"
        case .approved(let approved): return approved.spend() == plan ? nil : "another plan"
        }
    }

    @Test(arguments: [EndOrder.Proof.token(TokenFingerprint(hex: "a")), .port(18_789)])
    func `to end what somebody starts again and again has a limit`(proof: EndOrder.Proof) {
        let steps = [Remedy.endProcess(Self.order(7, proof))]
        #expect(refusal(steps, actions: 2) == nil)
        #expect(
            refusal(steps, actions: 3)
                == "Spent: 3 healing actions within 6 h are the limit for one agent, and they are spent.")
    }

    @Test func `a leftover costs nothing, and the brake holds back neither`() {
        #expect(refusal([.endProcess(Sample.order(7))], actions: 9) == nil)
        #expect(refusal([.endProcess(Self.order(7)), .endProcess(Sample.order(7))], actions: 0, braked: true) == nil)
    }
}
