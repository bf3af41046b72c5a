package import Model

/// Applies the rule book to an observation. Pure: the same values give the same findings.
package enum Rules {
    /// What holds for one agent, most severe first; consequences of another finding are left out.
    package static func findings(
        _ seen: AgentObservation, history: AgentHistory, policy: Policy
    ) -> [Finding] {
        // A masked unit, and one that could not be read, is not judged by empty properties.
        guard seen.gaps.allSatisfy({ $0.source != "units" }) else { return incomplete(seen) }
        // Two units that are one agent: whatever is done to one is done to the other, too.
        if let double = seen.double { return [DuelRule.finding(seen, double)] + incomplete(seen) }
        var findings = UnitRules.findings(seen, history: history, policy: policy)
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
        // What a config includes may well be another's on purpose.
        let obstacles = seen.config.compactMap { file in
            file.obstacle.map {
                Gap(
                    source: "config", sentence: $0.sentence, blinding: false,
                    isWorthTelling: $0.isTotal && file.includedAt == nil)
            }
        }
        let elsewhere = seen.elsewhere.map {
            Gap(
                source: "config",
                sentence: "The config of \(seen.agent.name) is not looked at, kept or put back, because \($0).",
                blinding: false)
        }
        let dynamic =
            seen.unit.hasDynamicUser && !seen.agent.config.isEmpty
            ? Gap(
                source: "config",
                sentence:
                    "\(seen.agent.id.unit) has DynamicUser=: the files of \(seen.agent.name) belong to another user after each start, so that no config of it is put back.",
                blinding: false) : nil
        return (seen.gaps + obstacles + [elsewhere, dynamic].compactMap { $0 }).map(finding)
    }

    private static func finding(_ gap: Gap) -> Finding {
        Finding(
            kind: .watchdogIncomplete, severity: gap.blinding || gap.isWorthTelling ? .warning : .info,
            summary: gap.sentence,
            evidence: [Evidence(gap.source, gap.sentence)])
    }
}
