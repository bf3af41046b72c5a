internal import Glibc

/// What root's watchdog says of the users' units that it watches, for those users' own watchdogs: of two over one agent,
/// one acts. A file for each user below `/run`, which no user can write; its time says when that was last so.
package enum RootsClaim {
    private static let folder = "/run/agent-watchdog"
    private static let longest = 256 * 1024
    /// Three passes of cron's: a watchdog that is not started any more owns nothing.
    private static let lasts: Int64 = 45 * 60 * 1_000_000

    package static func publish(_ units: [String], of uid: UInt32) throws(FileError) {
        guard geteuid() == 0 else { return }
        let path = "\(folder)/owned-\(uid)"
        if mkdir(folder, 0o755) == 0 {
            guard chmod(folder, 0o755) == 0 else { throw .errno("Making \(folder)") }
        } else if errno != EEXIST {
            throw .errno("Making \(folder)")
        }
        let text = Array((units.sorted().joined(separator: "\n") + "\n").utf8)
        // Ignoring: why it cannot be read; it is written anew then.
        let present = try? ConfinedDirectory(folder, as: .root, namedBy: .root).read("owned-\(uid)", most: longest)
        if present?.bytes == text {
            guard utimensat(AT_FDCWD, path, nil, 0) == 0 else { throw .errno("Renewing \(path)") }
            return
        }
        let number = open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard number >= 0 else { throw .errno("Writing \(path)") }
        let file = Descriptor(number)
        try file.writeAll(text, path)
        guard fchmod(file.number, 0o644) == 0, rename(path + ".new", path) == 0 else { throw .errno("Writing \(path)") }
    }

    /// `nil` where root's watchdog claims nothing of this user's, or has not been there for too long. `now` is in µs since
    /// 1970.
    package static func units(of uid: UInt32, at now: Int64) -> Set<String>? {
        let number = open("\(folder)/owned-\(uid)", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let file = Descriptor(number)
        // Ignoring: why it cannot be read; then there is no claim.
        guard let status = try? file.status(folder), status.st_mode & S_IFMT == S_IFREG, status.st_uid == 0,
            status.st_mode & 0o022 == 0, now - status.st_mtim.microseconds < lasts
        else { return nil }
        // Ignoring: the same.
        guard let bytes = try? file.readAll(most: longest, folder) else { return nil }
        return Set(String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init))
    }
}
