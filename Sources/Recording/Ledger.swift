package import Model
internal import SQLite

/// The watchdog's memory: one SQLite file, written before anything is done and closed after it.
///
/// In WAL mode with `synchronous=FULL` a committed transaction survives a power cut, and a reader (`status`) never
/// waits for a pass (sqlite.org/wal.html).
package final class Ledger {
    let database: Database
    let path: String
    private var pass: Int64?
    /// What the config versions of all agents of one user may take, in bytes: a user may have as many units as they like.
    package var mostBytesOfUser: Int64 = 512 << 20
    private let started: Timestamp

    package static func path(in directory: String) -> String { directory + "/ledger.db" }

    /// For a pass. Makes the file where it is missing; whoever calls holds the lock of the state directory.
    package static func open(in directory: String, at now: Timestamp) throws(LedgerError) -> Ledger {
        let ledger = try Ledger(path(in: directory), .readWrite, now)
        do throws(SQLiteError) {
            try ledger.database.execute(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 0"
            )
        } catch {
            throw ledger.failure(error)
        }
        try Schema.migrate(ledger.database, path: ledger.path)
        return ledger
    }

    /// For looking at it only.
    package static func openToRead(in directory: String, at now: Timestamp) throws(LedgerError) -> Ledger {
        let ledger: Ledger
        do throws(LedgerError) {
            ledger = try Ledger(path(in: directory), .readOnly, now)
        } catch  where error.cannotOpen {
            throw LedgerError(
                "There is no ledger in \(directory) that this user can open: no pass has run yet (`watchdog run` makes one), or another user ran it.",
                cannotOpen: true)
        }
        var version: Int64 = 0
        do throws(SQLiteError) {
            try ledger.database.run("PRAGMA user_version") { version = $0.integer(0) }
        } catch {
            throw ledger.failure(error)
        }
        guard version == Schema.current else {
            throw LedgerError(
                "The ledger \(ledger.path) has schema \(version), and this release reads \(Schema.current): let a pass of this release run first."
            )
        }
        return ledger
    }

    private init(_ path: String, _ access: Database.Access, _ now: Timestamp) throws(LedgerError) {
        do throws(SQLiteError) {
            database = try Database(path, access)
        } catch {
            throw LedgerError(error, path: path)
        }
        self.path = path
        started = now
    }

    func failure(_ error: SQLiteError) -> LedgerError { LedgerError(error, path: path) }

    func run(_ sql: String, _ values: [Value] = [], row: (Row) -> Void = { _ in }) throws(LedgerError) {
        do throws(SQLiteError) {
            try database.run(sql, values, row: row)
        } catch {
            throw failure(error)
        }
    }

    /// Everything in `body` is written, or nothing.
    package func together<Result>(_ body: () throws(LedgerError) -> Result) throws(LedgerError) -> Result {
        let before = pass
        do throws(LedgerError) {
            return try database.transaction(body, failed: failure)
        } catch {
            // A row that was made in here is gone again.
            pass = before
            throw error
        }
    }

    /// The present pass's row: made when the first thing is written, so that a pass with nothing to do writes once.
    package func passID() throws(LedgerError) -> Int64 {
        if let pass { return pass }
        try run("INSERT INTO passes (started) VALUES (?)", [.integer(started.microseconds)])
        pass = database.lastInsertedRow
        return database.lastInsertedRow
    }

    /// `journalTail`: up to where every agent's journal has been looked at; `nil` after a pass over one agent alone.
    package func finishPass(
        _ verdict: Verdict, agents: Int, journalTail: String?, at now: Timestamp
    ) throws(LedgerError) {
        try run(
            "UPDATE passes SET finished = ?, verdict = ?, agents = ?, journal_tail = ? WHERE id = ?",
            [
                .integer(now.microseconds), .text(verdict.rawValue), .integer(Int64(agents)), Value(journalTail),
                .integer(try passID()),
            ])
    }

    /// Of the newest finished pass over all agents.
    package func journalTail() throws(LedgerError) -> String? {
        var tail: String?
        try run(
            "SELECT journal_tail FROM passes WHERE finished IS NOT NULL AND journal_tail IS NOT NULL ORDER BY id DESC LIMIT 1"
        ) { tail = $0.optionalText(0) }
        return tail
    }

    /// Counts the passes.
    package func turn() throws(LedgerError) -> Int {
        var turn: Int64 = 0
        try run("SELECT coalesce(max(id), 0) FROM passes") { turn = $0.integer(0) }
        return Int(turn)
    }

    /// When the newest finished pass ended, and with what.
    package func lastPass() throws(LedgerError) -> (finished: Timestamp, verdict: String)? {
        var found: (Timestamp, String)?
        try run("SELECT finished, verdict FROM passes WHERE finished IS NOT NULL ORDER BY id DESC LIMIT 1") {
            found = (Timestamp(microseconds: $0.integer(0)), $0.text(1))
        }
        return found
    }

    /// Forgets what nobody will ask for any more, so that the file stays bounded.
    package func prune(at now: Timestamp) throws(LedgerError) {
        let month = Value.integer((now - .seconds(30 * 86_400)).microseconds)
        let year = Value.integer((now - .seconds(365 * 86_400)).microseconds)
        try run("DELETE FROM outbox WHERE delivered < ?", [month])
        try run("DELETE FROM config_changes WHERE ended < ?", [year])
        try run("DELETE FROM consultations WHERE at < ?", [month])
        try run("DELETE FROM token_checks WHERE at < ?", [month])
        try run(
            "DELETE FROM outbox WHERE incident IN (SELECT id FROM incidents WHERE closed < ?) AND delivered IS NOT NULL",
            [year])
        try run("DELETE FROM actions WHERE incident IN (SELECT id FROM incidents WHERE closed < ?)", [year])
        try run(
            "DELETE FROM incidents WHERE closed < ? AND id NOT IN (SELECT incident FROM outbox) AND id NOT IN (SELECT incident FROM consultations)",
            [year])
        try run("DELETE FROM passes WHERE started < ? AND id NOT IN (SELECT pass FROM actions)", [month])
    }
}

extension Scope {
    var stored: String {
        switch self {
        case .system: "system"
        case .user(let uid, let name): "user:\(uid):\(name)"
        }
    }

    init?(stored: String) {
        if stored == "system" {
            self = .system
            return
        }
        let parts = stored.split(separator: ":", maxSplits: 2)
        guard parts.count == 3, parts[0] == "user", let uid = UInt32(parts[1]) else { return nil }
        self = .user(uid: uid, name: String(parts[2]))
    }
}

/// Lists of codes are kept as words with a space between them.
func words(_ kinds: some Sequence<FindingKind>) -> String {
    kinds.map(\.rawValue).joined(separator: " ")
}

func kinds(_ words: String) -> [FindingKind] {
    words.split(separator: " ").compactMap { FindingKind(rawValue: String($0)) }
}

func rungs(_ words: String) -> [Rung] {
    words.split(separator: " ").compactMap { Rung(text: String($0)) }
}
