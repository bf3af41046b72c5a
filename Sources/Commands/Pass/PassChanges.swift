internal import Model
internal import Recording

/// Operators' changes of configs that an earlier program left open.
extension Pass {
    /// Takes back what was never finished, what nobody has confirmed in time, and what broke its agent while it waited.
    /// The lock is held, so that no other program can still be at it.
    func settleChanges(_ cases: [AgentCase]) throws(LedgerError) {
        guard let ledger, !dryRun else { return }
        let changes = try ledger.openChanges()
        guard !changes.isEmpty else { return }
        undecided = Set(changes.keys)
        for each in cases {
            for change in changes[each.agent.id] ?? [] {
                guard let reason = reason(change, each) else { continue }
                look(at: [each])
                let transaction = ConfigTransaction(pass: self, ledger: ledger, each: each)
                switch try transaction.takeBack(change) {
                case .overtaken: overtaken.append((each, change))
                case nil:
                    let why = each.reason ?? "The old file could not be put back."
                    each.reason = nil
                    each.unproven = false
                    each.findings.insert(
                        Finding(
                            kind: .configUndone, severity: .warning,
                            summary: "\(reason) That did not work, and the next pass tries again. \(why)",
                            evidence: [Evidence("ledger", "change \(change.id) of \(change.old.path) is open")]), at: 0)
                default: takenBack.append((each, change, reason))
                }
            }
        }
    }

    /// Why a change does not stand; `nil` while it may.
    private func reason(_ change: ConfigChange, _ each: AgentCase) -> String? {
        let what = "The config that \(change.author.printable) applied at \(change.began.rfc3339) is taken back"
        guard let deadline = change.deadline else {
            return "\(what), because the program that was applying it died before it was proven."
        }
        if each.isBroken, each.hold == nil {
            return "\(what), because the agent broke before anybody confirmed it."
        }
        return environment.now() >= deadline ? "\(what), because nobody confirmed it in time." : nil
    }

    /// One message for each.
    func concludeChanges(_ ledger: Ledger) throws(LedgerError) -> [Notice] {
        var notices: [Notice] = []
        let now = environment.now()
        for (each, change, reason) in takenBack {
            let incident = try conclude(change, of: each, .undone, reason, told: .healed, ledger, at: now)
            notices.append(
                NoticeText.undone(
                    each, incident, put: ShellCommand("watchdog", "config", "rollback", each.agent.name), change,
                    host: environment.hostName, at: now))
        }
        for (each, change) in overtaken {
            let what = "The config that \(change.author.printable) applied at \(change.began.rfc3339)"
            let why = change.deadline == nil ? "was never proven" : "was not confirmed in time"
            let reason = "\(what) \(why), and is not taken back, because \(change.old.path) was changed meanwhile."
            let incident = try conclude(change, of: each, .overtaken, reason, told: .escalated, ledger, at: now)
            let old = try ledger.configID(change.old, of: each.agent.id).map { ["\($0)"] } ?? []
            notices.append(
                NoticeText.overtaken(
                    each, incident,
                    put: ShellCommand(["watchdog", "config", "rollback", each.agent.name] + old),
                    host: environment.hostName, at: now))
        }
        return notices
    }

    /// Ends a change together with its message, in an incident of its own that is over already: a pass that dies before
    /// does it all again.
    private func conclude(
        _ change: ConfigChange, of each: AgentCase, _ outcome: ConfigChange.Outcome, _ reason: String,
        told: Notice.Event, _ ledger: Ledger, at now: Timestamp
    ) throws(LedgerError) -> Incident {
        try ledger.end(change: change.id, outcome, reason: reason, at: now)
        var incident = try ledger.openIncident(
            each.agent.id, kinds: [.configUndone], severity: .warning, summary: reason, at: now)
        incident.told = told
        try ledger.update(incident, diagnosis: nil, reason: nil)
        try ledger.close(incident, outcome: outcome == .undone ? "healed" : outcome.rawValue, at: now)
        return incident
    }
}
