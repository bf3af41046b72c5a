internal import AgentKinds
internal import Model

/// What agents are called. Two of one name would be mixed up in every message, and any user can make a unit of any name:
/// what the settings name keeps its name, then what the system manager has, then what earlier passes knew by it. The
/// newcomer is called after its manager, too.
enum NameBook {
    /// `known`: what agents were called in earlier passes.
    static func names(of agents: [Agent], _ settings: Settings, known: [AgentID: String]) -> [AgentID: String] {
        let named = Set(settings.agents.map { $0.name ?? AgentKinds.name(of: AgentID(scope: .system, unit: $0.unit)) })
        func rank(_ agent: Agent) -> Int {
            if named.contains(agent.name), agent.name != AgentKinds.name(of: agent.id) || isNamed(agent, settings) {
                return 0
            }
            if agent.id.scope == .system { return known[agent.id] == agent.name ? 1 : 2 }
            return known[agent.id] == agent.name ? 3 : 4
        }
        // Of two newcomers neither has a better right.
        var newcomers: [String: Int] = [:]
        for agent in agents where rank(agent) == 4 { newcomers[agent.name, default: 0] += 1 }
        var names: [AgentID: String] = [:]
        var taken: Set<String> = []
        let order = agents.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
        for agent in order.map(\.element) {
            let manager = agent.id.scope.userName ?? "system"
            var candidates = ["\(agent.name)@\(manager)", "\(agent.id.unit)@\(manager)"]
            if rank(agent) < 4 || newcomers[agent.name] == 1 { candidates.insert(agent.name, at: 0) }
            let name = candidates.first { !taken.contains($0) } ?? "\(agent.id.unit)@\(agent.id.scope.uid ?? 0)"
            taken.insert(name)
            names[agent.id] = name
        }
        return names
    }

    private static func isNamed(_ agent: Agent, _ settings: Settings) -> Bool {
        settings.agents.contains {
            $0.unit == agent.id.unit && $0.user == agent.id.scope.userName
        }
    }
}
