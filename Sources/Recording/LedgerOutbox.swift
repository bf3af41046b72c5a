package import Model
internal import SQLite

extension Ledger {
    /// Puts a message into the outbox, once per channel: in the same transaction as the incident that it tells of.
    package func post(_ notice: Notice, to channels: [String]) throws(LedgerError) {
        for channel in channels {
            try run(
                """
                INSERT INTO outbox (incident, channel, event, host, agent, unit, kinds, severity, title, body, created,
                    attempts, not_before) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)
                """,
                [
                    .integer(notice.incident), .text(channel), .text(notice.event.rawValue), .text(notice.host),
                    .text(notice.agent), .text(notice.unit), .text(words(notice.kinds)),
                    .text(notice.severity.rawValue),
                    .text(notice.title), .text(notice.text), .integer(notice.at.microseconds),
                ])
        }
    }

    /// What may be delivered now; `most` bounds one pass's share of a long outage, for each channel by itself, so that a
    /// dead one holds up nobody. The managers' messages take turns, the oldest of each first, so that one user's do not
    /// stand before everybody else's.
    package func waiting(at now: Timestamp, most: Int = 50) throws(LedgerError) -> [OutgoingNotice] {
        var waiting: [OutgoingNotice] = []
        try run(
            """
            SELECT id, channel, event, incident, host, agent, unit, kinds, severity, title, body, created, attempts
            FROM (SELECT *, row_number() OVER (PARTITION BY channel ORDER BY turn, id) AS place FROM (
                SELECT o.*, row_number() OVER (PARTITION BY o.channel, a.scope ORDER BY o.id) AS turn
                FROM outbox o LEFT JOIN incidents i ON i.id = o.incident LEFT JOIN agents a ON a.id = i.agent
                WHERE o.delivered IS NULL AND o.not_before <= ?))
            WHERE place <= ? ORDER BY place, id
            """, [.integer(now.microseconds), .integer(Int64(most))]
        ) { row in
            guard let event = Notice.Event(rawValue: row.text(2)) else { return }
            waiting.append(
                OutgoingNotice(
                    id: row.integer(0), channel: row.text(1),
                    notice: Notice(
                        event: event, incident: row.integer(3), host: row.text(4), agent: row.text(5),
                        unit: row.text(6),
                        kinds: kinds(row.text(7)), severity: Severity(rawValue: row.text(8)) ?? .warning,
                        title: row.text(9),
                        text: row.text(10), at: Timestamp(microseconds: row.integer(11))),
                    attempts: Int(row.integer(12))))
        }
        return waiting
    }

    /// Messages for channels that the settings no longer have will never go out.
    package func dropMessages(exceptFor channels: [String], at now: Timestamp) throws(LedgerError) {
        let places = Array(repeating: "?", count: channels.count).joined(separator: ", ")
        try run(
            "UPDATE outbox SET delivered = ?, problem = 'The channel was removed from the settings.' WHERE delivered IS NULL AND channel NOT IN (\(places))",
            [.integer(now.microseconds)] + channels.map { .text($0) })
    }

    package func delivered(_ id: Int64, at now: Timestamp) throws(LedgerError) {
        try run(
            "UPDATE outbox SET delivered = ?, problem = NULL WHERE id = ?", [.integer(now.microseconds), .integer(id)])
    }

    package func postpone(_ id: Int64, until: Timestamp, problem: String) throws(LedgerError) {
        try run(
            "UPDATE outbox SET attempts = attempts + 1, not_before = ?, problem = ? WHERE id = ?",
            [.integer(until.microseconds), .text(problem), .integer(id)])
    }

    /// How many messages wait, and what was wrong with the newest attempt.
    package func undelivered() throws(LedgerError) -> (count: Int, problem: String?) {
        var result: (Int, String?) = (0, nil)
        try run(
            "SELECT count(*), (SELECT problem FROM outbox WHERE delivered IS NULL AND problem IS NOT NULL ORDER BY id DESC LIMIT 1) FROM outbox WHERE delivered IS NULL"
        ) { result = (Int($0.integer(0)), $0.optionalText(1)) }
        return result
    }
}
