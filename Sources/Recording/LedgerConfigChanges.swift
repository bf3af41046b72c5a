package import Model
internal import SQLite

extension Ledger {
    /// Writes an operator's change down before anything of it happens: both versions, and who orders it.
    package func begin(
        _ change: ConfigRestore, replacing old: ConfigVersion, of agent: AgentID, by author: String, at now: Timestamp
    ) throws(LedgerError) -> Int64 {
        try together { () throws(LedgerError) -> Int64 in
            // The change comes first: what it names is not pruned when the versions are kept.
            try run(
                """
                INSERT INTO config_changes (agent, path, old_digest, old_mode, old_uid, old_gid, new_digest, author, began)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    .integer(try rowID(agent)), .text(change.version.path), .text(old.digest.hex),
                    .integer(Int64(old.mode)), .integer(Int64(old.uid)), .integer(Int64(old.gid)),
                    .text(change.version.digest.hex), .text(author), .integer(now.microseconds),
                ])
            let id = database.lastInsertedRow
            try keep(old, of: agent, as: .seen, at: now)
            try keep(change.version, of: agent, as: .seen, by: author, at: now)
            // What was rejected once is given a new trial.
            try run(
                """
                UPDATE config_versions SET author = ?, state = CASE state WHEN 'rejected' THEN 'seen' ELSE state END
                WHERE agent = ? AND path = ? AND digest = ?
                """,
                [
                    .text(author), .integer(try rowID(agent)), .text(change.version.path),
                    .text(change.version.digest.hex),
                ])
            return id
        }
    }

    /// The agent has written its config anew: from here on the change is about that.
    package func adopt(
        _ version: ConfigVersion, in change: Int64, of agent: AgentID, by author: String, at now: Timestamp
    ) throws(LedgerError) {
        try together { () throws(LedgerError) -> Void in
            try run(
                "UPDATE config_changes SET new_digest = ? WHERE id = ?", [.text(version.digest.hex), .integer(change)])
            try keep(version, of: agent, as: .seen, by: author, at: now)
        }
    }

    /// From here on the agent may have been started with the new file.
    package func restarting(change id: Int64, at now: Timestamp) throws(LedgerError) {
        try run("UPDATE config_changes SET restarted = ? WHERE id = ?", [.integer(now.microseconds), .integer(id)])
    }

    /// It holds; it is undone all the same unless somebody confirms it in time.
    package func awaitConfirmation(change id: Int64, until deadline: Timestamp) throws(LedgerError) {
        try run(
            "UPDATE config_changes SET deadline = ? WHERE id = ?", [.integer(deadline.microseconds), .integer(id)])
    }

    package func end(
        change id: Int64, _ outcome: ConfigChange.Outcome, reason: String, at now: Timestamp
    ) throws(LedgerError) {
        // Whatever comes between the two, the change is still open and is ended again.
        let state: ConfigState? =
            switch outcome {
            case .undone: .rejected
            // Of a version that was there before the change.
            case .kept: .restored
            case .overtaken, .refused: nil
            }
        if let state {
            try run(
                """
                UPDATE config_versions SET state = ?1, since = ?2 WHERE state IN ('seen', 'restored') AND EXISTS (
                    SELECT 1 FROM config_changes c WHERE c.id = ?3 AND c.agent = config_versions.agent
                        AND c.path = config_versions.path AND c.new_digest = config_versions.digest
                        AND (?1 = 'rejected' OR config_versions.since < c.began))
                """, [.text(state.rawValue), .integer(now.microseconds), .integer(id)])
        }
        try run(
            "UPDATE config_changes SET ended = ?, outcome = ?, reason = ? WHERE id = ? AND ended IS NULL",
            [.integer(now.microseconds), .text(outcome.rawValue), .text(reason), .integer(id)])
    }

    /// Why the agent's last change that had to be confirmed ended as it did, as a sentence; `nil` where there was none.
    package func lastConfirmation(of agent: AgentID) throws(LedgerError) -> String? {
        var reason: String?
        try run(
            """
            SELECT c.reason FROM config_changes c JOIN agents a ON a.id = c.agent
            WHERE c.deadline IS NOT NULL AND c.ended IS NOT NULL AND a.scope = ? AND a.unit = ?
            ORDER BY c.id DESC LIMIT 1
            """, [.text(agent.scope.stored), .text(agent.unit)]
        ) { reason = $0.optionalText(0) }
        return reason
    }

    /// Changes that have not ended: under way, waiting for a confirmation, or left by a program that died. By agent.
    package func openChanges() throws(LedgerError) -> [AgentID: [ConfigChange]] {
        var changes: [AgentID: [ConfigChange]] = [:]
        try run(
            """
            SELECT v.path, v.digest, v.bytes, c.old_mode, c.old_uid, c.old_gid, v.modified, v.changed,
                v.meaning, v.release, a.scope, a.unit, c.id, c.new_digest, c.author, c.began, c.restarted, c.deadline, n.meaning
            FROM config_changes c JOIN agents a ON a.id = c.agent
                JOIN config_versions v ON v.agent = c.agent AND v.path = c.path AND v.digest = c.old_digest
                LEFT JOIN config_versions n ON n.agent = c.agent AND n.path = c.path AND n.digest = c.new_digest
            WHERE c.ended IS NULL ORDER BY c.id
            """
        ) { row in
            guard let scope = Scope(stored: row.text(10)) else { return }
            let time = { (column: Int32) in row.optionalInteger(column).map { Timestamp(microseconds: $0) } }
            changes[AgentID(scope: scope, unit: row.text(11)), default: []].append(
                ConfigChange(
                    id: row.integer(12), old: Self.version(row),
                    new: ConfigIdentity(
                        digest: Digest(hex: row.text(13)), meaning: row.optionalText(18).map { Digest(hex: $0) }),
                    author: row.text(14),
                    began: Timestamp(microseconds: row.integer(15)), restarted: time(16), deadline: time(17)))
        }
        return changes
    }
}
