internal import AgentKinds
internal import Alerting
internal import Diagnosing
internal import Files
internal import Model
internal import SettingsFile

extension Environment {
    /// The settings of this call: from `--config`, or from where they belong. Without a file there the defaults hold.
    func settings(_ invocation: Invocation) throws(CommandFailure) -> Settings {
        let defaults = Settings(stateDirectory: stateDirectory, units: AgentKinds.units, kinds: AgentKinds.names)
        let path = invocation[.config] ?? settingsPath
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try readOwnFile(path, most: 1 << 20)
        } catch {
            if error.code == .missing, invocation[.config] == nil { return defaults }
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        do throws(SettingsError) {
            return try SettingsReader.read(bytes, file: path, defaults: defaults)
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
    }

    /// The lock that lets one pass in at a time; `nil` where another one has it for longer than `patience`.
    func lock(_ settings: Settings, _ patience: Duration) throws(CommandFailure) -> StateDirectory? {
        let end = now() + patience
        while true {
            let lock: StateDirectory?
            do throws(FileError) {
                lock = try StateDirectory.lock(settings.stateDirectory)
            } catch {
                throw CommandFailure(.unable, "watchdog: \(error) Nothing was done.")
            }
            if let lock = consume lock { return lock }
            guard now() < end else { return nil }
            pause(.milliseconds(200))
        }
    }

    /// The secret itself, or why it could not be had, as a sentence.
    func secret(_ source: SecretSource) -> Result<String, SecretProblem> {
        switch source {
        case .text(let text): return .success(text)
        case .env(let name):
            guard let value = variable(name), !value.isEmpty else {
                return .failure(
                    SecretProblem(
                        sentence: "The variable \(name) is not set, or empty, in the watchdog's own environment."))
            }
            return .success(value)
        case .file(let path):
            do throws(FileError) {
                let bytes = try readOwnFile(path, most: 64 * 1024)
                let text = String(decoding: bytes, as: UTF8.self)
                let value = String(text.drop { $0.isWhitespace }.prefix { !$0.isNewline })
                guard !value.isEmpty else { return .failure(SecretProblem(sentence: "The file \(path) is empty.")) }
                return .success(value)
            } catch {
                return .failure(SecretProblem(sentence: error.description))
            }
        }
    }

    struct SecretProblem: Error { let sentence: String }

    /// The channels whose secrets could be had, and what is wrong with the others.
    func destinations(_ settings: Settings) -> (usable: [Destination], problems: [String: String]) {
        var usable: [Destination] = []
        var problems: [String: String] = [:]
        for channel in settings.channels {
            switch channel.kind {
            case .webhook(let url):
                switch secret(url) {
                case .success(let url): usable.append(Destination(channel: channel.name, address: .webhook(url: url)))
                case .failure(let problem): problems[channel.name] = problem.sentence
                }
            case .telegram(let token, let chat):
                switch secret(token) {
                case .success(let token):
                    let address = Destination.Address.telegram(
                        api: settings.policy.telegramAPI, token: token, chat: chat)
                    usable.append(Destination(channel: channel.name, address: address))
                case .failure(let problem): problems[channel.name] = problem.sentence
                }
            }
        }
        return (usable, problems)
    }

    /// `nil` without a provider, and without its key where it wants one: everything else works all the same.
    func advisor(_ settings: Settings) -> Advisor? {
        guard let provider = settings.advisor else { return nil }
        guard let source = provider.key else { return Advisor(settings: provider, key: "") }
        guard case .success(let key) = secret(source) else { return nil }
        return Advisor(settings: provider, key: key)
    }
}
