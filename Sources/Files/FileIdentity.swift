internal import CLinux
internal import Glibc

/// As whom files are opened, made and renamed.
package struct FileIdentity: Hashable, Sendable {
    package let name: String
    package let uid: UInt32
    package let gid: UInt32
    package let groups: [UInt32]
    /// From the user database; root alone decides what stands there, so it is a safe place to start a path from.
    package let home: String

    package static let root = FileIdentity(name: "root", uid: 0, gid: 0, groups: [0], home: "/root")

    private init(name: String, uid: UInt32, gid: UInt32, groups: [UInt32], home: String) {
        self.name = name
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.home = home
    }

    package init(uid: UInt32) throws(FileError) {
        self = try Self.lookUp("uid \(uid)") { getpwuid_r(uid, $0, $1, $2, $3) }
    }

    package init(name: String) throws(FileError) {
        self = try Self.lookUp("user \(name)") { getpwnam_r(name, $0, $1, $2, $3) }
    }

    /// As whom a unit runs: the owner of its user manager, or the `User=` of a system unit, which may be a number.
    package init(ofUser user: String, manager: UInt32?) throws(FileError) {
        if let uid = manager ?? UInt32(user) {
            self = uid == 0 ? .root : try FileIdentity(uid: uid)
        } else {
            self = user.isEmpty || user == "root" ? .root : try FileIdentity(name: user)
        }
    }

    private typealias Query = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> Int32

    private static func lookUp(_ subject: String, _ query: Query) throws(FileError) -> FileIdentity {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var strings = [CChar](repeating: 0, count: 16 * 1024)
        let identity: FileIdentity? = strings.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, query(&entry, base, buffer.count, &found) == 0, found != nil else {
                return nil
            }
            var count: Int32 = 64
            var groups = [gid_t](repeating: 0, count: Int(count))
            guard getgrouplist(entry.pw_name, entry.pw_gid, &groups, &count) >= 0 else { return nil }
            return FileIdentity(
                name: String(cString: entry.pw_name), uid: entry.pw_uid, gid: entry.pw_gid,
                groups: Array(groups.prefix(Int(count))), home: String(cString: entry.pw_dir))
        }
        guard let identity else {
            throw FileError(
                code: .unknownUser,
                description:
                    "Looking up \(subject): the user database has no such entry, or more than 64 groups for it.")
        }
        return identity
    }

    /// Runs `body` with this identity for files, and puts the own one back.
    ///
    /// The kernel drops root's rights over files with it (capabilities(7), "Effect of user ID changes"). Whoever is
    /// not root can only be himself.
    func perform<Value: ~Copyable>(_ body: () throws(FileError) -> Value) throws(FileError) -> Value {
        let own = geteuid()
        if uid == own { return try body() }
        guard own == 0 else {
            throw FileError(
                code: .noPermission,
                description: "Acting as \(name): only root can touch another user's files, and this is uid \(own).")
        }
        var saved = [gid_t](repeating: 0, count: 128)
        let count = getgroups(Int32(saved.count), &saved)
        guard count >= 0 else { throw .errno("Reading the own groups") }
        guard linux_set_file_identity(uid, gid, groups, groups.count) == 0 else {
            let failure = FileError.errno("Taking on the identity of \(name)")
            _ = linux_set_file_identity(own, getegid(), saved, Int(count))
            throw failure
        }
        defer {
            // Going back to the own identity cannot be refused; going on with another one would be wrong in every way.
            let restored = linux_set_file_identity(own, getegid(), saved, Int(count))
            precondition(restored == 0, "the own file identity could not be taken back")
        }
        return try body()
    }
}

extension FileIdentity {
    /// When a file was last changed or put in its place, in µs since 1970; `nil` where it is not there, or out of reach.
    package func whenChanged(_ path: String) -> Int64? {
        // Ignoring: why not; of what cannot be looked at nothing is claimed.
        try? perform { () throws(FileError) -> Int64 in
            var status = stat()
            guard stat(path, &status) == 0 else { throw .errno("Looking at \(path)") }
            return Int64(status.st_ctim.tv_sec) * 1_000_000 + Int64(status.st_ctim.tv_nsec) / 1000
        }
    }
}
