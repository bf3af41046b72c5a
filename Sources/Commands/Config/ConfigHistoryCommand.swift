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
            /// Whether the file is this version now; absent where it could not be read.
            let inPlace: Bool?
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
        let present = records.isEmpty ? [] : look(name, ledger, invocation, environment)
        if invocation.json {
            let versions = records.map { record in
                Report.Version(
                    id: record.id, path: record.path, digest: record.identity.digest.hex, size: record.size,
                    state: record.state, since: record.since.rfc3339, modified: record.modified.rfc3339,
                    author: record.author, release: record.release,
                    inPlace: present.first { $0.path == record.path }.map { inPlace(records, $0) == record.id })
            }
            environment.write(try jsonText(Report(agent: name, versions: versions)))
            return .well
        }
        guard !records.isEmpty else {
            environment.show(
                "No version of \(name)'s config is stored yet: that takes a healthy agent and two passes.")
            return .well
        }
        let style = Style(colour: environment.colour)
        let width = records.map { String($0.id).count }.max() ?? 0
        for record in records {
            let state = record.state.padded(10)
            let release = record.release.map { ", release \($0.printable)" } ?? ""
            let author = record.author.map { ", by \($0)" } ?? ""
            let stands = present.contains { inPlace(records, $0) == record.id } ? ", in place now" : ""
            environment.show(
                "\(String(record.id).padded(width))  \(record.state == "known-good" ? style.good(state) : state)  \(record.since.rfc3339)  \(record.identity.digest.short)  \(record.size) bytes  \(record.path)\(author)\(release)\(stands)"
            )
        }
        for file in present {
            switch file.state {
            case .missing: environment.show("\(file.path) is missing now.")
            case .present where inPlace(records, file) == nil:
                let show = ShellCommand("watchdog", "config", "diff", name).inSentence
                environment.show("\(file.path) is none of these now; \(show) shows what is different.")
            default: break
            }
        }
        return .well
    }

    /// The config files as they are now. The list is worth having without them, so that what keeps them from being read is
    /// only said.
    private static func look(
        _ name: String, _ ledger: Ledger, _ invocation: Invocation, _ environment: Environment
    ) -> [ConfigFile] {
        do throws(CommandFailure) {
            return try ConfigSession.look(at: name, ledger, invocation, environment).seen.config.filter {
                guard case .refused(let sentence) = $0.state else { return true }
                environment.say("watchdog: \(sentence)")
                return false
            }
        } catch {
            environment.say(error.lines)
            return []
        }
    }

    /// Which version a file is: that of its bytes, or else the newest that differs only in what the agent itself marks.
    private static func inPlace(_ records: [ConfigRecord], _ file: ConfigFile) -> Int64? {
        guard let present = file.version else { return nil }
        let stored = records.filter { $0.path == file.path }
        return (stored.first { $0.identity.digest == present.digest } ?? stored.first { $0.identity.names(present) })?
            .id
    }
}
