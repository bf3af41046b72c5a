internal import Diagnosing
internal import Model
internal import Observing
internal import Planning

/// Verify: the agents are looked at again until each plan has proven itself, or has not.
extension Pass {
    func verify(_ treatments: [Treatment]) {
        let acted = environment.now()
        var pending = treatments.filter { weighOutcomes(of: $0) }
        for treatment in treatments { treatment.subject.history.acted = acted }
        lookAgain(treatments)
        while !pending.isEmpty {
            let late = environment.now() >= deadline
            pending = pending.filter { !decide($0, acted: acted, late: late) }
            guard !pending.isEmpty else { break }
            environment.pause(.milliseconds(500))
            lookAgain(pending)
        }
    }

    /// Settles what the outcomes alone decide. Returns whether a later look has to tell if it helped.
    private func weighOutcomes(of treatment: Treatment) -> Bool {
        let results = treatment.outcomes.list.map(\.result)
        // What is not over is not judged: the next pass looks first.
        if results.contains(.pending) {
            // A job that systemd is still at was asked for, and is not asked for again.
            let isJob = treatment.outcomes.list.contains { $0.result == .pending && $0.isUnitJob }
            if isJob {
                treatment.subject.reason = treatment.failure?.reason
            } else {
                leave(treatment, treatment.failure?.reason)
            }
            // Between two crashes an agent looks well; nothing was done about it yet.
            treatment.subject.unproven = treatment.plan.startsUnit
            return false
        }
        // Somebody else has moved the unit since the plan was made: the next look decides.
        if let failure = treatment.failure, failure.isOvertaken {
            leave(treatment, failure.reason)
            treatment.subject.unproven = treatment.plan.startsUnit
            return false
        }
        // What was refused because it is not what was seen any more is judged by what is seen now.
        if let failure = treatment.failure, failure.result != .refused || treatment.plan.startsUnit {
            fail(treatment, "\(failure.remedy) of \(failure.target): \(failure.reason)")
            return false
        }
        return true
    }

    /// Judges by the last look. Returns whether there is no more to wait for: it is decided, or the time is up.
    private func decide(_ treatment: Treatment, acted: Timestamp, late: Bool) -> Bool {
        let each = treatment.subject
        let restarts = treatment.restarts ?? each.seen.unit.restarts
        let verdict = Verification.judge(
            treatment.plan, before: treatment.before, seen: each.seen, findings: each.findings, acted: acted,
            restarts: restarts, policy: policy)
        switch verdict {
        case .healed:
            treatment.result = .healed
            each.healed = true
            each.unproven = false
            each.reason = nil
            return true
        case .broken(let reason):
            // What was refused was not tried.
            if !treatment.plan.startsUnit, let refusal = treatment.failure {
                leave(treatment, refusal.reason)
            } else {
                fail(treatment, reason)
            }
            return true
        case .stopped(let reason):
            // Whether it helped nobody knows.
            each.unproven = true
            each.reason = reason
            return true
        case .waiting(let clause):
            guard late else { return false }
            // Not proven is not disproven: what was done stands, and the next pass judges it.
            each.unproven = true
            each.reason = "The pass's time was up while \(each.agent.id.unit) \(clause)."
            return true
        }
    }

    /// Undecided: the ladder has not climbed this rung.
    private func leave(_ treatment: Treatment, _ reason: String?) {
        treatment.subject.reason = reason
        treatment.subject.incident?.tried.removeAll { treatment.plan.rungs.contains($0) }
    }

    private func fail(_ treatment: Treatment, _ reason: String) {
        treatment.result = .broken
        // Of an agent that was not to be started anew it is known that it runs: it is no worse than it was found.
        treatment.subject.unproven = treatment.plan.startsUnit
        treatment.subject.reason = reason
    }

    /// Looks at the agents that were acted on. What systemd's counter of restarts shows at the first look is where
    /// counting begins: a start by hand sets it to 0 for some states of a unit, and leaves it for others.
    private func lookAgain(_ treatments: [Treatment]) {
        let first = treatments.filter { $0.restarts == nil && $0.plan.startsUnit }
        for treatment in first { treatment.subject.history.restarts = nil }
        look(at: treatments.map(\.subject))
        for treatment in first {
            treatment.restarts = treatment.subject.seen.unit.restarts
            treatment.subject.history.restarts = treatment.restarts
        }
    }

    /// Observes and diagnoses these agents again.
    func look(at cases: [AgentCase]) {
        var request = Observer.Request()
        request.only = cases.map(\.agent.id)
        // A counter that cannot match: these agents are read in full, whatever they look like.
        request.restarts = Dictionary(
            cases.map { ($0.agent.id, UInt32.max) }, uniquingKeysWith: { first, _ in first })
        request.cursors = Dictionary(
            cases.compactMap { each in each.remembered.cursor.map { (each.agent.id, $0) } },
            uniquingKeysWith: { first, _ in first })
        request.checked = Dictionary(
            cases.compactMap { each in
                (each.seen.checkedConfig ?? each.remembered.checkedConfig).map { (each.agent.id, $0) }
            },
            uniquingKeysWith: { first, _ in first })
        request.lastConfig = Dictionary(
            cases.compactMap { each in ConfigMemory(each.seen, after: nil).map { (each.agent.id, $0) } },
            uniquingKeysWith: { first, _ in first })
        request.programs = Dictionary(
            cases.compactMap { each in each.seen.program.map { (each.agent.id, $0) } },
            uniquingKeysWith: { first, _ in first })
        request.tokenChecks = tokenChecks
        let snapshot = observer.observe(request, at: environment.now())
        for each in cases {
            guard var seen = snapshot.agents.first(where: { $0.agent.id == each.agent.id }) else { continue }
            seen.journal.cursor = seen.journal.cursor ?? each.seen.journal.cursor
            each.seen = seen
            each.find(Rules.findings(seen, history: each.history, policy: policy), policy)
            each.hold = Intent.hold(seen)
        }
    }
}
