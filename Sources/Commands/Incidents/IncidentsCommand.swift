internal import Model
internal import Recording

enum IncidentsCommand {
    static var command: Command {
        Command(
            name: "incidents", summary: "Show what happened, what was done and what came of it", operands: "[ID]",
            options: [.config, .json],
            discussion:
                "Without an id, the newest twenty; with one, everything about it, an advisor's question and answer included.",
            run: run)
    }

    private struct Report: Encodable {
        struct Incident: Encodable {
            let id: Int64
            let agent: String
            let unit: String
            let opened: String
            let closed: String?
            let state: String
            let kinds: [String]
            let severity: String
            let summary: String
            let cause: String?
            let origin: String?
            let reason: String?
            let actions: [Action]
            let consultations: [Consultation]?
        }

        struct Action: Encodable {
            let rung: String
            let remedy: String
            let target: String
            let at: String
            let outcome: String
            let reason: String
        }

        struct Consultation: Encodable {
            let provider: String
            let at: String
            let asked: String
            let answered: String
            let accepted: Bool
            let result: String
        }

        let schema = 1
        let incidents: [Incident]

        private enum CodingKeys: String, CodingKey { case schema, incidents }
    }

    private static func run(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> ExitStatus {
        var id: Int64?
        if let word = invocation.operands.first {
            guard let number = Int64(word), number > 0 else {
                throw CommandFailure(
                    .usage, "watchdog incidents: \(word) is no id of an incident; ids are whole numbers from 1.")
            }
            id = number
        }
        let settings = try environment.settings(invocation)
        let records: [IncidentRecord]
        do throws(LedgerError) {
            records = try Ledger.openToRead(in: settings.stateDirectory, at: environment.now()).incidents(id: id)
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        if let id, records.isEmpty {
            throw CommandFailure(.unable, "watchdog: the ledger has no incident \(id).")
        }
        if invocation.json {
            environment.write(try jsonText(report(records, whole: id != nil)))
        } else {
            let style = Style(colour: environment.colour)
            let text =
                records.isEmpty
                ? ["No incident has happened yet."] : records.flatMap { lines($0, whole: id != nil, style) }
            environment.show(text)
        }
        return .well
    }

    private static func report(_ records: [IncidentRecord], whole: Bool) -> Report {
        Report(
            incidents: records.map { record in
                Report.Incident(
                    id: record.id, agent: record.agent, unit: record.unit, opened: record.opened.rfc3339,
                    closed: record.closed?.rfc3339, state: record.state, kinds: record.kinds, severity: record.severity,
                    summary: record.summary, cause: record.cause, origin: record.origin, reason: record.reason,
                    actions: record.actions.map {
                        Report.Action(
                            rung: $0.rung, remedy: $0.remedy, target: $0.target, at: $0.planned.rfc3339,
                            outcome: $0.outcome,
                            reason: $0.reason)
                    },
                    consultations: whole
                        ? record.consultations.map {
                            Report.Consultation(
                                provider: $0.provider, at: $0.at.rfc3339, asked: $0.asked, answered: $0.answered,
                                accepted: $0.accepted, result: $0.result)
                        } : nil)
            })
    }

    private static func lines(_ record: IncidentRecord, whole: Bool, _ style: Style) -> [String] {
        let who = record.agent.isEmpty ? "host" : record.agent
        let length = record.closed.map { ", over after \(($0 - record.opened).inWords)" } ?? ""
        var lines = [
            "\(record.id)  \(record.opened.rfc3339)  \(style.bold(who))  \(record.kinds.joined(separator: ", "))  \(record.state)\(length)"
        ]
        lines.append("    \(record.summary)")
        if let cause = record.cause, cause != record.summary {
            lines.append("    cause  \(cause) (\(record.origin ?? ""))")
        }
        for action in record.actions {
            lines.append(
                "    \(action.planned.rfc3339)  \(action.rung): \(action.remedy) of \(action.target), \(action.outcome). \(action.reason)"
            )
        }
        if let reason = record.reason, record.closed == nil { lines.append("    why    \(reason)") }
        guard whole else { return lines }
        for consultation in record.consultations {
            lines.append("    asked \(consultation.provider) at \(consultation.at.rfc3339): \(consultation.result)")
            lines.append("      question: \(consultation.asked.printable)")
            lines.append("      answer:   \(consultation.answered.printable)")
        }
        return lines
    }
}
