import FixturesTests
import Model
import Recording
import SQLite
import Testing

/// A ledger that the first release wrote, as it was written: it must go on for ever.
struct SchemaTests {
    private static let first = """
        CREATE TABLE passes (
            id INTEGER PRIMARY KEY, started INTEGER NOT NULL, finished INTEGER, verdict TEXT, agents INTEGER,
            journal_tail TEXT);
        CREATE TABLE agents (
            id INTEGER PRIMARY KEY, scope TEXT NOT NULL, unit TEXT NOT NULL, name TEXT NOT NULL, verdict TEXT NOT NULL,
            restarts INTEGER, cursor TEXT, kinds TEXT NOT NULL, healthy_since INTEGER,
            healthy_passes INTEGER NOT NULL, healthy_config TEXT NOT NULL, stopped INTEGER,
            UNIQUE (scope, unit));
        CREATE TABLE incidents (
            id INTEGER PRIMARY KEY, agent INTEGER REFERENCES agents, opened INTEGER NOT NULL, closed INTEGER,
            outcome TEXT, kinds TEXT NOT NULL, severity TEXT NOT NULL, summary TEXT NOT NULL, tried TEXT NOT NULL,
            cause TEXT, origin TEXT, escalated INTEGER, reason TEXT, told TEXT);
        CREATE INDEX incidents_open ON incidents (agent) WHERE closed IS NULL;
        CREATE TABLE actions (
            id INTEGER PRIMARY KEY, pass INTEGER NOT NULL REFERENCES passes, incident INTEGER NOT NULL REFERENCES incidents,
            agent INTEGER NOT NULL REFERENCES agents, plan INTEGER NOT NULL, rung TEXT NOT NULL, healing INTEGER NOT NULL,
            remedy TEXT NOT NULL, target TEXT NOT NULL, old_digest TEXT, new_digest TEXT, planned INTEGER NOT NULL, began INTEGER, ended INTEGER,
            outcome TEXT, reason TEXT);
        CREATE INDEX actions_open ON actions (agent) WHERE ended IS NULL;
        CREATE INDEX actions_recent ON actions (agent, planned) WHERE healing = 1;
        CREATE INDEX actions_incident ON actions (incident);
        CREATE TABLE config_versions (
            id INTEGER PRIMARY KEY, agent INTEGER NOT NULL REFERENCES agents, path TEXT NOT NULL, digest TEXT NOT NULL,
            bytes BLOB NOT NULL, mode INTEGER NOT NULL, uid INTEGER NOT NULL, gid INTEGER NOT NULL,
            modified INTEGER NOT NULL, changed INTEGER NOT NULL, state TEXT NOT NULL, since INTEGER NOT NULL,
            UNIQUE (agent, path, digest));
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY, incident INTEGER NOT NULL REFERENCES incidents, channel TEXT NOT NULL, event TEXT NOT NULL,
            host TEXT NOT NULL, agent TEXT NOT NULL, unit TEXT NOT NULL, kinds TEXT NOT NULL, severity TEXT NOT NULL,
            title TEXT NOT NULL, body TEXT NOT NULL, created INTEGER NOT NULL, attempts INTEGER NOT NULL,
            not_before INTEGER NOT NULL, delivered INTEGER, problem TEXT);
        CREATE INDEX outbox_waiting ON outbox (not_before) WHERE delivered IS NULL;
        CREATE TABLE consultations (
            id INTEGER PRIMARY KEY, incident INTEGER NOT NULL REFERENCES incidents, agent INTEGER NOT NULL REFERENCES agents,
            provider TEXT NOT NULL, at INTEGER NOT NULL, asked TEXT NOT NULL, answered TEXT NOT NULL,
            accepted INTEGER NOT NULL, result TEXT NOT NULL);
        CREATE INDEX consultations_at ON consultations (at);
        PRAGMA user_version = 1;
        """

    private static let rows = """
        INSERT INTO passes VALUES (5, 1, 2, 'healed', 3, 's=1;i=9');
        INSERT INTO agents VALUES (1, 'system', 'openclaw-gateway-coder.service', 'coder', 'healthy', 2, 's=1;i=8',
            'unit-kill-mode', 11, 1, 'abc', NULL);
        INSERT INTO agents VALUES (2, 'user:1000:fleet', 'openclaw-gateway-sales.service', 'sales', 'failing', NULL, NULL,
            '', NULL, 0, '', 77);
        INSERT INTO incidents VALUES (9, 1, 3, NULL, NULL, 'unit-failed', 'critical', 'It failed.', 'rule:unit-failed',
            'a cause', 'rule', NULL, 'a reason', 'opened');
        INSERT INTO incidents VALUES (8, 2, 1, 2, 'healed', 'unit-failed', 'critical', 'Old.', '', NULL, NULL, NULL, NULL,
            NULL);
        INSERT INTO actions VALUES (4, 5, 9, 1, 1, 'rule:unit-failed', 1, 'startUnit', 'x.service', NULL, NULL, 1788232499000000,
            1788232499000001, NULL, NULL, NULL);
        INSERT INTO config_versions VALUES (6, 1, '/srv/coder/openclaw.json', 'd1', X'00FF0A', 384, 1000, 1000, 1, 2,
            'known-good', 3);
        INSERT INTO outbox VALUES (3, 9, 'webhook', 'opened', 'host', 'coder', 'x.service', 'unit-failed', 'critical',
            'A title', 'A body', 5, 1, 0, NULL, 'no route');
        INSERT INTO consultations VALUES (2, 9, 1, 'groq', 5, 'asked', 'answered', 1, 'restart: a cause');
        """

