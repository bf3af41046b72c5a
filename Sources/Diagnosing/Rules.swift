package import Model

/// Applies the rule book to an observation. Pure: the same values give the same findings.
package enum Rules {
    /// What holds for one agent, most severe first; consequences of another finding are left out.
    package static func findings(
        _ seen: AgentObservation, history: AgentHistory, policy: Policy
    ) -> [Finding] {
        // A masked unit, and one that could not be read, is not judged by empty properties.
        guard seen.gaps.allSatisfy({ $0.source != "units" }) else { return incomplete(seen) }
        var findings = UnitRules.findings(seen, history: history)
        findings += ProcessRules.findings(seen, history: history, policy: policy)
        findings += ConfigRules.findings(seen, history: history)
        findings += SecretRules.findings(seen)
        findings += PollerRules.findings(seen, history: history, policy: policy)
        if let probe = ProbeRule.finding(seen, history: history, policy: policy) { findings.append(probe) }
        findings += incomplete(seen)
        let silenced = findings.reduce(into: Set<FindingKind>()) { kinds, finding in
            kinds.formUnion(RuleBook.rule(finding.kind)?.silences ?? [])
        }
        return findings.filter { !silenced.contains($0.kind) }.sorted { $0.severity > $1.severity }
    }

    /// What could not be seen of the host.
    package static func findings(ofHost snapshot: Snapshot) -> [Finding] {
        snapshot.gaps.map(finding)
    }

    private static func incomplete(_ seen: AgentObservation) -> [Finding] {
        seen.gaps.map(finding)
    }

    private static func finding(_ gap: Gap) -> Finding {
        Finding(
            kind: .watchdogIncomplete, severity: gap.blinding ? .warning : .info, summary: gap.sentence,
            evidence: [Evidence(gap.source, gap.sentence)])
    }
}
