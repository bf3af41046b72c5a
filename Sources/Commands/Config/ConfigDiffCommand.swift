internal import Model
internal import Recording

enum ConfigDiffCommand {
    static var command: Command {
        Command(
            name: "config diff", summary: "Show what differs between versions of an agent's config, secrets masked",
            operands: "AGENT [ID] [ID]", options: [.config, .json],
            discussion: """
                Without an id, between the newest known-good version and the file as it is now; with one id, between that \
                version and the file as it is now; with two, between these.
                """, run: run)
    }

    private struct Report: Encodable {
        let schema = 1
        let agent: String
        let diff: [String]

        private enum CodingKeys: String, CodingKey { case schema, agent, diff }
    }

    private static func run(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> ExitStatus {
        let name = try invocation.operand(0, "the name of an agent")
        let ledger = try ConfigSession.ledger(invocation, environment)
        let agent = try ConfigSession.known(name, in: ledger)
        var named: [ConfigVersion] = []
        for word in invocation.operands.dropFirst() {
            named.append(try ConfigSession.version(try ConfigSession.id(word), of: agent.id, in: ledger))
        }
        let lines: [String]
        if named.count > 1 {
            lines = ShownConfig.diff(from: named[0], "older", to: named[1], "newer")
        } else {
            lines = try sinceThen(named, agent, ledger, invocation, environment)
        }
        if invocation.json {
            environment.write(try jsonText(Report(agent: name, diff: lines)))
            return .well
        }
        let style = Style(colour: environment.colour)
        if lines.isEmpty {
            environment.show(
                named.count > 1
                    ? "The two versions are the same."
                    : named.isEmpty ? "The config is its last known good version." : "The config is that version.")
        }
        environment.show(lines.map(style.diff))
        return .well
    }

    /// How the files are different now from the version that was named, or else from the newest known-good one of each.
    private static func sinceThen(
        _ named: [ConfigVersion], _ agent: KnownAgent, _ ledger: Ledger, _ invocation: Invocation,
        _ environment: Environment
    ) throws(CommandFailure) -> [String] {
        var olds = named
        if olds.isEmpty {
            do throws(LedgerError) {
                olds = try ledger.knownGood(of: agent.id)
            } catch {
                throw CommandFailure(.unable, "watchdog: \(error)")
            }
        }
        guard !olds.isEmpty else {
            throw CommandFailure(
                .unable,
                "watchdog: no config of \(agent.name) is known to be good yet, so there is nothing to compare with.")
        }
        let each = try ConfigSession.look(at: agent.name, ledger, invocation, environment)
        var lines: [String] = []
        for old in olds {
            switch each.seen.config.first(where: { $0.path == old.path })?.state {
            case .present(let present):
                lines += ShownConfig.diff(from: old, named.isEmpty ? "last known good" : "stored", to: present, "now")
            case .refused(let sentence): throw CommandFailure(.unable, "watchdog: \(sentence)")
            case .missing: lines.append("\(old.path) is missing now.")
            case nil: lines.append("\(old.path) is no config file of \(agent.name) any more.")
            }
        }
        return lines.map(each.redactor.mask)
    }
}
