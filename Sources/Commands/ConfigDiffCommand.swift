internal import Model
internal import Recording

enum ConfigDiffCommand {
    static var command: Command {
        Command(
            name: "config diff", summary: "Show what differs between versions of an agent's config, secrets masked",
            operands: "AGENT [ID] [ID]", options: [.config, .json],
            discussion: """
                Between two stored versions; with one id or none, between that version, or the newest known-good one, and \
                the newest that is stored of the same file. What stands on the disk now is shown by `watchdog run --dry-run`.
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
        let records: [ConfigRecord]
        do throws(LedgerError) {
            records = try ledger.configRecords(of: agent.id)
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        var ids: [Int64] = []
        for word in invocation.operands.dropFirst() { ids.append(try ConfigSession.id(word)) }
        if ids.isEmpty {
            guard let good = records.first(where: { $0.state == "known-good" }) else {
                throw CommandFailure(
                    .unable,
                    "watchdog: no config of \(name) is known to be good yet, so there is nothing to compare with.")
            }
            ids = [good.id]
        }
        let old = try ConfigSession.version(ids[0], of: agent.id, in: ledger)
        let newID = ids.count > 1 ? ids[1] : records.first { $0.path == old.path }?.id ?? ids[0]
        let new = try ConfigSession.version(newID, of: agent.id, in: ledger)
        let lines = ShownConfig.diff(from: old, "version \(ids[0])", to: new, "version \(newID)")
        if invocation.json {
            environment.write(try jsonText(Report(agent: name, diff: lines)))
            return .well
        }
        let style = Style(colour: environment.colour)
        guard !lines.isEmpty else {
            environment.write("Versions \(ids[0]) and \(newID) are the same.\n")
            return .well
        }
        for line in lines { environment.write(style.diff(line) + "\n") }
        return .well
    }
}
