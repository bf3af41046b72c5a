internal import AgentKinds
internal import Files
internal import Model
internal import Processes
internal import Systemd

/// Processes and tokens: what has to be compared between agents, or with the whole host.
extension Observer {
    /// One walk over /proc for all of them.
    func readProcesses(into agents: inout [AgentObservation], _ gaps: inout [Gap]) {
        guard !agents.isEmpty else { return }
        let reader = ProcessReader(
            agents, groups: Set(groups.values), invocations: Set(invocations.values), book)
        if !reader.complete {
            gaps.append(
                Gap(
                    source: "processes",
                    sentence:
                        "/proc could not be listed to its end, so that a stray process may go unnoticed. Is it mounted, and are there more than 200000 processes?",
                    blinding: false))
        }
        reader.readMembers(into: &agents)
        for index in agents.indices where agents[index].unit.mainPID > 0 && !tokenSourceIsSet(agents[index].agent.id) {
            var tokens = TokenReader(book)
            let main = agents[index].unit.mainPID
            agents[index].tokens = tokens.add(reader.tokens(ofMain: main), ofMain: main, to: agents[index].tokens)
        }
        reader.readOutsiders(into: &agents) { [environments] id in
            let environment = environments[id]
            // Ignoring: an unknown user, of whom nobody is.
            return OwnMarks(uid: (try? environment?.identity.get())?.uid) { name in
                guard case .value(let value, _, _)? = environment?.find(name) else { return nil }
                return value
            }
        } service: { scope, unit in
            start(of: unit, in: scope)
        }
    }

    /// `nil` where the manager does not say; what it may govern is never touched. One that does not answer is asked no
    /// more in this pass: it would hold it up once for every process.
    private func start(of unit: String, in scope: Scope) -> ServiceStart? {
        guard !silent.contains(scope), let manager = managers.manager(of: scope) else { return nil }
        do throws(SystemdError) {
            let listed = try manager.within(.seconds(10)) { () throws(SystemdError) -> [ListedUnit] in
                try manager.listUnits(names: [unit])
            }
            // Of a unit that is gone or down nothing is left that could govern anything.
            if let found = listed.first, ["inactive", "failed"].contains(found.activeState) {
                return ServiceStart(mainPID: 0, invocationID: "", isOver: true)
            }
            guard case .success(let properties)? = try manager.ask([.mainPID, .invocationID], of: [unit])[unit],
                let main = Int32(exactly: properties.mainPID)
            else { return nil }
            return ServiceStart(mainPID: main, invocationID: properties.invocationID, isOver: false)
        } catch {
            silent.insert(scope)
            return nil
        }
    }

    /// Other agents with one of the same tokens. One that is off, by whoever's wish, polls nobody.
    func readTwins(into agents: inout [AgentObservation]) {
        rememberTokens(of: agents)
        for index in agents.indices {
            let id = agents[index].agent.id
            let own = Set(agents[index].tokens.map(\.fingerprint))
            guard !own.isEmpty else { continue }
            for (other, holder) in holders where other != id {
                agents[index].twins += holder.tokens.filter { own.contains($0.fingerprint) }.map {
                    TokenTwin(agent: other, name: holder.name, token: $0, isRunning: holder.isRunning)
                }
            }
            agents[index].twins.sort { ($0.name, $0.token.fingerprint.hex) < ($1.name, $1.token.fingerprint.hex) }
        }
    }

    func rememberTokens(of agents: [AgentObservation]) {
        for seen in agents {
            let unit = seen.unit
            let isOn =
                !unit.isDown || (unit.unitFileState.hasPrefix("enabled") && seen.journal.lastRequest?.verb != .stop)
            holders[seen.agent.id] =
                isOn ? Holder(name: seen.agent.name, tokens: seen.tokens, isRunning: unit.isRunning) : nil
        }
    }

    struct Holder {
        let name: String
        let tokens: [HeldToken]
        let isRunning: Bool
    }

    struct ConfigHolder {
        let name: String
        /// Of its user; `nil` where that is not known.
        let uid: UInt32?
        let files: [Read]
        let kind: KindName
        let isUp: Bool

        struct Read {
            let path: String
            /// That it reads this file is root's word, or the file is its user's own.
            let isVouched: Bool
        }
    }

    func rememberConfigs(of agents: [AgentObservation]) {
        for seen in agents {
            // One that is off by somebody's wish reads nothing and serves nobody.
            let isOff =
                seen.unit.isDown && !(seen.unit.unitFileState.hasPrefix("enabled") && seen.unit.activeState == "failed")
            configHolders[seen.agent.id] =
                isOff || seen.elsewhere != nil
                ? nil
                : ConfigHolder(
                    name: seen.agent.name, uid: uid(of: seen), files: configReads(of: seen),
                    kind: seen.agent.kind, isUp: !seen.unit.isDown)
        }
    }

    private func uid(of seen: AgentObservation) -> UInt32? {
        // Ignoring: why a user is not known.
        (try? environments[seen.agent.id]?.identity.get())?.uid
    }

    /// The config files that it reads. What it may not read it shares with nobody.
    private func configReads(of seen: AgentObservation) -> [ConfigHolder.Read] {
        if seen.config.isEmpty {
            return seen.agent.config.map { ConfigHolder.Read(path: $0.path, isVouched: $0.isRoots) }
        }
        let uid = uid(of: seen)
        return seen.config.compactMap { file in
            if case .refused = file.state { return nil }
            let isOwn = file.version.map { $0.uid == uid } ?? false
            return ConfigHolder.Read(path: file.path, isVouched: file.isRootsWord || isOwn)
        }
    }

