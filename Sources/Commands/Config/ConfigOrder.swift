internal import Model
internal import Observing
internal import Recording
internal import Systemd

/// An operator's order to change a config, from the diff to the sentence at the end.
struct ConfigOrder {
    let pass: Pass
    let ledger: Ledger
    let each: AgentCase
    let old: ConfigVersion
    let new: ConfigVersion
    let patience: Duration?
    let invocation: Invocation

    private struct Report: Encodable {
        let schema = 1
        let agent: String
        let path: String
        let outcome: String
        let reason: String?
        let confirmBefore: String?
        let diff: [String]

        private enum CodingKeys: String, CodingKey { case schema, agent, path, outcome, reason, confirmBefore, diff }
    }

    /// Nothing stands there, so that nothing is replaced and nothing can be lost: the stored file is put in its place, and
    /// the agent finds it at its next start.
    static func putMissing(
        _ stored: ConfigVersion, _ pass: Pass, _ ledger: Ledger, _ each: AgentCase, _ invocation: Invocation
    ) throws(CommandFailure) -> ExitStatus {
        let order = ConfigOrder(
            pass: pass, ledger: ledger, each: each, old: stored, new: stored, patience: nil, invocation: invocation)
        let problem: String?
        do throws(LedgerError) {
            problem = try ConfigTransaction(pass: pass, ledger: ledger, each: each).put(stored)
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        if let problem { return try order.report("refused", "Nothing was changed. \(problem)", nil, [], .unable) }
        let sentence =
            "The file was missing and is back; the agent was not restarted, and nothing was replaced that could be confirmed."
        return try order.report("kept", sentence, nil, [], .well)
    }

    func carryOut() throws(CommandFailure) -> ExitStatus {
        let environment = pass.environment
        do throws(LedgerError) {
            if let open = try ledger.openChanges()[each.agent.id]?.first { return try busy(with: open) }
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        guard old.digest != new.digest else {
            return try report(
                "unchanged", "\(old.path) has this very content already; the agent was not restarted with it.", nil, [],
                .well)
        }
        let diff = ShownConfig.diff(from: old, "present", to: new, "new")
        let end: ConfigTransaction.End
        do throws(LedgerError) {
            let transaction = ConfigTransaction(pass: pass, ledger: ledger, each: each)
            announce(diff, starts: transaction.startsUnit)
            Program.outlivesItsSession()
            end = try transaction.apply(new, replacing: old, by: ConfigSession.author(environment))
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        switch end {
        case .holds(let change): return try holds(change, diff)
        case .undone(let reason, let works):
            let sentence =
                works
                ? "The old file is back, because the agent did not work with the new one. \(reason)"
                : "The old file is back; the agent works neither with the new one nor with that. \(reason)"
            return try report("undone", sentence, nil, diff, works ? .degraded : .failing)
        case .refused(let reason): return try report("refused", "Nothing was changed. \(reason)", nil, diff, .unable)
        case .open(let reason):
            let sentence = "It is not proven, and the next pass takes it back. \(reason)"
            return try report("open", sentence, nil, diff, .failing)
        }
    }

    /// What is about to happen: the proof takes a while, and nobody should wonder meanwhile.
    private func announce(_ diff: [String], starts: Bool) {
        guard !invocation.json else { return }
        let style = Style(colour: pass.environment.colour)
        pass.environment.show(diff.map(style.diff))
        guard starts else { return }
        pass.environment.show(
            "\("trying".padded(9)) \(each.agent.id.unit): it is started with this file, and has to hold for \(pass.policy.settle.inWords). Ctrl-C does not stop that."
        )
    }

    private func holds(_ change: Int64, _ diff: [String]) throws(CommandFailure) -> ExitStatus {
        let environment = pass.environment
        let running = each.seen.unit.isRunning
        let proof = running ? "The agent was restarted and works with it." : "The unit is stopped, so it was not tried."
        let deadline = patience.map { environment.now() + $0 }
        do throws(LedgerError) {
            if let deadline {
                try ledger.awaitConfirmation(change: change, until: deadline)
            } else {
                try ledger.end(change: change, .kept, reason: proof, at: environment.now())
            }
        } catch {
            throw CommandFailure(
                .unable,
                "watchdog: \(old.path) holds the new config, which was proven, but that could not be written down, so the next pass takes it back: apply it again then. \(error)"
            )
        }
        guard let deadline else { return try report("kept", proof, nil, diff, .well) }
        let sentence =
            "\(proof) It is put back at \(deadline.rfc3339) unless you run \(ShellCommand("watchdog", "config", "confirm", each.agent.name).inSentence)."
        return try report("waiting", sentence + setTimer(change, deadline), deadline, diff, .well)
    }

    /// The next pass takes back what nobody has confirmed; a timer starts one just in time. Returns what to say where
    /// it could not be set.
    private func setTimer(_ change: Int64, _ deadline: Timestamp) -> String {
        let scope = pass.managers.connected.first?.scope ?? .system
        var command = [pass.environment.program, "run", "--agent", each.agent.name, "--wait", "15min"]
        if let path = invocation[.config] {
            command += ["--config", path.hasPrefix("/") ? path : pass.environment.folder + "/" + path]
        }
        do throws(SystemdError) {
            guard let manager = pass.managers.manager(of: scope) else { return " " + Self.late }
            // One second later: the pass must not come before the time.
            try manager.startOnce(
                "agent-watchdog-confirm-\(change)-\(deadline.microseconds)", at: (deadline + .seconds(1)).calendar,
                command: command,
                description: "Take back a config of \(each.agent.name) unless it was confirmed")
            return ""
        } catch {
            return " \(error) \(Self.late)"
        }
    }

    /// What was done, in a word.
    private static func done(_ remedy: String) -> String {
        switch remedy {
        case "restoreConfig": "replaced"
        case "restartUnit": "restarted"
        case "startUnit": "started"
        case "resetFailed": "cleared"
        default: "did"
        }
    }

    private static let late = "No timer could be set, so that the first pass after that time does it."

    private func busy(with open: ConfigChange) throws(LedgerError) -> ExitStatus {
        pass.environment.say(
            open.deadline == nil
                ? "watchdog: a change of \(open.old.path) by \(open.author.printable) was left unfinished: \(ShellCommand("watchdog", "run", "--agent", each.agent.name).inSentence) takes it back, and then it can be made again."
                : "watchdog: a change of \(open.old.path) by \(open.author.printable) waits for a confirmation until \(open.deadline?.rfc3339 ?? ""): give it with \(ShellCommand("watchdog", "config", "confirm", each.agent.name).inSentence), or wait until it is taken back."
        )
        return .busy
    }

    private func report(
        _ outcome: String, _ sentence: String, _ deadline: Timestamp?, _ diff: [String], _ status: ExitStatus
    ) throws(CommandFailure) -> ExitStatus {
        let environment = pass.environment
        let redactor = each.redactor(and: WrittenSecrets.values(in: new))
        let masked = redactor.mask(sentence)
        if invocation.json {
            environment.write(
                try jsonText(
                    Report(
                        agent: each.agent.name, path: old.path, outcome: outcome, reason: masked,
                        confirmBefore: deadline?.rfc3339, diff: diff)))
            return status
        }
        let style = Style(colour: environment.colour)
        for action in each.actions {
            let word = action.result == .done ? Self.done(action.remedy) : action.result.rawValue
            environment.show("\(word.padded(9)) \(action.target): \(redactor.mask(action.reason))")
        }
        environment.show("\(style.outcome(outcome)): \(masked)")
        return status
    }
}
