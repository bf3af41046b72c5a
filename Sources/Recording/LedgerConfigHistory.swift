package import Model
internal import SQLite

/// A stored version of a config file, as a list shows it: without its bytes.
package struct ConfigRecord: Sendable {
    package let id: Int64
    package let path: String
    package let identity: ConfigIdentity
    package let size: Int
    /// As `Ledger.ConfigState` has it.
    package let state: String
    /// Since when it is in this state.
    package let since: Timestamp
    /// When the file was last written, as it said itself.
    package let modified: Timestamp
    /// Who put it there, where that is known.
    package let author: String?
    /// The agent's release then, where that is known.
    package let release: String?
}

extension Ledger {
    /// Of all an agent's files, the newest first.
    package func configRecords(of agent: AgentID) throws(LedgerError) -> [ConfigRecord] {
        var records: [ConfigRecord] = []
        try run(
            """
            SELECT v.id, v.path, v.digest, length(v.bytes), v.state, v.since, v.modified, v.author, v.release,
                v.meaning
            FROM config_versions v JOIN agents a ON a.id = v.agent
            WHERE a.scope = ? AND a.unit = ? ORDER BY v.since DESC, v.id DESC
            """, [.text(agent.scope.stored), .text(agent.unit)]
        ) { row in
            records.append(
                ConfigRecord(
                    id: row.integer(0), path: row.text(1),
                    identity: ConfigIdentity(
                        digest: Digest(hex: row.text(2)), meaning: row.optionalText(9).map { Digest(hex: $0) }),
                    size: Int(row.integer(3)),
                    state: row.text(4), since: Timestamp(microseconds: row.integer(5)),
                    modified: Timestamp(microseconds: row.integer(6)), author: row.optionalText(7),
                    release: row.optionalText(8)))
        }
        return records
    }

    /// The id under which a version is stored, for commands that people type.
    package func configID(_ version: ConfigVersion, of agent: AgentID) throws(LedgerError) -> Int64? {
        var found: Int64?
        try run(
            """
            SELECT v.id FROM config_versions v JOIN agents a ON a.id = v.agent
            WHERE v.path = ? AND v.digest = ? AND a.scope = ? AND a.unit = ?
            """,
            [.text(version.path), .text(version.digest.hex), .text(agent.scope.stored), .text(agent.unit)]
        ) { found = $0.integer(0) }
        return found
    }

    /// One version with its bytes; `nil` where the agent has none of this id.
    package func configVersion(_ id: Int64, of agent: AgentID) throws(LedgerError) -> ConfigVersion? {
        var found: ConfigVersion?
        try run(
            """
            SELECT \(Self.versionColumns) FROM config_versions v JOIN agents a ON a.id = v.agent WHERE v.id = ? AND a.scope = ? AND a.unit = ?
            """, [.integer(id), .text(agent.scope.stored), .text(agent.unit)]
        ) { found = Self.version($0) }
        return found
    }
}
