internal import Model

/// A health address that fails although the unit runs.
enum ProbeRule {
    static func finding(_ seen: AgentObservation, history: AgentHistory, policy: Policy) -> Finding? {
        guard seen.unit.isRunning, let since = seen.unit.activeSince, seen.taken - since >= policy.warmUp else {
            return nil
        }
        let failures = seen.probes.compactMap { probe in
            if case .unhealthy(let sentence) = probe.answer { return Evidence("GET \(probe.probe.url)", sentence) }
            return nil
        }
        guard !failures.isEmpty else { return nil }
        // One failed answer is no outage: the next pass confirms it, and only then is anything done.
        let confirmed = history.kinds.contains(.probeFailed)
        let evidence = failures + (confirmed ? [Evidence("ledger", "failed in the pass before, too")] : [])
        return Finding(
            kind: .probeFailed, severity: confirmed ? .critical : .warning,
            summary: confirmed
                ? "\(seen.agent.id.unit) is active and does not answer as it should, for the second pass."
                : "\(seen.agent.id.unit) is active and does not answer as it should; the next pass confirms it.",
            evidence: evidence + UnitRules.lastWords(seen), prescription: confirmed ? .restart : .none)
    }
}
