internal import AgentKinds
internal import CLinux
package import Files
internal import Glibc
package import Model
internal import Processes
internal import Systemd

/// Takes snapshots. Reads only.
///
/// One journal handle and one connection per manager serve all snapshots of a pass.
package final class Observer {
    let managers: Managers
    let settings: Settings
    let journal: JournalReader
    let book: TokenBook
    var accounts = Accounts()
    let judge = ConfigJudge()
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
    var formerConfig: [AgentID: [String]] = [:]
    /// Managers that did not answer: they are not asked again in this pass.
    var silent: Set<Scope> = []
    /// Managers that let a comment in an environment file go on in the next line after a backslash.
    var oldComments: Set<Scope> = []
    /// When each manager began to start units, and how much it logs.
    var started: [Scope: Timestamp] = [:]
    var logLevels: [Scope: String] = [:]
    /// What each agent is called, told apart once a pass: a look at few agents must not change it.
    var names: [AgentID: String] = [:]
    /// The words that each agent is started with.
    var commands: [AgentID: [String]] = [:]
    /// Who reads which config, for the same reason.
    var configHolders: [AgentID: ConfigHolder] = [:]
    /// Managers that list more units than are read.
    var crowds: Set<Scope> = []
    let allowance = Allowance()
    let claims = OwnerClaims()

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
        /// What agents were called in the last pass.
        package var names: [AgentID: String] = [:]
        /// Counts the passes, for whose turn it is.
        package var turn = 0
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
                if let crowd = crowd(of: scope) { gaps.append(crowd) }
            } catch {
                silent.insert(scope)
                gaps.append(
                    Gap(
                        source: "units",
                        sentence: "\(error) The agents of \(scope.manager) are not watched in this pass."))
            }
        }
        if request.only == nil { gaps += unmatched(found, known: request.known) }
        var agents = describe(found.filter { $0.unit.loadState != "not-found" }, request, at: now, &gaps)
        if request.only == nil { names = NameBook.names(of: agents.map(\.agent), settings, known: request.names) }
        for index in agents.indices {
            let id = agents[index].agent.id
            agents[index].agent.name = names[id] ?? agents[index].agent.name
            agents[index].program = request.programs[id]
        }
        for seen in agents where !seen.unit.controlGroup.isEmpty {
            groups[seen.agent.id] = seen.unit.controlGroup
            invocations[seen.agent.id] = seen.unit.invocationID
        }
        readProcesses(into: &agents, &gaps)
        rememberTokens(of: agents)
        rememberConfigs(of: agents)
        if let name = request.name { agents.removeAll { $0.agent.name != name } }
        readKillModes(into: &agents, all: request.killModeOrigins)
        readUsers(into: &agents)
        for index in agents.indices { readJournal(into: &agents[index], request) }
        readTwins(into: &agents)
        readDoubles(into: &agents)
        readSecrets(into: &agents)
        ProbeReader.read(into: &agents) { seen in
            AgentKinds.of(seen.agent.kind).doubt(
                address(of: seen, isOld: Self.isOld(seen, request.lastConfig[seen.agent.id])))
        }
        for index in agents.indices where agents[index].probes.contains(where: { $0.failure != nil }) {
            agents[index].suspended = Suspension.of(agents[index])
        }
        var snapshot = Snapshot(taken: now, agents: agents, gaps: gaps, listed: listed)
        readTokenChecks(into: &snapshot, request)
        return snapshot
    }

    /// How these units stand in this very moment, and what was last asked of them: no more than what decides whether they
    /// may still be touched. One that cannot be looked at is missing.
    package func glance(at ids: [AgentID]) -> [AgentID: AgentObservation] {
        var seen: [AgentID: AgentObservation] = [:]
        for (scope, manager) in managers.connected
        where !silent.contains(scope) && ids.contains(where: { $0.scope == scope }) {
            do throws(SystemdError) {
                let units = try manager.within(.seconds(10)) { () throws(SystemdError) -> [FoundUnit] in
                    try self.units(named: ids.filter { $0.scope == scope }.map(\.unit), in: scope, manager)
                }
                for found in units where found.gap == nil {
                    let agent = Agent(
                        id: found.id, name: names[found.id] ?? AgentKinds.name(of: found.id))
                    var each = AgentObservation(
                        agent: agent, taken: Timestamp(microseconds: linux_wall_clock()), unit: found.unit)
                    each.owner = owner(of: found.id)
                    readJournal(into: &each, Request())
                    seen[found.id] = each
                }
            } catch {
                // Without a look nothing is begun: whoever asked finds nothing here.
                silent.insert(scope)
            }
        }
        return seen
    }

    private func readJournal(into seen: inout AgentObservation, _ request: Request) {
        let id = seen.agent.id
        journal.read(
            into: &seen, after: request.cursors[id], managerStarted: started[id.scope],
            hidden: seen.unit.isDown ? hiddenEntries(seen.unit, id.scope) : nil,
            undisturbed: seen.unit.isRunning
                && request.restarts[id].map { $0 == seen.unit.restarts } ?? true)
        if seen.journal.end == .unknown(JournalReader.tooNew), let since = seen.unit.stateSince {
            let then = since + JournalReader.arrival
            let left = then.microseconds - linux_wall_clock()
            linux_sleep(max(0, min(left, JournalReader.arrival.microseconds)))
            seen.taken = max(seen.taken, then)
            journal.read(
                into: &seen, after: request.cursors[id], managerStarted: started[id.scope],
                hidden: hiddenEntries(seen.unit, id.scope), undisturbed: false)
        }
        if request.killModeOrigins, seen.unit.isRunning {
            journal.readStart(into: &seen, hidden: hiddenEntries(seen.unit, id.scope))
        }
    }

    /// Why the manager's entries of a stop would not be in the journal, as a clause.
    private func hiddenEntries(_ unit: UnitFacts, _ scope: Scope) -> String? {
        let info: Int32 = 6
        if let most = unit.logLevelMax, most < info {
            return "LogLevelMax= of the unit hides what systemd says of stops"
        }
        if logLevels[scope] == nil {
            // Ignoring: why it does not say; that it says nothing of its units either shows in the journal.
            logLevels[scope] = (try? managers.manager(of: scope)?.logLevel()) ?? "info"
        }
        guard let level = logLevels[scope], !["info", "debug"].contains(level) else { return nil }
        return "\(scope.manager) logs no more than \(level.printable), which hides stops"
    }

    /// Whether the config is what the running process has read.
    private static func isOld(_ seen: AgentObservation, _ last: ConfigMemory?) -> Bool {
        guard let started = seen.unit.mainStarted else { return false }
        let isUntouched = seen.config.allSatisfy { $0.version.map { $0.changed < started } ?? true }
        // Many agents write their config anew when they start, and change nothing of it.
        return isUntouched
            || last?.meanings == ConfigMemory.meanings(of: seen.config) && last.map { $0.since < started } ?? false
            || last == nil
    }

    /// The agent's own validator, where the settings name one and this pass has seen the agent.
    package func validator(of agent: Agent) -> ConfigValidator? {
        guard !agent.validation.command.isEmpty, let environment = environments[agent.id] else { return nil }
        return ConfigValidator(agent, environment)
    }

    /// Of an agent of this user's own manager that root's watchdog acts on, who that is, as a clause.
    func owner(of id: AgentID) -> String? {
        guard let uid = id.scope.uid, geteuid() != 0, claims.has(id.unit, of: uid) else { return nil }
        return "root's watchdog watches it, too, and is the one that acts on it"
    }

    func entry(of id: AgentID) -> AgentEntry? {
        settings.agents.first { $0.unit == id.unit && owns(id.scope, $0) }
    }

    /// In user mode an entry without `user` means the own manager, since there is no other.
    func owns(_ scope: Scope, _ entry: AgentEntry) -> Bool {
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
                            "Agent \(entry.shownName) of the settings: \(place) knows no unit \(entry.unit). Correct the entry, or start that user's manager (`loginctl enable-linger`)."
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
}
