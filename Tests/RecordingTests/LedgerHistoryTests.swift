import FixturesTests
import Model
import Recording
import Testing

/// What one pass tells the next one of an agent.
struct LedgerHistoryTests {
    private let folder: ScratchFolder
    private let ledger: Ledger
    private static let window = Sample.now - .seconds(21_600)

    init() throws {
        folder = try ScratchFolder()
        ledger = try Ledger.open(in: folder.path, at: Sample.now)
    }

    private func history(_ id: AgentID = Sample.id, since: Timestamp = window) throws -> AgentHistory {
        try #require(try ledger.histories(actionsSince: since)[id])
    }

    private func remember(
        _ id: AgentID = Sample.id, verdict: Verdict = .healthy, _ change: (inout AgentHistory) -> Void = { _ in }
    ) throws {
        var history = AgentHistory()
        history.verdict = verdict.rawValue
        history.kinds = [.unitKillMode, .probeFailed]
        change(&history)
        try ledger.remember(Sample.agent(id), history)
    }

    private func incident(_ id: AgentID? = Sample.id) throws -> Incident {
        try ledger.openIncident(id, kinds: [.unitFailed], severity: .critical, summary: "It failed.", at: Sample.now)
    }

    private func plan(_ steps: [Remedy], rungs: [Rung] = [.rule(.unitFailed)]) -> Plan {
        Plan(agent: Sample.id, rungs: rungs, steps: steps, reason: "")
    }

    @discardableResult
    private func write(
        _ plan: Plan, number: Int = 1, at planned: Timestamp = Sample.now, begin: Int = 0, end: Int = 0,
        in incident: Incident? = nil
    ) throws -> [Int64] {
        let incident = try incident ?? self.incident()
        let ids = try ledger.plan(
            plan, targets: plan.steps.map(\.name), incident: incident, number: number, at: planned)
        for id in ids.prefix(begin) { try ledger.begin(action: id, at: planned) }
        let done = ActionOutcome(remedy: "", target: "", result: .done, reason: "Done.")
        for id in ids.prefix(end) { try ledger.end(action: id, done, at: planned) }
        return ids
    }

    @Test func `what a pass learnt of an agent is there for the next one`() throws {
        try remember {
            $0.restarts = 4_000_000_000
            $0.cursor = "s=1;i=2"
            $0.healthySince = Sample.now
            $0.healthyPasses = 1
            $0.healthyConfig = "a b"
            $0.stopped = Sample.now - .seconds(60)
        }
        try ledger.finishPass(.healthy, agents: 1, journalTail: nil, at: Sample.now + .seconds(2))
        let history = try history()
        #expect(history.verdict == "healthy")
        #expect(history.restarts == 4_000_000_000)
        #expect(history.cursor == "s=1;i=2")
        #expect(history.kinds == [.unitKillMode, .probeFailed])
        #expect(history.healthySince == Sample.now)
        #expect(history.healthyPasses == 1)
        #expect(history.healthyConfig == "a b")
        #expect(history.stopped == Sample.now - .seconds(60))
        #expect(history.lastSeen == Sample.now + .seconds(2))
    }

    @Test func `what is not so any more is forgotten`() throws {
        try remember {
            $0.restarts = 7
            $0.cursor = "s=1"
            $0.healthySince = Sample.now
            $0.stopped = Sample.now
        }
        try ledger.remember(Sample.agent(), AgentHistory())
        var nothing = AgentHistory()
        nothing.name = Sample.agent().name
        #expect(try history() == nothing)
    }

    @Test func `a name that the settings have changed is the agent's from then on`() throws {
        try remember()
        try ledger.remember(Agent(id: Sample.id, name: "renamed"), AgentHistory())
        #expect(try ledger.agents().map(\.name) == ["renamed"])
    }

    @Test func `the same unit under several managers is several agents`() throws {
        let others = [
            AgentID(scope: Sample.user, unit: Sample.unit),
            AgentID(scope: .user(uid: 1001, name: "odd:name with spaces"), unit: Sample.unit),
        ]
        try remember(verdict: .failing)
        for id in others { try remember(id, verdict: .healthy) }
        let histories = try ledger.histories(actionsSince: Self.window)
        #expect(Set(histories.keys) == Set(others + [Sample.id]))
        #expect(histories[Sample.id]?.verdict == "failing")
        #expect(histories[others[0]]?.verdict == "healthy")
        #expect(Set(try ledger.agents().map(\.id)) == Set(histories.keys))
    }

    // MARK: Budget

    @Test func `a plan counts once, however many steps it has`() throws {
        try write(plan([.resetFailed, .startUnit]), begin: 2, end: 2)
        #expect(try history().actions == [Sample.now])
        try write(plan([.restartUnit]), number: 2, at: Sample.now + .seconds(1), begin: 1)
        #expect(try history().actions.sorted() == [Sample.now, Sample.now + .seconds(1)])
    }

    @Test func `plans of two passes count for themselves`() throws {
        try write(plan([.restartUnit]), begin: 1, end: 1)
        let next = try Ledger.open(in: folder.path, at: Sample.now + .seconds(900))
        let ids = try next.plan(
            plan([.restartUnit]), targets: ["x"], incident: try incident(), number: 1, at: Sample.now + .seconds(900))
        try next.begin(action: ids[0], at: Sample.now + .seconds(900))
        #expect(try history().actions.count == 2)
    }

