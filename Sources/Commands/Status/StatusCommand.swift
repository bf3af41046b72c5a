internal import Model
internal import Recording

enum StatusCommand {
    static var command: Command {
        Command(
            name: "status", summary: "Show how the fleet stood after the last pass", operands: "",
            options: [.config, .json],
            discussion: "This reads the ledger only; `watchdog doctor` looks at the agents themselves.", run: run)
    }

    private struct Status: Encodable {
        struct Agent: Encodable {
            let name: String
            let unit: String
            let user: String?
            let verdict: String
            let findings: [String]
            let knownGood: Bool
            let incident: Int64?
        }

        let schema = 1
        let verdict: String
        let lastPass: String?
        let agents: [Agent]
        let undelivered: Int
        let problem: String?

        private enum CodingKeys: String, CodingKey { case schema, verdict, lastPass, agents, undelivered, problem }
    }

    /// Two passes that did not come: cron is not doing its part.
    private static let stale = Policy.interval * 3

    private static func run(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> ExitStatus {
        let settings = try environment.settings(invocation)
        let now = environment.now()
        let status: Status
        var age: Duration?
        do throws(LedgerError) {
            let ledger = try Ledger.openToRead(in: settings.stateDirectory, at: now)
            let open = try ledger.openIncidents()
            let last = try ledger.lastPass()
            age = last.map { now - $0.finished }
            let waiting = try ledger.undelivered()
            status = Status(
                verdict: age.map { $0 > stale } ?? true
                    ? Verdict.unknown.rawValue : last?.verdict ?? Verdict.unknown.rawValue,
                lastPass: last?.finished.rfc3339,
                agents: try ledger.agents().map { agent in
                    Status.Agent(
                        name: agent.name, unit: agent.id.unit, user: agent.id.scope.userName, verdict: agent.verdict,
                        findings: agent.kinds.map(\.rawValue), knownGood: agent.hasKnownGood,
                        incident: open.first { $0.agent == agent.id }?.id)
                }, undelivered: waiting.count, problem: waiting.problem)
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        if invocation.json {
            environment.write(try jsonText(status))
        } else {
            environment.show(lines(status, age: age, Style(colour: environment.colour)))
        }
        return ExitStatus(Verdict(rawValue: status.verdict) ?? .unknown)
    }

    private static func lines(_ status: Status, age: Duration?, _ style: Style) -> [String] {
        var lines: [String] = []
        let width = status.agents.map(\.name.count).max() ?? 0
        let unitWidth = status.agents.map(\.unit.count).max() ?? 0
        for agent in status.agents {
            var notes = agent.findings
            if !agent.knownGood { notes.append("no known-good config yet") }
            if let incident = agent.incident { notes.append("incident \(incident)") }
            let place = agent.user.map { "user \($0)" } ?? "system"
            lines.append(
                "\(agent.name.padded(width))  \(style.verdict(agent.verdict, width: 8))  \(agent.unit.padded(unitWidth))  \(place)  \(notes.joined(separator: ", "))"
            )
        }
        if status.undelivered > 0 {
            lines.append("\(status.undelivered) messages are not delivered yet. \(status.problem ?? "")")
        }
        if let age {
            let late = age > stale ? ", which is too long ago: is the cron entry there?" : ""
            lines.append("\(style.verdict(status.verdict)): last pass \(age.inWords) ago\(late)")
        } else {
            lines.append("\(style.verdict(status.verdict)): no pass has finished yet")
        }
        return lines
    }
}
