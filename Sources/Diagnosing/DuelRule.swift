internal import Model

/// Two units that are one agent. Neither is touched: the one that is down has what it needs in the hands of the other.
enum DuelRule {
    static func finding(_ seen: AgentObservation, _ double: AgentDouble) -> Finding {
        let id = seen.agent.id
        let isUp = !seen.unit.isDown && !seen.unit.awaitsRestart
        // One of the two tells it: the one that does not serve, or else the user's.
        let tells = isUp == double.isUp ? id.scope != .system || double.agent.scope == .system : !isUp
        let loser = isUp && !double.isUp ? double.agent : id
        let serves = isUp == double.isUp ? "" : isUp ? " This one serves." : " The other one serves."
        return Finding(
            kind: .instanceRunning, severity: tells ? .warning : .info,
            summary:
                "\(id.unit) of \(id.scope.manager) and \(double.agent.unit) of \(double.agent.scope.manager) are one agent: both read \(double.path).\(serves) Neither is touched. Keep one of them; to take \(loser.unit) of \(loser.scope.manager) away: \(loser.systemctl("disable", "--now").inSentence).",
            evidence: [
                UnitRules.state(seen.unit),
                Evidence(
                    "fleet", "\(double.name) is \(double.isUp ? "up" : "down") and has the same config, \(double.path)"),
            ])
    }
}
