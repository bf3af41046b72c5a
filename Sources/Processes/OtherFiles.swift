internal import Glibc

extension ProcessTable {
    /// Whether a process that lives among other mounts has another file at a path than this program, or none. `false` also
    /// where that may not be looked at.
    package static func seesOtherFile(_ pid: Int32, at path: String) -> Bool {
        guard path.hasPrefix("/"), let theirs = mounts(of: "\(pid)"), let own, theirs != own else {
            return false
        }
        var here = stat()
        var there = stat()
        let isHere = stat(path, &here) == 0
        // The link that leads to its root folder (proc(5)).
        let isThere = stat("/proc/\(pid)/root\(path)", &there) == 0
        if !isThere, errno != ENOENT, errno != ENOTDIR { return false }
        if isHere != isThere { return true }
        return isHere && (here.st_dev != there.st_dev || here.st_ino != there.st_ino)
    }

    private static let own = mounts(of: "self")

    /// Names its mount namespace (mount_namespaces(7)).
    private static func mounts(of process: String) -> String? {
        var target = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/\(process)/ns/mnt", &target, target.count - 1)
        return count > 0 ? String(decoding: target.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }
}
