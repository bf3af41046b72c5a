package import Model

/// Why an agent is left alone, as a clause.
package enum Hold: Hashable, Sendable {
    /// An operator wants it so: whatever was open about the agent is over.
    case wish(String)
    /// systemd is just at it: nothing is done in this moment, and nothing is forgotten either.
    case moment(String)

    package var clause: String {
        switch self {
        case .wish(let clause), .moment(let clause): clause
        }
    }
}

/// What an operator, or systemd itself, is about to do with a unit. It wins over every rule.
package enum Intent {
    /// `nil` where nothing speaks against touching the agent.
    package static func hold(_ seen: AgentObservation) -> Hold? {
        let unit = seen.unit
        if unit.loadState == "masked" || unit.unitFileState.hasPrefix("masked") { return .wish("the unit is masked") }
        if unit.unitFileState == "disabled" { return .wish("the unit is disabled") }
        if unit.isRunning { return nil }
        if let request = seen.journal.lastRequest, request.verb == .stop {
            return .wish("an operator stopped it at \(request.at.rfc3339) (journal: \"\(request.line)\")")
        }
        if unit.activeState == "deactivating" { return .moment("it is being stopped") }
        if unit.hasJob { return .moment("a job of systemd is queued for it") }
        if unit.activeState == "activating", !unit.awaitsRestart { return .moment("it is starting") }
        if unit.activeState == "reloading" { return .moment("it is reloading") }
        return nil
    }
}
