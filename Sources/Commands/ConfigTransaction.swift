internal import Acting
internal import Model
internal import Observing
internal import Planning
internal import Recording

/// A change of one config file as a transaction: written down, applied whole, verified, and undone where it fails.
///
/// Whatever happens to the program on its way, the file is the old one or the new one, and the ledger knows both: the
/// next pass finishes what was begun, by undoing it.
struct ConfigTransaction {
    let pass: Pass
    let ledger: Ledger
    let each: AgentCase

    enum End {
        /// It holds; the number is the change's.
        case holds(Int64)
        /// The old file is back; the reason as a sentence.
        case undone(String)
        /// Nothing was written.
        case refused(String)
        /// Neither proven nor disproven when the time was up: the next pass undoes it.
        case open(String)
    }

    /// Puts `version` in the place of what stands there now.
    func apply(_ version: ConfigVersion, replacing old: ConfigVersion, by author: String) throws(LedgerError) -> End {
        let restore = ConfigRestore(version: version, replacing: old.digest)
        let began = pass.environment.now()
        let id = try ledger.begin(restore, replacing: old, of: each.agent.id, by: author, at: began)
        let treatment = try carryOut([.restoreConfig(restore)] + start, of: id)
        guard let restored = treatment.outcomes.list.first, restored.result == .done else {
            let reason = treatment.failure?.reason ?? "Nothing was done."
            try ledger.end(change: id, .refused, reason: reason, at: pass.environment.now())
            return .refused(reason)
        }
        switch treatment.result {
        case .healed: return .holds(id)
        case .undecided: return .open(each.reason ?? "It could not be proven in time.")
        case .broken:
            let reason = (each.reason ?? "The agent does not work with it.") + lastWords(since: began)
            guard try putBack(old, replacing: standing(ConfigIdentity(version), at: version.path), then: start) else {
                return .open(each.reason ?? reason)
            }
            try ledger.end(change: id, .undone, reason: reason, at: pass.environment.now())
            return .undone(reason)
        }
    }

    /// What the agent said since then, as far as it says why: its newest few lines.
    private func lastWords(since began: Timestamp) -> String {
        let lines = each.seen.journal.lines.filter { $0.speaker == .unit && $0.at > began }
        guard !lines.isEmpty else { return "" }
        return " It said: "
            + lines.suffix(3).map { "\"\($0.text.prefix(200).description.printable)\"" }.joined(separator: ", ") + "."
    }

    /// Takes a change back that an earlier program began, or that nobody has confirmed. Returns what came of it, which is
    /// not yet written down; `nil` where the old file could not be put back, so that the change stays open.
    func takeBack(_ change: ConfigChange) throws(LedgerError) -> ConfigChange.Outcome? {
        let present = each.seen.config.first { $0.path == change.old.path }?.version
        if let present, change.new.names(present), !ConfigIdentity(change.old).names(present) {
            // Where the agent was never started with the new file, it need not be started anew with the old one.
            let steps = change.restarted == nil ? [] : start
            return try putBack(change.old, replacing: present.digest, then: steps) ? .undone : nil
        }
        guard ConfigIdentity(change.old).names(present) else { return .overtaken }
        // It never came to the exchange, or was undone and died before it could say so.
        if change.restarted != nil { _ = try carryOut(start, of: nil) }
        return .undone
    }

    /// The digest of what stands there, if that is this state: the agent may have marked it anew when it started.
    private func standing(_ identity: ConfigIdentity, at path: String) -> Digest {
        let present = each.seen.config.first { $0.path == path }?.version
        return identity.names(present) ? present?.digest ?? identity.digest : identity.digest
    }

    /// `false` where the old file could not be put back.
    private func putBack(
        _ old: ConfigVersion, replacing new: Digest, then steps: [Remedy]
    ) throws(LedgerError) -> Bool {
        let restore = ConfigRestore(version: old, replacing: new)
        let treatment = try carryOut([.restoreConfig(restore)] + steps, of: nil)
        guard treatment.outcomes.list.first?.result == .done else {
            each.reason = treatment.failure?.reason
            return false
        }
        return true
    }

    /// A unit that an operator has stopped stays down: the file alone is changed.
    private var start: [Remedy] {
        if case .wish? = each.hold, !each.seen.unit.isRunning { return [] }
        return each.seen.unit.isDown ? [.resetFailed, .startUnit] : [.restartUnit]
    }

    private func carryOut(_ steps: [Remedy], of change: Int64?) throws(LedgerError) -> Treatment {
        let plan = Plan(agent: each.agent.id, rungs: [.change], steps: steps, reason: "An operator ordered it.")
        let outcomes = Treatment.Outcomes()
        let environment = pass.environment
        let log = StepLog(
            began: { [ledger] index in
                guard let change, steps[index] == .restartUnit || steps[index] == .startUnit else { return nil }
                do throws(LedgerError) {
                    try ledger.restarting(change: change, at: environment.now())
                    return nil
                } catch {
                    return error.description
                }
            }, ended: { _, outcome in outcomes.list.append(outcome) })
        let treatment = Treatment(subject: each, plan: plan, log: log, outcomes: outcomes)
        guard case .approved(let approved) = pass.gate(plan, each) else { return treatment }
        let managers = pass.managers
        let round = Round(limit: .seconds(330), key: pass.key) { managers.manager(of: $0) }
        round.perform(approved, seen: each.seen, log: log)
        round.finish()
        each.actions += outcomes.list
        if plan.startsUnit {
            pass.verify([treatment])
        } else if treatment.failure == nil {
            treatment.result = .healed
            pass.look(at: [each])
        }
        return treatment
    }
}
