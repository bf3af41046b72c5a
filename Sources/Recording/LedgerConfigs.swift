package import Model
internal import SQLite

extension Ledger {
    package enum ConfigState: String, Sendable {
        /// Kept because it was about to be replaced.
        case seen
        case knownGood = "known-good"
        /// A rollback took its place, and helped.
        case rejected
        /// A person put it back, and the agent works with it.
        case restored
    }

    /// Keeps a version of a config file, bytes and all. One that is known already changes its state only; a
    /// known-good one keeps it when it is merely seen again.
    package func keep(
        _ version: ConfigVersion, of agent: AgentID, as state: ConfigState, by author: String? = nil, at now: Timestamp
    ) throws(LedgerError) {
        if state == .knownGood, try isNewestKnownGood(version, of: agent, at: now) { return }
        let update =
            state == .seen
            ? "DO UPDATE SET kept = excluded.kept"
            : "DO UPDATE SET kept = excluded.kept, state = excluded.state, since = excluded.since, release = coalesce(excluded.release, release), mark = coalesce(excluded.mark, mark)"
        try run(
            """
            INSERT INTO config_versions
                (agent, path, digest, bytes, mode, uid, gid, modified, changed, state, since, author, meaning,
                release, mark, kept)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (agent, path, digest) \(update)
            """,
            [
                .integer(try rowID(agent)), .text(version.path), .text(version.digest.hex), .blob(version.bytes),
                .integer(Int64(version.mode)), .integer(Int64(version.uid)), .integer(Int64(version.gid)),
                .integer(version.modified.microseconds), .integer(version.changed.microseconds), .text(state.rawValue),
                .integer(now.microseconds), Value(author), .text(version.meaning.hex), Value(version.release),
                Value(version.mark),
                .integer(now.microseconds),
            ])
        try prune(agent, version.path, at: now)
    }

    /// A file that says what the newest known-good version says, in other bytes: only that is kept, and has proven
    /// itself again.
    private func isNewestKnownGood(
        _ version: ConfigVersion, of agent: AgentID, at now: Timestamp
    ) throws(LedgerError) -> Bool {
        var newest: (id: Int64, digest: String, meaning: String?, release: String?, mark: String?)?
        try run(
            """
            SELECT id, digest, meaning, release, mark FROM config_versions
            WHERE agent = ? AND path = ? AND state = 'known-good'
            ORDER BY since DESC, id DESC LIMIT 1
            """, [.integer(try rowID(agent)), .text(version.path)]
        ) { newest = ($0.integer(0), $0.text(1), $0.optionalText(2), $0.optionalText(3), $0.optionalText(4)) }
        guard let newest, newest.digest != version.digest.hex, newest.meaning == version.meaning.hex,
            newest.release == version.release, newest.mark == version.mark
        else { return false }
        try run(
            "UPDATE config_versions SET since = ? WHERE id = ?", [.integer(now.microseconds), .integer(newest.id)])
        return true
    }

    /// An agent's versions take no more than this, in bytes. Whatever their size, the newest of each file stay, and what
    /// an open change needs.
    private static let mostBytes: Int64 = 64 << 20

