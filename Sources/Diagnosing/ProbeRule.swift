internal import Model

/// A health address that fails although the unit runs.
enum ProbeRule {
    static func finding(_ seen: AgentObservation, history: AgentHistory, policy: Policy) -> Finding? {
        guard seen.unit.isRunning, let since = seen.unit.activeSince, seen.taken - since >= policy.warmUp else {
            return nil
        }
        let failures = seen.probes.compactMap { probe in
            probe.failure.map { Evidence("GET \(probe.probe.url)", $0) }
        }
        guard !failures.isEmpty else { return doubtful(seen) }
        if let suspended = seen.suspended {
            return Finding(
                kind: .probeFailed, severity: .warning,
                summary:
                    "\(seen.agent.id.unit) does not answer, because \(suspended.clause). Somebody may be looking at it, so it is left alone; to let it go on: \(suspended.command.inSentence).",
                evidence: failures)
        }
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

    /// From an address that is guessed, and from what this host could not ask, follows a remark.
    private static func doubtful(_ seen: AgentObservation) -> Finding? {
        for probe in seen.probes {
            let why: String
            switch probe.answer {
            case .unhealthy(let sentence):
                why = "\(sentence) That is a guess, because \(probe.doubt ?? "nothing tells")."
            case .notAsked(let sentence): why = sentence
            case .healthy, .unsupported: continue
            }
            return Finding(
                kind: .probeFailed, severity: .info,
                summary:
                    "Whether \(seen.agent.name) answers is not known: \(why) To have it watched, set `health` of its [[agent]] in the settings.",
                evidence: [Evidence("GET \(probe.probe.url)", why)])
        }
        return nil
    }
}
