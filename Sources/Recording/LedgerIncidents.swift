package import Model
internal import SQLite

/// An incident as it is shown: with what was done in it.
package struct IncidentRecord: Sendable {
    package let id: Int64
    /// Empty for the host.
    package let agent: String
    package let unit: String
    package let opened: Timestamp
    package let closed: Timestamp?
    /// `open`, `escalated`, `healed`, `recovered`, `held`.
    package let state: String
    package let kinds: [String]
    package let severity: String
    package let summary: String
    package let cause: String?
    package let origin: String?
    package let reason: String?
    package var actions: [ActionRecord] = []
    package var consultations: [ConsultationRecord] = []
}

package struct ActionRecord: Sendable {
    package let rung: String
    package let remedy: String
    package let target: String
    package let planned: Timestamp
    package let ended: Timestamp?
    package let outcome: String
    package let reason: String
}

package struct ConsultationRecord: Sendable {
    package let provider: String
    package let at: Timestamp
    package let asked: String
    package let answered: String
    package let accepted: Bool
    package let result: String
}

extension Ledger {
    package func openIncidents() throws(LedgerError) -> [Incident] {
        var incidents: [Incident] = []
        try run(
            """
            SELECT i.id, a.scope, a.unit, i.opened, i.kinds, i.severity, i.summary, i.tried, i.escalated, i.told, i.last_held, i.suspects
            FROM incidents i LEFT JOIN agents a ON a.id = i.agent WHERE i.closed IS NULL ORDER BY i.id
            """
        ) { row in
            let agent = row.optionalText(1).flatMap { Scope(stored: $0) }.map { AgentID(scope: $0, unit: row.text(2)) }
            var incident =
                Incident(
                    id: row.integer(0), agent: agent, opened: Timestamp(microseconds: row.integer(3)),
                    kinds: kinds(row.text(4)), severity: Severity(rawValue: row.text(5)) ?? .warning,
                    summary: row.text(6),
                    tried: rungs(row.text(7)), escalated: row.optionalInteger(8).map { Timestamp(microseconds: $0) },
                    told: row.optionalText(9).flatMap { Notice.Event(rawValue: $0) },
                    lastHeld: row.optionalInteger(10).map { Timestamp(microseconds: $0) })
            incident.suspects = row.optionalText(11).map { Set($0.split(separator: " ").map(String.init)) }
            incidents.append(incident)
        }
        return incidents
    }

    package func openIncident(
        _ agent: AgentID?, kinds: [FindingKind], severity: Severity, summary: String, at now: Timestamp
    ) throws(LedgerError) -> Incident {
        var row: Int64?
        if let agent { row = try rowID(agent) }
        try run(
            "INSERT INTO incidents (agent, opened, kinds, severity, summary, tried) VALUES (?, ?, ?, ?, ?, '')",
            [Value(row), .integer(now.microseconds), .text(words(kinds)), .text(severity.rawValue), .text(summary)])
        return Incident(
            id: database.lastInsertedRow, agent: agent, opened: now, kinds: kinds, severity: severity, summary: summary)
    }

    package func update(_ incident: Incident, diagnosis: Diagnosis?, reason: String?) throws(LedgerError) {
        try run(
            """
            UPDATE incidents SET kinds = ?, severity = ?, summary = ?, tried = ?, escalated = ?, told = ?, last_held = ?, suspects = ?,
                cause = coalesce(?, cause), origin = coalesce(?, origin), reason = coalesce(?, reason) WHERE id = ?
            """,
            [
                .text(words(incident.kinds)), .text(incident.severity.rawValue), .text(incident.summary),
                .text(incident.tried.map(\.text).joined(separator: " ")), Value(incident.escalated?.microseconds),
                Value(incident.told?.rawValue), Value(incident.lastHeld?.microseconds),
                Value(incident.suspects?.sorted().joined(separator: " ")), Value(diagnosis?.cause),
                Value(diagnosis?.origin.text), Value(reason),
                .integer(incident.id),
            ])
    }

    /// `outcome`: `healed` by the watchdog, `recovered` without it, `held` by an operator.
    package func close(_ incident: Incident, outcome: String, at now: Timestamp) throws(LedgerError) {
        try run(
            "UPDATE incidents SET closed = ?, outcome = ? WHERE id = ?",
            [.integer(now.microseconds), .text(outcome), .integer(incident.id)])
    }

    /// The newest first; `id` for one alone.
    package func incidents(id: Int64? = nil, most: Int = 20) throws(LedgerError) -> [IncidentRecord] {
        var records: [IncidentRecord] = []
        try run(
            """
            SELECT i.id, coalesce(a.name, ''), coalesce(a.unit, ''), i.opened, i.closed,
                coalesce(i.outcome, CASE WHEN i.escalated IS NULL THEN 'open' ELSE 'escalated' END),
                i.kinds, i.severity, i.summary, i.cause, i.origin, i.reason
            FROM incidents i LEFT JOIN agents a ON a.id = i.agent
            WHERE ?1 IS NULL OR i.id = ?1 ORDER BY i.id DESC LIMIT ?2
            """, [Value(id), .integer(Int64(most))]
        ) { row in
            records.append(
                IncidentRecord(
                    id: row.integer(0), agent: row.text(1), unit: row.text(2),
                    opened: Timestamp(microseconds: row.integer(3)),
                    closed: row.optionalInteger(4).map { Timestamp(microseconds: $0) }, state: row.text(5),
                    kinds: row.text(6).split(separator: " ").map(String.init), severity: row.text(7),
                    summary: row.text(8),
                    cause: row.optionalText(9), origin: row.optionalText(10), reason: row.optionalText(11)))
        }
        for index in records.indices {
            try run(
                "SELECT rung, remedy, target, planned, ended, outcome, reason FROM actions WHERE incident = ? ORDER BY id",
                [.integer(records[index].id)]
            ) { row in
                records[index].actions.append(
                    ActionRecord(
                        rung: row.text(0), remedy: row.text(1), target: row.text(2),
                        planned: Timestamp(microseconds: row.integer(3)),
                        ended: row.optionalInteger(4).map { Timestamp(microseconds: $0) },
                        outcome: row.optionalText(5) ?? "open", reason: row.text(6)))
            }
            try run(
                "SELECT provider, at, asked, answered, accepted, result FROM consultations WHERE incident = ? ORDER BY id",
                [.integer(records[index].id)]
            ) { row in
                records[index].consultations.append(
                    ConsultationRecord(
                        provider: row.text(0), at: Timestamp(microseconds: row.integer(1)), asked: row.text(2),
                        answered: row.text(3), accepted: row.integer(4) == 1, result: row.text(5)))
            }
        }
        return records
    }
}
