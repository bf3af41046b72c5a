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
        if let double = seen.double {
            return .refused("Left alone: \(double.agent.unit) of \(double.agent.scope.manager) is this very agent.")
        }
        if plan.startsUnit, let doubt = LastLook.doubt(seen) { return .refused(doubt) }
        // A pass that died may have written its own drop-in and not come to the reload: before that nothing was waiting.
        let isOwn = history.interrupted.contains {
            $0.began && $0.remedy == Remedy.writeKillMode(policy.killMode).name
        }
        if plan.writesDropIn, seen.unit.needsReload ?? false, !isOwn {
            return .refused(
                "The files of \(seen.agent.id.unit) were changed and not loaded yet: to have them read now would make effective what somebody may still be at."
            )
        }
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
    /// An agent that is watched, and neither held nor already in a person's hands.
    package struct Member: Sendable {
        package let scope: Scope
        package let isBroken: Bool

        package init(scope: Scope, isBroken: Bool) {
            self.scope = scope
            self.isBroken = isBroken
        }
    }

    /// The managers whose agents are not restarted: where most of a manager's own fleet is broken; and where most of the
    /// host is, those of which most is. On the host each user's manager counts as one, however many units it has: so one
    /// user's broken units hold up nobody else.
    package static func held(_ fleet: [Member], share: Double) -> Set<Scope> {
        let scopes = Dictionary(grouping: fleet, by: \.scope)
        func isMostlyBroken(_ members: [Member]) -> Bool {
            Double(members.count(where: \.isBroken)) > Double(members.count) * share
        }
        let broken = Set(scopes.filter { isMostlyBroken($0.value) }.keys)
        let system = scopes[.system] ?? []
        let users = scopes.keys.filter { $0 != .system }
        let host = system.count + users.count
        let hostBroken = system.count(where: \.isBroken) + users.count(where: broken.contains)
        if holds(broken: hostBroken, fleet: host, share: share) { return broken }
        return broken.filter { scope in
            let members = scopes[scope] ?? []
            return holds(broken: members.count(where: \.isBroken), fleet: members.count, share: share)
        }
    }

    static func holds(broken: Int, fleet: Int, share: Double) -> Bool {
        fleet >= Policy.smallestFleet && Double(broken) > Double(fleet) * share
    }
}