    /// The newest are kept; of known-good ones also every one of the last 30 days, and at least ten; all within a size.
    private func prune(_ agent: AgentID, _ path: String, at now: Timestamp) throws(LedgerError) {
        try run(
            """
            DELETE FROM config_versions WHERE agent = ?1 AND path = ?2
                AND NOT (state = 'known-good' AND since >= ?3)
                AND NOT EXISTS (SELECT 1 FROM config_changes c WHERE c.agent = ?1 AND c.path = ?2 AND c.ended IS NULL
                    AND config_versions.digest IN (c.old_digest, c.new_digest))
                AND NOT EXISTS (SELECT 1 FROM actions t JOIN incidents i ON i.id = t.incident WHERE t.agent = ?1
                    AND t.target = ?2 AND i.closed IS NULL AND config_versions.digest IN (t.old_digest, t.new_digest))
                AND id NOT IN (SELECT id FROM config_versions WHERE agent = ?1 AND path = ?2
                    ORDER BY coalesce(kept, since) DESC LIMIT 50)
                AND id NOT IN (SELECT id FROM config_versions WHERE agent = ?1 AND path = ?2 AND state = 'known-good'
                    ORDER BY since DESC LIMIT 10)
            """,
            [
                .integer(try rowID(agent)), .text(path), .integer((now - .seconds(30 * 86_400)).microseconds),
            ])
        try run(
            """
            DELETE FROM config_versions WHERE id IN (
                SELECT id FROM (
                    SELECT id, must, sum(size) OVER (ORDER BY must DESC, good DESC, since DESC, id DESC) AS total FROM (
                        SELECT id, since, length(bytes) AS size, state = 'known-good' AS good,
                            row_number() OVER (PARTITION BY path, state = 'known-good' ORDER BY since DESC, id DESC) = 1
                            OR row_number() OVER (PARTITION BY path ORDER BY coalesce(kept, since) DESC, id DESC) <= 3
                            OR EXISTS (SELECT 1 FROM config_changes c WHERE c.agent = ?1 AND c.path = v.path
                                AND c.ended IS NULL AND v.digest IN (c.old_digest, c.new_digest)) AS must
                        FROM config_versions v WHERE agent = ?1))
                WHERE total > ?2 AND NOT must)
            """, [.integer(try rowID(agent)), .integer(Self.mostBytes)])
        if agent.scope != .system { try pruneUsers(agent.scope) }
    }

    /// The newest known-good version of each file stays, and what an open change needs.
    private func pruneUsers(_ scope: Scope) throws(LedgerError) {
        try run(
            """
            DELETE FROM config_versions WHERE id IN (
                SELECT id FROM (
                    SELECT id, must, sum(size) OVER (ORDER BY must DESC, since DESC, id DESC) AS total FROM (
                        SELECT v.id, v.since, length(v.bytes) AS size,
                            row_number() OVER (PARTITION BY v.agent, v.path ORDER BY (v.state = 'known-good') DESC,
                                v.since DESC, v.id DESC) = 1
                            OR EXISTS (SELECT 1 FROM config_changes c WHERE c.agent = v.agent AND c.path = v.path
                                AND c.ended IS NULL AND v.digest IN (c.old_digest, c.new_digest)) AS must
                        FROM config_versions v JOIN agents a ON a.id = v.agent WHERE a.scope = ?1))
                WHERE total > ?2 AND NOT must)
            """, [.text(scope.stored), .integer(mostBytesOfUser)])
    }

    /// When the newest known-good version of an agent proved itself; `nil` where it has none.
    package func knownGoodSince(of agent: AgentID) throws(LedgerError) -> Timestamp? {
        var since: Timestamp?
        try run(
            "SELECT max(since) FROM config_versions WHERE agent = ? AND state = 'known-good'",
            [.integer(try rowID(agent))]
        ) { since = $0.optionalInteger(0).map { Timestamp(microseconds: $0) } }
        return since
    }

    /// Every rollback that a pass carried out, whether it helped or not; without those of which nobody knows, because
    /// somebody stopped the agent before it could prove itself.
    package func rollbacks(of agent: AgentID) throws(LedgerError) -> Set<ConfigPair> {
        var pairs: Set<ConfigPair> = []
        try run(
            """
            SELECT a.target, coalesce(o.meaning, a.old_digest), coalesce(n.meaning, a.new_digest) FROM actions a
                LEFT JOIN config_versions o ON o.agent = a.agent AND o.path = a.target AND o.digest = a.old_digest
                LEFT JOIN config_versions n ON n.agent = a.agent AND n.path = a.target AND n.digest = a.new_digest
                LEFT JOIN incidents i ON i.id = a.incident
            WHERE coalesce(i.outcome, '') != 'held' AND a.agent = ? AND a.remedy = 'restoreConfig' AND a.rung != 'undo' AND a.outcome = 'done'
                AND a.old_digest IS NOT NULL
            """, [.integer(try rowID(agent))]
        ) { row in
            pairs.insert(
                ConfigPair(path: row.text(0), old: Digest(hex: row.text(1)), new: Digest(hex: row.text(2))))
        }
        return pairs
    }

