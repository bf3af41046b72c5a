internal import AgentKinds
internal import Files
internal import Glibc
internal import Model
internal import Processes
internal import Systemd

/// What is known of each unit as an agent: its config, its environment, its tokens.
extension Observer {
    /// System agents first, then each user's in turn: another agent first in each pass, so that nobody waits for ever.
    func describe(
        _ found: [FoundUnit], _ request: Request, at now: Timestamp, _ gaps: inout [Gap]
    ) -> [AgentObservation] {
        let byScope = Dictionary(grouping: found.indices, by: { found[$0].id.scope })
        let users = managers.connected.map(\.scope).filter { $0 != .system && byScope[$0] != nil }
        var described: [(index: Int, seen: AgentObservation)] = []
        for scope in [.system] + users.rotated(by: request.turn) {
            var left = 0
            for index in (byScope[scope] ?? []).rotated(by: request.turn) {
                let isSpent = allowance.isSpent(by: scope)
                left += isSpent ? 1 : 0
                let seen = allowance.charge(scope) { describe(found[index], at: now, request, readsConfig: !isSpent) }
                described.append((index, seen))
            }
            if left > 0 {
                gaps.append(
                    Gap(
                        source: "config",
                        sentence:
                            "The configs of \(left) agents of \(scope.manager) were not looked at in this pass, because those of the others took all of the time or bytes that one user may take. They come first in another one.",
                        blinding: false))
            }
        }
        return described.sorted { $0.index < $1.index }.map(\.seen)
    }

    func describe(
        _ found: FoundUnit, at now: Timestamp, _ request: Request, readsConfig: Bool
    ) -> AgentObservation {
        let entry = entry(of: found.id)
        let identity = accounts.identity(of: found.id.scope, user: found.unit.user)
        // Ignoring: an unknown user; reading the config says so where there is one.
        let home = (try? identity.get())?.home
        let variables = Variables(found.environment)
        let files = EnvironmentFiles(found, as: identity, continuedComments: oldComments.contains(found.id.scope))
        let environment = UnitEnvironment(
            variables: variables, files: files, unset: found.unset, identity: identity, scope: found.id.scope)
        environments[found.id] = environment
        let (agent, problem) = AgentDescription.agent(
            found, UnitView(found, environment, home: home), entry: entry)
        let kind = AgentKinds.of(agent.kind)
        var observation = AgentObservation(agent: agent, taken: now, unit: found.unit)
        if let gap = found.gap { observation.gaps.append(gap) }
        if let problem { observation.gaps.append(Gap(source: "config", sentence: problem, blinding: false)) }
        observation.seesOtherUsers = geteuid() == 0
        observation.owner = owner(of: found.id)
        observation.release = kind.release(variables)
        observation.elsewhere = OwnFiles.elsewhere(found.unit, agent.config.map(\.path))
        if found.unit.mainPID <= 0 { observation.programChanged = OwnFiles.changed(found.command, as: identity) }
        observation.isConfigSkipped = !readsConfig && !agent.config.isEmpty
        if readsConfig, observation.elsewhere == nil {
            ConfigReader.read(into: &observation, and: formerConfig[found.id] ?? [], environment, kind.dialect)
        }
        let last = request.lastConfig[found.id]
        observation.isInEdit = observation.config.contains { file in
            file.version.map { observation.editing($0, after: last, grace: settings.policy.editGrace) != nil } ?? false
        }
        let isAsBefore = last?.digests == ConfigMemory.digests(of: observation.config)
        observation.references =
            isAsBefore ? last?.references ?? [] : ConfigReferences(kind.dialect).names(in: observation.config)
        judge.judge(&observation, environment, checked: request.checked[found.id])
        observation.secretValues = SecretReader.values(found.environment, files, named: agent.secrets)
        for variables in [variables] + files.files.compactMap(\.variables) {
            variables.forEach { _, value in
                if value.contains("://") { observation.addresses.append(value) }
            }
        }
        var reader = TokenReader(book)
        observation.tokens = reader.read(
            found.environment, files, observation.config, dotEnv: kind.readsDotEnvBesideConfig,
            source: entry?.telegramToken, of: found.id.scope,
            as: identity)
        if kind.healthPath != nil {
            commands[found.id] =
                found.command.isEmpty && found.unit.mainPID > 0
                ? ProcessTable.arguments(of: found.unit.mainPID, most: 32) : found.command
        }
        observation.agent.port = kind.port(address(of: observation))
        if entry?.health == nil, let path = kind.healthPath, let port = observation.agent.port {
            observation.agent.health = [HealthProbe(url: "http://127.0.0.1:\(port)\(path)", assumed: true)]
        }
        return observation
    }

    func address(of seen: AgentObservation, isOld: Bool = true) -> AddressView {
        let environment = environments[seen.agent.id]
        return AddressView(
            command: commands[seen.agent.id] ?? [], find: { environment?.find($0) ?? .unknown }, config: seen.config,
            isOld: isOld)
    }
}

extension UnitView {
    init(_ found: Observer.FoundUnit, _ environment: Observer.UnitEnvironment, home: String?) {
        let pid = found.unit.mainPID
        self.init(
            unit: found.id.unit, isJob: found.unit.type == "oneshot" || !found.unit.triggeredBy.isEmpty,
            command: found.command, variables: environment.variables, find: environment.find,
            running: { pid > 0 ? ProcessTable.arguments(of: pid, most: 16) : [] },
            started: { pid > 0 ? ProcessTable.environment(of: pid).map(Variables.init) : nil }, mainPID: pid,
            home: home)
    }
}
