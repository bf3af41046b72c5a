package import Model

/// Whether a fact points at the config: a version that is known to work is put back only where the file that stands there
/// can be what broke the agent.
package enum Rollback {
    package enum Objection: Hashable, Sendable {
        /// The agent has not met this file yet: somebody put it there after it had broken.
        case notMet(String)
        /// A sentence.
        case no(String)

        package var sentence: String {
            switch self {
            case .notMet(let sentence), .no(let sentence): sentence
            }
        }
    }

    /// Causes that no config has, and that the file is not to be blamed for.
    package static let otherCauses: Set<FindingKind> = [
        .portInUse, .instanceRunning, .outOfMemory, .diskFull, .moduleMissing, .unitNotRun, .unitBadSetting,
        .unitCondition,
    ]

    /// `nil` where nothing speaks against putting `good` in the place of `version`.
    package static func objection(
        to good: ConfigVersion, inPlaceOf version: ConfigVersion?, _ facts: Ladder.Facts
    ) -> Objection? {
        let seen = facts.seen
        if let cause = otherCauses.intersection(facts.found).map(\.rawValue).min() {
            return .no("The config is left as it is, because another cause is named: \(cause).")
        }
        if let elsewhere = seen.elsewhere { return .no("The config is left as it is, because \(elsewhere).") }
        if seen.unit.hasDynamicUser {
            return .no(
                "The config is left as it is: with DynamicUser= its files belong to another user after each start, and cannot be given back."
            )
        }
        if !seen.sharers.isEmpty {
            return .no(
                "\(good.path) is left as it is, because \(Set(seen.sharers).sorted().joined(separator: ", ")) reads it, too."
            )
        }
        guard let version else { return nil }
        if let obstacle = seen.config.first(where: { $0.path == version.path })?.obstacle, obstacle.isTotal {
            return .no(obstacle.sentence)
        }
        if let worked = facts.history.worked,
            worked.meanings.contains(version.meaning.hex)
                || (worked.meanings.isEmpty && version.changed < worked.started)
        {
            return .no(
                "\(version.path) is left as it is: the agent has worked with this very version (in a process that was started at \(worked.started.rfc3339)), so it is not what broke it."
            )
        }
        let later =
            "\(version.path) was changed after the agent had broken (\(version.changed.rfc3339)), so it is not what broke it."
        guard let met = met(seen, facts.policy), version.changed <= met else { return .notMet(later) }
        // What it refuses it has met, whenever that came there; of any other end only what was there before can be the cause.
        let isRefused = facts.findings.contains { $0.kind == .unitConfigExit }
        if !isRefused, !facts.suspects.contains(version.meaning.hex) { return .no(later) }
        return release(good, version, facts).map { .no($0) }
    }

    /// Of an agent that has just broken: the meanings of the files that it has met, by hexadecimal digits.
    package static func suspects(_ seen: AgentObservation, _ policy: Policy) -> Set<String> {
        guard let met = met(seen, policy) else { return [] }
        return Set(seen.config.compactMap(\.version).filter { $0.changed <= met }.map(\.meaning.hex))
    }

    /// Up to when a file must have been there for the agent to have read it. While it runs, that is its start; it may have
    /// written it itself then.
    private static func met(_ seen: AgentObservation, _ policy: Policy) -> Timestamp? {
        seen.unit.isDown || seen.unit.awaitsRestart
            ? broke(seen) : seen.unit.mainStarted.map { $0 + policy.warmUp }
    }

    /// When the last thing of the unit that ran came to its end: its main process, or one that prepares it.
    private static func broke(_ seen: AgentObservation) -> Timestamp? {
        let ends = [seen.unit.mainExited, seen.journal.managers.last(where: \.isFailure)?.at].compactMap { $0 }
        return ends.max() ?? seen.unit.stateSince
    }

    /// Why the version may be none for the agent's present release. A mark may be stale, and none proves that nothing has
    /// changed; but two that differ, or a program that was changed since, say that something has.
    private static func release(_ good: ConfigVersion, _ version: ConfigVersion, _ facts: Ladder.Facts) -> String? {
        guard !facts.policy.rollbackAcrossReleases else { return nil }
        let byHand = ShellCommand("watchdog", "config", "rollback", facts.seen.agent.name).inSentence
        for (then, now) in [(good.release, facts.seen.release), (good.mark, version.mark)] {
            guard let then, let now, then != now else { continue }
            return
                "The last-known-good config is of release \(then.printable), and the agent is \(now.printable) by now, which may not take it; to put it back all the same: \(byHand)."
        }
        let worked = facts.history.worked.flatMap { $0.meanings.contains(good.meaning.hex) ? $0.started : nil }
        if let changed = facts.seen.programChanged,
            let proven = [facts.history.knownGoodSince, worked].compactMap({ $0 }).max(), changed > proven
        {
            return
                "The agent's program was changed at \(changed.rfc3339), after the last-known-good config had proven itself, and may not take it any more; to put it back all the same: \(byHand)."
        }
        return nil
    }
}
