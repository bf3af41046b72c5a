enum HelpCommand {
    static var command: Command {
        Command(
            name: "help", summary: "Show what the program can do, or one command's help", operands: "[COMMAND] [WORD]",
            options: [],
            discussion: "", run: run)
    }

    private static func run(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> ExitStatus {
        guard !invocation.operands.isEmpty else {
            environment.write(overview())
            return .well
        }
        guard let (command, length) = CommandTable.find(invocation.operands), length == invocation.operands.count else {
            throw CommandTable.unknown(invocation.operands)
        }
        environment.write(text(of: command))
        return .well
    }

    static func overview() -> String {
        let width = CommandTable.commands.map(\.name.count).max() ?? 0
        let list = CommandTable.commands.map { "  \($0.name.padded(width))  \($0.summary)" }.joined(separator: "\n")
        return """
            watchdog keeps AI agents under systemd alive: it finds what is broken, mends it, proves it, and tells.

            Usage: watchdog COMMAND [OPTIONS]

            \(list)

            Exit status: 0 all well or healed, 1 degraded, 2 an agent is failing, 3 the watchdog could not do its
            job, 64 wrong usage, 75 another pass is running.

            """
    }

    static func text(of command: Command) -> String {
        let options = command.options + [.help]
        let names = options.map { "--\($0.name)" + ($0.value.map { " \($0)" } ?? "") }
        let width = names.map(\.count).max() ?? 0
        var lines = ["\(command.summary).", ""]
        let operands = command.operands.isEmpty ? "" : " \(command.operands)"
        lines.append("Usage: watchdog \(command.name) [OPTIONS]\(operands)")
        if !command.discussion.isEmpty { lines += ["", command.discussion] }
        lines += ["", "Options:"]
        for (name, option) in zip(names, options) { lines.append("  \(name.padded(width))  \(option.summary)") }
        return lines.joined(separator: "\n") + "\n"
    }
}
