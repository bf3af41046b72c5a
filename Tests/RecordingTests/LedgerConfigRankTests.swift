import FixturesTests
import Model
import Recording
import SQLite
import Testing

/// What tells versions of a config apart, how long they are kept, and what became of changes.
struct LedgerConfigRankTests {
    private let folder: ScratchFolder
    private let ledger: Ledger

    init() throws {
        folder = try ScratchFolder()
        ledger = try Ledger.open(in: folder.path, at: Sample.now)
    }

    private func keep(_ text: String, _ state: Ledger.ConfigState, after seconds: Int64 = 0) throws {
        try ledger.keep(Sample.config(text), of: Sample.id, as: state, at: Sample.now + .seconds(seconds))
    }

    private func good() throws -> [String] {
        try ledger.knownGood(of: Sample.id).map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    private func rows(_ condition: String = "1") throws -> Int64 {
        var count: Int64 = 0
        try Database(folder["ledger.db"], .readOnly).run("SELECT count(*) FROM config_versions WHERE \(condition)") {
            count = $0.integer(0)
        }
        return count
    }

    @Test func `meaning and release come back; a version of an older ledger means what it is`() throws {
        let version = Sample.config("touched", meaning: "said", release: "2026.9.1")
        try ledger.keep(version, of: Sample.id, as: .knownGood, at: Sample.now)
        #expect(try ledger.knownGood(of: Sample.id) == [version])
        try Database(folder["ledger.db"], .readWrite).execute("UPDATE config_versions SET meaning = NULL")
        #expect(try ledger.knownGood(of: Sample.id).first?.meaning == version.digest)
    }

    @Test func `a good config that differs from the newest good one in its marks alone is not kept again`() throws {
        func keep(_ text: String, meaning: String, after seconds: Int64) throws {
            try ledger.keep(
                Sample.config(text, meaning: meaning), of: Sample.id, as: .knownGood, at: Sample.now + .seconds(seconds)
            )
        }
        for start in 0..<20 { try keep("a \(start)", meaning: "a", after: Int64(start)) }
        #expect(try good() == ["a 0"])
        #expect(try rows() == 1)
        try keep("b", meaning: "b", after: 30)
        try keep("a 31", meaning: "a", after: 31)
        #expect(try good() == ["a 31"])
        #expect(try rows() == 3)
    }

    @Test func `an old version that is about to be replaced is kept as if it were new`() throws {
        try keep("old", .seen)
        for number in 0..<49 { try keep("newer \(number)", .seen, after: 1 + Int64(number)) }
        try keep("old", .seen, after: 100)
        for number in 0..<49 { try keep("newest \(number)", .seen, after: 200 + Int64(number)) }
        #expect(try rows("CAST(bytes AS TEXT) = 'old'") == 1)
        #expect(try rows() == 50)
    }

    @Test func `versions take no more than their share of the disk, and the newest stay whatever their size`() throws {
        let large = String(repeating: "x", count: 4 << 20)
        func keep(_ number: Int, _ state: Ledger.ConfigState) throws {
            let version = ConfigVersion(
                path: Sample.configPath, bytes: Array((large + "\(number)").utf8), digest: Sample.digest("\(number)"),
                mode: 0o600, uid: 0, gid: 0, modified: Sample.now, changed: Sample.now)
            try ledger.keep(version, of: Sample.id, as: state, at: Sample.now + .seconds(Int64(number)))
        }
        for number in 10..<40 { try keep(number, .knownGood) }
        // Thirty of the last month, of which as many are kept as fit into 64 MiB.
        #expect(try rows() == 15)
        #expect(try ledger.knownGood(of: Sample.id).first?.digest == Sample.digest("39"))
        // What a rollback is about to replace is kept before anything older, good or not.
        try keep(40, .seen)
        #expect(try rows("state = 'seen'") == 1)
        #expect(try rows() == 15)
    }

    @Test func `rollbacks that were carried out are remembered, and those alone`() throws {
        let incident = try ledger.openIncident(
            Sample.id, kinds: [.unitConfigExit], severity: .critical, summary: "", at: Sample.now)
        func restore(_ old: String, _ rung: Rung, _ result: ActionOutcome.Result) throws {
            let order = ConfigRestore(version: Sample.config("good"), replacing: Sample.digest(old))
            let plan = Plan(agent: Sample.id, rungs: [rung], steps: [.restoreConfig(order)], reason: "")
            let ids = try ledger.plan(
                plan, targets: [Sample.configPath], incident: incident, number: 1, at: Sample.now)
            try ledger.begin(action: ids[0], at: Sample.now)
            try ledger.end(
                action: ids[0],
                ActionOutcome(remedy: "restoreConfig", target: Sample.configPath, result: result, reason: ""),
                at: Sample.now)
        }
        try restore("one", .rule(.unitConfigExit), .done)
        try restore("two", .lastKnownGood, .refused)
        try restore("three", .undo, .done)
        let pair = ConfigPair(path: Sample.configPath, old: Sample.digest("one"), new: Sample.digest("good"))
        #expect(try ledger.rollbacks(of: Sample.id) == [pair])
    }

    @Test func `what the files said is remembered from pass to pass`() throws {
        var history = AgentHistory()
        history.lastConfig = ConfigMemory(digests: "a b", meanings: "c -", since: Sample.now, references: ["X", "Y"])
        try ledger.remember(Sample.agent(), history)
        let read = try ledger.histories(actionsSince: Sample.now)[Sample.id]
        #expect(read?.lastConfig == history.lastConfig)
    }

    // MARK: Changes

    @Test func `a stored version that somebody put back, and that stayed, is restored; a new one is only seen`() throws
    {
        func change(to text: String, after seconds: Int64, _ outcome: ConfigChange.Outcome) throws {
            let now = Sample.now + .seconds(seconds)
            let id = try ledger.begin(
                ConfigRestore(version: Sample.config(text), replacing: Sample.digest("old")),
                replacing: Sample.config("old"), of: Sample.id, by: "ann", at: now)
            try ledger.end(change: id, outcome, reason: "", at: now + .seconds(1))
        }
        func state(_ text: String) throws -> String? {
            try ledger.configRecords(of: Sample.id).first { $0.identity.digest == Sample.digest(text) }?.state
        }
        try change(to: "new", after: 1, .kept)
        #expect(try state("new") == "seen")
        try change(to: "new", after: 10, .kept)
        #expect(try state("new") == "restored")
        try change(to: "new", after: 20, .undone)
        #expect(try state("new") == "rejected")
        try change(to: "new", after: 30, .kept)
        #expect(try state("new") == "restored")
        try keep("good", .knownGood, after: 40)
        try change(to: "good", after: 50, .kept)
        #expect(try state("good") == "known-good")
    }
}
