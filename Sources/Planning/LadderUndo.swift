package import Model

/// The way back from a rollback that did not help.
extension Ladder {
    /// A restored config did not help: the file that it replaced comes back. Only where the restored version still
    /// stands, or what the agent itself has made of that on its start: what somebody has changed since is theirs.
    package static func undo(_ seen: AgentObservation, replaced: [Replaced]) -> Plan? {
        let steps: [Remedy] = replaced.compactMap { each in
            let present = seen.config.first { $0.path == each.version.path }?.version
            guard let present, each.by.names(present) || isAgentsOwn(present, since: each.at, seen) else {
                return nil
            }
            return .restoreConfig(ConfigRestore(version: each.version, replacing: present.digest))
        }
        guard !steps.isEmpty else { return nil }
        return Plan(
            agent: seen.agent.id, rungs: [.undo], steps: steps,
            reason: "The last-known-good config did not help, so the newer file is put back.")
    }

    /// What a restore replaced, by what, and when.
    package struct Replaced: Hashable, Sendable {
        package let version: ConfigVersion
        package let by: ConfigIdentity
        package let at: Timestamp

        package init(version: ConfigVersion, by: ConfigIdentity, at: Timestamp) {
            self.version = version
            self.by = by
            self.at = at
        }
    }

    /// Written by a process that was started with what was restored: as an agent does that migrates an older config. It
    /// is kept, too.
    private static func isAgentsOwn(
        _ present: ConfigVersion, since restored: Timestamp, _ seen: AgentObservation
    ) -> Bool {
        guard let started = seen.unit.mainStarted, started >= restored - .seconds(1), present.changed >= restored
        else { return false }
        // The last start, or the first one after the restore.
        return seen.hasWritten(present) || present.isWritten(byStart: restored)
    }
}
