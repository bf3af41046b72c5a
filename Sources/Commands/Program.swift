/// The program, from its words to its exit status.
package enum Program {
    package static func run(_ arguments: [String], in environment: Environment) -> ExitStatus {
        do throws(CommandFailure) {
            guard let name = arguments.first else {
                environment.complain(HelpCommand.overview())
                return .usage
            }
            if name == "--help" || name == "-h" {
                environment.write(HelpCommand.overview())
                return .well
            }
            guard let (command, length) = CommandTable.find(arguments) else { throw CommandTable.unknown(arguments) }
            // The words of the name stand where a program's name would.
            let invocation = try Invocation([command.name] + arguments.dropFirst(length), of: command)
            if invocation.has(.help) {
                environment.write(HelpCommand.text(of: command))
                return .well
            }
            return try command.run(invocation, environment)
        } catch {
            environment.say(error.lines)
            return error.status
        }
    }
}
