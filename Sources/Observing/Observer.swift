package import Files
internal import Glibc
package import Model
internal import Systemd

/// Takes snapshots. Reads only.
///
/// One journal handle and one connection per manager serve all snapshots of a pass.
package final class Observer {
    let managers: Managers
    let settings: Settings
    private let journal: JournalReader
    let book: TokenBook
    var accounts = Accounts()
    private let judge = ConfigJudge()
    /// What each agent's unit sets, for as long as the pass lasts.
    var environments: [AgentID: UnitEnvironment] = [:]
    /// What each agent's tokens are, from the looks of this pass: a look at few agents compares them with all.
    var holders: [AgentID: Holder] = [:]
    /// The cgroup of every agent's unit that this pass has met: a look at few agents must not take another one's
    /// processes for strangers.
    var groups: [AgentID: String] = [:]
    /// The mark of every agent's present start, for the same reason.
    var invocations: [AgentID: String] = [:]
    /// Files that belonged to an agent's config when it was last known to be good, if it names them no more.
    private var formerConfig: [AgentID: [String]] = [:]
    /// Managers that did not answer: they are not asked again in this pass.
    var silent: Set<Scope> = []
    /// Managers that let a comment in an environment file go on in the next line after a backslash.
    private var oldComments: Set<Scope> = []
    /// When each manager began to start units.
    private var started: [Scope: Timestamp] = [:]

    /// `journalTail`: the property of this name of the last pass's observer.
    package init(managers: Managers, settings: Settings, journalTail: String?, key: FingerprintKey) {
        book = TokenBook(key: key)
        self.managers = managers
        self.settings = settings
        journal = JournalReader(lastTail: journalTail)
    }

    /// Where the journal ended when this pass began; the next one goes on from there.
    package var journalTail: String? { journal.tail }

    /// From now on these are looked at, too, and put back with the rest.
    package func follow(_ paths: [String], of agent: AgentID) { formerConfig[agent] = paths }

    /// What a snapshot is to look at.
    package struct Request {
        /// Agents that earlier passes knew, so that one which is stopped and unloaded is not lost sight of.
        package var known: [AgentID] = []
        /// Per agent, where reading its journal ended.
        package var cursors: [AgentID: String] = [:]
        /// Per agent, the restart counter of the last pass: an agent whose counter moved is read in full.
        package var restarts: [AgentID: UInt32] = [:]
        /// Look at nothing but these; patterns are then not searched for.
        package var only: [AgentID]?
        /// Only agents of this name.
        package var name: String?
        /// Per agent, what names its config files if an earlier pass found them to be well.
        package var checked: [AgentID: String] = [:]
        /// Per agent, what its main process ran in the last pass.
        package var programs: [AgentID: String] = [:]
        /// Per agent, what its config files said in the last pass.
        package var lastConfig: [AgentID: ConfigMemory] = [:]
        /// What the Bot API said of tokens in earlier passes.
        package var tokenChecks: [TokenFingerprint: TokenCheck] = [:]
        /// Ask it about those that were last asked about an hour ago or longer.
        package var asksBotAPI = false
        /// Find out where each unit's KillMode comes from, also where it is safe.
        package var killModeOrigins = false

        package init() {}
    }

    package func observe(_ request: Request, at now: Timestamp) -> Snapshot {
        var gaps = managers.gaps
        if let gap = journal.gap { gaps.append(gap) }
        var found: [FoundUnit] = []
        var listed: Set<Scope> = []
        for (scope, manager) in managers.connected where !silent.contains(scope) {
            do throws(SystemdError) {
                found += try manager.within(scope == .system ? .seconds(30) : .seconds(10)) {
                    () throws(SystemdError) -> [FoundUnit] in try units(in: scope, manager, request)
                }
                listed.insert(scope)
            } catch {
                silent.insert(scope)
                gaps.append(
                    Gap(
                        source: "units",
                        sentence: "\(error) The agents of \(scope.manager) are not watched in this pass."))
            }
        }
        if request.only == nil { gaps += unmatched(found, known: request.known) }
        var agents = found.filter { $0.unit.loadState != "not-found" }
            .map { describe($0, at: now, request) }
        Self.tellApart(&agents)
        for index in agents.indices { agents[index].program = request.programs[agents[index].agent.id] }
        for seen in agents where !seen.unit.controlGroup.isEmpty {
            groups[seen.agent.id] = seen.unit.controlGroup
            invocations[seen.agent.id] = seen.unit.invocationID
        }
        readProcesses(into: &agents, &gaps)
        rememberTokens(of: agents)
        if let name = request.name { agents.removeAll { $0.agent.name != name } }
        for index in agents.indices {
            let id = agents[index].agent.id
            journal.read(
                into: &agents[index], after: request.cursors[id], managerStarted: started[id.scope],
                undisturbed: agents[index].unit.isRunning
                    && request.restarts[id].map { $0 == agents[index].unit.restarts } ?? true)
        }
        readTwins(into: &agents)
        readSecrets(into: &agents)
        readKillModes(into: &agents, all: request.killModeOrigins)
        ProbeReader.read(into: &agents)
        var snapshot = Snapshot(taken: now, agents: agents, gaps: gaps, listed: listed)
        readTokenChecks(into: &snapshot, request)
        return snapshot
    }

    /// A unit and its properties, before it is known which agent it is.
    struct FoundUnit {
        let id: AgentID
        let unit: UnitFacts
        let environment: [String]
        let environmentFiles: [UnitProperties.EnvironmentFile]
        let unset: [String]
        let gap: Gap?
    }

    private func units(in scope: Scope, _ manager: UnitManager, _ request: Request) throws(SystemdError) -> [FoundUnit]
    {
        var listed: [ListedUnit] = []
        var names: [String]
        if let only = request.only {
            names = only.filter { $0.scope == scope }.map(\.unit)
        } else {
            listed = try manager.listUnits(patterns: settings.units).filter { $0.name.hasSuffix(".service") }
            names = request.known.filter { $0.scope == scope }.map(\.unit)
            names += settings.agents.filter { owns(scope, $0) }.map(\.unit)
        }
        let seen = Set(listed.map(\.name))
        names = Array(Set(names.filter { !seen.contains($0) })).sorted()
        if !names.isEmpty { listed += try manager.listUnits(names: names) }
        // A user's manager can list as many units as its user likes, under any name.
        listed = Array(
            listed.filter { Self.isUnitName($0.name) }.sorted { $0.name < $1.name }.prefix(
                scope == .system ? Self.mostAgents : Self.mostAgentsOfUser))

        if started[scope] == nil {
            started[scope] = Timestamp(systemd: try manager.started())
            if try manager.release() < 254 { oldComments.insert(scope) }
        }
        let running = listed.filter { $0.activeState == "active" && $0.subState == "running" }
        let others = listed.filter {
            !($0.activeState == "active" && $0.subState == "running") && $0.loadState != "not-found"
        }
        let absent = listed.filter { $0.loadState == "not-found" }
        var found: [FoundUnit] = []
        for (unit, answer) in zip(running, try manager.properties(UnitProperty.ofRunning, of: running)) {
            found.append(FoundUnit(scope, unit, answer))
        }
        for (unit, answer) in zip(others, try manager.allProperties(of: others)) {
            found.append(FoundUnit(scope, unit, answer))
        }
        for unit in absent { found.append(FoundUnit(scope, unit, .success(UnitProperties()))) }
        return found.sorted { $0.id.unit < $1.id.unit }
    }

    /// Far above any real fleet.
    private static let mostAgents = 5_000
    private static let mostAgentsOfUser = 500

    /// The characters that systemd.unit(5) allows: none that could lead out of a folder.
    private static func isUnitName(_ name: String) -> Bool {
        name.utf8.count < 256 && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: ":-_.\\@".utf8.contains(byte)
                }
            }
    }

    private func describe(_ found: FoundUnit, at now: Timestamp, _ request: Request) -> AgentObservation {
        let entry = entry(of: found.id)
        let identity = accounts.identity(of: found.id.scope, user: found.unit.user)
        // Ignoring: an unknown user; reading the config says so where there is one.
        let home = (try? identity.get())?.home
        let variables = Variables(found.environment)
        let files = EnvironmentFiles(found, as: identity, continuedComments: oldComments.contains(found.id.scope))
        let environment = UnitEnvironment(variables: variables, files: files, unset: found.unset, identity: identity)
        environments[found.id] = environment
        let (agent, problem) = AgentDescription.agent(found, environment, entry: entry, home: home)
        var observation = AgentObservation(agent: agent, taken: now, unit: found.unit)
        if let gap = found.gap { observation.gaps.append(gap) }
        if let problem { observation.gaps.append(Gap(source: "config", sentence: problem, blinding: false)) }
        observation.seesOtherUsers = geteuid() == 0
        observation.release = variables["OPENCLAW_SERVICE_VERSION"]
        ConfigReader.read(into: &observation, and: formerConfig[found.id] ?? [], environment)
        let last = request.lastConfig[found.id]
        observation.isInEdit = observation.config.contains { file in
            file.version.map { observation.editing($0, after: last) != nil } ?? false
        }
        let isAsBefore = last?.digests == ConfigMemory.digests(of: observation.config)
        observation.references =
            isAsBefore ? last?.references ?? [] : ConfigReferences.names(in: observation.config)
        judge.judge(&observation, environment, checked: request.checked[found.id])
        observation.secretValues = SecretReader.values(found.environment, files, named: agent.secrets)
        for variables in [variables] + files.files.compactMap(\.variables) {
            variables.forEach { _, value in
                if value.contains("://") { observation.addresses.append(value) }
            }
        }
        var reader = TokenReader(book)
        observation.tokens = reader.read(
            found.environment, files, observation.config, source: entry?.telegramToken, as: identity)
        return observation
    }

    /// The agent's own validator, where the settings name one and this pass has seen the agent.
    package func validator(of agent: Agent) -> ConfigValidator? {
        guard !agent.validation.command.isEmpty, let environment = environments[agent.id] else { return nil }
        return ConfigValidator(agent, environment)
    }

    func entry(of id: AgentID) -> AgentEntry? {
        settings.agents.first { $0.unit == id.unit && owns(id.scope, $0) }
    }

    /// In user mode an entry without `user` means the own manager, since there is no other.
    private func owns(_ scope: Scope, _ entry: AgentEntry) -> Bool {
        switch scope {
        case .system: entry.user == nil
        case .user(_, let name): entry.user == name || (entry.user == nil && managers.manager(of: .system) == nil)
        }
    }

    /// Entries and patterns that match nothing are said: a fleet nobody watches looks just like a healthy one.
    private func unmatched(_ found: [FoundUnit], known: [AgentID]) -> [Gap] {
        guard !managers.connected.isEmpty else { return [] }
        var gaps: [Gap] = []
        for entry in settings.agents {
            let there = found.contains {
                $0.id.unit == entry.unit && $0.unit.loadState != "not-found" && owns($0.id.scope, entry)
            }
            if !there {
                let place = entry.user.map { "the user manager of \($0)" } ?? managers.connected[0].scope.manager
                gaps.append(
                    Gap(
                        source: "units",
                        sentence:
                            "Agent \(entry.name) of the settings: \(place) knows no unit \(entry.unit). Correct the entry, or start that user's manager (`loginctl enable-linger`)."
                    ))
            }
        }
        // Agents of earlier passes that cannot be seen now are missed by name, which says more.
        if known.isEmpty, !found.contains(where: { $0.unit.loadState != "not-found" }) {
            let patterns = settings.units.map { "\"\($0)\"" }.joined(separator: ", ")
            let places = managers.connected.map(\.scope.manager).joined(separator: ", ")
            gaps.append(
                Gap(
                    source: "units",
                    sentence:
                        "No unit matches \(patterns) in \(places): nothing is being watched. Set `units` under [fleet] to the names of your agents' units."
                ))
        }
        return gaps
    }

    /// Two agents of one name would be mixed up in every message: both are then called after their manager too.
    private static func tellApart(_ agents: inout [AgentObservation]) {
        var count: [String: Int] = [:]
        for observation in agents { count[observation.agent.name, default: 0] += 1 }
        for index in agents.indices where count[agents[index].agent.name, default: 0] > 1 {
            let agent = agents[index].agent
            agents[index].rename("\(agent.name)@\(agent.id.scope.userName ?? "system")")
        }
    }
}

extension AgentObservation {
    fileprivate mutating func rename(_ name: String) {
        self.agent = Agent(
            id: agent.id, name: name, config: agent.config, health: agent.health, secrets: agent.secrets,
            port: agent.port, validation: agent.validation)
    }
}
