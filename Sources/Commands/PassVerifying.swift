internal import Diagnosing
internal import Model
internal import Observing
internal import Planning

/// Verify: the agents are looked at again until each plan has proven itself, or has not.
extension Pass {
    func verify(_ treatments: [Treatment]) {
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
    func lookAgain(_ treatments: [Treatment]) {
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
}
