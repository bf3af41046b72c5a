internal import Model
internal import Recording

enum ConfigWaitingCommand {
    static var command: Command {
        Command(
            name: "config waiting", summary: "List the changes of a config that have not come to their end",
            operands: "", options: [.config, .json],
            discussion: """
                Those that somebody has to confirm, and those that a program which died has left to the next pass. The exit \
                status is 1 where there is one.
                """, run: run)
    }

    private struct Report: Encodable {
        struct Change: Encodable {
            let agent: String
            let path: String
            let author: String
            let began: String
            /// Absent where nobody has to confirm it.
            let deadline: String?
        }

        let schema = 1
        let changes: [Change]

        private enum CodingKeys: String, CodingKey { case schema, changes }
    }

    /// By the ledger alone: an agent's manager may be away just now.
    private static func run(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> ExitStatus {
        let settings = try environment.settings(invocation)
        let now = environment.now()
        var waiting: [(name: String, change: ConfigChange)] = []
        do throws(LedgerError) {
            let ledger = try Ledger.openToRead(in: settings.stateDirectory, at: now)
            let names = Dictionary(try ledger.agents().map { ($0.id, $0.name) }) { first, _ in first }
            for (agent, changes) in try ledger.openChanges() {
                waiting += changes.map { (names[agent] ?? agent.unit, $0) }
            }
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        waiting.sort { $0.change.id < $1.change.id }
        if invocation.json {
            let changes = waiting.map { name, change in
                Report.Change(
                    agent: name, path: change.old.path, author: change.author, began: change.began.rfc3339,
                    deadline: change.deadline?.rfc3339)
            }
            environment.write(try jsonText(Report(changes: changes)))
        } else {
            environment.show(
                waiting.isEmpty ? ["No change is waiting."] : waiting.map { line($0.name, $0.change, now) })
        }
        return waiting.isEmpty ? .well : .degraded
    }

    private static func line(_ name: String, _ change: ConfigChange, _ now: Timestamp) -> String {
        let place = "\(name): \(change.old.path), by \(change.author)"
        guard let deadline = change.deadline else {
            return "\(place), was begun at \(change.began.rfc3339) and is not proven: the next pass settles it."
        }
        guard now < deadline else {
            return "\(place), was not confirmed by \(deadline.rfc3339): the next pass takes it back."
        }
        return
            "\(place), has to be confirmed by \(deadline.rfc3339): \(ShellCommand("watchdog", "config", "confirm", name).inSentence) keeps it; without that the old one comes back then."
    }
}
