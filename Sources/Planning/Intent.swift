package import Model

/// Why an agent is left alone, as a clause.
package enum Hold: Hashable, Sendable {
    /// Somebody wants it so: whatever was open about the agent is over.
    case wish(String)
    /// systemd is just at it: nothing is done in this moment, and nothing is forgotten either.
    case moment(String)

    package var clause: String {
        switch self {
        case .wish(let clause), .moment(let clause): clause
        }
    }
}

/// What an operator, another watchdog, or systemd itself is about to do with a unit. It wins over every rule.
package enum Intent {
    /// `nil` where nothing speaks against touching the agent.
    package static func hold(_ seen: AgentObservation) -> Hold? {
        let unit = seen.unit
        if let owner = seen.owner { return .wish(owner) }
        if unit.loadState == "masked" || unit.unitFileState.hasPrefix("masked") { return .wish("the unit is masked") }
        if unit.unitFileState == "disabled" { return .wish("the unit is disabled") }
        if unit.isRunning { return nil }
        // A restart, too, begins with what the journal calls a stop: the job tells.
        if unit.isBeingStarted {
            return .moment(
                unit.activeState == "deactivating"
                    ? "systemd is restarting it, and its old process has not ended yet"
                    : "systemd is starting it")
        }
        if let request = seen.journal.lastRequest, request.verb == .stop, unit.lostPartners.isEmpty || !unit.isDown {
            return .wish(
                "its manager was asked to stop it at \(request.at.rfc3339) (journal: \"\(request.line)\"); by whom is not recorded"
            )
        }
        if unit.activeState == "deactivating" { return .moment("it is being stopped") }
        if unit.hasJob { return .moment("a job of systemd is queued for it") }
        if unit.activeState == "activating", !unit.awaitsRestart { return .moment("it is starting") }
        if unit.activeState == "reloading" { return .moment("it is reloading") }
        return nil
    }
}
