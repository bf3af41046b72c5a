import Files
import FixturesTests
import Glibc
import Testing

/// One poller per token: a lock that a process has for as long as it lives.
struct TokenLockTests {
    private let folder: ScratchFolder
    private let name = String(repeating: "0123456789abcdef", count: 2)

    init() throws { folder = try ScratchFolder() }

    private func take(_ name: String? = nil) throws(FileError) -> TokenLock.Attempt {
        try TokenLock.take(name ?? self.name, in: folder.path)
    }

    /// The descriptors of this process that lead to a file of the folder.
    private var descriptors: [Int32] {
        (3..<1_024 as Range<Int32>).filter { number in
            var target = [CChar](repeating: 0, count: 4_096)
            let count = readlink("/proc/self/fd/\(number)", &target, target.count - 1)
            guard count > 0 else { return false }
            return String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
                .hasPrefix(folder.path + "/")
        }
    }

    private func giveUp() { for number in descriptors { close(number) } }

    /// Another program that has the lock of a file, as `watchdog lock` has it.
    private func holder(of file: String) throws -> SpawnedProgram {
        let said = try ScratchFolder()
        try #require(mkfifo(said["said"], 0o600) == 0)
        let descriptor = open(said["said"], O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        let script = """
            import fcntl, signal, sys
            file = open(sys.argv[1], "r+")
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            print("held", flush=True)
            signal.pause()
            """
        let child = try SpawnedProgram("/usr/bin/python3", ["-c", script, file], output: said["said"])
        var letters = [UInt8](repeating: 0, count: 8)
        try #require(read(descriptor, &letters, letters.count) == 5)
        return child
    }

    /// Whether another process could have the lock.
    private func isFree(_ file: String) throws -> Bool {
        let script = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
        return try SpawnedProgram.run("/usr/bin/python3", ["-c", script, file]) == 0
    }

    private static let hasPython = access("/usr/bin/python3", X_OK) == 0

    @Test(.enabled(if: hasPython, "needs python3"))
    func `a lock that is taken is this process's own, and no other has it until it is given up`() throws {
        defer { giveUp() }
        #expect(try take() == .taken)
        #expect(try !isFree(folder[name]))
        #expect(folder.names() == [name], "and the file holds nothing")
        #expect(try folder.text(name) == "")
        giveUp()
        #expect(try isFree(folder[name]))
    }

    @Test func `the file stays open where no program looks for it, and outlives the start of another program`() throws {
        defer { giveUp() }
        #expect(try take() == .taken)
        let number = try #require(descriptors.first)
        #expect(descriptors.count == 1 && number >= 200)
        #expect(fcntl(number, F_GETFD) & FD_CLOEXEC == 0)
    }

    @Test(.enabled(if: hasPython, "needs python3"))
    func `a lock that another process has is told with its PID, and nothing stays open`() throws {
        try folder.write(name, "")
        let other = try holder(of: folder[name])
        #expect(try take() == .held(by: other.pid))
        #expect(descriptors.isEmpty)
        #expect(try take("another") == .taken, "another token, another lock")
        giveUp()
        other.send(SIGKILL)
        other.wait()
        #expect(try take() == .taken, "it goes with the process, whatever its death")
        giveUp()
    }

    @Test(
        .enabled(
            if: hasPython && geteuid() == 0 && access("/usr/bin/unshare", X_OK) == 0,
            "needs root, python3 and unshare(1)"))
    func `a holder that lives with PIDs of its own is told without one`() throws {
        try folder.write(name, "")
        let said = try ScratchFolder()
        try #require(mkfifo(said["said"], 0o600) == 0)
        let descriptor = open(said["said"], O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        let script =
            "import fcntl,signal,sys; f=open(sys.argv[1],'r+'); fcntl.lockf(f,fcntl.LOCK_EX); print('held',flush=True); signal.pause()"
        let other = try SpawnedProgram(
            "/usr/bin/unshare",
            ["--pid", "--fork", "--kill-child", "/usr/bin/python3", "-c", script, folder[name]], output: said["said"])
        var letters = [UInt8](repeating: 0, count: 8)
        try #require(read(descriptor, &letters, letters.count) == 5)
        // Seen from outside such a process has a PID here, too: what is told is that one.
        guard case .held(let pid) = try take() else {
            Issue.record("a lock that is held was taken")
            return
        }
        #expect(pid.map { $0 > 1 && $0 != other.pid } ?? true)
    }

    @Test func `the file may be locked by everybody who knows its name, and read by nobody for gain`() throws {
        defer { giveUp() }
        _ = try take()
        #expect(folder.status(name)?.mode == 0o666)
        #expect(folder.status(name)?.uid == geteuid())
    }

    @Test(.timeLimit(.minutes(1))) func `what was planted in the file's place is refused and not followed`() throws {
        try folder.write("victim", "mine", mode: 0o600)
        try folder.link("link", to: folder["victim"])
        try folder.link("dangling", to: folder["made-by-nobody"])
        try #require(mkfifo(folder["pipe"], 0o666) == 0)
        try #require(link(folder["victim"], folder["twin"]) == 0)
        try folder.makeFolder("folder")
        for (name, expected) in [
            ("link", FileError.Code.link), ("dangling", .link), ("pipe", .notRegular), ("twin", .notRegular),
        ] {
            #expect(code { () throws(FileError) in _ = try take(name) } == expected, "\(name)")
        }
        #expect(code { () throws(FileError) in _ = try take("folder") } != nil)
        #expect(code { () throws(FileError) in _ = try take("../outside") } != nil)
        #expect(descriptors.isEmpty)
        #expect(folder.names() == ["dangling", "folder", "link", "pipe", "twin", "victim"])
        #expect(folder.status("victim")?.mode == 0o600)
    }

    @Test func `a folder that is a link, or is not there, is told, and the whole name of a lock never is`() throws {
        try folder.makeFolder("real")
        try folder.link("link", to: folder["real"])
        for place in [folder["link"], folder["none"]] {
            do throws(FileError) {
                _ = try TokenLock.take(name, in: place)
                Issue.record("a lock was taken in \(place)")
            } catch {
                #expect(error.description.contains("Locking \(place)/012345…"))
                #expect(!error.description.contains(name))
            }
        }
        #expect(folder.names(in: "real").isEmpty)
    }

    @Test(.enabled(if: Identities.isRoot && hasPython, Comment(rawValue: Identities.needsRoot)))
    func `in the host's folder another user's lock can be contended, and not removed or listed`() throws {
        let host = try folder.makeFolder("host", mode: 0o1733)
        defer { giveUp() }
        #expect(try TokenLock.take(name, in: host) == .taken)
        let script = """
            import errno, fcntl, os, sys
            folder, name = sys.argv[1], sys.argv[2]
            file = open(folder + "/" + name, "r+")
            for attempt in (lambda: fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB), lambda: os.unlink(folder + "/" + name),
                            lambda: os.listdir(folder), lambda: os.rename(folder + "/" + name, folder + "/x")):
                try: attempt()
                except OSError as problem: continue
                sys.exit(1)
            """
        let words = ["--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", script, host, name]
        #expect(try SpawnedProgram.run("/usr/bin/setpriv", words) == 0)
        #expect(folder.names(in: "host") == [name])
    }
}
