internal import CLinux
internal import Glibc

/// A lock that everybody on this host who knows a secret takes by the same name, and that nobody else can find.
///
/// It is a record lock of fcntl(2): it belongs to the process and stays its own through execve(2), no child inherits
/// it, and it goes with the process whatever its death. The folder can be entered and written by all and listed by
/// none but root (mode 1733), so that whoever does not know the name cannot open the file, plant a link in its place
/// or hold its lock.
package enum TokenLock {
    package static let folder = "/run/lock/agent-watchdog"

    package enum Attempt: Equatable {
        /// The lock is this process's own, for as long as it lives and keeps the descriptor open.
        case taken
        /// `nil`: held from another PID namespace.
        case held(by: Int32?)
    }

    /// Where locks lie: `nil` for the second value where the folder is the host's; otherwise why it is only the user's.
    package static func place(runtimeDirectory: String?) throws(FileError) -> (folder: String, remark: String?) {
        if geteuid() == 0 { try make(folder, mode: 0o1733) }
        var status = stat()
        if lstat(folder, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == 0, status.st_mode & 0o1044 == 0o1000 else {
                throw FileError(
                    code: .noPermission,
                    description:
                        "Using the locks in \(folder): it must be a folder of root's in which others can neither list nor remove anything (mode 1733). Remove it, and run scripts/install again."
                )
            }
            return (folder, nil)
        }
        guard let runtimeDirectory, runtimeDirectory.hasPrefix("/") else {
            throw FileError(
                code: .missing,
                description:
                    "Using the locks in \(folder): there is no such folder, which scripts/install makes, and XDG_RUNTIME_DIR names no other."
            )
        }
        let own = runtimeDirectory + "/agent-watchdog"
        try make(own, mode: 0o700)
        guard lstat(own, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
            status.st_mode & 0o077 == 0
        else {
            throw FileError(
                code: .noPermission,
                description: "Using the locks in \(own): it must be a folder of this user's that is closed to others.")
        }
        return (
            own, "\(folder) is not there (scripts/install makes it), so that other users' agents do not see this lock."
        )
    }

    private static func make(_ path: String, mode: mode_t) throws(FileError) {
        if mkdir(path, 0o700) == 0 {
            guard chmod(path, mode) == 0 else { throw .errno("Making \(path)") }
        } else if errno != EEXIST {
            throw .errno("Making \(path)")
        }
    }

    /// Tries once. After `taken` the file stays open across execve(2), under a number that no program expects.
    package static func take(_ name: String, in folder: String) throws(FileError) -> Attempt {
        let shown = "Locking \(folder)/\(name.prefix(6))…"
        let number = try openFile(name, in: folder, shown)
        // A number well above those that systemd hands over (sd_listen_fds(3)) and that shells use. Closing any
        // descriptor of a file ends the process's record locks on it: so the first one is closed before there are any.
        // Where the limit of open files leaves no room for that, the next free one has to do.
        var kept = fcntl(number, F_DUPFD, 200)
        if kept < 0, errno == EINVAL { kept = fcntl(number, F_DUPFD, 3) }
        close(number)
        guard kept >= 0 else { throw .errno(shown) }
        var wish = flock()
        wish.l_type = Int16(F_WRLCK)
        wish.l_whence = Int16(SEEK_SET)
        if fcntl(kept, F_SETLK, &wish) == 0 { return .taken }
        guard errno == EACCES || errno == EAGAIN else {
            let failure = FileError.errno(shown)
            close(kept)
            throw failure
        }
        var holder = flock()
        holder.l_type = Int16(F_WRLCK)
        holder.l_whence = Int16(SEEK_SET)
        let asked = fcntl(kept, F_GETLK, &holder)
        close(kept)
        // Given up just now: whoever waits tries again, and whoever does not is told that there was somebody.
        guard asked == 0, holder.l_type != Int16(F_UNLCK) else { return .held(by: nil) }
        return .held(by: holder.l_pid > 0 ? holder.l_pid : nil)
    }

    private static func openFile(_ name: String, in folder: String, _ shown: String) throws(FileError) -> Int32 {
        let directory = open(folder, linux_o_path | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard directory >= 0 else { throw .errno(shown) }
        let base = Descriptor(directory)
        // The kernel refuses O_CREAT on another user's file in such a folder (fs.protected_regular), so that opening
        // and making are two calls; between them somebody else may have made it.
        for _ in 0..<8 {
            let present = openBeneath(base.number, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0)
            if present >= 0 { return try checked(present, shown) }
            guard errno == ENOENT else { throw .errno(shown) }
            let made = openBeneath(base.number, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
            if made >= 0 {
                // Whoever knows the name may lock it; the file never holds anything.
                guard fchmod(made, 0o666) == 0 else {
                    let failure = FileError.errno(shown)
                    close(made)
                    throw failure
                }
                return try checked(made, shown)
            }
            guard errno == EEXIST else { throw .errno(shown) }
        }
        throw FileError(code: .failed, description: "\(shown): the file comes and goes.")
    }

    /// systemd's RestrictSUIDSGID= takes openat2(2) away (systemd.exec(5)). For a name that is one component, and none of
    /// `.` and `..`, openat(2) with O_NOFOLLOW leads nowhere else either.
    private static func openBeneath(_ directory: Int32, _ name: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
        let opened = linux_open_beneath(directory, name, UInt64(flags), UInt64(mode))
        guard opened < 0, errno == ENOSYS, !name.contains("/"), !name.hasPrefix(".") else { return opened }
        return openat(directory, name, flags | O_CLOEXEC, mode)
    }

    private static func checked(_ number: Int32, _ shown: String) throws(FileError) -> Int32 {
        var status = stat()
        guard fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1 else {
            close(number)
            throw FileError(
                code: .notRegular,
                description:
                    "\(shown): this is not a plain file with one name; somebody has put it there. Look at it as root, and remove it: rm \(shown)"
            )
        }
        return number
    }
}
