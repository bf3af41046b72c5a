package import Model
internal import SQLite

/// An agent as the last pass that looked at it left it.
package struct KnownAgent: Sendable {
    package let id: AgentID
    package let name: String
    package let verdict: String
    package let kinds: [FindingKind]
    package let hasKnownGood: Bool
}

extension Ledger {
    package func agents() throws(LedgerError) -> [KnownAgent] {
        var agents: [KnownAgent] = []
        try run(
            """
            SELECT scope, unit, name, verdict, kinds,
                EXISTS (SELECT 1 FROM config_versions WHERE agent = agents.id AND state = 'known-good')
            FROM agents WHERE verdict != 'gone' ORDER BY name, scope, unit
            """
        ) { row in
            guard let scope = Scope(stored: row.text(0)) else { return }
            agents.append(
                KnownAgent(
                    id: AgentID(scope: scope, unit: row.text(1)), name: row.text(2), verdict: row.text(3),
                    kinds: kinds(row.text(4)), hasKnownGood: row.integer(5) == 1))
        }
        return agents
    }

    /// What earlier passes know of every agent: without its known-good configs, which `knownGood` reads where they
    /// are needed.
    package func histories(actionsSince: Timestamp) throws(LedgerError) -> [AgentID: AgentHistory] {
        var histories: [Int64: (id: AgentID, history: AgentHistory)] = [:]
        let last = try lastPass()?.finished
        try run(
            "SELECT id, scope, unit, restarts, cursor, kinds, healthy_since, healthy_passes, healthy_config, verdict, stopped, checked_config, config_digests, config_meanings, config_since, config_references, program, wrote_kill_mode, worked_started, worked_config, name FROM agents"
        ) { row in
            guard let scope = Scope(stored: row.text(1)) else { return }
            var history = AgentHistory()
            history.name = row.text(20)
            history.lastSeen = last
            history.restarts = row.optionalInteger(3).map { UInt32(clamping: $0) }
            history.cursor = row.optionalText(4)
            history.kinds = Set(kinds(row.text(5)))
            history.healthySince = row.optionalInteger(6).map { Timestamp(microseconds: $0) }
            history.healthyPasses = Int(row.integer(7))
            history.healthyConfig = row.text(8)
            history.verdict = row.text(9)
            history.stopped = row.optionalInteger(10).map { Timestamp(microseconds: $0) }
            history.checkedConfig = row.optionalText(11)
            history.program = row.optionalText(16)
            history.wroteKillMode = row.integer(17) == 1
            history.worked = row.optionalInteger(18).map {
                WorkingRun(
                    started: Timestamp(microseconds: $0),
                    meanings: Set((row.optionalText(19) ?? "").split(separator: " ").map(String.init)))
            }
            if let digests = row.optionalText(12), let meanings = row.optionalText(13),
                let since = row.optionalInteger(14)
            {
                history.lastConfig = ConfigMemory(
                    digests: digests, meanings: meanings, since: Timestamp(microseconds: since),
                    references: row.text(15).split(separator: " ").map(String.init))
            }
            histories[row.integer(0)] = (AgentID(scope: scope, unit: row.text(2)), history)
        }
        // A plan counts once, however many steps it has, and only once it was begun.
        try run(
            "SELECT agent, min(began) FROM actions WHERE healing = 1 AND planned >= ? AND began IS NOT NULL GROUP BY agent, pass, plan",
            [.integer(actionsSince.microseconds)]
        ) { row in
            histories[row.integer(0)]?.history.actions.append(Timestamp(microseconds: row.integer(1)))
        }
        try run("SELECT agent, id, rung, remedy, began, new_digest FROM actions WHERE ended IS NULL ORDER BY id") {
            row in
            // A step of several small repairs stands for each of them.
            for rung in rungs(row.text(2)) {
                histories[row.integer(0)]?.history.interrupted.append(
                    InterruptedStep(
                        id: row.integer(1), rung: rung, remedy: row.text(3), began: !row.isNull(4),
                        restoring: row.optionalText(5).map { Digest(hex: $0) }))
            }
        }
        for incident in try openIncidents() {
            guard let agent = incident.agent, let key = histories.first(where: { $0.value.id == agent })?.key else {
                continue
            }
            histories[key]?.history.incident = incident
        }
        return Dictionary(histories.values.map { ($0.id, $0.history) }, uniquingKeysWith: { first, _ in first })
    }

    /// Writes what a pass learnt of an agent. Of `history`, what the next pass will read as its own is taken.
    package func remember(_ agent: Agent, _ history: AgentHistory) throws(LedgerError) {
        let row = try rowID(agent.id, name: agent.name)
        try run(
            """
            UPDATE agents SET name = ?, verdict = ?, restarts = ?, cursor = ?, kinds = ?, healthy_since = ?,
                healthy_passes = ?, healthy_config = ?, stopped = ?, checked_config = ?,
                config_digests = ?, config_meanings = ?, config_since = ?, config_references = ?, program = ?,
                wrote_kill_mode = ?, worked_started = ?, worked_config = ? WHERE id = ?
            """,
            [
                .text(agent.name), .text(history.verdict), Value(history.restarts.map { Int64($0) }),
                Value(history.cursor),
                .text(words(history.kinds.sorted { $0.rawValue < $1.rawValue })),
                Value(history.healthySince?.microseconds),
                .integer(Int64(history.healthyPasses)), .text(history.healthyConfig),
                Value(history.stopped?.microseconds), Value(history.checkedConfig),
                Value(history.lastConfig?.digests), Value(history.lastConfig?.meanings),
                Value(history.lastConfig?.since.microseconds),
                Value(history.lastConfig?.references.joined(separator: " ")), Value(history.program),
                .integer(history.wroteKillMode ? 1 : 0), Value(history.worked?.started.microseconds),
                Value(history.worked?.meanings.sorted().joined(separator: " ")), .integer(row),
            ])
    }

    /// The agent's unit does not exist any more. Its incident ends; its configs and history stay.
    package func forget(_ agent: AgentID, closing incident: Incident?, at now: Timestamp) throws(LedgerError) {
        if let incident { try close(incident, outcome: "gone", at: now) }
        let row = try rowID(agent)
        try run("UPDATE agents SET verdict = 'gone', kinds = '', wrote_kill_mode = 0 WHERE id = ?", [.integer(row)])
        try run(
            "UPDATE actions SET ended = ?, outcome = 'interrupted', reason = 'The unit does not exist any more.' WHERE agent = ? AND ended IS NULL",
            [.integer(now.microseconds), .integer(row)])
    }

    /// Writes down agents that it has not known, by the names that they have: what happens to them is found by these.
    package func know(_ agents: [Agent]) throws(LedgerError) {
        guard !agents.isEmpty else { return }
        try together { () throws(LedgerError) in
            for agent in agents { _ = try rowID(agent.id, name: agent.name) }
        }
    }

    /// The agent's row; made where it has none.
    func rowID(_ id: AgentID, name: String? = nil) throws(LedgerError) -> Int64 {
        var found: Int64?
        let key: [Value] = [.text(id.scope.stored), .text(id.unit)]
        try run("SELECT id FROM agents WHERE scope = ? AND unit = ?", key) { found = $0.integer(0) }
        if let found { return found }
        try run(
            """
            INSERT INTO agents (scope, unit, name, verdict, kinds, healthy_passes, healthy_config)
            VALUES (?, ?, ?, 'unknown', '', 0, '')
            """, key + [.text(name ?? id.bareUnit)])
        return database.lastInsertedRow
    }
}
