internal import AgentKinds
internal import ConfigText
internal import Files
package import Model
internal import Systemd

/// Variables that agents need, looked up as their next start will find them. Values are judged here and go no further.
extension Observer {
    /// What of a unit's environment is known without asking any more.
    struct UnitEnvironment {
        let variables: Variables
        let files: EnvironmentFiles
        /// `UnsetEnvironment=`: what is taken away again at the end.
        let unset: [String]
        let identity: Result<FileIdentity, FileError>
        let scope: Scope

        /// The last file wins over those before it, and each file over `Environment=` (systemd.exec(5)).
        func find(_ name: String) -> VariableLookup {
            let found = given(name)
            guard case .value(let value, _, _) = found, takesAway(name, value) else { return found }
            return .nowhere
        }

        func takesAway(_ name: String, _ value: String) -> Bool {
            unset.contains(name) || unset.contains("\(name)=\(value)")
        }

        private func given(_ name: String) -> VariableLookup {
            for file in files.files.reversed() {
                switch file.content {
                case .text:
                    if let value = file.variables?[name] {
                        return .value(value, source: file.path, isRoots: file.isRoots)
                    }
                case .missing: continue
                case .unknown: return .unknown
                }
            }
            if let value = variables[name] {
                return .value(value, source: VariableLookup.unitsOwn, isRoots: scope.isRoots)
            }
            return .nowhere
        }
    }

    func readSecrets(into agents: inout [AgentObservation]) {
        var open: [Int: [String]] = [:]
        for index in agents.indices {
            guard let environment = environments[agents[index].agent.id] else { continue }
            for file in environment.files.files where !file.isOptional {
                guard case .missing = file.content else { continue }
                agents[index].secretFaults.append(
                    SecretFault(
                        kind: .secretMissing,
                        sentence:
                            "\(file.path) is not there, and the unit names it as EnvironmentFile= without a `-` before it: the unit will not start.",
                        source: "\(agents[index].agent.id.unit) (EnvironmentFile=)"))
            }
            for name in Self.required(by: agents[index]) {
                if let secret = FileSecret(name) {
                    judge(secret, &agents[index])
                    continue
                }
                if Self.isSystemds(name) { continue }
                switch environment.find(name) {
                case .value(let value, let source, _): judge(value, of: name, from: source, &agents[index])
                case .unknown: break
                case .nowhere: open[index, default: []].append(name)
                }
            }
        }
        guard !open.isEmpty else { return }
        for (scope, indices) in Dictionary(grouping: open.keys, by: { agents[$0].agent.id.scope }) {
            guard let manager = managers.manager(of: scope) else { continue }
            // Ignoring: why a manager does not answer; of what is not known nothing is claimed.
            guard let given = try? manager.environment(),
                let units = try? manager.ask(UnitProperty.ofSecrets, of: indices.map { agents[$0].agent.id.unit })
            else { continue }
            for index in indices.sorted() {
                guard case .success(let unit)? = units[agents[index].agent.id.unit] else { continue }
                for name in open[index] ?? [] {
                    resolve(name, unit, Variables(given), &agents[index])
                }
            }
        }
    }

    /// What the next start would miss if one of the agent's configs held these bytes.
    package func secretFaults(of seen: AgentObservation, with bytes: [UInt8], at path: String) -> [SecretFault] {
        var changed = seen
        changed.secretFaults = []
        changed.isInEdit = false
        guard let index = changed.config.firstIndex(where: { $0.path == path }), let old = changed.config[index].version
        else { return [] }
        changed.config[index] = ConfigFile(path: path, state: .present(Self.version(bytes, of: old)))
        changed.references = ConfigReferences(kind(of: seen).dialect).names(in: changed.config)
        var agents = [changed]
        readSecrets(into: &agents)
        return agents[0].secretFaults
    }

    /// What is wrong with the `$include`s if one of the agent's configs held these bytes.
    package func includeFaults(of seen: AgentObservation, with bytes: [UInt8], at path: String) -> [ConfigFault] {
        guard let old = seen.config.first(where: { $0.path == path })?.version,
            let environment = environments[seen.agent.id]
        else { return [] }
        return ConfigReader.includeFaults(
            of: seen, with: Self.version(bytes, of: old), environment, kind(of: seen).dialect)
    }

