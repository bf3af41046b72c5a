package import Model

/// Whether a plan has helped, judged by a later observation.
package enum Verification: Hashable, Sendable {
    case healed
    /// The reason as a sentence.
    case broken(String)
    /// Too early to say.
    case waiting(String)
    /// It has been stopped or has ended well meanwhile, which proves nothing of what was done; the reason as a sentence.
    case stopped(String)

    /// `before` is what was seen when the plan was made; `acted` is when its last step ended; `restarts` is
    /// what the unit's counter showed when it was first seen after that.
    package static func judge(
        _ plan: Plan, before: AgentObservation, seen: AgentObservation, findings: [Finding], acted: Timestamp,
        restarts: UInt32, policy: Policy
    ) -> Verification {
        let unit = seen.unit
        guard plan.startsUnit else {
            let verdict = judgeUpkeep(plan, before: before, seen: seen, findings: findings)
            let held = seen.taken - acted
            guard verdict == .healed, answersConflict(plan), held < policy.settle else { return verdict }
            return .waiting("polls without a new 409 for \(held.inWords) of \(policy.settle.inWords)")
        }
        if case .wish(let clause)? = Intent.hold(seen), !unit.isRunning {
            return .stopped("While it was being watched, \(clause).")
        }
        if unit.isBeingStarted { return .waiting("is still being restarted") }
        if seen.wasEndDeclared, unit.awaitsRestart || unit.restarts > restarts {
            return .waiting("was restarted as its unit has it for such an end")
        }
        if unit.isDown, !plan.restores.isEmpty, unit.activeState == "inactive", unit.mainEnd == .exited(0) {
            return .stopped("It has ended with success meanwhile, which says nothing of its config.")
        }
        if unit.isDown {
            return .broken("\(seen.agent.id.unit) is \(unit.activeState) again (status \(unit.exitStatus)).")
        }
        if unit.awaitsRestart || unit.restarts > restarts {
            return .broken("\(seen.agent.id.unit) went away again and systemd restarts it.")
        }
        guard unit.holds, let since = unit.activeSince else { return .waiting("is \(unit.activeState)") }
        if let failure = seen.journal.lines.last(where: { $0.isFailure && $0.at > since }) {
            return .broken("The journal shows a new failure after the action: \"\(failure.text)\".")
        }
        let held = seen.taken - max(acted, since)
        guard held >= policy.settle else { return .waiting("has held for \(held.inWords) of \(policy.settle.inWords)") }
        let unhealthy = seen.probes.compactMap(\.failure)
        guard let first = unhealthy.first else {
            guard answersConflict(plan), let left = findings.first(where: { $0.kind == .pollerConflict }) else {
                return .healed
            }
            return .broken("It is still so: \(left.summary)")
        }
        if seen.taken - since < policy.warmUp { return .waiting("runs, and does not answer yet") }
        return .broken("\(seen.agent.id.unit) runs, and after its warm-up does not answer as it should. \(first)")
    }

    /// Upkeep must change nothing of the running agent but what it was for.
    private static func judgeUpkeep(
        _ plan: Plan, before: AgentObservation, seen: AgentObservation, findings: [Finding]
    ) -> Verification {
        guard seen.unit.mainPID == before.unit.mainPID, seen.unit.invocationID == before.unit.invocationID else {
            return .broken("\(seen.agent.id.unit) was restarted meanwhile.")
        }
        // A process that is only told of was never this plan's to end.
        let left = findings.first {
            plan.rungs.contains(.rule($0.kind)) && !($0.kind == .processStray && $0.prescription == .none)
        }
        return left.map { .broken("It is still so: \($0.summary)") } ?? .healed
    }

    /// A conflict shows itself only in the rhythm of the polls.
    private static func answersConflict(_ plan: Plan) -> Bool { plan.rungs.contains(.rule(.pollerConflict)) }
}
