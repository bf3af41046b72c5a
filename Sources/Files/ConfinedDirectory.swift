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
    /// Nobody but root can write it, or put another one in its place: what it says is root's word.
    package let isRootsAlone: Bool
    package let replaceability: Replaceability
}

/// What would come of putting another file in the place of one.
package enum Replaceability: Sendable {
    case whole
    /// The identity cannot give files to its group.
    case withoutGroup
    case notOwner
    /// Why nothing can be put into the folder, as a sentence.
    case closed(String)
}

/// Who has said that a path is to be opened.
package enum PathNamer: Sendable {
    /// Root's own settings and unit files, or this program.
    case root
    /// Anybody else, or nobody knows: never opened with root's rights.
    case others
}

/// A folder that was reached without following any link, and the identity with which everything in it is done.
///
/// Names inside are single components and never lead out again (openat2(2): RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS).
/// The identity is the given user's. Where root has named the path, it is root's own in a folder that nobody else can
/// write to or exchange. A path that somebody else has named is never opened as root, also for an agent that runs as root.
package struct ConfinedDirectory: ~Copyable {
    let path: String
    let identity: FileIdentity
    let descriptor: Descriptor
    /// It and every folder above it is root's, and nobody else may write there.
    let isRootsAlone: Bool
    /// Its uid.
    package let owner: UInt32

    /// Opens an absolute path as `user`. The way begins at the user's home where the path lies in it, since a link
    /// above a home is the administrator's; otherwise at the root folder.
    package init(
        _ path: String, as user: FileIdentity, namedBy namer: PathNamer = .others, creating: Bool = false
    ) throws(FileError) {
        let attempt = "Opening \(path) as \(user.name)"
        guard namer == .root || user.uid != 0 || geteuid() != 0 else {
            throw FileError(
                code: .noPermission,
                description:
                    "\(attempt): others than root can say that this is the path, and it would be opened with root's rights; it is not. Name it in the settings if it is right."
            )
        }
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
        let isAlone = status.st_uid == 0 && status.st_mode & 0o022 == 0 && Self.isRootsWay(to: path)
        self.path = path
        self.identity = namer == .root && isAlone && geteuid() == 0 ? .root : user
        self.descriptor = descriptor
        self.isRootsAlone = isAlone
        owner = status.st_uid
    }

    /// Whoever may write to a folder on the way may exchange what lies below it.
    private static func isRootsWay(to path: String) -> Bool {
        var prefix = ""
        for part in path.split(separator: "/") {
            prefix += "/" + part
            var status = stat()
            guard lstat(prefix, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == 0,
                status.st_mode & 0o022 == 0
            else { return false }
        }
        return true
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

    func readHere(_ name: String, most: Int) throws(FileError) -> FoundFile {
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
            modified: status.st_mtim.microseconds, changed: status.st_ctim.microseconds,
            isRootsAlone: isRootsAlone && status.st_uid == 0 && status.st_mode & 0o022 == 0,
            replaceability: replaceability(uid: status.st_uid, gid: status.st_gid))
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

    static func newTemporary(_ name: String) -> String {
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
}

extension timespec {
    var microseconds: Int64 { Int64(tv_sec) * 1_000_000 + Int64(tv_nsec) / 1000 }
}
