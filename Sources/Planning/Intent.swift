package import Model

/// What an operator, or systemd itself, is about to do with a unit. It wins over every rule.
package enum Intent {
    /// Why this agent is left alone in this pass, as a clause; `nil` where nothing speaks against touching it.
    package static func reasonToLeave(_ seen: AgentObservation) -> String? {
        let unit = seen.unit
        if unit.loadState == "masked" || unit.unitFileState.hasPrefix("masked") { return "the unit is masked" }
        if unit.unitFileState == "disabled" { return "the unit is disabled" }
        if unit.isRunning { return nil }
        if let request = seen.journal.lastRequest, request.verb == .stop {
            return "an operator stopped it at \(request.at.rfc3339) (journal: \"\(request.line)\")"
        }
        if unit.activeState == "deactivating" { return "it is being stopped" }
        if unit.hasJob { return "a job of systemd is queued for it" }
        if unit.activeState == "activating", !unit.awaitsRestart { return "it is starting" }
        if unit.activeState == "reloading" { return "it is reloading" }
        return nil
    }
}
