package import Model

/// The last look before anything is touched. Only what passes here can be carried out.
package enum Gate {
    package enum Ruling: ~Copyable {
        case approved(Approved)
        /// Not now; the reason as a sentence.
        case refused(String)
        /// The budget is spent: from here on it is for a person.
        case spent(String)
    }

    package static func rule(
        on plan: Plan, seen: AgentObservation, history: AgentHistory, policy: Policy, braked: Bool, now: Timestamp
    ) -> Ruling {
        // Putting back a file that the watchdog itself replaced must never be what a budget prevents.
        // Nor is an operator's order a matter of the budget.
        if plan.rungs == [.undo] || plan.rungs == [.change] { return .approved(Approved(byGate: plan)) }
        if let hold = Intent.hold(seen) { return .refused("Left alone: \(hold.clause).") }
        if plan.startsUnit, braked { return .refused("Most of the fleet is broken at once, so nothing is restarted.") }
        if plan.isHealing {
            let spent = history.actions.filter { $0 > now - policy.actionsWindow }.count
            guard spent < policy.actionsPerAgent else {
                return .spent(
                    "\(spent) healing actions within \(policy.actionsWindow.inWords) are the limit for one agent, and they are spent."
                )
            }
        }
        return .approved(Approved(byGate: plan))
    }
}

/// Many agents broken at once have one cause, and it is not theirs.
package enum Brake {
    /// `broken` and `fleet` count agents that are watched and neither held nor already in a person's hands.
    package static func holds(broken: Int, fleet: Int, share: Double) -> Bool {
        fleet >= Policy.smallestFleet && Double(broken) > Double(fleet) * share
    }
}
