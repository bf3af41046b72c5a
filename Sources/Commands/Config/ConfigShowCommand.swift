internal import Model
internal import Recording

enum ConfigShowCommand {
    static var command: Command {
        Command(
            name: "config show", summary: "Print a stored version of an agent's config, secrets masked",
            operands: "AGENT [ID]", options: [.config, .json],
            discussion: "Without an id, the newest known-good version.", run: run)
    }

    private struct Report: Encodable {
        let schema = 1
        let agent: String
        let path: String
        let digest: String
        let text: String

        private enum CodingKeys: String, CodingKey { case schema, agent, path, digest, text }
    }

    private static func run(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> ExitStatus {
        let name = try invocation.operand(0, "the name of an agent")
        let ledger = try ConfigSession.ledger(invocation, environment)
        let agent = try ConfigSession.known(name, in: ledger)
        let version: ConfigVersion
        if let word = invocation.operands.dropFirst().first {
            version = try ConfigSession.version(try ConfigSession.id(word), of: agent.id, in: ledger)
        } else {
            version = try good(agent, ledger)
        }
        let text = ShownConfig.masked(version)
        if invocation.json {
            environment.write(
                try jsonText(Report(agent: name, path: version.path, digest: version.digest.hex, text: text)))
        } else {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            environment.show(text.hasSuffix("\n") ? lines.dropLast() : lines)
        }
        return .well
    }

    private static func good(_ agent: KnownAgent, _ ledger: Ledger) throws(CommandFailure) -> ConfigVersion {
        do throws(LedgerError) {
            if let found = try ledger.knownGood(of: agent.id).first { return found }
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        throw CommandFailure(
            .unable,
            "watchdog: no config of \(agent.name) is known to be good yet; \(ShellCommand("watchdog", "config", "history", agent.name).inSentence) lists what is stored."
        )
    }
}

/// Configs for people's eyes.
enum ShownConfig {
    /// The secrets that the text itself names are masked, and control characters are shown as dots.
    static func masked(_ version: ConfigVersion) -> String {
        let text = String(decoding: version.bytes, as: UTF8.self)
        let masked = Redactor(secrets: WrittenSecrets.values(in: version)).mask(text)
        return masked.split(separator: "\n", omittingEmptySubsequences: false).map(\.printable).joined(separator: "\n")
    }

    /// What invisible characters were taken out: each is shown by its code point, so that there is something to see.
    static func invisible(from old: [UInt8], to new: [UInt8], _ path: String) -> [String] {
        func shown(_ bytes: [UInt8]) -> String {
            let text = String(decoding: bytes, as: UTF8.self)
            let visible = text.unicodeScalars.map { scalar -> String in
                scalar.isASCII || !scalar.properties.isWhitespace && scalar.properties.generalCategory != .format
                    ? String(scalar) : "<U+\(String(scalar.value, radix: 16, uppercase: true))>"
            }.joined()
            return Redactor(secrets: WrittenSecrets.values(in: bytes, path)).mask(visible)
        }
        return UnifiedDiff.lines(from: shown(old), to: shown(new), oldName: path, newName: "\(path) (fixed)").map(
            \.printable)
    }

    static func diff(from old: ConfigVersion, _ oldName: String, to new: ConfigVersion, _ newName: String) -> [String] {
        let redactor = Redactor(secrets: [old, new].flatMap(WrittenSecrets.values))
        let lines = UnifiedDiff.lines(
            from: redactor.mask(String(decoding: old.bytes, as: UTF8.self)),
            to: redactor.mask(String(decoding: new.bytes, as: UTF8.self)),
            oldName: "\(old.path) (\(oldName), \(old.digest.short))",
            newName: "\(new.path) (\(newName), \(new.digest.short))"
        ).map(\.printable)
        // Two texts that differ in nothing but a secret look alike when it is masked.
        if lines.isEmpty, old.digest != new.digest {
            return ["The two differ only in values that are masked here (\(old.digest.short), \(new.digest.short))."]
        }
        return lines
    }
}
