internal import Files
internal import Model

/// An agent's config files, read as its user and through no link.
enum ConfigReader {
    /// A larger one is no config: it is refused and not kept.
    private static let mostBytes = 4 << 20

    static func read(into observation: inout AgentObservation, as identity: Result<FileIdentity, FileError>) {
        observation.config = observation.agent.config.map { path in
            do throws(FileError) {
                let identity = try identity.get()
                let (folder, name) = try splitPath(path)
                let directory = try ConfinedDirectory(
                    folder, as: identity, rootInRootsFolders: observation.agent.id.scope == .system)
                let found = try directory.read(name, most: mostBytes)
                return ConfigFile(
                    path: path,
                    state: .present(
                        ConfigVersion(
                            path: path, bytes: found.bytes, digest: Digest(hex: found.digest), mode: found.mode,
                            uid: found.uid, gid: found.gid, modified: Timestamp(microseconds: found.modified),
                            changed: Timestamp(microseconds: found.changed))))
            } catch {
                return ConfigFile(path: path, state: error.code == .missing ? .missing : .refused(error.description))
            }
        }
        for file in observation.config {
            if case .refused(let sentence) = file.state {
                observation.gaps.append(Gap(source: "config", sentence: sentence, blinding: false))
            }
        }
    }
}
