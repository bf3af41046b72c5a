/// A command of the program, as data: help is rendered from it.
struct Command {
    let name: String
    /// One line without a full stop.
    let summary: String
    /// What follows the options, for the usage line.
    /// One word at most; or, ending in `…`, another program's whole command line, whose options are its own.
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
    static let help = Option(name: "help", value: nil, summary: "Show the help of this command")
}

enum CommandTable {
    static var commands: [Command] {
        [
            RunCommand.command, DoctorCommand.command, StatusCommand.command, IncidentsCommand.command,
            ExplainCommand.command, LockCommand.command, HelpCommand.command,
        ]
    }

    static func command(_ name: String) -> Command? {
        commands.first { $0.name == name }
    }
}
