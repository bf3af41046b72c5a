internal import ConfigText
internal import Files
internal import Model

/// An agent's config files, and those that they include, read as its user and through no link.
enum ConfigReader {
    /// A larger one is no config: it is refused and not kept.
    private static let mostBytes = 4 << 20

    static func read(into observation: inout AgentObservation, as identity: Result<FileIdentity, FileError>) {
        let release = observation.release
        let isRoots = observation.agent.id.scope == .system
        observation.config = ConfigIncludes.following(observation.agent.config) { path in
            read(path, release: release, rootInRootsFolders: isRoots, as: identity)
        }
        observation.release = release ?? observation.config.lazy.compactMap { $0.version?.release }.first
        for file in observation.config {
            if case .refused(let sentence) = file.state {
                observation.gaps.append(Gap(source: "config", sentence: sentence, blinding: false))
            }
        }
    }

    private static func read(
        _ path: String, release: String?, rootInRootsFolders: Bool, as identity: Result<FileIdentity, FileError>
    ) -> ConfigFile {
        do throws(FileError) {
            let (folder, name) = try splitPath(path)
            let directory = try ConfinedDirectory(
                folder, as: try identity.get(), rootInRootsFolders: rootInRootsFolders)
            let found = try directory.read(name, most: mostBytes)
            let marks = TouchMarks(found.bytes)
            let version = ConfigVersion(
                path: path, bytes: found.bytes, digest: Digest(hex: found.digest), mode: found.mode, uid: found.uid,
                gid: found.gid, modified: Timestamp(microseconds: found.modified),
                changed: Timestamp(microseconds: found.changed), meaning: marks.rest.map { Digest(hex: sha256($0)) },
                release: release ?? marks.release)
            return ConfigFile(path: path, state: .present(version))
        } catch {
            return ConfigFile(path: path, state: error.code == .missing ? .missing : .refused(error.description))
        }
    }
}
