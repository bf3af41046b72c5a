internal import Files
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

    /// By the ledger alone: the agent's manager may be away just now.
    private static func run(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> ExitStatus {
        let name = try invocation.operand(0, "the name of an agent")
        let settings = try environment.settings(invocation)
        let lock = try ConfigSession.takeLock(settings, environment)
        let ledger: Ledger
        do throws(LedgerError) {
            ledger = try Ledger.open(in: lock.path, at: environment.now())
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        let change = try confirm(try ConfigSession.known(name, in: ledger), ledger, environment)
        withExtendedLifetime(lock) {}
        if invocation.json {
            environment.write(try jsonText(Report(agent: name, outcome: "kept", path: change.old.path)))
        } else {
            environment.show("kept: \(change.old.path) stays as it is.")
        }
        return .well
    }

    private static func confirm(
        _ agent: KnownAgent, _ ledger: Ledger, _ environment: Environment
    ) throws(CommandFailure) -> ConfigChange {
        let now = environment.now()
        let late: Timestamp?
        let last: String?
        do throws(LedgerError) {
            let open = (try ledger.openChanges()[agent.id] ?? []).filter { $0.deadline != nil }
            if let waiting = open.first(where: { $0.deadline.map { $0 > now } ?? false }) {
                let author = ConfigSession.author(environment)
                try ledger.end(change: waiting.id, .kept, reason: "Confirmed by \(author).", at: now)
                return waiting
            }
            late = open.first?.deadline
            last = try ledger.lastConfirmation(of: agent.id)
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        let why =
            late.map { "The time for it ended at \($0.rfc3339), and the next pass takes the change back." }
            ?? last.map { "Of the last one: \($0)" } ?? "None was applied with --confirm."
        throw CommandFailure(
            .unable, "watchdog: no config of \(agent.name.printable) waits for a confirmation. \(why)")
    }
}
