import FixturesTests
import Model
import Recording
import Testing

/// What the ledger keeps of a process that worked, and of what was put back for it.
struct LedgerWorkedTests {
    private let folder: ScratchFolder
    private let ledger: Ledger

    init() throws {
        folder = try ScratchFolder()
        ledger = try Ledger.open(in: folder.path, at: Sample.now)
    }

    private func remembered(_ change: (inout AgentHistory) -> Void) throws -> AgentHistory? {
        var history = AgentHistory()
        history.verdict = "healthy"
        change(&history)
        try ledger.remember(Sample.agent(), history)
        return try ledger.histories(actionsSince: Sample.now)[Sample.id]
    }

    @Test(arguments: [[], ["a"], ["a", "b", "c"]] as [Set<String>])
    func `a process that worked comes back with what it had read`(meanings: Set<String>) throws {
        let run = WorkingRun(started: Sample.now - .seconds(60), meanings: meanings)
        #expect(try remembered { $0.worked = run }?.worked == run)
        #expect(try remembered { $0.worked = nil }?.worked == nil)
    }

    // MARK: Known-good versions

    private func version(_ text: String, mark: String? = nil, meaning: String? = nil) -> ConfigVersion {
        ConfigVersion(
            path: Sample.configPath, bytes: Array(text.utf8), digest: Sample.digest(text), mode: 0o600, uid: 1000,
            gid: 1000, modified: Sample.now, changed: Sample.now, meaning: meaning.map(Sample.digest), mark: mark)
    }

    @Test func `the release that wrote a file last is kept with it`() throws {
        try ledger.keep(version("text", mark: "2026.9"), of: Sample.id, as: .knownGood, at: Sample.now)
        #expect(try ledger.knownGood(of: Sample.id).map(\.mark) == ["2026.9"])
        try ledger.keep(version("text"), of: Sample.id, as: .knownGood, at: Sample.now)
        #expect(try ledger.knownGood(of: Sample.id).map(\.mark) == ["2026.9"], "nobody says otherwise")
    }

    @Test func `one that another release has written is a version of its own, though it means the same`() throws {
        func stored() throws -> Int { try ledger.knownGood(of: Sample.id).first.map { $0.bytes.count } ?? 0 }
        try ledger.keep(version("text", mark: "1", meaning: "x"), of: Sample.id, as: .knownGood, at: Sample.now)
        let later = Sample.now + .seconds(1)
        try ledger.keep(version("text 2", mark: "1", meaning: "x"), of: Sample.id, as: .knownGood, at: later)
        #expect(try stored() == 4, "only marked anew")
        try ledger.keep(version("text 3", mark: "2", meaning: "x"), of: Sample.id, as: .knownGood, at: later)
        #expect(try stored() == 6)
    }

    @Test func `since when an agent has a known-good config is told`() throws {
        #expect(try ledger.knownGoodSince(of: Sample.id) == nil)
        try ledger.keep(version("seen"), of: Sample.id, as: .seen, at: Sample.now + .seconds(9))
        #expect(try ledger.knownGoodSince(of: Sample.id) == nil)
        for (text, second) in [("a", 5), ("b", 7), ("c", 6)] as [(String, Int64)] {
            try ledger.keep(version(text), of: Sample.id, as: .knownGood, at: Sample.now + .seconds(second))
        }
        #expect(try ledger.knownGoodSince(of: Sample.id) == Sample.now + .seconds(7))
    }

    // MARK: Rollbacks

    /// Planned, and not begun.
    private func plannedRollback() throws -> (incident: Incident, action: Int64) {
        let incident = try ledger.openIncident(
            Sample.id, kinds: [.unitConfigExit], severity: .critical, summary: "", at: Sample.now)
        let restore = ConfigRestore(version: version("good"), replacing: Sample.digest("bad"))
        let plan = Plan(agent: Sample.id, rungs: [.lastKnownGood], steps: [.restoreConfig(restore)], reason: "")
        let ids = try ledger.plan(
            plan, targets: [Sample.configPath], incident: incident, number: 1, at: Sample.now)
        return (incident, ids[0])
    }

    @Test(arguments: [("healed", 1), ("held", 0), (nil, 1)] as [(String?, Int)])
    func `a rollback of which nobody knows whether it helped may be made again`(outcome: String?, count: Int) throws {
        let (incident, action) = try plannedRollback()
        try ledger.begin(action: action, at: Sample.now)
        try ledger.end(
            action: action, ActionOutcome(remedy: "", target: "", result: .done, reason: ""), at: Sample.now)
        if let outcome { try ledger.close(incident, outcome: outcome, at: Sample.now) }
        #expect(try ledger.rollbacks(of: Sample.id).count == count)
    }

    @Test func `when a restore was begun is told with what it replaced`() throws {
        try ledger.keep(version("bad"), of: Sample.id, as: .seen, at: Sample.now)
        let (incident, action) = try plannedRollback()
        try ledger.begin(action: action, at: Sample.now + .seconds(3))
        #expect(try ledger.replaced(in: incident).map(\.at) == [Sample.now + .seconds(3)])
    }

    @Test func `what can have broken an agent is kept with its incident`() throws {
        var incident = try ledger.openIncident(
            Sample.id, kinds: [.unitFailed], severity: .critical, summary: "", at: Sample.now)
        #expect(try ledger.openIncidents().map(\.suspects) == [nil])
        for suspects in [["a", "b"], [], nil] as [Set<String>?] {
            incident.suspects = suspects
            try ledger.update(incident, diagnosis: nil, reason: nil)
            #expect(try ledger.openIncidents().map(\.suspects) == [suspects])
        }
    }
}
