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

    /// Nobody has looked at the files in this pass: what earlier ones know of them stays.
    package static func unseen(_ history: AgentHistory) -> KnownGood {
        KnownGood(
            healthySince: history.healthySince, passes: history.healthyPasses, config: history.healthyConfig,
            promote: false)
    }

    package static func judge(
        _ seen: AgentObservation, healthy: Bool, history: AgentHistory, policy: Policy
    ) -> KnownGood {
        let versions = seen.config.compactMap(\.version)
        guard healthy, !versions.isEmpty, versions.count == seen.config.count,
            let started = seen.unit.mainStarted,
            wasRead(seen, by: started, history, policy)
        else { return KnownGood(healthySince: nil, passes: 0, config: "", promote: false) }
        let release =
            (seen.release.map { ["release", $0] } ?? []) + versions.compactMap { $0.mark.map { "mark \($0)" } }
        let config = (versions.map(\.meaning.hex) + release).joined(separator: " ")
        guard config == history.healthyConfig else {
            return KnownGood(healthySince: seen.taken, passes: 1, config: config, promote: false)
        }
        let proven = KnownGood(healthySince: nil, passes: 0, config: config, promote: false)
        guard let since = history.healthySince else { return proven }
        let passes = history.healthyPasses + 1
        guard passes >= 2, seen.taken - since >= policy.knownGoodAfter, !seen.config.contains(where: \.isRedacted)
        else {
            return KnownGood(healthySince: since, passes: min(passes, 2), config: config, promote: false)
        }
        return KnownGood(healthySince: nil, passes: 0, config: config, promote: true)
    }

    /// The process that is there now, as one that works: it was found healthy in two passes. With the meanings of its files
    /// where it is certain that it has read these.
    package static func workingRun(
        _ seen: AgentObservation, healthy: Bool, history: AgentHistory, policy: Policy
    ) -> WorkingRun? {
        guard healthy, let started = seen.unit.mainStarted,
            let last = history.lastSeen, last > started,
            [Verdict.healthy.rawValue, Verdict.healed.rawValue].contains(history.verdict)
        else { return history.worked }
        let versions = seen.config.compactMap(\.version)
        let isCertain = versions.count == seen.config.count && wasRead(seen, by: started, history, policy)
        if !isCertain, history.worked?.started == started { return history.worked }
        return WorkingRun(started: started, meanings: isCertain ? Set(versions.map(\.meaning.hex)) : [])
    }

    /// Whether it is these files that the process which started then has read.
    private static func wasRead(
        _ seen: AgentObservation, by started: Timestamp, _ history: AgentHistory, _ policy: Policy
    ) -> Bool {
        let versions = seen.config.compactMap(\.version)
        // A whole folder, or a mount, brings files that are older than the process and that it has never seen.
        if let worked = history.worked, worked.started == started, !worked.meanings.isEmpty,
            !versions.allSatisfy({ worked.meanings.contains($0.meaning.hex) })
        {
            return false
        }
        if versions.allSatisfy({ $0.changed < started }) { return true }
        guard let last = history.lastConfig, last.since < started,
            last.meanings == ConfigMemory.meanings(of: seen.config)
        else { return false }
        return versions.allSatisfy { $0.changed - started < policy.warmUp }
    }
}
