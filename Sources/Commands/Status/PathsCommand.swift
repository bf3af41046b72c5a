internal import Model

/// For whoever backs the watchdog up, moves it, or takes it away.
enum PathsCommand {
    static var command: Command {
        Command(
            name: "paths", summary: "Show where its settings, its state and the secrets that they name lie",
            operands: "",
            options: [.config, .json],
            discussion: "What the settings say is checked, and nothing else is read.", run: run)
    }

    private struct Report: Encodable {
        let schema = 1
        let settings: String
        let state: String
        let secrets: [String]

        private enum CodingKeys: String, CodingKey { case schema, settings, state, secrets }
    }

    private static func run(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> ExitStatus {
        let settings = try environment.settings(invocation)
        let report = Report(
            settings: invocation[.config] ?? environment.settingsPath, state: settings.stateDirectory,
            secrets: settings.ownSecretFiles)
        if invocation.json {
            environment.write(try jsonText(report))
        } else {
            environment.show(
                ["settings  \(report.settings)", "state     \(report.state)"]
                    + report.secrets.map { "secret    \($0)" })
        }
        return .well
    }
}

extension Settings {
    /// Files that hold a secret of the watchdog's own: of a channel or of the advisor. Each once, in the order of the
    /// settings.
    fileprivate var ownSecretFiles: [String] {
        let sources =
            channels.map { channel in
                switch channel.kind {
                case .webhook(let url): url
                case .telegram(let token, _): token
                }
            } + [advisor?.key].compactMap { $0 }
        var files: [String] = []
        for case .file(let path) in sources where !files.contains(path) { files.append(path) }
        return files
    }
}
