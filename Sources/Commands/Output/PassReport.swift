internal import Diagnosing
internal import Model
internal import Planning

/// What a pass saw and did: the value behind `run --json`, `doctor --json` and the text.
struct PassReport: Encodable {
    struct Agent: Encodable {
        let name: String
        let unit: String
        let user: String?
        let verdict: String
        let findings: [FindingReport]
        let diagnosis: DiagnosisReport?
        let actions: [Action]
        let incident: Int64?
        /// Why it is held, still broken, or was not touched.
        let reason: String?
        let diff: [String]?
        /// Only where it was looked up: in `doctor`.
        let killMode: KillMode?
        /// What else `doctor` says of it; sentences.
        let notes: [String]?

        private enum CodingKeys: String, CodingKey {
            case name, unit, user, verdict, findings, diagnosis, actions, incident, reason, diff, killMode, notes
        }

        /// `user` and `diagnosis` are always there, as null where there is none: a reader need not ask twice.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try container.encode(unit, forKey: .unit)
            try container.encode(user, forKey: .user)
            try container.encode(verdict, forKey: .verdict)
            try container.encode(findings, forKey: .findings)
            try container.encode(diagnosis, forKey: .diagnosis)
            try container.encode(actions, forKey: .actions)
            try container.encode(incident, forKey: .incident)
            try container.encodeIfPresent(reason, forKey: .reason)
            try container.encodeIfPresent(diff, forKey: .diff)
            try container.encodeIfPresent(killMode, forKey: .killMode)
            try container.encodeIfPresent(notes, forKey: .notes)
        }
    }

    /// What holds for the unit, and the file and line that it comes from.
    struct KillMode: Encodable {
        let value: String
        let source: String
    }

    struct FindingReport: Encodable {
        struct Fact: Encodable {
            let source: String
            let text: String
        }

        let kind: String
        let severity: String
        let summary: String
        let evidence: [Fact]
        /// What to do, from the rule book; only where it was asked for.
        let advice: String?
    }

    struct DiagnosisReport: Encodable {
        let cause: String
        let origin: String
        let confidence: Double
        let lines: [Int]
    }

    struct Action: Encodable {
        let remedy: String
        let target: String
        let outcome: String
        let reason: String
    }

    let schema = 1
    let host: String
    let started: String
    let seconds: Double
    let verdict: Verdict
    let agents: [Agent]
    let findings: [FindingReport]
    let dryRun: Bool

    private enum CodingKeys: String, CodingKey {
        case schema, host, started, seconds, verdict, agents, findings, dryRun
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(schema, forKey: .schema)
        try container.encode(host, forKey: .host)
        try container.encode(started, forKey: .started)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(verdict.rawValue, forKey: .verdict)
        try container.encode(agents, forKey: .agents)
        try container.encode(findings, forKey: .findings)
        if dryRun { try container.encode(dryRun, forKey: .dryRun) }
    }

    /// `advice`: each finding says what to do about it, and nothing is planned: what `doctor` wants.
    init(_ pass: Pass, _ cases: [AgentCase], advice: Bool = false) {
        host = pass.environment.hostName
        started = pass.started.rfc3339
        // To the hundredth: more digits would only pretend.
        seconds = ((pass.environment.now() - pass.started).seconds * 100).rounded() / 100
        dryRun = pass.dryRun && !advice
        findings = pass.hostFindings.map { Self.report($0, Redactor(secrets: []), advice: advice) }
        agents = cases.map { each in
            // Collecting an agent's secrets takes time that a healthy one need not cost.
            let silent = each.findings.isEmpty && each.actions.isEmpty && each.reason == nil
            let redactor = silent ? Redactor(secrets: []) : each.redactor
            return Agent(
                name: each.agent.name, unit: each.agent.id.unit, user: each.agent.id.scope.userName,
                verdict: each.verdict.rawValue,
                findings: each.reported.map { Self.report($0, redactor, advice: advice) },
                diagnosis: each.diagnosis.map {
                    DiagnosisReport(
                        cause: redactor.mask($0.cause), origin: $0.origin.text, confidence: $0.confidence,
                        lines: $0.lines)
                },
                actions: each.actions.map {
                    Action(
                        remedy: $0.remedy, target: $0.target, outcome: $0.result.rawValue,
                        reason: redactor.mask($0.reason))
                },
                incident: each.incident?.id,
                reason: (each.hold.map { "Left alone: \($0.clause)." } ?? each.reason).map(redactor.mask),
                diff: each.diff.isEmpty ? nil : each.diff,
                killMode: advice
                    ? each.seen.killModeOrigin.map { KillMode(value: each.seen.unit.killMode, source: $0.text) } : nil,
                notes: advice ? DoctorNotes.of(each.seen, isRoot: pass.environment.uid == 0) : nil)
        }
        verdict = Self.worst(cases.map(\.verdict), host: pass.hostFindings)
    }

    private static func report(_ finding: Finding, _ redactor: Redactor, advice: Bool) -> FindingReport {
        FindingReport(
            kind: finding.kind.rawValue, severity: finding.severity.rawValue, summary: redactor.mask(finding.summary),
            evidence: finding.evidence.map { FindingReport.Fact(source: $0.source, text: redactor.mask($0.text)) },
            advice: advice ? RuleBook.rule(finding.kind)?.advice : nil)
    }

    /// Failing first; then what was not seen, for it may be failing.
    static func worst(_ verdicts: [Verdict], host: [Finding]) -> Verdict {
        var all = verdicts
        if host.contains(where: { $0.kind == .fleetWide }) { all.append(.failing) }
        if host.contains(where: { $0.kind == .watchdogIncomplete && $0.severity > .info }) { all.append(.unknown) }
        for verdict in [Verdict.failing, .unknown, .degraded, .healed] where all.contains(verdict) { return verdict }
        return .healthy
    }
}
