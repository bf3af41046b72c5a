internal import AgentKinds
internal import Model

/// What an agent is, what it is called and where its config lies: from the settings, and else from what its kind makes of
/// its unit.
enum AgentDescription {
    /// With a sentence where it cannot be known which config the agent reads: then none is claimed to be its.
    static func agent(
        _ found: Observer.FoundUnit, _ unit: UnitView, entry: AgentEntry?
    ) -> (agent: Agent, problem: String?) {
        let isRootsUnit = found.id.scope.isRoots
        let kind = entry?.kind.map { AgentKinds.of($0) } ?? AgentKinds.recognise(unit)
        var agent = Agent(
            id: found.id, name: entry?.name ?? AgentKinds.name(of: found.id), kind: kind.name,
            health: (entry?.health ?? []).map { HealthProbe(url: $0, assumed: false) }, secrets: entry?.secrets ?? [],
            validation: ConfigValidation(
                schema: entry?.schema, command: entry?.validate ?? [], ascii: entry?.asciiConfig ?? []))
        if let config = entry?.config {
            agent.config = config.map { ConfigPath($0, origin: .settings, isRoots: isRootsUnit) }
            return (agent, nil)
        }
        switch kind.config?(unit) {
        case .at(let path, let isRoots)?:
            agent.config = [ConfigPath(path, origin: .unit, isRoots: isRootsUnit && isRoots)]
            return (agent, nil)
        case .nowhere?, nil: return (agent, nil)
        case .unknown(let reason)?:
            return (
                agent,
                "Which config \(found.id.unit) reads cannot be told, because \(reason): name it in the settings, as `config` of its [[agent]]."
            )
        }
    }
}
