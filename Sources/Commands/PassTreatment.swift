internal import Acting
internal import Diagnosing
internal import Model
internal import Observing
internal import Planning
internal import Recording

/// Plan, act and verify: all agents that need it move through each round together.
extension Pass {
    /// An end that no ladder reaches, against a fault in the ladder itself.
    private static let mostRounds = 8

    func treat(_ cases: [AgentCase]) throws(LedgerError) {
        var open = cases.filter { $0.hold == nil && !$0.worthy.isEmpty && !$0.seen.gaps.contains(where: \.blinding) }
        // An agent that goes down while a lesser trouble of it waits for a person is a matter of its own.
        for each in open where each.isBroken && each.incident.map({ $0.severity < .critical }) ?? false {
            each.incident?.escalated = nil
            each.incident?.told = nil
        }
        // Where a person was asked to take over, the ladder has ended.
        open.removeAll { $0.incident?.escalated != nil }
        if braked {
            for each in open where each.isBroken {
                each.reason = "Most of the fleet is broken at once, so nothing is restarted."
            }
            open.removeAll(where: \.isBroken)
        }
        try prepare(open)
        var rounds = 0
        while !open.isEmpty, rounds < Self.mostRounds {
            rounds += 1
            let plans = try plan(open)
            if dryRun { return }
            open = try carryOut(plans)
            if environment.now() >= deadline {
                for each in open {
                    each.reason = "The pass's time of \(policy.deadline.inWords) is up; the next pass goes on."
                }
                return
            }
        }
    }

    private func prepare(_ cases: [AgentCase]) throws(LedgerError) {
        guard let ledger else { return }
        for each in cases {
            if each.isBroken { each.history.knownGood = try ledger.knownGood(of: each.agent.id) }
            // What a pass that died had planned and not finished is planned again from what is seen now.
            let interrupted = each.history.interrupted
            each.incident?.tried.removeAll { rung in interrupted.contains { $0.rung == rung } }
            // Its restore was finished, and the agent is broken all the same.
            if each.isBroken, !dryRun, interrupted.allSatisfy({ $0.rung == .undo }) { try undo(each) }
        }
    }

    /// Closes what a pass that died left open, and finds out which files it had replaced.
    func recover(_ cases: [AgentCase]) throws(LedgerError) {
        guard let ledger, !dryRun else { return }
        for each in cases {
            try ledger.closeInterrupted(each.history.interrupted, at: environment.now())
            if each.history.interrupted.contains(where: { $0.remedy == "restoreConfig" }) { clearRemains(each, ledger) }
            if let incident = each.incident { each.replaced = try ledger.replaced(in: incident) }
        }
    }

    private func clearRemains(_ each: AgentCase, _ ledger: Ledger) {
        for path in each.agent.config {
            let problems = ConfigRemains.clear(path, of: each.seen) { version in
                do throws(LedgerError) {
                    try ledger.keep(version, of: each.agent.id, as: .seen, at: environment.now())
                    return true
                } catch {
                    ledgerProblem = error
                    return false
                }
            }
            if let problem = problems.first { each.reason = problem }
        }
    }

    // MARK: Plan

    private func plan(_ open: [AgentCase]) throws(LedgerError) -> [(AgentCase, Plan)] {
        var plans: [(AgentCase, Plan)] = []
        var asking: [AgentCase] = []
        for each in open {
            take(Ladder.next(facts(each)), each, &plans, &asking)
        }
        guard !asking.isEmpty else { return plans }
        if dryRun {
            for each in asking { each.reason = "The advisor would be asked for the cause first." }
            return plans
        }
        try consult(asking)
        var unanswered: [AgentCase] = []
        for each in asking { take(Ladder.next(facts(each)), each, &plans, &unanswered) }
        return plans
    }

    private func take(
        _ step: Ladder.Step, _ each: AgentCase, _ plans: inout [(AgentCase, Plan)], _ asking: inout [AgentCase]
    ) {
        switch step {
        case .nothing: break
        case .wait(let reason): each.reason = reason
        case .ask: asking.append(each)
        case .escalate(let reason):
            each.escalation = reason
            each.reason = reason
        case .act(let plan):
            if dryRun {
                rehearse(plan, each)
            } else {
                each.diff += ConfigDiff.of(plan, each)
                plans.append((each, plan))
            }
        }
    }

