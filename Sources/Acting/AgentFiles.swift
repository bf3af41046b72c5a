internal import Files
internal import Model

/// Files that belong to an agent or to its user, changed as that user.
enum AgentFiles {
    static func identity(_ seen: AgentObservation) throws(FileError) -> FileIdentity {
        try FileIdentity(ofUser: seen.unit.user, manager: seen.agent.id.scope.uid)
    }

    /// The folder that holds a file of an agent's config. The path of a system unit's config comes
    /// from root's own unit file or settings; a user's, and one that a config includes, may come from that user, who must
    /// not be able to point root anywhere.
    static func directory(holding path: String, of seen: AgentObservation) throws(FileError) -> ConfinedDirectory {
        // What is included is root's word where a file that root alone can write includes it.
        let isRoots =
            seen.agent.isRootsWord(path) || seen.config.contains { $0.path == path && $0.isRootsWord }
        return try ConfinedDirectory(
            try splitPath(path).folder, as: identity(seen), namedBy: isRoots ? .root : .others)
    }
}

enum ConfigRestoring {
    /// Returns what went wrong once the file was in its place, each as a sentence.
    static func put(_ restore: ConfigRestore, for seen: AgentObservation) throws(FileError) -> [String] {
        let path = restore.version.path
        return try AgentFiles.directory(holding: path, of: seen).replace(
            try splitPath(path).name, with: restore.version.bytes, mode: restore.version.mode, uid: restore.version.uid,
            gid: restore.version.gid, expecting: restore.replacing?.hex)
    }
}

/// The drop-in that sets KillMode, since that cannot be set at run time (systemd.unit(5): `<unit>.d/*.conf`).
enum KillModeDropIn {
    private static let name = Policy.killModeDropIn

    static func shownPath(_ id: AgentID) -> String {
        switch id.scope {
        case .system: "/etc/systemd/system/\(id.unit).d/\(name)"
        case .user(_, let user): "~\(user)/.config/systemd/user/\(id.unit).d/\(name)"
        }
    }

    /// Writes the file, as root for a system unit and as the user for a user's; returns its path.
    static func write(_ mode: String, for seen: AgentObservation) throws(FileError) -> String {
        let id = seen.agent.id
        guard !id.unit.contains("/"), !id.unit.hasPrefix(".") else {
            throw FileError(code: .failed, description: "Writing a drop-in for \(id.unit): this is no name of a unit.")
        }
        let owner = id.scope == .system ? FileIdentity.root : try AgentFiles.identity(seen)
        let base = id.scope == .system ? "/etc/systemd/system" : owner.home + "/.config/systemd/user"
        let folder = "\(base)/\(id.unit).d"
        let directory = try ConfinedDirectory(
            folder, as: owner, namedBy: id.scope.isRoots ? .root : .others, creating: true)
        let text = """
            # Written by agent-watchdog: children of this agent must not outlive a restart of it.
            # To take it back, delete this file and reload the manager's units (systemctl daemon-reload).
            [Service]
            KillMode=\(mode)

            """
        // Of a pass that died: they hold nothing but this text.
        for temporary in try directory.leftBehind(by: name) { try directory.remove(temporary) }
        var present: String?
        do throws(FileError) {
            present = try directory.read(name, most: 64 * 1024).digest
        } catch  where error.code == .missing {
            present = nil
        }
        if present != sha256(Array(text.utf8)) {
            try directory.replace(
                name, with: Array(text.utf8), mode: 0o644, uid: owner.uid, gid: owner.gid, expecting: present)
        }
        return "\(folder)/\(name)"
    }
}
