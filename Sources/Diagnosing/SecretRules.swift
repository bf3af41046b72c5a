internal import Model

/// Variables that an agent's next start will miss.
enum SecretRules {
    private static let mostShown = 20

    static func findings(_ seen: AgentObservation) -> [Finding] {
        [FindingKind.secretMissing, .secretEmpty].compactMap { kind in
            let faults = seen.secretFaults.filter { $0.kind == kind }
            guard let first = faults.first else { return nil }
            let more = faults.count > 1 ? " (and \(faults.count - 1) more)" : ""
            return Finding(
                kind: kind, severity: .warning, summary: first.sentence + more,
                evidence: faults.prefix(mostShown).map { Evidence($0.source, $0.sentence) })
        }
    }
}
