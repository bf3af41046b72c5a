internal import Acting
internal import Model
internal import Observing
internal import Planning
internal import Recording

/// Act: what the gate lets pass is written down, and then carried out for all agents together.
extension Pass {
    /// Returns the agents for which the ladder goes on.
    func carryOut(_ plans: [(AgentCase, Plan)]) throws(LedgerError) -> [AgentCase] {
        let left = deadline - environment.now()
        // A stop may take its 90 s before the start; a job that hangs holds up the others no longer than that.
        let round = round(limit: max(.seconds(5), min(left, .seconds(150))))
        // Validators and probes take their time, and the plan is as old as what was seen before them.
        let starts = plans.filter { $0.1.startsUnit }.map(\.0.agent.id)
        let now = starts.isEmpty ? [:] : observer.glance(at: starts)
        var acting: [Treatment] = []
        var passing: [AgentCase] = []
        for (each, plan) in plans.sorted(by: { ($0.0.agent.id.scope.uid ?? 0) < ($1.0.agent.id.scope.uid ?? 0) }) {
            if plan.startsUnit, let hold = now[each.agent.id].flatMap(Intent.hold) {
                each.hold = hold
                each.reason = "Left alone: \(hold.clause)."
                if case .moment = hold { passing.append(each) }
                continue
            }
            switch gate(plan, each) {
            case .refused(let reason):
                each.reason = reason
                if case .moment? = Intent.hold(each.seen) { passing.append(each) }
            case .spent(let reason):
                each.reason = reason
                each.escalation = reason
            case .approved(let approved):
                let diff = ConfigDiff.of(plan, each)
                let treatment = try writeAhead(plan, each)
                round.perform(approved, seen: each.seen, log: treatment.log)
                if treatment.outcomes.list.contains(where: { $0.remedy == "restoreConfig" && $0.result == .done }) {
                    each.diff += diff
                }
                acting.append(treatment)
            }
        }
        round.finish()
        verify(acting)
        // systemd is just at these: in a moment they can be judged.
        if !passing.isEmpty {
            environment.pause(.milliseconds(500))
            look(at: passing)
        }
        var goOn = passing.filter { !$0.worthy.isEmpty }
        for treatment in acting {
            let each = treatment.subject
            if case .broken = treatment.result {
                try undo(each)
                if treatment.plan.startsUnit { each.keep(treatment.findings) }
            }
            // Without a verdict the ladder does not go on: the next pass judges first.
            if case .undecided = treatment.result { continue }
            if !each.worthy.isEmpty { goOn.append(each) }
        }
        return goOn
    }

    /// Everything that is needed to finish or undo the plan is in the ledger before its first step.
    private func writeAhead(_ plan: Plan, _ each: AgentCase) throws(LedgerError) -> Treatment {
        guard let ledger else { throw LedgerError("There is no ledger to write the plan into.") }
        let now = environment.now()
        let replaced = plan.restores.compactMap { restore in
            each.seen.config.compactMap(\.version).first {
                $0.path == restore.version.path && $0.digest == restore.replacing
            }
        }
        let ids = try ledger.together { () throws(LedgerError) -> [Int64] in
            var incident = try ensureIncident(each)
            incident.tried += plan.rungs.filter { !incident.tried.contains($0) }
            incident.suspects = each.suspects
            each.incident = incident
            try ledger.update(incident, diagnosis: each.maskedDiagnosis, reason: nil)
            for version in replaced { try ledger.keep(version, of: each.agent.id, as: .seen, at: now) }
            let targets = plan.steps.map { Round.target($0, each.seen) }
            return try ledger.plan(plan, targets: targets, incident: incident, number: nextPlanNumber(), at: now)
        }
        if plan.rungs != [.undo] {
            each.replaced += replaced.compactMap { version in
                plan.restores.first { $0.version.path == version.path }.map {
                    Ladder.Replaced(version: version, by: ConfigIdentity($0.version), at: now)
                }
            }
        }
        if plan.isHealing { each.history.actions.append(now) }
        let outcomes = Treatment.Outcomes()
        let log = StepLog(
            began: { [environment] step in
                do throws(LedgerError) {
                    try ledger.begin(action: ids[step], at: environment.now())
                    return nil
                } catch {
                    return error.description
                }
            },
            ended: { [unowned self] step, outcome in
                outcomes.list.append(outcome)
                each.actions.append(outcome)
                do throws(LedgerError) {
                    try ledger.end(action: ids[step], outcome, at: environment.now())
                } catch {
                    ledgerProblem = error
                }
            })
        return Treatment(subject: each, plan: plan, log: log, outcomes: outcomes)
    }

    /// A restored config that did not help gives way to the file that it replaced.
    func undo(_ each: AgentCase) throws(LedgerError) {
        guard let plan = Ladder.undo(each.seen, replaced: each.replaced) else { return }
        guard case .approved(let approved) = gate(plan, each) else { return }
        let undoing = try writeAhead(plan, each)
        let round = round(limit: .seconds(5))
        round.perform(approved, seen: each.seen, log: undoing.log)
        round.finish()
        each.replaced = []
        look(at: [undoing.subject])
    }
}
