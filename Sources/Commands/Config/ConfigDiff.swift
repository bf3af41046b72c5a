internal import Model
internal import Planning

/// What a restore changes in an agent's config, for people: secrets masked, control characters shown.
enum ConfigDiff {
    static func of(_ plan: Plan, _ each: AgentCase) -> [String] {
        plan.restores.flatMap { restore in
            let present = each.seen.config.first { $0.path == restore.version.path }?.version
            return lines(from: present, to: restore.version, each.redactor)
        }
    }

    /// Of restores that an earlier pass made and that still stand.
    static func ofStanding(_ each: AgentCase) -> [String] {
        each.replaced.flatMap { replaced -> [String] in
            let present = each.seen.config.first { $0.path == replaced.version.path }?.version
            guard let present, replaced.by.names(present) else { return [] }
            return lines(from: replaced.version, to: present, each.redactor)
        }
    }

    private static func lines(from old: ConfigVersion?, to new: ConfigVersion, _ redactor: Redactor) -> [String] {
        UnifiedDiff.lines(
            from: redactor.mask(String(decoding: old?.bytes ?? [], as: UTF8.self)),
            to: redactor.mask(String(decoding: new.bytes, as: UTF8.self)),
            oldName: old.map { "\($0.path) (found, \($0.digest.short))" } ?? "\(new.path) (missing)",
            newName: "\(new.path) (last known good, \(new.digest.short))"
        ).map(\.printable)
    }
}