    /// Versions that restores of this incident replaced and that have not come back, with the digest of what stands
    /// in their place: what has to be undone where the restore did not help, also after a pass that died.
    /// `started`: the same plan came to its start.
    package func replaced(
        in incident: Incident
    ) throws(LedgerError) -> [(version: ConfigVersion, by: ConfigIdentity, at: Timestamp, started: Bool)] {
        var found: [(version: ConfigVersion, by: ConfigIdentity, at: Timestamp, started: Bool)] = []
        try run(
            """
            SELECT \(Self.versionColumns), a.new_digest,
                EXISTS (SELECT 1 FROM actions s WHERE s.pass = a.pass AND s.plan = a.plan AND s.outcome IN ('done', 'pending')
                    AND s.remedy IN ('startUnit', 'restartUnit')),
                (SELECT g.meaning FROM config_versions g WHERE g.agent = a.agent AND g.path = a.target
                    AND g.digest = a.new_digest), a.began
            FROM actions a JOIN config_versions v ON v.agent = a.agent AND v.path = a.target AND v.digest = a.old_digest
            WHERE a.incident = ?1 AND a.remedy = 'restoreConfig' AND a.rung != 'undo' AND a.began IS NOT NULL
                AND coalesce(a.outcome, 'interrupted') IN ('done', 'interrupted')
                AND NOT EXISTS (SELECT 1 FROM actions u WHERE u.incident = ?1 AND u.rung = 'undo' AND u.target = a.target
                    AND u.id > a.id AND u.outcome = 'done')
            """, [.integer(incident.id)]
        ) { row in
            found.append(
                (
                    Self.version(row),
                    ConfigIdentity(
                        digest: Digest(hex: row.text(11)), meaning: row.optionalText(13).map { Digest(hex: $0) }),
                    Timestamp(microseconds: row.integer(14)), row.integer(12) == 1
                ))
        }
        return found
    }

    /// What `version` reads, of a table that is called `v`.
    static let versionColumns =
        "v.path, v.digest, v.bytes, v.mode, v.uid, v.gid, v.modified, v.changed, v.meaning, v.release, v.mark"

    static func version(_ row: Row) -> ConfigVersion {
        ConfigVersion(
            path: row.text(0), bytes: row.blob(2), digest: Digest(hex: row.text(1)),
            mode: UInt32(clamping: row.integer(3)),
            uid: UInt32(clamping: row.integer(4)), gid: UInt32(clamping: row.integer(5)),
            modified: Timestamp(microseconds: row.integer(6)), changed: Timestamp(microseconds: row.integer(7)),
            meaning: row.optionalText(8).map { Digest(hex: $0) }, release: row.optionalText(9),
            mark: row.optionalText(10))
    }

    /// The agent's config files as they were last known to be good: those that proved themselves together, which is
    /// within a second.
    package func knownGood(of agent: AgentID) throws(LedgerError) -> [ConfigVersion] {
        var versions: [ConfigVersion] = []
        try run(
            """
            SELECT \(Self.versionColumns) FROM config_versions v JOIN agents a ON a.id = v.agent
            WHERE a.scope = ?1 AND a.unit = ?2 AND v.state = 'known-good' AND v.since >= (
                SELECT max(w.since) - 1000000 FROM config_versions w WHERE w.agent = a.id AND w.state = 'known-good')
            ORDER BY v.path, v.since DESC, v.id DESC
            """, [.text(agent.scope.stored), .text(agent.unit)]
        ) { row in
            guard versions.last?.path != row.text(0) else { return }
            versions.append(Self.version(row))
        }
        return versions
    }
}