    private let folder: ScratchFolder
    private let columns: [(table: String, columns: [String])]

    init() throws {
        folder = try ScratchFolder()
        let database = try Database(folder["ledger.db"], .readWrite)
        try database.execute(Self.first)
        try database.execute(Self.rows)
        let tables = ["passes", "agents", "incidents", "actions", "config_versions", "outbox", "consultations"]
        columns = try tables.map { table in
            var columns: [String] = []
            try database.run("SELECT name FROM pragma_table_info('\(table)')") { columns.append($0.text(0)) }
            return (table, columns)
        }
    }

    private func open() throws(LedgerError) -> Ledger { try Ledger.open(in: folder.path, at: Sample.now) }

    /// Every value that the first release knew, as SQLite itself writes it down.
    private func content() throws -> [String] {
        let database = try Database(folder["ledger.db"], .readOnly)
        var lines: [String] = []
        for (table, columns) in columns {
            let whole = columns.map { "quote(\($0))" }.joined(separator: " || ',' || ")
            try database.run("SELECT \(whole) FROM \(table) ORDER BY id") { lines.append("\(table): \($0.text(0))") }
        }
        return lines
    }

    private func structure(_ path: String) throws -> [String] {
        var lines: [String] = []
        try Database(path, .readOnly).run("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name") {
            lines.append($0.text(0) + ": " + $0.text(1).split(whereSeparator: \.isWhitespace).joined(separator: " "))
        }
        return lines
    }

    @Test func `a ledger of the first release is taken over with everything in it`() throws {
        let before = try content()
        #expect(before.count == 9)
        _ = try open()
        #expect(try content() == before)
        _ = try open()
        #expect(try content() == before, "and only once")
    }

    @Test func `it is from then on no different from one that is made today`() throws {
        _ = try open()
        let fresh = try ScratchFolder()
        _ = try Ledger.open(in: fresh.path, at: Sample.now)
        #expect(try structure(folder["ledger.db"]) == structure(fresh["ledger.db"]))
    }

    @Test func `a pass goes on where the first release ended`() throws {
        let ledger = try open()
        #expect(try ledger.lastPass()?.verdict == "healed")
        #expect(try ledger.journalTail() == "s=1;i=9")
        #expect(try ledger.passID() == 6)
        let histories = try ledger.histories(actionsSince: Sample.now - .seconds(3600))
        let coder = try #require(histories[Sample.id])
        #expect(coder.kinds == [.unitKillMode] && coder.cursor == "s=1;i=8" && coder.restarts == 2)
        #expect(coder.incident?.id == 9 && coder.incident?.tried == [.rule(.unitFailed)])
        #expect(coder.interrupted.map(\.id) == [4] && coder.actions.count == 1)
        #expect(try ledger.knownGood(of: Sample.id).map(\.bytes) == [[0, 255, 10]])
        #expect(try ledger.waiting(at: Sample.now).map(\.id) == [3])
        #expect(try ledger.tokenChecks().isEmpty)
        let check = TokenCheck(
            token: TokenFingerprint(hex: "aa"), at: Sample.now, isRejected: true, webhookHost: "", pending: 0)
        try ledger.remember(check)
        #expect(try ledger.tokenChecks() == [check.token: check])
    }

    @Test func `whoever only looks is told to let a pass run first, and changes nothing`() throws {
        let before = try folder.text("ledger.db")
        do throws(LedgerError) {
            _ = try Ledger.openToRead(in: folder.path, at: Sample.now)
            Issue.record("an old ledger was read")
        } catch {
            #expect(error.description.contains("has schema 1, and this release reads"))
            #expect(error.description.hasSuffix("let a pass of this release run first."))
        }
        #expect(try folder.text("ledger.db") == before)
    }

    /// A table that is in the way stands for whatever may go wrong half-way.
    @Test func `a ledger that cannot be brought up to date stays as it was`() throws {
        try Database(folder["ledger.db"], .readWrite).execute("CREATE TABLE token_checks (other)")
        let before = try content()
        #expect(throws: LedgerError.self) { try open() }
        #expect(try content() == before)
        var version: Int64 = 0
        try Database(folder["ledger.db"], .readOnly).run("PRAGMA user_version") { version = $0.integer(0) }
        #expect(version == 1)
    }
}