    /// Other agents that read the same file. Between users it takes more than the word of one of them.
    func readDoubles(into agents: inout [AgentObservation]) {
        var readers: [String: [AgentID]] = [:]
        for (id, holder) in configHolders {
            for file in holder.files { readers[file.path, default: []].append(id) }
        }
        for index in agents.indices {
            let seen = agents[index]
            guard let path = seen.agent.config.first?.path else { continue }
            let own = configReads(of: seen)
            let uid = uid(of: seen)
            let others = Set(own.flatMap { readers[$0.path] ?? [] }).subtracting([seen.agent.id])
            for other in others.sorted(by: { $0.unit < $1.unit }) {
                guard let holder = configHolders[other] else { continue }
                let isOneUsers = uid != nil && uid == holder.uid
                let shared = holder.files.filter { theirs in
                    own.contains {
                        $0.path == theirs.path && (isOneUsers || ($0.isVouched && theirs.isVouched))
                    }
                }
                if shared.isEmpty { continue }
                if holder.kind == seen.agent.kind, AgentKinds.of(seen.agent.kind).isOnePerConfig,
                    shared.first?.path == path, holder.files.first?.path == path
                {
                    agents[index].double = AgentDouble(agent: other, name: holder.name, isUp: holder.isUp, path: path)
                } else {
                    agents[index].sharers.append(holder.name)
                }
            }
        }
    }

    /// What the Bot API says of each running agent's tokens, asked at most once an hour.
    func readTokenChecks(into snapshot: inout Snapshot, _ request: Request) {
        var known = request.tokenChecks
        if request.asksBotAPI {
            var due: Set<TokenFingerprint> = []
            for seen in snapshot.agents where seen.unit.isRunning {
                for token in seen.tokens.map(\.fingerprint) {
                    guard let last = known[token]?.at, snapshot.taken - last < .seconds(3600), last <= snapshot.taken
                    else {
                        due.insert(token)
                        continue
                    }
                }
            }
            // Those that have waited longest come first.
            let order = due.sorted {
                (known[$0]?.at.microseconds ?? 0, $0.hex) < (known[$1]?.at.microseconds ?? 0, $1.hex)
            }
            snapshot.tokenChecks = BotReader.check(
                order, known: known, book: book, api: settings.policy.telegramAPI, at: snapshot.taken)
            for check in snapshot.tokenChecks { known[check.token] = check }
        }
        for index in snapshot.agents.indices {
            snapshot.agents[index].tokenChecks = snapshot.agents[index].tokens.compactMap { known[$0.fingerprint] }
        }
    }

    /// Where a KillMode comes from is looked up where it is to be told: it takes two more properties and some files.
    func readKillModes(into agents: inout [AgentObservation], all: Bool) {
        let wanted = agents.indices.filter { all || settings.policy.isUnsafe(killMode: agents[$0].unit.killMode) }
        for (scope, indices) in Dictionary(grouping: wanted, by: { agents[$0].agent.id.scope }) {
            guard let manager = managers.manager(of: scope) else { continue }
            do throws(SystemdError) {
                let names = indices.map { agents[$0].agent.id.unit }
                let found = try manager.ask(UnitProperty.ofDoctor, of: names)
                for index in indices {
                    let identity = accounts.identity(of: scope, user: agents[index].unit.user)
                    switch found[agents[index].agent.id.unit] {
                    case .success(let unit)?:
                        agents[index].unit.dropInPaths = unit.dropInPaths
                        agents[index].unit.needsReload = unit.needDaemonReload
                        agents[index].unit.logLevelMax = unit.logLevelMax >= 0 ? unit.logLevelMax : nil
                        agents[index].unit.hasDynamicUser = unit.dynamicUser
                        let files = [unit.fragmentPath] + unit.dropInPaths
                        agents[index].killModeOrigin = UnitFileReader.killMode(in: files, scope, as: identity)
                    case .failure(let error)?: agents[index].killModeOrigin = .unknown(error.description)
                    case nil: agents[index].killModeOrigin = .unknown("the manager does not know this unit")
                    }
                }
            } catch {
                for index in indices { agents[index].killModeOrigin = .unknown(error.description) }
            }
        }
    }

    /// A config out of reach may be that of a user whom only the manager knows.
    func readUsers(into agents: inout [AgentObservation]) {
        let wanted = agents.indices.filter { index in
            agents[index].unit.isRunning
                && agents[index].config.contains { if case .refused = $0.state { true } else { false } }
        }
        for (scope, indices) in Dictionary(grouping: wanted, by: { agents[$0].agent.id.scope }) {
            // Ignoring: why the manager does not answer; that the config cannot be read is said.
            guard let manager = managers.manager(of: scope),
                let found = try? manager.ask([.dynamicUser], of: indices.map { agents[$0].agent.id.unit })
            else { continue }
            for index in indices {
                guard case .success(let unit)? = found[agents[index].agent.id.unit] else { continue }
                agents[index].unit.hasDynamicUser = unit.dynamicUser
            }
        }
    }

    private func tokenSourceIsSet(_ id: AgentID) -> Bool { entry(of: id)?.telegramToken != nil }
}

extension UnitManager {
    /// Some properties of units by their names, within a short time.
    func ask(
        _ properties: [UnitProperty], of names: [String]
    ) throws(SystemdError) -> [String: Result<UnitProperties, SystemdError>] {
        try within(.seconds(10)) { () throws(SystemdError) -> [String: Result<UnitProperties, SystemdError>] in
            let units = try listUnits(names: names)
            let answers = try self.properties(properties, of: units)
            return Dictionary(zip(units.map(\.name), answers), uniquingKeysWith: { first, _ in first })
        }
    }
}
