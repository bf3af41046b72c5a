import Files
import FixturesTests
import Glibc

/// As whom these tests act. Root is needed to be anybody else.
enum Identities {
    static let isRoot = geteuid() == 0
    static let needsRoot = "only root can act as another user"

    static var own: FileIdentity { get throws { try FileIdentity(uid: geteuid()) } }
    static var nobody: FileIdentity { get throws { try FileIdentity(name: "nobody") } }

    /// The identity of the calling thread, its groups included, as the kernel has it.
    static func ofThread() throws -> [String] {
        let text = String(decoding: try readOwnFile("/proc/thread-self/status", most: 64 * 1024), as: UTF8.self)
        return text.split(separator: "\n").filter {
            $0.hasPrefix("Uid:") || $0.hasPrefix("Gid:") || $0.hasPrefix("Groups:")
        }.map(String.init)
    }
}

/// The code with which `body` fails; `nil` where it does not.
func code(_ body: () throws(FileError) -> Void) -> FileError.Code? {
    do throws(FileError) {
        try body()
        return nil
    } catch {
        return error.code
    }
}

extension ScratchFolder {
    /// Owner, group and permission bits.
    func status(_ name: String) -> (uid: UInt32, gid: UInt32, mode: UInt32)? {
        var status = stat()
        guard lstat(self[name], &status) == 0 else { return nil }
        return (status.st_uid, status.st_gid, status.st_mode & 0o7777)
    }
}
