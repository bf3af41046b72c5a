internal import SQLite

/// The ledger's tables. A change is a new entry at the end of `steps`; an entry that has shipped is never altered.
enum Schema {
    static var current: Int64 { Int64(steps.count) }

    static func migrate(_ database: borrowing Database, path: String) throws(LedgerError) {
        var version: Int64 = 0
        do throws(SQLiteError) {
            try database.run("PRAGMA user_version") { version = $0.integer(0) }
        } catch {
            throw LedgerError(error, path: path)
        }
        guard version <= current else {
            throw LedgerError(
                "The ledger \(path) was written by a newer release (schema \(version), this one knows \(current)). Install that release again, or move the ledger aside."
            )
        }
        do throws(SQLiteError) {
            guard version < current else { return }
            try database.execute("BEGIN IMMEDIATE")
            for step in steps[Int(version)...] { try database.execute(step) }
            try database.execute("PRAGMA user_version = \(current)")
            try database.execute("COMMIT")
        } catch {
            throw LedgerError(error, path: path)
        }
    }

    /// Times are µs since 1970. `scope` is `system` or `user:UID:NAME`.
    private static let steps = [
        """
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
        """,
        """
        CREATE TABLE token_checks (
            fingerprint TEXT PRIMARY KEY, at INTEGER NOT NULL, rejected INTEGER NOT NULL, webhook TEXT NOT NULL,
            pending INTEGER NOT NULL);
        ALTER TABLE incidents ADD COLUMN last_held INTEGER;
        """,
        """
        ALTER TABLE config_versions ADD COLUMN author TEXT;
        ALTER TABLE agents ADD COLUMN checked_config TEXT;
        CREATE TABLE config_changes (
            id INTEGER PRIMARY KEY, agent INTEGER NOT NULL REFERENCES agents, path TEXT NOT NULL, old_digest TEXT NOT NULL,
            old_mode INTEGER NOT NULL, old_uid INTEGER NOT NULL, old_gid INTEGER NOT NULL, new_digest TEXT NOT NULL, author TEXT NOT NULL, began INTEGER NOT NULL, restarted INTEGER, deadline INTEGER,
            ended INTEGER, outcome TEXT, reason TEXT);
        CREATE INDEX config_changes_open ON config_changes (agent) WHERE ended IS NULL;
        ALTER TABLE config_versions ADD COLUMN meaning TEXT;
        ALTER TABLE config_versions ADD COLUMN release TEXT;
        ALTER TABLE config_versions ADD COLUMN kept INTEGER;
        ALTER TABLE agents ADD COLUMN config_digests TEXT;
        ALTER TABLE agents ADD COLUMN config_meanings TEXT;
        ALTER TABLE agents ADD COLUMN config_since INTEGER;
        ALTER TABLE agents ADD COLUMN config_references TEXT;
        ALTER TABLE agents ADD COLUMN program TEXT;
        """,
        "ALTER TABLE agents ADD COLUMN wrote_kill_mode INTEGER NOT NULL DEFAULT 0;",
        """
        ALTER TABLE agents ADD COLUMN worked_started INTEGER;
        ALTER TABLE agents ADD COLUMN worked_config TEXT;
        ALTER TABLE config_versions ADD COLUMN mark TEXT;
        ALTER TABLE incidents ADD COLUMN suspects TEXT;
        """,
    ]
}
