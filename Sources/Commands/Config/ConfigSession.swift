internal import Files
internal import Model
internal import Recording

/// What the commands about an agent's config share: how they find the agent, and how they keep a pass out meanwhile.
enum ConfigSession {
    static let path = Option(name: "path", value: "PATH", summary: "Of several config files of the agent, this one")

    /// How long a pass that is running is waited for.
    private static let patience: Duration = .seconds(120)

    /// The agent of a name that the ledger knows.
    static func known(_ name: String, in ledger: Ledger) throws(CommandFailure) -> KnownAgent {
        let agents: [KnownAgent]
        do throws(LedgerError) {
            agents = try ledger.agents()
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        guard let found = agents.first(where: { $0.name == name }) else {
            let names = agents.isEmpty ? "none yet" : agents.map(\.name).joined(separator: ", ")
            throw CommandFailure(
                .unable, "watchdog: the ledger has no agent called \(name.printable); it knows \(names).")
        }
        return found
    }

    static func ledger(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> Ledger {
        let settings = try environment.settings(invocation)
        do throws(LedgerError) {
            return try Ledger.openToRead(in: settings.stateDirectory, at: environment.now())
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
    }

    /// The agent as it is seen now; nothing is touched, and a pass may run meanwhile.
    static func look(
        at name: String, _ ledger: Ledger, _ invocation: Invocation, _ environment: Environment
    ) throws(CommandFailure) -> AgentCase {
        let settings = try environment.settings(invocation)
        do throws(LedgerError) {
            let key = FingerprintKey.forLooking(in: settings.stateDirectory)
            let pass = try Pass(environment, settings, ledger: ledger, key: key, dryRun: true, agentName: name)
            if let each = pass.diagnose(try pass.observe(asksBotAPI: false)).first { return each }
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        throw CommandFailure(
            .unable,
            "watchdog: \(name.printable) could not be looked at just now: its unit, or the manager that has it, was not found. `watchdog doctor` says more."
        )
    }

    /// The agent as it is seen now, while no pass can run.
    static func change(
        _ name: String, _ invocation: Invocation, _ environment: Environment,
        _ body: (Pass, Ledger, AgentCase) throws(CommandFailure) -> ExitStatus
    ) throws(CommandFailure) -> ExitStatus {
        let settings = try environment.settings(invocation)
        let lock = try takeLock(settings, environment)
        let status: ExitStatus
        do {
            let ledger = try Ledger.open(in: lock.path, at: environment.now())
            let pass = try Pass(
                environment, settings, ledger: ledger, key: try FingerprintKey.load(in: lock.path), dryRun: false,
                agentName: name)
            let cases = pass.diagnose(try pass.observe(asksBotAPI: false))
            guard let each = cases.first else {
                throw CommandFailure(
                    .unable, "watchdog: no agent is called \(name.printable); `watchdog status` lists them.")
            }
            // Of a program that died while it asked the agent's validator.
            pass.clearRemains(each, ledger)
            status = try body(pass, ledger, each)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        withExtendedLifetime(lock) {}
        return status
    }

    static func takeLock(
        _ settings: Settings, _ environment: Environment
    ) throws(CommandFailure) -> StateDirectory {
        if let lock = try environment.lock(settings, patience) { return lock }
        throw CommandFailure(
            .busy,
            "watchdog: a pass has been running with \(settings.stateDirectory) for \(patience.inWords); try again when it has ended."
        )
    }

    /// Which of the agent's files is meant.
    static func file(
        of each: AgentCase, _ invocation: Invocation
    ) throws(CommandFailure) -> ConfigFile {
        let files = each.seen.config
        if let path = invocation[path] {
            guard let file = files.first(where: { $0.path == path }) else {
                throw CommandFailure(
                    .usage,
                    "watchdog: \(path.printable) is no config file of \(each.agent.name); it has \(files.map(\.path).joined(separator: ", "))."
                )
            }
            return file
        }
        let mains = files.filter { $0.includedAt == nil }
        guard let only = mains.first, mains.count == 1 else {
            throw CommandFailure(
                .usage,
                files.isEmpty
                    ? "watchdog: \(each.agent.name) has no config file that is known; name it in the settings, as `config` of its [[agent]]."
                    : "watchdog: \(each.agent.name) has several config files; choose one with --path: \(files.map(\.path).joined(separator: ", "))."
            )
        }
        return only
    }

    /// Who orders it: the user behind sudo(8), or the one who runs this.
    static func author(_ environment: Environment) -> String {
        if environment.uid == 0, let user = environment.variable("SUDO_USER"), !user.isEmpty {
            return String(user.prefix(64)).printable
        }
        // Ignoring: an unknown uid; its number serves as a name.
        return (try? FileIdentity(uid: environment.uid))?.name ?? "uid \(environment.uid)"
    }

    static func id(_ word: String) throws(CommandFailure) -> Int64 {
        guard let id = Int64(word), id > 0 else {
            throw CommandFailure(
                .usage, "watchdog: \(word.printable) is no id of a version; `watchdog config history AGENT` lists them."
            )
        }
        return id
    }

    static func version(_ id: Int64, of agent: AgentID, in ledger: Ledger) throws(CommandFailure) -> ConfigVersion {
        do throws(LedgerError) {
            if let found = try ledger.configVersion(id, of: agent) { return found }
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        throw CommandFailure(
            .unable, "watchdog: there is no version \(id) of this agent's config; `watchdog config history` lists them."
        )
    }
}
