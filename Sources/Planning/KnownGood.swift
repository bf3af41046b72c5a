package import Model

/// When a config has proven itself.
///
/// Running is no proof by itself: an agent that is up with an old config in its memory says nothing of the file that
/// was changed since. So the file must be older than the main process; or the agent has written it anew while it
/// started, as many do, and what it says is what an earlier pass saw before that start.
package struct KnownGood: Hashable, Sendable {
    package var healthySince: Timestamp?
    package var passes: Int
    /// The meanings of the files, in the order of their paths, and the agent's release if that is known: a config proves
    /// itself for one release. Empty where there is nothing to promote.
    package var config: String
    /// Whether these files become the last-known-good ones now.
    package var promote: Bool

    package static func judge(
        _ seen: AgentObservation, healthy: Bool, history: AgentHistory, policy: Policy
    ) -> KnownGood {
        let versions = seen.config.compactMap(\.version)
        guard healthy, !versions.isEmpty, versions.count == seen.config.count,
            let started = seen.unit.mainStarted,
            wasRead(seen, by: started, history, policy)
        else { return KnownGood(healthySince: nil, passes: 0, config: "", promote: false) }
        let release = seen.release.map { ["release", $0] } ?? []
        let config = (versions.map(\.meaning.hex) + release).joined(separator: " ")
        guard config == history.healthyConfig else {
            return KnownGood(healthySince: seen.taken, passes: 1, config: config, promote: false)
        }
        let proven = KnownGood(healthySince: nil, passes: 0, config: config, promote: false)
        guard let since = history.healthySince else { return proven }
        let passes = history.healthyPasses + 1
        guard passes >= 2, seen.taken - since >= policy.knownGoodAfter, !seen.config.contains(where: isMasked) else {
            return KnownGood(healthySince: since, passes: min(passes, 2), config: config, promote: false)
        }
        return KnownGood(healthySince: nil, passes: 0, config: config, promote: true)
    }

    private static func isMasked(_ file: ConfigFile) -> Bool { file.isMasked ?? file.version?.isRedacted ?? false }

    /// Whether it is these files that the process which started then has read.
    private static func wasRead(
        _ seen: AgentObservation, by started: Timestamp, _ history: AgentHistory, _ policy: Policy
    ) -> Bool {
        let versions = seen.config.compactMap(\.version)
        if versions.allSatisfy({ $0.changed < started }) { return true }
        guard let last = history.lastConfig, last.since < started,
            last.meanings == ConfigMemory.meanings(of: seen.config)
        else { return false }
        return versions.allSatisfy { $0.changed - started < policy.warmUp }
    }
}