    @Test func `a plan that was never begun, and upkeep, cost nothing`() throws {
        try write(plan([.restartUnit]))
        try write(plan([.writeKillMode("mixed")], rungs: [.rule(.unitKillMode)]), number: 2, begin: 1, end: 1)
        #expect(try history().actions.isEmpty)
    }

    @Test func `a plan of before the window is spent no more`() throws {
        try write(plan([.restartUnit]), at: Self.window - .microseconds(1), begin: 1, end: 1)
        #expect(try history().actions.isEmpty)
        try write(plan([.restartUnit]), number: 2, at: Self.window, begin: 1, end: 1)
        #expect(try history().actions == [Self.window])
    }

    // MARK: Interrupted

    @Test func `steps that a pass which died left open are told, in order, with what they were to restore`() throws {
        let restore = ConfigRestore(version: Sample.config("good"), replacing: Sample.digest("bad"))
        let ids = try write(
            plan([.restoreConfig(restore), .resetFailed, .startUnit], rungs: [.lastKnownGood]), begin: 2, end: 1)
        let interrupted = try history().interrupted
        #expect(
            interrupted == [
                InterruptedStep(id: ids[1], rung: .lastKnownGood, remedy: "resetFailed", began: true),
                InterruptedStep(id: ids[2], rung: .lastKnownGood, remedy: "startUnit", began: false),
            ])
        let whole = try write(plan([.restoreConfig(restore)], rungs: [.advisor]), number: 2)
        #expect(try history().interrupted.last?.restoring == Sample.digest("good"))
        #expect(try history().interrupted.last?.id == whole[0])
    }

    @Test func `every rung of an interrupted plan is told, so that each can be climbed again`() throws {
        let end = Remedy.endProcess(Sample.order(7))
        try write(
            plan([.writeKillMode("mixed"), end], rungs: [.rule(.unitKillMode), .rule(.processLeftover)]), begin: 1)
        let rungs = Set(try history().interrupted.map(\.rung))
        #expect(rungs == [.rule(.unitKillMode), .rule(.processLeftover)])
    }

    @Test func `interrupted steps are closed once, and say how far they came`() throws {
        let incident = try incident()
        try write(plan([.resetFailed, .startUnit]), begin: 1, in: incident)
        try ledger.closeInterrupted(try history().interrupted, at: Sample.now)
        #expect(try history().interrupted.isEmpty)
        let actions = try #require(try ledger.incidents(id: incident.id).first).actions
        #expect(actions.map(\.outcome) == ["interrupted", "interrupted"])
        #expect(
            actions.map(\.reason) == [
                "The pass ended in the middle of this step.", "The pass ended before this step.",
            ])
        #expect(actions.allSatisfy { $0.ended == Sample.now })
    }

    // MARK: Agents

    @Test func `an open incident is the agent's, and the host's is nobody's`() throws {
        try remember()
        let mine = try incident()
        _ = try incident(nil)
        #expect(try history().incident?.id == mine.id)
        try ledger.close(mine, outcome: "healed", at: Sample.now)
        #expect(try history().incident == nil)
    }

    @Test func `that a KillMode was written is remembered until the unit is gone`() throws {
        try remember()
        #expect(try !history().wroteKillMode)
        try remember { $0.wroteKillMode = true }
        #expect(try history().wroteKillMode)
        try ledger.forget(Sample.id, closing: nil, at: Sample.now)
        #expect(try !history().wroteKillMode)
    }

    @Test func `an agent whose unit is gone leaves the list, its incident and its open steps end`() throws {
        try remember()
        let mine = try incident()
        try write(plan([.startUnit]), begin: 1, in: mine)
        try ledger.forget(Sample.id, closing: mine, at: Sample.now)
        #expect(try ledger.agents().isEmpty)
        #expect(try ledger.openIncidents().isEmpty)
        #expect(try history().interrupted.isEmpty)
        #expect(try history().verdict == "gone")
        #expect(try history().kinds.isEmpty)
        try remember()
        #expect(try ledger.agents().map(\.verdict) == ["healthy"], "it may come back")
    }

    @Test func `agents are listed by name with what was found and whether there is a way back`() throws {
        let other = AgentID(scope: .system, unit: "openclaw-gateway-artist.service")
        try remember()
        try remember(other, verdict: .degraded)
        try ledger.keep(Sample.config("good"), of: Sample.id, as: .knownGood, at: Sample.now)
        try ledger.keep(Sample.config("bad"), of: other, as: .seen, at: Sample.now)
        let agents = try ledger.agents()
        #expect(agents.map(\.name) == ["artist", "coder"])
        #expect(agents.map(\.hasKnownGood) == [false, true])
        #expect(Set(agents.first?.kinds ?? []) == [.unitKillMode, .probeFailed])
        #expect(agents.first?.verdict == "degraded")
    }

    @Test func `an agent that is met for the first time is known by its name before anything happens to it`() throws {
        try ledger.know([Sample.agent()])
        _ = try ledger.openIncident(
            Sample.id, kinds: [.unitFailed], severity: .critical, summary: "It failed.", at: Sample.now)
        #expect(try ledger.agents().map(\.name) == ["coder"])
        #expect(try ledger.incidents().map(\.agent) == ["coder"])
        try ledger.know([Agent(id: Sample.id, name: "other")])
        #expect(try ledger.agents().map(\.name) == ["coder"], "what it is called is for a pass to say")
    }
}
