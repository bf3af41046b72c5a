internal import ConfigText
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

    /// Of a file that was changed just now nothing is said: somebody may still be at it. Files that were found to be
    /// well, as `checked` names them, are not looked at again.
    static func check(_ observation: inout AgentObservation, schemas: inout ConfigSchemas, checked: String?) {
        let versions = observation.config.compactMap(\.version)
        guard !versions.isEmpty else { return }
        let schema = observation.agent.schema.map { schemas.read($0) }
        let key = (versions.map(\.digest.hex) + [schema?.digest ?? ""]).joined(separator: " ")
        if key == checked {
            observation.checkedConfig = key
            return
        }
        if let problem = schema?.problem {
            observation.gaps.append(Gap(source: "config", sentence: problem, blinding: false))
        }
        var complete = schema?.problem == nil
        for index in observation.config.indices {
            guard let version = observation.config[index].version else { continue }
            let age = observation.taken - version.modified
            guard age >= Policy.editGrace || age < .zero else {
                complete = false
                continue
            }
            observation.config[index].faults = ConfigChecks.faults(
                version.bytes, path: version.path, schema: schema?.check)
        }
        let isWell = complete && observation.config.allSatisfy(\.faults.isEmpty)
        observation.checkedConfig = isWell ? key : nil
    }
}

/// The schemas that the settings name, each read once a pass.
struct ConfigSchemas {
    struct Entry {
        let check: SchemaCheck?
        let digest: String
        let problem: String?
    }

    private var known: [String: Entry] = [:]

    mutating func read(_ path: String) -> Entry {
        if let found = known[path] { return found }
        let entry: Entry
        switch ConfigChecks.schema(path) {
        case .success(let (check, digest)): entry = Entry(check: check, digest: digest, problem: nil)
        case .failure(let problem): entry = Entry(check: nil, digest: "", problem: problem.sentence)
        }
        known[path] = entry
        return entry
    }
}
