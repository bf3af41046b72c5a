/// A command of the program, as data: help is rendered from it.
struct Command {
    let name: String
    /// One line without a full stop.
    let summary: String
    /// What follows the options, for the usage line.
    /// As many words as stand here, at most; or, ending in `…`, another program's whole command line, whose options are its own.
    let operands: String
    let options: [Option]
    let discussion: String
    var takesCommandLine: Bool { operands.hasSuffix("…") }
    let run: (Invocation, Environment) throws(CommandFailure) -> ExitStatus
}

struct Option: Sendable {
    let name: String
    /// What its value is called in help; `nil` for a flag.
    let value: String?
    let summary: String

    static let config = Option(name: "config", value: "FILE", summary: "Read the settings from FILE")
    static let json = Option(name: "json", value: nil, summary: "Print one JSON value and nothing else")
    static let agent = Option(name: "agent", value: "NAME", summary: "Look at this agent only")
    static let dryRun = Option(name: "dry-run", value: nil, summary: "Plan everything and touch nothing")
    static let wait = Option(
        name: "wait", value: "TIME", summary: "Wait so long, such as 5min, for another pass to end")
    static let help = Option(name: "help", value: nil, summary: "Show the help of this command")
}

enum CommandTable {
    static var commands: [Command] {
        [
            RunCommand.command, DoctorCommand.command, StatusCommand.command, IncidentsCommand.command,
            ExplainCommand.command, ConfigCheckCommand.command, ConfigHistoryCommand.command, ConfigDiffCommand.command,
            ConfigShowCommand.command,
            ConfigApplyCommand.command, ConfigConfirmCommand.command, ConfigWaitingCommand.command,
            ConfigRollbackCommand.command, PathsCommand.command,
            LockCommand.command, HelpCommand.command,
        ]
    }

    /// The command that a call begins with, and how many words its name has: one, or two as in `config show`.
    static func find(_ words: [String]) -> (command: Command, length: Int)? {
        for length in [2, 1] where words.count >= length {
            let name = words.prefix(length).joined(separator: " ")
            if let command = commands.first(where: { $0.name == name }) { return (command, length) }
        }
        return nil
    }

    static func unknown(_ words: [String]) -> CommandFailure {
        let word = words.first ?? ""
        let more = continuations(of: word)
        guard more.isEmpty else {
            return CommandFailure(
                .usage, "watchdog: \(word) needs one of \(more.joined(separator: ", ")) behind it. See `watchdog help`."
            )
        }
        return CommandFailure(.usage, "watchdog: \(word) is no command. `watchdog help` lists them.")
    }

    /// What may follow a word that begins several commands' names.
    static func continuations(of word: String) -> [String] {
        commands.compactMap { $0.name.hasPrefix(word + " ") ? String($0.name.dropFirst(word.count + 1)) : nil }
    }
}
