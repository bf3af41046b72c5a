internal import Model
internal import Recording

enum ConfigHistoryCommand {
    static var command: Command {
        Command(
            name: "config history", summary: "List the stored versions of an agent's config", operands: "AGENT",
            options: [.config, .json],
            discussion: """
                The newest first. known-good: the agent ran well with it; rejected: a rollback took its place and helped, or \
                it was taken back; restored: somebody put it back, and it stayed; seen: it was about to be replaced, or \
                somebody applied it.
                """, run: run)
    }

    private struct Report: Encodable {
        struct Version: Encodable {
            let id: Int64
            let path: String
            let digest: String
            let size: Int
            let state: String
            let since: String
            let modified: String
            let author: String?
            let release: String?
        }

        let schema = 1
        let agent: String
        let versions: [Version]

        private enum CodingKeys: String, CodingKey { case schema, agent, versions }
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
        if invocation.json {
            let versions = records.map {
                Report.Version(
                    id: $0.id, path: $0.path, digest: $0.digest.hex, size: $0.size, state: $0.state,
                    since: $0.since.rfc3339, modified: $0.modified.rfc3339, author: $0.author,
                    release: $0.release)
            }
            environment.write(try jsonText(Report(agent: name, versions: versions)))
            return .well
        }
        guard !records.isEmpty else {
            environment.write(
                "No version of \(name)'s config is stored yet: that takes a healthy agent and two passes.\n")
            return .well
        }
        let style = Style(colour: environment.colour)
        let width = records.map { String($0.id).count }.max() ?? 0
        for record in records {
            let state = record.state.padded(10)
            let release = record.release.map { ", release \($0.printable)" } ?? ""
            let author = (record.author.map { ", by \($0)" } ?? "") + release
            environment.write(
                "\(String(record.id).padded(width))  \(record.state == "known-good" ? style.good(state) : state)  \(record.since.rfc3339)  \(record.digest.short)  \(record.size) bytes  \(record.path)\(author)\n"
            )
        }
        return .well
    }
}