    private static func version(_ bytes: [UInt8], of old: ConfigVersion) -> ConfigVersion {
        ConfigVersion(
            path: old.path, bytes: bytes, digest: Digest(hex: sha256(bytes)), mode: old.mode, uid: old.uid,
            gid: old.gid, modified: old.modified, changed: old.changed)
    }

    /// References of a file that is still being edited are not judged.
    private static func required(by seen: AgentObservation) -> [String] {
        var names = seen.agent.secrets
        if !seen.isInEdit { names += seen.references.filter { !names.contains($0) } }
        return names
    }

    /// What systemd gives to a service by itself, or its login does (systemd.exec(5), "Environment Variables Set or
    /// Propagated by the Service Manager").
    private static func isSystemds(_ name: String) -> Bool {
        [
            "PATH", "LANG", "HOME", "USER", "LOGNAME", "SHELL", "INVOCATION_ID", "XDG_RUNTIME_DIR", "MANAGERPID",
            "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "NOTIFY_SOCKET", "MAINPID", "TERM", "WATCHDOG_PID", "WATCHDOG_USEC",
            "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "PIDFILE", "RUNTIME_DIRECTORY", "STATE_DIRECTORY",
            "CACHE_DIRECTORY", "LOGS_DIRECTORY", "CONFIGURATION_DIRECTORY", "CREDENTIALS_DIRECTORY", "LOG_NAMESPACE",
            "MEMORY_PRESSURE_WATCH", "MEMORY_PRESSURE_WRITE", "DBUS_SESSION_BUS_ADDRESS", "XDG_SESSION_ID",
        ].contains(name) || name.hasPrefix("LC_")
    }

    /// Programs that give what they start more variables than they have been given.
    private static let givers: Set<String> = [
        "sh", "bash", "dash", "zsh", "env", "op", "doppler", "sops", "infisical", "dotenvx", "dotenv", "chamber",
        "aws-vault", "envdir", "direnv", "mise", "teller", "vault", "berglas", "envconsul", "systemd-run", "npm", "npx",
    ]

    private static func mayGiveMore(_ words: [String]) -> Bool {
        words.contains { word in
            givers.contains(word.split(separator: "/").last.map(String.init) ?? "") || word.hasPrefix("--env-file")
        }
    }

    /// A variable that neither the unit nor its files set.
    private func resolve(
        _ name: String, _ unit: UnitProperties, _ given: Variables, _ seen: inout AgentObservation
    ) {
        let isUnset = environments[seen.agent.id]?.unset.contains(name) ?? false
        if !isUnset, let value = given[name] {
            return judge(value, of: name, from: "the environment of \(seen.agent.id.scope.manager)", &seen)
        }
        // What the manager itself was started with is not told on the bus.
        if unit.passEnvironment.contains(name) || unit.otherCredentials.contains(name) { return }
        // What a shell or a wrapper exports before it runs the agent, nobody can know.
        if Self.mayGiveMore(unit.execStart) { return }
        if let credential = unit.loadCredential.first(where: { $0.name == name }) {
            return judge(credential, &seen)
        }
        let kind = kind(of: seen)
        let variables = environments[seen.agent.id]?.variables ?? Variables([])
        if kind.asksShell(variables) { return }
        // Ignoring: an unknown user, who has no home.
        let home = (try? identity(of: seen).get())?.home
        let view = DotEnvView(
            configFolder: seen.agent.config.first.flatMap { Self.folder($0.path) },
            workingDirectory: unit.workingDirectory.hasSuffix("~") ? home : Self.absolute(unit.workingDirectory),
            home: home, variables: variables)
        let namer: PathNamer = seen.namesAreRoots ? .root : .others
        for folder in kind.dotEnvFolders(view).compactMap(Self.absolute) {
            switch EnvironmentFiles.content(of: folder + "/.env", as: identity(of: seen), namedBy: namer) {
            case .text(let text):
                if let value = DotEnv.value(of: name, in: text) {
                    return judge(value, of: name, from: folder + "/.env", &seen)
                }
            case .missing: break
            case .unknown: return
            }
        }
        switch kind.dialect.hasVariables ? OwnVariables(seen.config).find(name) : .nowhere {
        case .value(let value, let source, _): judge(value, of: name, from: source, &seen)
        case .unknown: break
        case .nowhere:
            let (asks, place) = Self.asking(for: name, seen)
            seen.secretFaults.append(
                SecretFault(
                    kind: .secretMissing,
                    sentence:
                        "\(name.printable), \(asks), is set nowhere that the next start of \(seen.agent.id.unit) would find it.",
                    source: place))
        }
    }

