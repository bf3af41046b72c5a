internal import AgentKinds
internal import ConfigText
internal import Files
internal import Model

/// An agent's config files, and those that they include, read as its user and through no link.
enum ConfigReader {
    /// A larger one is no config: it is refused and not kept.
    private static let mostBytes = 4 << 20

    /// `former`: files that are looked at even if nothing names them.
    static func read(
        into observation: inout AgentObservation, and former: [String], _ environment: Observer.UnitEnvironment,
        _ dialect: ConfigDialect
    ) {
        let release = observation.release
        let look = reader(of: observation, environment, dialect)
        observation.config = following(observation.agent.config, environment, dialect, look)
        for path in former where !observation.config.contains(where: { $0.path == path }) {
            var file = look(path, false)
            file.includedAt = "an earlier version of the config"
            observation.config.append(file)
        }
        observation.release = release ?? observation.config.lazy.compactMap { $0.version?.release }.first
        for file in observation.config {
            if case .refused(let sentence) = file.state {
                observation.gaps.append(Gap(source: "config", sentence: sentence, blinding: false))
            }
        }
    }

    /// What is wrong with the `$include`s of a config that would have these bytes.
    static func includeFaults(
        of seen: AgentObservation, with candidate: ConfigVersion, _ environment: Observer.UnitEnvironment,
        _ dialect: ConfigDialect
    ) -> [ConfigFault] {
        let look = reader(of: seen, environment, dialect)
        let files = following(seen.agent.config, environment, dialect) { path, isRoots in
            path == candidate.path ? ConfigFile(path: path, state: .present(candidate)) : look(path, isRoots)
        }
        return files.first { $0.path == candidate.path }?.faults ?? []
    }

    /// With the files that they take in, where configs of that kind do.
    private static func following(
        _ paths: [ConfigPath], _ environment: Observer.UnitEnvironment, _ dialect: ConfigDialect,
        _ look: (String, Bool) -> ConfigFile
    ) -> [ConfigFile] {
        guard dialect.hasIncludes else { return paths.map { look($0.path, $0.isRoots) } }
        return ConfigIncludes.following(
            paths,
            roots: {
                guard case .value(let roots, _, _)? = dialect.includeRoots.map(environment.find) else { return [] }
                return roots.split(separator: ":").map(String.init)
            }, read: look)
    }

    private static func reader(
        of seen: AgentObservation, _ environment: Observer.UnitEnvironment, _ dialect: ConfigDialect
    ) -> (String, Bool) -> ConfigFile {
        let release = seen.release
        return { path, isRoots in
            var file = read(
                path, release: release, namedBy: isRoots ? .root : .others, as: environment.identity, dialect.marks)
            file.isRootsWord = isRoots
            return file
        }
    }

    private static func read(
        _ path: String, release: String?, namedBy namer: PathNamer, as identity: Result<FileIdentity, FileError>,
        _ keys: TouchKeys?
    ) -> ConfigFile {
        var hasRemains = false
        var isTheirs = namer == .root
        var isRootsAlone = false
        var obstacle: Obstacle?
        var file: ConfigFile
        do throws(FileError) {
            let (folder, name) = try splitPath(path)
            let user = try identity.get()
            let directory = try ConfinedDirectory(folder, as: user, namedBy: namer)
            if directory.owner == user.uid { isTheirs = true }
            hasRemains = try !directory.leftBehind(by: name).isEmpty
            let found = try directory.read(name, most: mostBytes)
            isRootsAlone = found.isRootsAlone
            obstacle = self.obstacle(path, found, user, isTheirs)
            let marks = TouchMarks(found.bytes, keys)
            let version = ConfigVersion(
                path: path, bytes: found.bytes, digest: Digest(hex: found.digest), mode: found.mode, uid: found.uid,
                gid: found.gid, modified: Timestamp(microseconds: found.modified),
                changed: Timestamp(microseconds: found.changed), meaning: marks.rest.map { Digest(hex: sha256($0)) },
                release: release ?? marks.release, mark: marks.release, touched: marks.time)
            file = ConfigFile(path: path, state: .present(version))
        } catch {
            file = ConfigFile(path: path, state: error.code == .missing ? .missing : .refused(error.description))
            // Ignoring: an unknown user, of whom nothing can be said.
            if error.code == .noPermission, let user = try? identity.get() {
                file.unreadable =
                    "\(user.name) may not read it. If it was edited as another user \(give(path, to: user, isTheirs))."
            } else if error.code == .notRegular {
                file.unreadable = "it is no file any more."
            }
        }
        file.hasRemains = hasRemains
        file.isRootsAlone = isRootsAlone
        file.obstacle = obstacle
        return file
    }

    /// Root's chown(1) goes where the path leads when it is typed, and a folder of the user's may lead elsewhere by then.
    /// `isTheirs`: root has said that it is their config, or it lies in a folder of theirs.
    private static func give(_ path: String, to user: FileIdentity, _ isTheirs: Bool) -> String {
        guard isTheirs else {
            return
                "and is theirs at all, which only \(user.name) has said, give it back to them (chown)"
        }
        let give = ShellCommand("chown", "\(user.name):", path).inSentence
        return "and no link on its way leads elsewhere by now, give it back: \(give)"
    }

    /// A night is too late to learn that nothing can be put back.
    private static func obstacle(
        _ path: String, _ found: FoundFile, _ user: FileIdentity, _ isTheirs: Bool
    ) -> Obstacle? {
        let give = give(path, to: user, isTheirs)
        switch found.replaceability {
        case .whole: return nil
        case .notOwner:
            return Obstacle(
                "\(path) belongs to uid \(found.uid) and not to \(user.name), so that a rollback could not replace it. If that was not meant \(give).",
                isTotal: true)
        case .closed(let sentence):
            return Obstacle("A rollback could not replace \(path). \(sentence)", isTotal: true)
        case .withoutGroup:
            return Obstacle(
                "\(path) has the group \(found.gid), in which \(user.name) is not: a rollback would put it back without that group, closed to everybody but its owner where others cannot read it now. If that was not meant \(give).",
                isTotal: false)
        }
    }
}
