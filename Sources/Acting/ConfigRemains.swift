internal import Files
package import Model

/// Temporary files that a pass which died in the middle of a restore left beside a config.
///
/// Such a file holds part of what was to be written, all of it, or the file that was being replaced: so it is kept
/// before it is removed.
package enum ConfigRemains {
    private static let mostBytes = 4 << 20

    /// Hands each one to `keep`, and removes it once that has worked.
    package static func clear(
        _ path: String, of seen: AgentObservation, keep: (ConfigVersion) -> Bool
    ) -> [String] {
        var problems: [String] = []
        do throws(FileError) {
            let name = try splitPath(path).name
            let directory = try AgentFiles.directory(holding: path, of: seen)
            for temporary in try directory.leftBehind(by: name) {
                let found = try directory.read(temporary, most: mostBytes)
                let version = ConfigVersion(
                    path: path, bytes: found.bytes, digest: Digest(hex: found.digest), mode: found.mode, uid: found.uid,
                    gid: found.gid, modified: Timestamp(microseconds: found.modified),
                    changed: Timestamp(microseconds: found.changed))
                if keep(version) { try directory.remove(temporary) }
            }
        } catch {
            problems.append(error.description)
        }
        return problems
    }
}
