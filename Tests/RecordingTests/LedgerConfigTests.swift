import FixturesTests
import Model
import Recording
import SQLite
import Testing

/// Versions of config files: the way back.
struct LedgerConfigTests {
    private let folder: ScratchFolder
    private let ledger: Ledger

    init() throws {
        folder = try ScratchFolder()
        ledger = try Ledger.open(in: folder.path, at: Sample.now)
    }

    private func keep(
        _ text: String, _ state: Ledger.ConfigState, after seconds: Int64 = 0, path: String = Sample.configPath
    ) throws {
        try ledger.keep(
            Sample.config(text, path: path), of: Sample.id, as: state, at: Sample.now + .seconds(seconds))
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

    @Test func `a version comes back byte for byte, with owner, mode and times`() throws {
        let version = ConfigVersion(
            path: "/a b/ü.json", bytes: [0, 255, 10, 13, 0], digest: Sample.digest("raw"), mode: 0o640, uid: 1000,
            gid: 4_294_967_294, modified: Sample.now - .microseconds(1), changed: Sample.now)
        try ledger.keep(version, of: Sample.id, as: .knownGood, at: Sample.now)
        #expect(try ledger.knownGood(of: Sample.id) == [version])
    }

    @Test func `an empty file is a version, too`() throws {
        try keep("", .knownGood)
        #expect(try ledger.knownGood(of: Sample.id).map(\.bytes) == [[]])
    }

    @Test func `only what was proven is known-good, and of that the newest`() throws {
        try keep("seen", .seen)
        try keep("refused", .rejected)
        #expect(try good().isEmpty)
        try keep("old", .knownGood, after: 1)
        try keep("new", .knownGood, after: 2)
        try keep("later, and only seen", .seen, after: 3)
        #expect(try good() == ["new"])
    }

    @Test func `a version that proves itself once more is the newest again`() throws {
        try keep("one", .knownGood, after: 1)
        try keep("two", .knownGood, after: 2)
        try keep("one", .knownGood, after: 3)
        #expect(try good() == ["one"])
    }

    @Test func `being seen again does not take a version's rank away, being rejected does`() throws {
        try keep("good", .knownGood)
        try keep("good", .seen, after: 1)
        #expect(try good() == ["good"])
        try keep("good", .rejected, after: 2)
        #expect(try good().isEmpty)
        #expect(try rows() == 1)
    }

    @Test func `a version that was only seen can prove itself`() throws {
        try keep("config", .seen)
        try keep("config", .knownGood, after: 1)
        #expect(try good() == ["config"])
    }

    @Test func `each file has its own newest version, and each agent its own files`() throws {
        try keep("a1", .knownGood, path: "/a")
        try keep("b1", .knownGood, path: "/b")
        try keep("a2", .knownGood, after: 1, path: "/a")
        let other = AgentID(scope: Sample.user, unit: Sample.unit)
        try ledger.keep(Sample.config("theirs", path: "/a"), of: other, as: .knownGood, at: Sample.now)
        #expect(try good() == ["a2", "b1"])
        #expect(try ledger.knownGood(of: AgentID(scope: .system, unit: "other.service")).isEmpty)
    }

    @Test func `a file that was no part of the newest good config is not put back with it`() throws {
        try keep("a1", .knownGood, path: "/a")
        try keep("b1", .knownGood, path: "/b")
        try keep("a2", .knownGood, after: 900, path: "/a")
        #expect(try good() == ["a2"])
    }

    @Test func `of what was merely seen the newest fifty are kept`() throws {
        for number in 0..<80 { try keep("seen \(number)", .seen, after: Int64(number)) }
        #expect(try rows() == 50)
        #expect(try rows("since < \((Sample.now + .seconds(30)).microseconds)") == 0)
    }

    @Test func `known-good versions of the last thirty days are kept, and ten at all times`() throws {
        let day: Int64 = 86_400
        for number in 0..<20 { try keep("old \(number)", .knownGood, after: Int64(number)) }
        #expect(try rows() == 20)
        for number in 0..<60 { try keep("seen \(number)", .seen, after: 40 * day + Int64(number)) }
        #expect(try rows("state = 'known-good'") == 10)
        #expect(try rows("state = 'seen'") == 50)
        #expect(try good() == ["old 19"])
    }

    // MARK: What a restore replaced

    private func restored(_ outcome: ActionOutcome.Result?, rung: Rung = .lastKnownGood, begun: Bool = true) throws
        -> Incident
    {
        let open = try ledger.openIncidents().first { $0.agent == Sample.id }
        let incident =
            try open
            ?? ledger.openIncident(
                Sample.id, kinds: [.unitConfigExit], severity: .critical, summary: "", at: Sample.now)
        let (from, to) = rung == .undo ? ("good", "bad") : ("bad", "good")
        let restore = ConfigRestore(version: Sample.config(to), replacing: Sample.digest(from))
        let plan = Plan(agent: Sample.id, rungs: [rung], steps: [.restoreConfig(restore)], reason: "")
        let ids = try ledger.plan(
            plan, targets: [Sample.configPath], incident: incident, number: 1, at: Sample.now)
        if begun { try ledger.begin(action: ids[0], at: Sample.now) }
        if let outcome {
            let result = ActionOutcome(remedy: "restoreConfig", target: Sample.configPath, result: outcome, reason: "")
            try ledger.end(action: ids[0], result, at: Sample.now)
        }
        return incident
    }

    private func replaced(in incident: Incident) throws -> [String] {
        try ledger.replaced(in: incident).map {
            let words = "\(String(decoding: $0.version.bytes, as: UTF8.self)) by \($0.by.digest.short)"
            return $0.started ? words + ", started" : words
        }
    }

    @Test(arguments: [ActionOutcome.Result.done, nil])
    func `a file that a restore replaced, or may have replaced when its pass died, can be put back`(
        outcome: ActionOutcome.Result?
    ) throws {
        try keep("bad", .seen)
        let incident = try restored(outcome)
        #expect(try replaced(in: incident) == ["bad by \(Sample.digest("good").short)"])
    }

    @Test(arguments: [Remedy.startUnit, .restartUnit])
    func `it is known whether the plan that replaced a file came to its start`(start: Remedy) throws {
        try keep("bad", .seen)
        let incident = try ledger.openIncident(
            Sample.id, kinds: [.unitConfigExit], severity: .critical, summary: "", at: Sample.now)
        let restore = ConfigRestore(version: Sample.config("good"), replacing: Sample.digest("bad"))
        let plan = Plan(
            agent: Sample.id, rungs: [.lastKnownGood], steps: [.restoreConfig(restore), .resetFailed, start],
            reason: "")
        let ids = try ledger.plan(
            plan, targets: [Sample.configPath, "a", "a"], incident: incident, number: 1, at: Sample.now)
        func end(_ id: Int64, _ result: ActionOutcome.Result) throws {
            try ledger.begin(action: id, at: Sample.now)
            try ledger.end(
                action: id, ActionOutcome(remedy: "", target: "", result: result, reason: ""), at: Sample.now)
        }
        let by = Sample.digest("good").short
        for id in ids.dropLast() { try end(id, .done) }
        #expect(try replaced(in: incident) == ["bad by \(by)"])
        try end(ids[2], .failed)
        #expect(try replaced(in: incident) == ["bad by \(by)"])
        try end(ids[2], .done)
        let found = try replaced(in: incident)
        #expect(found == ["bad by \(by), started"])
    }

    @Test(arguments: [ActionOutcome.Result.failed, .refused])
    func `a restore that did not take place replaced nothing`(outcome: ActionOutcome.Result) throws {
        try keep("bad", .seen)
        #expect(try replaced(in: try restored(outcome)).isEmpty)
    }

    @Test func `a restore that was never begun replaced nothing`() throws {
        try keep("bad", .seen)
        #expect(try replaced(in: try restored(nil, begun: false)).isEmpty)
    }

    @Test func `a restore that was undone is over, one that was tried again is not`() throws {
        try keep("bad", .seen)
        try keep("good", .knownGood)
        _ = try restored(.done)
        var incident = try restored(.failed, rung: .undo)
        #expect(try replaced(in: incident).count == 1)
        incident = try restored(.done, rung: .undo)
        #expect(try replaced(in: incident).isEmpty)
        incident = try restored(.done, rung: .advisor)
        #expect(try replaced(in: incident).count == 1)
    }

    @Test func `another incident's restore is not this one's`() throws {
        try keep("bad", .seen)
        try ledger.close(try restored(.done), outcome: "healed", at: Sample.now)
        let next = try ledger.openIncident(
            Sample.id, kinds: [.unitFailed], severity: .critical, summary: "", at: Sample.now)
        #expect(try replaced(in: next).isEmpty)
    }
}
