internal import AgentKinds
internal import Model

/// What an operator has to know of an agent before it breaks, and no rule finds.
enum DoctorNotes {
    static func of(_ seen: AgentObservation, isRoot: Bool) -> [String] {
        [kind(seen), stops(seen), health(seen), owner(seen, isRoot)].compactMap { $0 }
    }

    private static func kind(_ seen: AgentObservation) -> String? {
        guard seen.agent.kind == .plain else { return nil }
        return
            "It is treated as a plain unit: nothing is assumed of its port, its variables and what its config refers to. `kind` of its [[agent]] in the settings says otherwise (\(AgentKinds.names.joined(separator: ", ")))."
    }

    private static func stops(_ seen: AgentObservation) -> String? {
        guard seen.unit.isRunning else { return nil }
        guard let hidden = seen.journal.stopWouldBeHidden else {
            return "A stop could be told from an end by itself, so it is started again where it ended."
        }
        return
            "A stop could not be told from an end by itself, because \(hidden): once it is down, it is told of and not started."
    }

    private static func health(_ seen: AgentObservation) -> String? {
        guard seen.agent.health.isEmpty else { return nil }
        return
            "Nobody asks for its health, since no address is known: that it runs is all that is seen. Set `health` of its [[agent]] in the settings."
    }

    private static func owner(_ seen: AgentObservation, _ isRoot: Bool) -> String? {
        if let owner = seen.owner { return "This watchdog only looks: \(owner)." }
        guard isRoot, let user = seen.agent.id.scope.userName else { return nil }
        return "Root's watchdog acts on it; one of \(user)'s own only looks."
    }
}
