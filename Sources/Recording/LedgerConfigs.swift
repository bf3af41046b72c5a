package import Model
internal import SQLite

extension Ledger {
    package enum ConfigState: String, Sendable {
        /// Kept because it was about to be replaced.
        case seen
        case knownGood = "known-good"
        /// A rollback took its place, and helped.
        case rejected
    }

    /// Keeps a version of a config file, bytes and all. One that is known already changes its state only; a
    /// known-good one keeps it when it is merely seen again.
    package func keep(
        _ version: ConfigVersion, of agent: AgentID, as state: ConfigState, by author: String? = nil, at now: Timestamp
    ) throws(LedgerError) {
        let update =
            state == .seen ? "DO NOTHING" : "DO UPDATE SET state = excluded.state, since = excluded.since"
        try run(
            """
            INSERT INTO config_versions
                (agent, path, digest, bytes, mode, uid, gid, modified, changed, state, since, author)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (agent, path, digest) \(update)
            """,
            [
                .integer(try rowID(agent)), .text(version.path), .text(version.digest.hex), .blob(version.bytes),
                .integer(Int64(version.mode)), .integer(Int64(version.uid)), .integer(Int64(version.gid)),
                .integer(version.modified.microseconds), .integer(version.changed.microseconds), .text(state.rawValue),
                .integer(now.microseconds), Value(author),
            ])
        // The newest are kept; of known-good ones also every one of the last 30 days.
        try run(
            """
            DELETE FROM config_versions WHERE agent = ?1 AND path = ?2
                AND NOT (state = 'known-good' AND since >= ?3)
                AND NOT EXISTS (SELECT 1 FROM config_changes c WHERE c.agent = ?1 AND c.path = ?2 AND c.ended IS NULL
                    AND config_versions.digest IN (c.old_digest, c.new_digest))
                AND id NOT IN (SELECT id FROM config_versions WHERE agent = ?1 AND path = ?2 ORDER BY since DESC LIMIT 50)
                AND id NOT IN (SELECT id FROM config_versions WHERE agent = ?1 AND path = ?2 AND state = 'known-good'
                    ORDER BY since DESC LIMIT 10)
            """,
            [
                .integer(try rowID(agent)), .text(version.path),
                .integer((now - .seconds(30 * 86_400)).microseconds),
            ])
    }

    /// Versions that restores of this incident replaced and that have not come back, with the digest of what stands
    /// in their place: what has to be undone where the restore did not help, also after a pass that died.
    /// `started`: the same plan came to its start.
    package func replaced(
        in incident: Incident
    ) throws(LedgerError) -> [(version: ConfigVersion, by: Digest, started: Bool)] {
        var found: [(version: ConfigVersion, by: Digest, started: Bool)] = []
        try run(
            """
            SELECT v.path, v.digest, v.bytes, v.mode, v.uid, v.gid, v.modified, v.changed, a.new_digest,
                EXISTS (SELECT 1 FROM actions s WHERE s.pass = a.pass AND s.plan = a.plan AND s.outcome = 'done'
                    AND s.remedy IN ('startUnit', 'restartUnit'))
            FROM actions a JOIN config_versions v ON v.agent = a.agent AND v.path = a.target AND v.digest = a.old_digest
            WHERE a.incident = ?1 AND a.remedy = 'restoreConfig' AND a.rung != 'undo' AND a.began IS NOT NULL
                AND coalesce(a.outcome, 'interrupted') IN ('done', 'interrupted')
                AND NOT EXISTS (SELECT 1 FROM actions u WHERE u.incident = ?1 AND u.rung = 'undo' AND u.target = a.target
                    AND u.id > a.id AND u.outcome = 'done')
            """, [.integer(incident.id)]
        ) { row in
            found.append((Self.version(row), Digest(hex: row.text(8)), row.integer(9) == 1))
        }
        return found
    }

    static func version(_ row: Row) -> ConfigVersion {
        ConfigVersion(
            path: row.text(0), bytes: row.blob(2), digest: Digest(hex: row.text(1)),
            mode: UInt32(clamping: row.integer(3)),
            uid: UInt32(clamping: row.integer(4)), gid: UInt32(clamping: row.integer(5)),
            modified: Timestamp(microseconds: row.integer(6)), changed: Timestamp(microseconds: row.integer(7)))
    }

    /// The newest known-good version of each of an agent's config files.
    package func knownGood(of agent: AgentID) throws(LedgerError) -> [ConfigVersion] {
        var versions: [ConfigVersion] = []
        try run(
            """
            SELECT v.path, v.digest, v.bytes, v.mode, v.uid, v.gid, v.modified, v.changed
            FROM config_versions v JOIN agents a ON a.id = v.agent
            WHERE a.scope = ? AND a.unit = ? AND v.state = 'known-good' ORDER BY v.path, v.since DESC, v.id DESC
            """, [.text(agent.scope.stored), .text(agent.unit)]
        ) { row in
            guard versions.last?.path != row.text(0) else { return }
            versions.append(Self.version(row))
        }
        return versions
    }
}
