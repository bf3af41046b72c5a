internal import Acting
internal import Diagnosing
internal import Model
internal import Planning
internal import Recording

/// Plan: the ladder says what comes next for each agent, and the advisor is asked where the ladder wants it.
extension Pass {
    func plan(_ open: [AgentCase]) throws(LedgerError) -> [(AgentCase, Plan)] {
        let (plans, asking) = next(open)
        guard !asking.isEmpty else { return plans }
        if dryRun {
            for each in asking { each.reason = "The advisor would be asked for the cause first." }
            return plans
        }
        try consult(asking)
        // That took its time: an operator may have stopped an agent meanwhile, or it may have come back.
        let earlier = open.map(\.findings)
        look(at: open)
        for (each, findings) in zip(open, earlier) { each.keep(findings) }
        return next(open.filter { $0.hold == nil }).plans
    }

    private func next(_ open: [AgentCase]) -> (plans: [(AgentCase, Plan)], asking: [AgentCase]) {
        var plans: [(AgentCase, Plan)] = []
        var asking: [AgentCase] = []
        for each in open { take(Ladder.next(facts(each)), each, &plans, &asking) }
        return (plans, asking)
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
            if dryRun { rehearse(plan, each) } else { plans.append((each, plan)) }
        }
    }

    /// What a pass would do, as far as the gate would let it.
    private func rehearse(_ plan: Plan, _ each: AgentCase) {
        switch gate(plan, each) {
        case .refused(let reason): each.reason = reason
        case .spent(let reason): each.reason = reason
        case .approved:
            each.diff += ConfigDiff.of(plan, each)
            each.reason = plan.reason == each.findings.first?.summary ? nil : plan.reason
            each.actions += plan.steps.map {
                ActionOutcome(
                    remedy: $0.name, target: Round.target($0, each.seen), result: .planned, reason: plan.reason)
            }
        }
    }

    func gate(_ plan: Plan, _ each: AgentCase) -> Gate.Ruling {
        Gate.rule(
            on: plan, seen: each.seen, history: each.history, policy: policy, braked: isBraked(each),
            now: environment.now())
    }

    private func facts(_ each: AgentCase) -> Ladder.Facts {
        Ladder.Facts(
            seen: each.seen, findings: each.findings, history: each.history, tried: each.incident?.tried ?? [],
            advice: each.advice, advisorAvailable: environment.advisor(settings) != nil, policy: policy,
            found: each.everFound, suspects: each.suspects)
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
            try ledger.update(incident, diagnosis: each.maskedDiagnosis, reason: each.reason.map(each.redactor.mask))
        }
    }

    func ensureIncident(_ each: AgentCase) throws(LedgerError) -> Incident {
        if let incident = each.incident { return incident }
        guard let ledger else { throw LedgerError("There is no ledger to open an incident in.") }
        let worst = each.worthy.first
        let incident = try ledger.openIncident(
            each.agent.id, kinds: each.worthy.map(\.kind), severity: worst?.severity ?? .critical,
            summary: each.redactor.mask(worst?.summary ?? each.reason ?? ""), at: environment.now())
        each.incident = incident
        return incident
    }
}
