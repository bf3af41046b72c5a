internal import CLinux
internal import Glibc

/// A file as it was found.
package struct FoundFile: Sendable {
    package let bytes: [UInt8]
    /// SHA-256, hexadecimal.
    package let digest: String
    /// Permission bits.
    package let mode: UInt32
    package let uid: UInt32
    package let gid: UInt32
    /// µs since 1970.
    package let modified: Int64
    package let changed: Int64
}

/// A folder that was reached without following any link, and the identity with which everything in it is done.
///
/// Names inside are single components and never lead out again (openat2(2): RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS).
/// The identity is the given user's. Where the caller allows it, because the path is the administrator's word and not
/// the user's, it is root's own in a folder that is root's and that nobody else can write to.
package struct ConfinedDirectory: ~Copyable {
    let path: String
    let identity: FileIdentity
    let descriptor: Descriptor

    /// Opens an absolute path as `user`. The way begins at the user's home where the path lies in it, since a link
    /// above a home is the administrator's; otherwise at the root folder.
    package init(
        _ path: String, as user: FileIdentity, rootInRootsFolders: Bool = false, creating: Bool = false
    ) throws(FileError) {
        let attempt = "Opening \(path) as \(user.name)"
        guard path.hasPrefix("/"), !path.contains("\0") else {
            throw FileError(code: .failed, description: "\(attempt): the path is not absolute.")
        }
        var start = "/"
        var rest = path.drop { $0 == "/" }
        let home = user.home.hasSuffix("/") ? user.home : user.home + "/"
        if home != "/", (path + "/").hasPrefix(home) {
            start = user.home
            rest = path.dropFirst(user.home.count).drop { $0 == "/" }
        }
        let components = rest.split(separator: "/").map(String.init)
        let descriptor = try user.perform { () throws(FileError) -> Descriptor in
            let anchor = open(start, linux_o_path | O_DIRECTORY | O_CLOEXEC)
            guard anchor >= 0 else { throw .errno(attempt) }
            let base = Descriptor(anchor)
            if creating { try Self.make(components, in: base, attempt) }
            let flags = UInt64(O_RDONLY | O_DIRECTORY)
            let relative = components.isEmpty ? "." : components.joined(separator: "/")
            let number = linux_open_beneath(base.number, relative, flags, 0)
            guard number >= 0 else { throw .errno(attempt) }
            return Descriptor(number)
        }
        let status = try descriptor.status(path)
        let onlyRoots = rootInRootsFolders && status.st_uid == 0 && status.st_mode & 0o022 == 0 && geteuid() == 0
        self.path = path
        self.identity = onlyRoots ? .root : user
        self.descriptor = descriptor
    }

    /// Makes the missing folders of a path, one by one, never through a link.
    private static func make(_ components: [String], in base: borrowing Descriptor, _ attempt: String) throws(FileError)
    {
        var done = ""
        for component in components {
            let parent = linux_open_beneath(
                base.number, done.isEmpty ? "." : done, UInt64(linux_o_path | O_DIRECTORY), 0)
            guard parent >= 0 else { throw .errno(attempt) }
            let folder = Descriptor(parent)
            // The mode is set afterwards: the process's umask is narrower than what a unit folder needs.
            if mkdirat(folder.number, component, 0o700) == 0 {
                guard fchmodat(folder.number, component, 0o755, 0) == 0 else { throw .errno(attempt) }
            } else if errno != EEXIST {
                throw .errno(attempt)
            }
            done += done.isEmpty ? component : "/" + component
        }
    }

    /// The regular file `name`. A FIFO or device is refused and never waited for.
    package func read(_ name: String, most: Int) throws(FileError) -> FoundFile {
        try identity.perform { () throws(FileError) -> FoundFile in try readHere(name, most: most) }
    }

    private func readHere(_ name: String, most: Int) throws(FileError) -> FoundFile {
        let shown = "\(path)/\(name)"
        let number = linux_open_beneath(descriptor.number, name, UInt64(O_RDONLY | O_NONBLOCK | O_NOCTTY), 0)
        guard number >= 0 else { throw .errno("Reading \(shown) as \(identity.name)") }
        let file = Descriptor(number)
        let status = try file.status(shown)
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileError(code: .notRegular, description: "Reading \(shown): this is not a regular file.")
        }
        let bytes = try file.readAll(most: most, shown)
        return FoundFile(
            bytes: bytes, digest: sha256(bytes), mode: status.st_mode & 0o7777, uid: status.st_uid, gid: status.st_gid,
            modified: status.st_mtim.microseconds, changed: status.st_ctim.microseconds)
    }

    /// Puts `bytes` in the place of `name`, whole or not at all: other programs see the old file or the new one.
    ///
    /// `expecting` is the digest that the caller has seen and kept, or `nil` where the file was missing. A file that
    /// holds anything else by now is left, or put back, as it is. Owner, group and mode are those given; where that
    /// is not the identity's own file, and the identity is not root, it is refused.
    ///
    /// An error means that nothing was replaced. What goes wrong once the new file is in its place is returned, each as
    /// a sentence.
    @discardableResult
    package func replace(
        _ name: String, with bytes: [UInt8], mode: UInt32, uid: UInt32, gid: UInt32, expecting: String?
    ) throws(FileError) -> [String] {
        try identity.perform { () throws(FileError) -> [String] in
            let shown = "\(path)/\(name)"
            guard uid == identity.uid || identity.uid == 0 else {
                throw FileError(
                    code: .notOwner,
                    description:
                        "Replacing \(shown): it is to belong to uid \(uid), and \(identity.name) cannot give files away."
                )
            }
            try verify(name, holds: expecting)
            let temporary = Self.newTemporary(name)
            do throws(FileError) {
                try write(bytes, to: temporary, mode: mode, uid: uid, gid: gid, accessList: accessList(of: name))
            } catch {
                unlinkat(descriptor.number, temporary, 0)
                throw error
            }
            var problems = try exchange(temporary, name, expecting: expecting, own: sha256(bytes))
            do throws(FileError) { try descriptor.sync(shown) } catch {
                problems.append("It is in its place, and may be gone after a power cut. \(error)")
            }
            return problems
        }
    }

    /// Writes a temporary file of its own beside `name`, readable by this identity alone. Returns its name.
    package func place(_ bytes: [UInt8], beside name: String) throws(FileError) -> String {
        try identity.perform { () throws(FileError) -> String in
            // With the end of its name, by which a validator may go.
            let temporary = Self.candidatePrefix + Self.newTemporary(name).split(separator: "-")[1] + "." + name
            do throws(FileError) {
                try write(bytes, to: temporary, mode: 0o600, uid: identity.uid, gid: identity.gid)
            } catch {
                unlinkat(descriptor.number, temporary, 0)
                throw error
            }
            return temporary
        }
    }

    /// Temporary files of `replace` and `place` that a process which died left beside `name`.
    package func leftBehind(by name: String) throws(FileError) -> [String] {
        try identity.perform { () throws(FileError) -> [String] in
            let copy = openat(descriptor.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            guard copy >= 0, let listing = fdopendir(copy) else { throw .errno("Listing \(path)") }
            defer { closedir(listing) }
            var found: [String] = []
            while found.count < 16, let entry = readdir(listing) {
                let each = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                let isCandidate = each.hasPrefix(Self.candidatePrefix) && each.hasSuffix("." + name)
                if isCandidate || each.hasPrefix(Self.temporaryPrefix(name)) { found.append(each) }
            }
            return found
        }
    }

    private static func temporaryPrefix(_ name: String) -> String { ".\(name).watchdog-" }

    private static let candidatePrefix = ".watchdog-"

    private static func newTemporary(_ name: String) -> String {
        temporaryPrefix(name) + String(UInt64.random(in: .min ... .max), radix: 16)
    }

    /// Removes `name`; it is no error where there is none.
    package func remove(_ name: String) throws(FileError) {
        try identity.perform { () throws(FileError) -> Void in
            guard unlinkat(descriptor.number, name, 0) == 0 || errno == ENOENT else {
                throw .errno("Removing \(path)/\(name)")
            }
            try descriptor.sync(path)
        }
    }

    /// No version that anybody has kept is longer.
    private static let mostCompared = 16 << 20

    private func verify(_ name: String, holds expected: String?) throws(FileError) {
        do throws(FileError) {
            let found = try readHere(name, most: Self.mostCompared)
            guard found.digest == expected else {
                throw FileError(
                    code: .changedMeanwhile,
                    description: "Replacing \(path)/\(name): it was changed after it was looked at, and is left alone.")
            }
            guard found.uid == identity.uid || identity.uid == 0 else {
                throw FileError(
                    code: .notOwner,
                    description:
                        "Replacing \(path)/\(name): it belongs to uid \(found.uid), not to \(identity.name), and is left alone. Give it back first: chown \(identity.name): \(path)/\(name)"
                )
            }
        } catch  where error.code == .missing && expected == nil {
            return
        } catch  where error.code == .tooLarge {
            throw FileError(
                code: .changedMeanwhile,
                description: "Replacing \(path)/\(name): it has grown too large for a config since, and is left alone.")
        }
    }

    /// The POSIX access control list, as the kernel hands it out; empty where there is none (acl(5)). Without it the group
    /// would have what the list's mask allows.
    private func accessList(of name: String) throws(FileError) -> [UInt8] {
        var list = [UInt8](repeating: 0, count: 65536)  // the most that an attribute holds
        let count = linux_get_access_list("/proc/self/fd/\(descriptor.number)/\(name)", &list, list.count)
        if count >= 0 { return Array(list.prefix(count)) }
        guard [ENODATA, ENOTSUP, ENOENT].contains(errno) else {
            throw .errno("Reading the access control list of \(path)/\(name)")
        }
        return []
    }

    private func write(
        _ bytes: [UInt8], to name: String, mode: UInt32, uid: UInt32, gid: UInt32, accessList: [UInt8] = []
    ) throws(FileError) {
        let shown = "\(path)/\(name)"
        let flags = UInt64(O_WRONLY | O_CREAT | O_EXCL)
        let number = linux_open_beneath(descriptor.number, name, flags, 0o600)
        guard number >= 0 else { throw .errno("Writing \(shown) as \(identity.name)") }
        let file = Descriptor(number)
        try file.writeAll(bytes, shown)
        let status = try file.status(shown)
        if status.st_gid != gid || status.st_uid != uid {
            guard fchown(file.number, uid, gid) == 0 else { throw .errno("Giving \(shown) to \(uid):\(gid)") }
        }
        guard fchmod(file.number, mode) == 0 else { throw .errno("Giving \(shown) its mode") }
        if !accessList.isEmpty, linux_set_access_list(file.number, accessList, accessList.count) != 0 {
            throw .errno("Giving \(shown) the access control list of the file that it replaces")
        }
        try file.sync(shown)
    }

    /// Swaps the two names in one step, so that what was replaced is still there to be compared and put back.
    ///
    /// The temporary file is removed only while it holds the caller's bytes (`own` is their digest) or the version that
    /// the caller has kept. Anything else is somebody's edit: it stays beside `name` until it is found as `leftBehind`.
    private func exchange(
        _ temporary: String, _ name: String, expecting: String?, own: String
    ) throws(FileError) -> [String] {
        let attempt = "Replacing \(path)/\(name)"
        func giveUp(_ failure: FileError) -> FileError {
            unlinkat(descriptor.number, temporary, 0)
            return failure
        }
        guard let expecting else {
            guard linux_rename_noreplace(descriptor.number, temporary, name) == 0 else { throw giveUp(.errno(attempt)) }
            return []
        }
        if linux_rename_exchange(descriptor.number, temporary, name) != 0 {
            // Not every file system can swap (NFS cannot): there a last look and an ordinary rename have to do.
            guard errno == EINVAL || errno == ENOSYS else { throw giveUp(.errno(attempt)) }
            do throws(FileError) { try verify(name, holds: expecting) } catch { throw giveUp(error) }
            guard renameat(descriptor.number, temporary, descriptor.number, name) == 0 else {
                throw giveUp(.errno(attempt))
            }
            return []
        }
        guard digest(of: temporary) == expecting else { throw putBack(temporary, name, own: own) }
        guard unlinkat(descriptor.number, temporary, 0) == 0 else {
            let failure = FileError.errno("Removing \(path)/\(temporary), which holds what was replaced")
            return ["\(failure) A later pass removes it."]
        }
        return []
    }

    /// What was replaced is not the file that was seen, and goes back into its place.
    private func putBack(_ temporary: String, _ name: String, own: String) -> FileError {
        let attempt = "Replacing \(path)/\(name)"
        guard linux_rename_exchange(descriptor.number, temporary, name) == 0 else { return .errno(attempt) }
        guard digest(of: temporary) != own else {
            unlinkat(descriptor.number, temporary, 0)
            return FileError(
                code: .changedMeanwhile,
                description: "\(attempt): it was changed in the same moment, and is left as it is.")
        }
        // Changed once more meanwhile: the newest edit belongs in the place, and the one before it is not lost either.
        guard linux_rename_exchange(descriptor.number, temporary, name) == 0 else { return .errno(attempt) }
        return FileError(
            code: .changedMeanwhile,
            description:
                "\(attempt): it was changed twice in the same moment; the newer edit is in its place, the other one beside it as \(temporary)."
        )
    }

    /// `nil` where it cannot be read, or is none that anybody would have kept.
    private func digest(of name: String) -> String? {
        // Ignoring: why. Whatever it is, it is not the file that was asked about.
        (try? readHere(name, most: Self.mostCompared))?.digest
    }
}

extension timespec {
    fileprivate var microseconds: Int64 { Int64(tv_sec) * 1_000_000 + Int64(tv_nsec) / 1000 }
}