    private func judge(_ value: String, of name: String, from source: String, _ seen: inout AgentObservation) {
        let isSecret = seen.agent.secrets.contains(name) || name.contains(":") || SecretNames.looksSecret(name)
        guard let fault = SecretValue.fault(value, isSecret: isSecret) else { return }
        seen.secretFaults.append(
            SecretFault(
                kind: .secretEmpty,
                sentence: "\(name.printable), \(Self.asking(for: name, seen).asks), \(fault) (\(source)).",
                source: source))
    }

    private func judge(_ secret: FileSecret, _ seen: inout AgentObservation) {
        let reader = identity(of: seen)
        // Ignoring: an unknown user; then no file can be read either.
        let home = (try? reader.get())?.home
        switch secret.find(
            in: seen.config, home: home,
            read: {
                EnvironmentFiles.content(of: $0, as: reader, namedBy: seen.namesAreRoots ? .root : .others)
            })
        {
        case .value(let value, let source): judge(value, of: secret.name, from: source, &seen)
        case .unknown: break
        case .missing(let reason, let source):
            seen.secretFaults.append(
                SecretFault(
                    kind: .secretMissing,
                    sentence:
                        "\(secret.name.printable), \(Self.asking(for: secret.name, seen).asks), cannot be had, \(reason).",
                    source: source))
        }
    }

    private func judge(_ credential: UnitProperties.Credential, _ seen: inout AgentObservation) {
        // A relative path names a credential of the manager's own.
        guard credential.path.hasPrefix("/") else { return }
        let source = "\(credential.path) (LoadCredential=)"
        let reader = seen.agent.id.scope.isRoots ? Result.success(FileIdentity.root) : identity(of: seen)
        switch EnvironmentFiles.content(
            of: credential.path, as: reader, namedBy: seen.agent.id.scope.isRoots ? .root : .others)
        {
        case .text(let text): judge(text, of: credential.name, from: source, &seen)
        case .unknown: break
        case .missing:
            seen.secretFaults.append(
                SecretFault(
                    kind: .secretMissing,
                    sentence:
                        "\(credential.name.printable) is to come from \(credential.path), which is not there: the unit will not start.",
                    source: source))
        }
    }

    private func kind(of seen: AgentObservation) -> AgentKind { AgentKinds.of(seen.agent.kind) }

    private func identity(of seen: AgentObservation) -> Result<FileIdentity, FileError> {
        environments[seen.agent.id]?.identity
            ?? .failure(FileError(code: .failed, description: "The agent's user is not known."))
    }

    private static func folder(_ path: String) -> String? {
        path.lastIndex(of: "/").map { String(path[..<$0]) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func absolute(_ path: String) -> String? {
        // systemd writes `!` for a folder that may be missing, and `~` for the home, which it does not tell.
        let path = path.drop { $0 == "!" }
        return path.hasPrefix("/") && path != "/" ? String(path) : nil
    }

    /// Who needs the variable, as a clause, and where that stands.
    private static func asking(for name: String, _ seen: AgentObservation) -> (asks: String, place: String) {
        if seen.agent.secrets.contains(name) {
            return ("which the settings name as a secret of \(seen.agent.name)", "settings")
        }
        for version in seen.config.compactMap(\.version) {
            let references = ConfigReferences(AgentKinds.of(seen.agent.kind).dialect)
            guard let place = references.place(of: name, in: version) else { continue }
            return ("to which \(place) refers", place)
        }
        return ("to which its config refers", seen.agent.config.first?.path ?? "config")
    }
}

extension AgentObservation {
    /// Nobody but root can say where this agent's files lie: its unit is root's, and so are its config and what that holds.
    fileprivate var namesAreRoots: Bool {
        agent.id.scope.isRoots && agent.config.allSatisfy(\.isRoots)
            && config.allSatisfy { $0.isRootsWord && $0.isRootsAlone }
    }
}
