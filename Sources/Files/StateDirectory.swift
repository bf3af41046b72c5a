internal import CLinux
internal import Glibc

/// The watchdog's own folder, and the lock that lets one pass in at a time.
package struct StateDirectory: ~Copyable {
    package let path: String
    private let lock: Descriptor

    /// Makes the folder where it is missing (0700, its parents too), and takes the lock. `nil`: another pass has it.
    ///
    /// The lock is a `flock(2)`: it goes with the process, whatever its end.
    package static func lock(_ path: String) throws(FileError) -> StateDirectory? {
        var made = ""
        for component in path.split(separator: "/") {
            made += "/" + component
            guard mkdir(made, 0o700) == 0 || errno == EEXIST || errno == EROFS || errno == EACCES else {
                throw .errno("Making the state directory \(path)")
            }
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .errno("Opening the state directory \(path)") }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw FileError(
                code: .noPermission,
                description:
                    "Opening the state directory \(path): it must be a folder of the user that runs the watchdog, and nobody else may write to it."
            )
        }
        var number = open(path + "/lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        let isNew = number < 0 && errno == ENOENT
        if isNew { number = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600) }
        guard number >= 0 else { throw .errno("Opening \(path)/lock") }
        let descriptor = Descriptor(number)
        if isNew { stamp(descriptor, seconds: 0) }
        guard flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { return nil }
            throw .errno("Locking \(path)/lock")
        }
        return StateDirectory(path: path, lock: descriptor)
    }

    /// Whether an hour has gone since this last said so; if it has, the next hour begins now. The hour is kept as the
    /// lock's own time, which can be written on a full disk, too.
    package func isFirstThisHour() -> Bool {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        // Ignoring: why the time cannot be read; telling once too often is the lesser harm.
        let last = (try? lock.status(path))?.st_mtim.tv_sec ?? 0
        guard now.tv_sec - last >= 3600 || last > now.tv_sec else { return false }
        Self.stamp(lock, seconds: now.tv_sec)
        return true
    }

    private static func stamp(_ descriptor: borrowing Descriptor, seconds: Int) {
        let time = timespec(tv_sec: seconds, tv_nsec: 0)
        withUnsafePointer(to: (time, time)) { pointer in
            _ = pointer.withMemoryRebound(to: timespec.self, capacity: 2) { futimens(descriptor.number, $0) }
        }
    }

    private init(path: String, lock: consuming Descriptor) {
        self.path = path
        self.lock = lock
    }
}

/// Reads a file of the watchdog's own: its settings, or a secret that they name. Links are followed, for whoever can
/// change these files has the watchdog's rights anyway.
package func readOwnFile(_ path: String, most: Int) throws(FileError) -> [UInt8] {
    let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard number >= 0 else { throw .errno("Reading \(path)") }
    let file = Descriptor(number)
    guard try file.status(path).st_mode & S_IFMT == S_IFREG else {
        throw FileError(code: .notRegular, description: "Reading \(path): this is not a regular file.")
    }
    return try file.readAll(most: most, path)
}
