internal import Model

/// A report for people: what was found, what was done, what to do next; one verdict, last.
enum ReportText {
    static func lines(_ report: PassReport, style: Style) -> [String] {
        var lines: [String] = []
        let width = report.agents.map(\.name.count).max() ?? 0
        for finding in report.findings { lines += hostLines(finding, style) }
        for agent in report.agents {
            let title = "\(style.bold(agent.name.padded(width)))  \(style.verdict(agent.verdict, width: 8))"
            let kinds = agent.findings.map(\.kind).joined(separator: ", ")
            lines.append(kinds.isEmpty ? title : "\(title)  \(kinds)")
            lines += agentLines(agent, style)
        }
        lines.append(verdict(report, style))
        return lines
    }

    private static func agentLines(_ agent: PassReport.Agent, _ style: Style) -> [String] {
        var lines: [String] = []
        if let mode = agent.killMode { lines.append(style.dim("    KillMode=\(mode.value), from \(mode.source)")) }
        for finding in agent.findings {
            lines.append("    found  \(finding.summary)")
            for fact in finding.evidence { lines.append(style.dim("           \(fact.source): \(fact.text)")) }
            lines += adviceLines(finding, unit: agent.unit, user: agent.user)
        }
        if let diagnosis = agent.diagnosis, diagnosis.origin.hasPrefix("advisor") {
            lines.append("    cause  \(diagnosis.cause) (\(diagnosis.origin), confidence \(diagnosis.confidence))")
        }
        for action in agent.actions {
            // A plan's reason is what was found, which stands above.
            if action.outcome == "planned" {
                lines.append("    would  \(action.remedy) of \(action.target)")
            } else {
                let word = action.outcome == "done" ? "did" : action.outcome
                lines.append("    \(word.padded(6)) \(action.remedy) of \(action.target): \(action.reason)")
            }
        }
        for note in agent.notes ?? [] { lines.append(style.dim("    note   \(note)")) }
        for line in agent.diff ?? [] { lines.append("           \(style.diff(line))") }
        if let reason = agent.reason, agent.verdict != "healthy" { lines.append("    why    \(reason)") }
        if agent.verdict == "failing" || agent.verdict == "unknown" {
            let unit = agent.user == nil ? ["-u", agent.unit] : ["_SYSTEMD_USER_UNIT=\(agent.unit)"]
            if let line = ShellCommand(["journalctl"] + unit + ["-n", "50"]).line {
                lines.append("    next   \(line)")
            }
        }
        return lines
    }

    private static func hostLines(_ finding: PassReport.FindingReport, _ style: Style) -> [String] {
        let lines = [
            "\(style.bold("host"))  \(style.verdict(finding.severity))  \(finding.kind)",
            "    found  \(finding.summary)",
        ]
        return lines + adviceLines(finding, unit: "UNIT", user: nil)
    }

    /// The rule book writes UNIT where a person would type the unit's name, and speaks to the system manager.
    private static func adviceLines(_ finding: PassReport.FindingReport, unit: String, user: String?) -> [String] {
        guard var advice = finding.advice else { return [] }
        // Quoted, or left as it stands in the rule book.
        if let user, let manager = ShellCommand("\(user)@").line {
            advice.replace("journalctl -u UNIT", with: "journalctl _SYSTEMD_USER_UNIT=UNIT")
            advice.replace("systemctl ", with: "systemctl --user -M \(manager) ")
        }
        if let unit = ShellCommand(unit).line {
            advice.replace("UNIT", with: unit)
            // The field's own name ends in the word that stands for the unit.
            advice.replace("_SYSTEMD_USER_\(unit)", with: "_SYSTEMD_USER_UNIT")
        }
        return ["    do     \(advice)"]
    }

    private static func verdict(_ report: PassReport, _ style: Style) -> String {
        var counts: [String: Int] = [:]
        for agent in report.agents { counts[agent.verdict, default: 0] += 1 }
        let order = ["failing", "unknown", "degraded", "held", "healed", "healthy"]
        let parts = order.compactMap { word in counts[word].map { "\($0) \(word)" } }
        let fleet = report.agents.count == 1 ? "1 agent" : "\(report.agents.count) agents"
        let prefix = report.dryRun ? "dry run, nothing was touched; " : ""
        return
            "\(style.verdict(report.verdict.rawValue)): \(prefix)\(fleet)\(parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")) (\(report.seconds) s)"
    }
}
