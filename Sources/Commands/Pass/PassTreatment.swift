internal import Acting
internal import Model
internal import Observing
internal import Planning
internal import Recording

/// Plan, act and verify: all agents that need it move through each round together.
extension Pass {
    /// An end that no ladder reaches, against a fault in the ladder itself.
    private static let mostRounds = 24

    func treat(_ cases: [AgentCase]) throws(LedgerError) {
        var open = cases.filter { $0.hold == nil && !$0.worthy.isEmpty && !$0.seen.gaps.contains(where: \.blinding) }
        // An agent that goes down while a lesser trouble of it waits for a person is a matter of its own.
        for each in open where each.isBroken && each.incident.map({ $0.severity < .critical }) ?? false {
            each.incident?.escalated = nil
            each.incident?.told = nil
        }
        // Where a person was asked to take over, the ladder has ended.
        open.removeAll { $0.incident?.escalated != nil }
        for each in open where each.isBroken && isBraked(each) {
            each.reason = "Most of the fleet is broken at once, so nothing is restarted."
        }
        open.removeAll { $0.isBroken && isBraked($0) }
        try prepare(open)
        var rounds = 0
        while !open.isEmpty, rounds < Self.mostRounds {
            rounds += 1
            // What could not be proven in the time that is left is not begun.
            guard environment.now() + policy.settle < deadline else {
                for each in open {
                    each.reason = "The pass's time of \(policy.deadline.inWords) is up; the next pass goes on."
                }
                return
            }
            let plans = try plan(open)
            if dryRun { return }
            // A manager reads its units anew for all drop-ins together: they wait until nothing else is to be done.
            let last = plans.filter { $0.1.writesDropIn }
            let first = plans.filter { !$0.1.writesDropIn }
            guard !first.isEmpty, !last.isEmpty else {
                open = try carryOut(plans)
                continue
            }
            let waiting = last.map(\.0)
            open = try carryOut(first) + waiting
            look(at: waiting)
        }
    }

    private func prepare(_ cases: [AgentCase]) throws(LedgerError) {
        guard let ledger else { return }
        for each in cases {
            if each.isBroken {
                each.history.knownGood = try ledger.knownGood(of: each.agent.id)
                each.history.rollbacks = try ledger.rollbacks(of: each.agent.id)
                each.history.knownGoodSince = try ledger.knownGoodSince(of: each.agent.id)
                let named = Set(each.seen.config.map(\.path))
                let former = each.history.knownGood.map(\.path).filter { !named.contains($0) }
                if !former.isEmpty {
                    observer.follow(former, of: each.agent.id)
                    look(at: [each])
                }
            }
            // A pass that died had restored a config and started the agent, which is broken all the same. An end with
            // success says nothing of it.
            let finished = each.history.interrupted.allSatisfy { $0.rung == .undo }
            let endedWell = each.seen.unit.activeState == "inactive" && each.seen.unit.mainEnd == .exited(0)
            if each.isBroken, !dryRun, finished, each.replacedBeforeStart, !endedWell { try undo(each) }
        }
    }

    /// Closes what a pass that died left open, and finds out which files it had replaced.
    func recover(_ cases: [AgentCase]) throws(LedgerError) {
        guard let ledger, !dryRun else { return }
        for each in cases {
            let interrupted = each.history.interrupted
            // What was planned and not finished is planned again from what is seen now.
            each.incident?.tried.removeAll { rung in interrupted.contains { $0.rung == rung } }
            if !interrupted.isEmpty {
                try ledger.together { () throws(LedgerError) -> Void in
                    try ledger.closeInterrupted(interrupted, at: environment.now())
                    if let incident = each.incident { try ledger.update(incident, diagnosis: nil, reason: nil) }
                }
            }
            clearRemains(each, ledger)
            if let incident = each.incident {
                let replaced = try ledger.replaced(in: incident)
                each.replaced = replaced.map { Ladder.Replaced(version: $0.version, by: $0.by, at: $0.at) }
                each.replacedBeforeStart = replaced.allSatisfy(\.started)
            }
        }
    }

    /// Takes what a program that died has left beside a config into the ledger.
    func clearRemains(_ each: AgentCase, _ ledger: Ledger) {
        for path in each.seen.config.filter(\.hasRemains).map(\.path) {
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
}
