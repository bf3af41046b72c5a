package import Model
internal import SQLite

extension Ledger {
    /// Writes every step of a plan down before the first of them happens. Returns their ids.
    package func plan(
        _ plan: Plan, targets: [String], incident: Incident, number: Int, at now: Timestamp
    ) throws(LedgerError) -> [Int64] {
        let pass = try passID()
        let agent = try rowID(plan.agent)
        var ids: [Int64] = []
        for (remedy, target) in zip(plan.steps, targets) {
            var restore: ConfigRestore?
            if case .restoreConfig(let order) = remedy { restore = order }
            try run(
                """
                INSERT INTO actions (pass, incident, agent, plan, rung, healing, remedy, target, old_digest, new_digest, planned)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    .integer(pass), .integer(incident.id), .integer(agent), .integer(Int64(number)),
                    .text(plan.rungs.map(\.text).joined(separator: " ")), .integer(plan.isHealing ? 1 : 0),
                    .text(remedy.name), .text(target), Value(restore?.replacing?.hex),
                    Value(restore?.version.digest.hex),
                    .integer(now.microseconds),
                ])
            ids.append(database.lastInsertedRow)
        }
        return ids
    }

    package func begin(action: Int64, at now: Timestamp) throws(LedgerError) {
        try run("UPDATE actions SET began = ? WHERE id = ?", [.integer(now.microseconds), .integer(action)])
    }

    package func end(action: Int64, _ outcome: ActionOutcome, at now: Timestamp) throws(LedgerError) {
        try run(
            "UPDATE actions SET ended = ?, outcome = ?, reason = ? WHERE id = ?",
            [.integer(now.microseconds), .text(outcome.result.rawValue), .text(outcome.reason), .integer(action)])
    }

    /// Closes the steps that a pass which died left open.
    package func closeInterrupted(_ steps: [InterruptedStep], at now: Timestamp) throws(LedgerError) {
        for step in steps {
            let reason = step.began ? "The pass ended in the middle of this step." : "The pass ended before this step."
            try run(
                "UPDATE actions SET ended = ?, outcome = 'interrupted', reason = ? WHERE id = ?",
                [.integer(now.microseconds), .text(reason), .integer(step.id)])
        }
    }

    package func consultations(since: Timestamp) throws(LedgerError) -> Int {
        var count: Int64 = 0
        try run("SELECT count(*) FROM consultations WHERE at >= ?", [.integer(since.microseconds)]) {
            count = $0.integer(0)
        }
        return Int(count)
    }

    package func record(_ consultation: Consultation, incident: Incident, at now: Timestamp) throws(LedgerError) {
        let accepted: Bool
        let result: String
        switch consultation.outcome {
        case .accepted(let diagnosis):
            accepted = true
            result = "\(diagnosis.proposal?.rawValue ?? "nothing"): \(diagnosis.cause)"
        case .discarded(let why):
            accepted = false
            result = why
        }
        try run(
            """
            INSERT INTO consultations (incident, agent, provider, at, asked, answered, accepted, result)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .integer(incident.id), .integer(try rowID(consultation.agent)), .text(consultation.provider),
                .integer(now.microseconds), .text(consultation.asked), .text(consultation.answered),
                .integer(accepted ? 1 : 0), .text(result),
            ])
    }
}
