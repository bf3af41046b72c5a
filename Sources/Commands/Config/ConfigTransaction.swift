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
        /// The old file is back; the reason as a sentence. `works`: and the agent works with it.
        case undone(String, works: Bool)
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
        case .healed:
            try adopt(version, change: id, by: author)
            return .holds(id)
        case .undecided: return .open(each.reason ?? "It could not be proven in time.")
        case .broken:
            // The agent may repeat what stands in either file.
            let words = Redactor(secrets: [old, version].flatMap(WrittenSecrets.values)).mask(
                (each.reason ?? "The agent does not work with it.") + lastWords(since: began))
            let reason = each.redactor.mask(words)
            let present = try adopt(version, change: id, by: author)
            // It may have been seen while it ran, and its end in the journal: how it stands now says how it is started.
            pass.look(at: [each])
            guard try putBack(old, replacing: present, then: start) else { return .open(each.reason ?? reason) }
            try ledger.end(change: id, .undone, reason: reason, at: pass.environment.now())
            return .undone(reason, works: !each.isBroken)
        }
    }

    /// What the agent said since it was started then, as far as it says why: its newest few lines.
    private func lastWords(since began: Timestamp) -> String {
        let since = each.seen.journal.lines.filter { $0.at > began }
        // What came before is about the end of the process that ran until then.
        let lines = since[(since.firstIndex(where: \.isStart) ?? 0)...].filter { $0.speaker == .unit }
        guard !lines.isEmpty else { return "" }
        return " It said: "
            + lines.suffix(3).map { "\"\($0.text.prefix(200).description.printable)\"" }.joined(separator: ", ") + "."
    }

    /// Puts a version where nothing stands, and starts nothing. Returns why that did not work.
    func put(_ version: ConfigVersion) throws(LedgerError) -> String? {
        let treatment = try carryOut([.restoreConfig(ConfigRestore(version: version, replacing: nil))], of: nil)
        return treatment.failure?.reason
    }

    /// Takes a change back that an earlier program began, or that nobody has confirmed. Returns what came of it, which is
    /// not yet written down; `nil` where the old file could not be put back, so that the change stays open.
    func takeBack(_ change: ConfigChange) throws(LedgerError) -> ConfigChange.Outcome? {
        // Where the settings name it no more, it was not looked at.
        if !each.seen.config.contains(where: { $0.path == change.old.path }) {
            pass.observer.follow([change.old.path], of: each.agent.id)
            pass.look(at: [each])
        }
        // Where the agent was never started with the new file, it need not be started anew with the old one.
        let steps = change.restarted == nil ? [] : start
        switch each.seen.config.first(where: { $0.path == change.old.path })?.state {
        case .present(let present) where ConfigIdentity(change.old).names(present):
            // It never came to the exchange, or was undone and died before it could say so.
            if change.restarted != nil { _ = try carryOut(start, of: nil) }
            return .undone
        case .present(let present) where change.new.names(present):
            return try putBack(change.old, replacing: present.digest, then: steps) ? .undone : nil
        case .present: return .overtaken
        case .missing: return try putBack(change.old, replacing: nil, then: steps) ? .undone : nil
        case .refused(let sentence)?:
            each.reason = sentence
            return nil
        case nil:
            each.reason = "\(change.old.path) could not be looked at."
            return nil
        }
    }

    /// An agent may write its config anew when it starts. What stands there then is kept, and is what the change is about
    /// from now on. Returns its digest.
    @discardableResult
    private func adopt(_ version: ConfigVersion, change: Int64, by author: String) throws(LedgerError) -> Digest {
        let present = each.seen.config.first { $0.path == version.path }?.version
        guard let present, present.digest != version.digest,
            ConfigIdentity(version).names(present) || each.seen.hasWritten(present)
        else { return version.digest }
        try ledger.adopt(present, in: change, of: each.agent.id, by: author, at: pass.environment.now())
        return present.digest
    }

    /// `false` where the old file could not be put back.
    private func putBack(
        _ old: ConfigVersion, replacing new: Digest?, then steps: [Remedy]
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

    /// Whether a change has the agent started with it.
    var startsUnit: Bool { !start.isEmpty }

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
        let round = pass.round(limit: .seconds(330), isOrdered: true)
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
