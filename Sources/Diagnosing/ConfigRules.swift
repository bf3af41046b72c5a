internal import Model

/// Conditions that the content of an agent's config shows, before the agent has to read it.
enum ConfigRules {
    private static let mostShown = 5

    static func findings(_ seen: AgentObservation, history: AgentHistory) -> [Finding] {
        var findings: [Finding] = []
        // A path that was only derived from the unit may never have had a file. That one is missed is remembered by that.
        let wasRead =
            history.checkedConfig != nil || !history.healthyConfig.isEmpty
            || history.lastConfig.map(\.hasFile) ?? false || history.kinds.contains(.configMissing)
        let wasThere = wasRead || seen.agent.config.contains { $0.origin == .settings }
        // One that is included is missed where it is named.
        for file in seen.config where wasThere && file.includedAt == nil {
            if case .missing = file.state {
                findings.append(
                    Finding(
                        kind: .configMissing, severity: .warning,
                        summary: "\(file.path), the config of \(seen.agent.name), is not there.",
                        evidence: [Evidence(file.path, "no such file")]))
            }
        }
        // What could never be read may be within the agent's reach by other means, such as a group of its unit's.
        for file in seen.config where wasRead && file.includedAt == nil {
            guard case .refused(let sentence) = file.state, let unreadable = file.unreadable else { continue }
            findings.append(
                Finding(
                    kind: .configMissing, severity: .warning,
                    summary:
                        "\(file.path), the config of \(seen.agent.name), would be missing at the next start, because \(unreadable)",
                    evidence: [Evidence(file.path, sentence)]))
        }
        let all = seen.config.flatMap { file in file.faults.map { (file.path, $0) } }
        let kinds: [FindingKind] = [
            .configMissing, .configSyntax, .configSchema, .configInvisibleCharacter, .configRedacted,
        ]
        for kind in kinds {
            let faults = all.filter { $0.1.kind == kind }
            guard let (path, first) = faults.first else { continue }
            let more = faults.count > 1 ? " (and \(faults.count - 1) more)" : ""
            findings.append(
                Finding(
                    kind: kind, severity: .warning,
                    summary: "\(path):\(first.line):\(first.column): \(first.sentence)\(more)",
                    evidence: faults.prefix(mostShown).map { path, fault in
                        Evidence("\(path):\(fault.line):\(fault.column)", fault.sentence)
                    }))
        }
        return findings
    }
}
