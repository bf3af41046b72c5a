package import Model

/// The look at a unit directly before a job is asked for: between the plan and that moment somebody may have stopped it.
package enum LastLook {
    /// `planned` is what was seen when the plan was made, `now` what is seen now, `nil` where that could not be had.
    /// `isOrdered`: an operator's own order, which need not ask what anybody wants.
    package static func judge(
        _ remedy: Remedy, planned: AgentObservation, now: AgentObservation?, isOrdered: Bool
    ) -> JobChoice {
        let name = planned.agent.id.unit
        guard let now else { return .no("\(name) could not be looked at once more, so nothing was asked of it.") }
        if !isOrdered, let hold = Intent.hold(now) { return .no("Left alone: \(hold.clause).") }
        switch remedy {
        case .restartUnit:
            if now.unit.isRunning || now.unit.holds { return .go(.tryRestart) }
            // A job that restarts only what is active would pass it over.
            if now.unit.awaitsRestart || isOrdered && ["activating", "reloading"].contains(now.unit.activeState) {
                return .go(.restart)
            }
            // It crashed meanwhile, which is what the restart was for.
            if !isOrdered, now.unit.activeState == "failed", case .byItself = now.journal.end { return .go(.start) }
            return .no("\(name) is \(now.unit.activeState) by now, so it is not restarted; the next look decides.")
        case .startUnit:
            if now.unit.isRunning { return .no("\(name) runs already; somebody else has started it.") }
            guard now.unit.isDown else {
                return .no("\(name) is \(now.unit.activeState) by now, so it is not started; the next look decides.")
            }
            if !isOrdered, let doubt = doubt(now) { return .no(doubt) }
            return .go(.start)
        default: return .no("\(remedy.name) is no job of a unit.")
        }
    }

    /// Why a unit that is down must not be started, as a sentence: it takes proof that nobody stopped it.
    package static func doubt(_ seen: AgentObservation) -> String? {
        guard seen.unit.isDown else { return nil }
        let name = seen.agent.id.unit
        switch seen.journal.end {
        case .byItself: return nil
        case .requested: return "\(name) was stopped by a request to its manager, so it is not started."
        case .unknown(let why):
            return "Whether somebody stopped \(name) cannot be told, because \(why): it is not started."
        case nil: return "Whether somebody stopped \(name) cannot be told, so it is not started."
        }
    }
}