    /// What a pass would do, as far as the gate would let it.
    private func rehearse(_ plan: Plan, _ each: AgentCase) {
        switch gate(plan, each) {
        case .refused(let reason): each.reason = reason
        case .approved:
            each.diff += ConfigDiff.of(plan, each)
            each.reason = plan.reason == each.findings.first?.summary ? nil : plan.reason
            each.actions += plan.steps.map {
                ActionOutcome(
                    remedy: $0.name, target: Round.target($0, each.seen), result: .planned, reason: plan.reason)
            }
        }
    }

    private func gate(_ plan: Plan, _ each: AgentCase) -> Gate.Ruling {
        Gate.rule(
            on: plan, seen: each.seen, history: each.history, policy: policy, braked: braked, now: environment.now())
    }

    private func facts(_ each: AgentCase) -> Ladder.Facts {
        Ladder.Facts(
            seen: each.seen, findings: each.findings, history: each.history, tried: each.incident?.tried ?? [],
            advice: each.advice, advisorAvailable: environment.advisor(settings) != nil, killMode: policy.killMode)
    }

    private func consult(_ asking: [AgentCase]) throws(LedgerError) {
        guard let ledger, let advisor = environment.advisor(settings), let provider = settings.advisor else { return }
        let now = environment.now()
        let left = max(0, provider.callsPerDay - (try ledger.consultations(since: now - .seconds(86_400))))
        let asked = Array(asking.prefix(left))
        for each in asking.dropFirst(left) {
            each.incident?.tried.append(.advisor)
            each.reason = "The advisor was not asked: its \(provider.callsPerDay) calls of the day are spent."
        }
        let questions = asked.map { each in
            Advisor.Question(
                seen: each.seen, findings: each.findings, tried: (each.incident?.tried ?? []).map(\.text),
                canRestore: Ladder.canRestore(facts(each)), redactor: each.redactor)
        }
        for (each, consultation) in zip(asked, advisor.ask(questions)) {
            var incident = try ensureIncident(each)
            try ledger.record(consultation, incident: incident, at: environment.now())
            switch consultation.outcome {
            case .accepted(let diagnosis):
                each.diagnosis = diagnosis
                each.advice = diagnosis
                if diagnosis.proposal == .escalate { incident.tried.append(.advisor) }
            case .discarded(let why):
                each.reason = why
                incident.tried.append(.advisor)
            }
            each.incident = incident
            try ledger.update(incident, diagnosis: each.diagnosis, reason: each.reason.map(each.redactor.mask))
        }
    }

    func ensureIncident(_ each: AgentCase) throws(LedgerError) -> Incident {
        if let incident = each.incident { return incident }
        guard let ledger else { throw LedgerError("There is no ledger to open an incident in.") }
        let worst = each.worthy.first
        let incident = try ledger.openIncident(
            each.agent.id, kinds: each.worthy.map(\.kind), severity: worst?.severity ?? .critical,
            summary: worst?.summary ?? each.reason ?? "", at: environment.now())
        each.incident = incident
        return incident
    }

    // MARK: Act

    /// Returns the agents for which the ladder goes on.
    private func carryOut(_ plans: [(AgentCase, Plan)]) throws(LedgerError) -> [AgentCase] {
        let left = deadline - environment.now()
        let round = Round(limit: max(.seconds(5), min(left, .seconds(330)))) { [managers] in managers.manager(of: $0) }
        var acting: [Treatment] = []
        for (each, plan) in plans {
            switch gate(plan, each) {
            case .refused(let reason):
                each.reason = reason
                each.escalation = reason
            case .approved(let approved):
                let treatment = try writeAhead(plan, each)
                round.perform(approved, seen: each.seen, log: treatment.log)
                acting.append(treatment)
            }
        }
        round.finish()
        try verify(acting)
        var goOn: [AgentCase] = []
        for treatment in acting {
            let each = treatment.subject
            if !treatment.healed { try undo(each) }
            if !each.worthy.isEmpty { goOn.append(each) }
        }
        return goOn
    }

