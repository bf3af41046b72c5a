internal import Model

/// A unit that has been on its way for longer than its own timeouts allow for.
enum StuckRule {
    /// However short the timeouts: far more than a start or stop takes that is under way.
    private static let patience: Duration = .seconds(900)
    /// Of a stop: the command, SIGTERM and SIGKILL have their time one after the other (systemd.service(5)).
    private static let turns = 3

    static func finding(_ seen: AgentObservation) -> Finding? {
        let unit = seen.unit
        guard let since = unit.stateSince, unit.type != "oneshot" else { return nil }
        let limit: Duration
        switch unit.activeState {
        case "activating": limit = (unit.timeoutStart ?? .zero) * turns
        case "deactivating": limit = (unit.timeoutStop ?? .zero) * turns
        case "reloading": limit = .zero
        default: return nil
        }
        guard seen.taken - since > max(patience, limit) else { return nil }
        let name = seen.agent.id.unit
        let status = seen.agent.id.systemctl("status").inSentence
        return Finding(
            kind: .unitStuck, severity: .warning,
            summary:
                "\(name) has been \(unit.activeState) (\(unit.subState)) since \(since.rfc3339). systemd is at it, so it is left alone; what it waits for: \(status).",
            evidence: [UnitRules.state(unit)])
    }
}
