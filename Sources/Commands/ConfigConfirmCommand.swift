internal import Model
internal import Recording

enum ConfigConfirmCommand {
    static var command: Command {
        Command(
            name: "config confirm", summary: "Keep a config that was applied with --confirm", operands: "AGENT",
            options: [.config, .json], discussion: "", run: run)
    }

    private struct Report: Encodable {
        let schema = 1
        let agent: String
        let outcome: String
        let path: String

        private enum CodingKeys: String, CodingKey { case schema, agent, outcome, path }
    }

    private static func run(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> ExitStatus {
        let name = try invocation.operand(0, "the name of an agent")
        return try ConfigSession.change(name, invocation, environment) { _, ledger, each throws(CommandFailure) in
            let now = environment.now()
            let waiting: ConfigChange?
            do throws(LedgerError) {
                waiting = try ledger.openChanges()[each.agent.id]?.first { $0.deadline.map { $0 > now } ?? false }
                if let waiting {
                    let author = ConfigSession.author(environment)
                    try ledger.end(change: waiting.id, .kept, reason: "Confirmed by \(author).", at: now)
                }
            } catch {
                throw CommandFailure(.unable, "watchdog: \(error)")
            }
            guard let waiting else {
                throw CommandFailure(
                    .unable,
                    "watchdog: no config of \(name.printable) waits for a confirmation: it was confirmed, or taken back, already."
                )
            }
            if invocation.json {
                environment.write(
                    try jsonText(Report(agent: each.agent.name, outcome: "kept", path: waiting.old.path)))
            } else {
                environment.write("kept: \(waiting.old.path) stays as it is.\n")
            }
            return .well
        }
    }
}