    /// A plan that is being carried out, and what becomes of its steps.
    final class Treatment {
        let subject: AgentCase
        let plan: Plan
        let before: AgentObservation
        let log: StepLog
        let outcomes: Outcomes
        var healed = false
        /// The restart counter when the unit was first seen after the action.
        var restarts: UInt32?

        final class Outcomes { var list: [ActionOutcome] = [] }

        init(subject: AgentCase, plan: Plan, log: StepLog, outcomes: Outcomes) {
            self.subject = subject
            self.plan = plan
            before = subject.seen
            self.log = log
            self.outcomes = outcomes
        }

        var failure: ActionOutcome? { outcomes.list.first { $0.result != .done } }
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
            each.incident = incident
            try ledger.update(incident, diagnosis: each.diagnosis, reason: nil)
            for version in replaced { try ledger.keep(version, of: each.agent.id, as: .seen, at: now) }
            let targets = plan.steps.map { Round.target($0, each.seen) }
            return try ledger.plan(plan, targets: targets, incident: incident, number: nextPlanNumber(), at: now)
        }
        if plan.rungs != [.undo] {
            each.replaced += replaced.compactMap { version in
                plan.restores.first { $0.version.path == version.path }.map { (version, $0.version.digest) }
            }
        }
        if plan.startsUnit { each.history.actions.append(now) }
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

    // MARK: Verify

    private func verify(_ treatments: [Treatment]) throws(LedgerError) {
        let acted = environment.now()
        var pending: [Treatment] = []
        for treatment in treatments {
            if let failure = treatment.failure {
                fail(treatment, "\(failure.remedy) of \(failure.target): \(failure.reason)")
            } else {
                pending.append(treatment)
            }
        }
        lookAgain(treatments)
        while !pending.isEmpty {
            let late = environment.now() >= deadline
            pending = pending.filter { treatment in
                let each = treatment.subject
                let restarts = treatment.restarts ?? each.seen.unit.restarts
                treatment.restarts = restarts
                let verdict = Verification.judge(
                    treatment.plan, before: treatment.before, seen: each.seen, findings: each.findings, acted: acted,
                    restarts: restarts, policy: policy)
                switch verdict {
                case .healed:
                    treatment.healed = true
                    each.healed = true
                    each.unproven = false
                    each.reason = nil
                    return false
                case .broken(let reason):
                    fail(treatment, reason)
                    return false
                case .waiting(let clause):
                    if late { fail(treatment, "The pass's time was up while \(each.agent.id.unit) \(clause).") }
                    return !late
                }
            }
            guard !pending.isEmpty else { break }
            environment.pause(.milliseconds(500))
            lookAgain(pending)
        }
    }

    private func fail(_ treatment: Treatment, _ reason: String) {
        treatment.subject.unproven = true
        treatment.subject.reason = reason
    }

    /// Observes and diagnoses the agents of these treatments again.
    private func lookAgain(_ treatments: [Treatment]) {
        var request = Observer.Request()
        request.only = treatments.map(\.plan.agent)
        // A counter that cannot match: these agents are read in full, whatever they look like.
        request.restarts = Dictionary(
            treatments.map { ($0.plan.agent, UInt32.max) }, uniquingKeysWith: { first, _ in first })
        let snapshot = observer.observe(request, at: environment.now())
        for treatment in treatments {
            let each = treatment.subject
            guard var seen = snapshot.agents.first(where: { $0.agent.id == each.agent.id }) else { continue }
            seen.journal.cursor = seen.journal.cursor ?? each.seen.journal.cursor
            each.seen = seen
            each.findings = Rules.findings(seen, history: each.history, policy: policy)
            // systemd's own counter begins again with a start by hand: what was counted before is no loop of now.
            if treatment.plan.startsUnit { each.history.restarts = 0 }
        }
    }

    /// A restored config that did not help gives way to the file that it replaced.
    private func undo(_ each: AgentCase) throws(LedgerError) {
        guard let plan = Ladder.undo(each.seen, replaced: each.replaced) else { return }
        guard case .approved(let approved) = gate(plan, each) else { return }
        let undoing = try writeAhead(plan, each)
        let round = Round(limit: .seconds(5)) { [managers] in managers.manager(of: $0) }
        round.perform(approved, seen: each.seen, log: undoing.log)
        round.finish()
        each.replaced = []
        lookAgain([undoing])
    }
}
