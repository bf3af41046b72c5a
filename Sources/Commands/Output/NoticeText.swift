internal import Diagnosing
internal import Model
internal import Recording

/// The words of a message to the ops channel: what broke, what was done, what changed, what to do. No secrets.
enum NoticeText {
    /// Lines of a diff that a message carries.
    private static let mostDiffLines = 40
    private static let mostDiffWidth = 200
    private static let longest = 3_500

    static func notice(
        _ event: Notice.Event, _ each: AgentCase, _ incident: Incident, host: String, at now: Timestamp
    ) -> Notice {
        let redactor = each.redactor
        let kinds = incident.kinds.map(\.rawValue).joined(separator: ", ")
        var lines = [incident.summary]
        // Each may have something of its own to type.
        if event != .healed { lines += each.worthy.map { redactor.mask($0.summary) }.filter { $0 != incident.summary } }
        if let diagnosis = each.diagnosis, case .advisor = diagnosis.origin {
            lines.append(
                "Likely cause (\(diagnosis.origin.text), confidence \(diagnosis.confidence)): \(diagnosis.cause)")
        }
        if !each.actions.isEmpty {
            lines.append("Done:")
            lines += each.actions.map { "- \($0.remedy) of \($0.target): \($0.result.rawValue). \($0.reason)" }
        } else if !each.earlier.isEmpty {
            lines.append("Done by earlier passes:")
            lines += each.earlier.map { "- \($0.remedy) of \($0.target): \($0.outcome). \($0.reason)" }
        } else if event == .healed {
            lines.append("It works again, without the watchdog's doing.")
        }
        if let reason = each.reason, event != .healed { lines.append(reason) }
        for id in each.rejected {
            lines.append(
                "The version that was replaced is kept; to put it back: \(ShellCommand("watchdog", "config", "rollback", each.agent.name, "\(id)").inSentence)"
            )
        }
        if event != .healed {
            let advice = incident.kinds.first.flatMap { RuleBook.rule($0)?.title } ?? ""
            lines.append(
                "Next: \(each.agent.id.systemctl("status").line ?? "watchdog status"); watchdog incidents \(incident.id); watchdog explain \(incident.kinds.first?.rawValue ?? "") (\(advice))."
            )
        }
        let diff = each.diff.isEmpty ? ConfigDiff.ofStanding(each) : each.diff
        if !diff.isEmpty {
            lines.append("What the rollback changed:")
            lines += diff.prefix(mostDiffLines).map { $0.count > mostDiffWidth ? "\($0.prefix(mostDiffWidth))…" : $0 }
            if diff.count > mostDiffLines { lines.append("… \(diff.count - mostDiffLines) more lines") }
        }
        let title = "\(word(event)) \(each.agent.name) on \(host): \(kinds)".printable
        return Notice(
            event: event, incident: incident.id, host: host, agent: each.agent.name, unit: each.agent.id.unit,
            kinds: incident.kinds, severity: incident.severity, title: title,
            text: text(lines, redactor), at: now)
    }

    /// Each line masked, and one line: what others have written into it can begin none of its own.
    private static func text(_ lines: [String], _ redactor: Redactor) -> String {
        String(lines.map { redactor.mask($0).printable }.joined(separator: "\n").prefix(longest))
    }

    /// An operator's change that did not stay.
    static func undone(
        _ each: AgentCase, _ incident: Incident, put command: ShellCommand, _ change: ConfigChange, host: String,
        at now: Timestamp
    ) -> Notice {
        let lines = [
            incident.summary, "\(change.old.path) holds version \(change.old.digest.short) again.",
            "The other one is kept (\(change.new.digest.short)): \(ShellCommand("watchdog", "config", "history", each.agent.name).inSentence) gives its ID, and \(command.inSentence), with that behind it, puts it in place again.",
        ]
        return ofChange(.healed, "[undone]", each, incident, lines, host: host, at: now)
    }

    /// An operator's change that should not have stayed, and does.
    static func overtaken(
        _ each: AgentCase, _ incident: Incident, put command: ShellCommand, host: String, at now: Timestamp
    ) -> Notice {
        let lines = [
            incident.summary,
            "See what stands there now: \(ShellCommand("watchdog", "config", "diff", each.agent.name).inSentence)",
            "Keep it by doing nothing, or put the version from before that change back: \(command.inSentence)",
        ]
        return ofChange(.escalated, "[needs you]", each, incident, lines, host: host, at: now)
    }

    private static func ofChange(
        _ event: Notice.Event, _ word: String, _ each: AgentCase, _ incident: Incident, _ lines: [String], host: String,
        at now: Timestamp
    ) -> Notice {
        Notice(
            event: event, incident: incident.id, host: host, agent: each.agent.name, unit: each.agent.id.unit,
            kinds: incident.kinds, severity: incident.severity,
            title: "\(word) \(each.agent.name) on \(host): \(FindingKind.configUndone.rawValue)",
            text: text(lines, each.redactor), at: now)
    }

    static func hostNotice(
        _ event: Notice.Event, _ incident: Incident, host: String, at now: Timestamp
    ) -> Notice {
        let kinds = incident.kinds.map(\.rawValue).joined(separator: ", ")
        let lines =
            event == .healed
            ? ["This is over: \(incident.summary)"]
            : [incident.summary, "Next: watchdog doctor; watchdog explain \(kinds)."]
        return Notice(
            event: event, incident: incident.id, host: host, agent: "", unit: "", kinds: incident.kinds,
            severity: incident.severity, title: "\(word(event)) \(host): \(kinds)",
            text: text(lines, Redactor(secrets: [])), at: now)
    }

    private static func word(_ event: Notice.Event) -> String {
        switch event {
        case .opened: "[broken]"
        case .healed: "[healed]"
        case .escalated: "[needs you]"
        }
    }
}
