import Files
import FixturesTests
import Glibc
import Testing

/// One pass at a time, in a folder that is the watchdog's alone.
struct StateDirectoryTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func isLocked(_ path: String) throws -> Bool {
        if let lock = try StateDirectory.lock(path) {
            #expect(lock.path == path)
            return false
        }
        return true
    }

    /// A child that another test starts may hold a copy of the lock until it runs its own program.
    private func becomesFree(_ path: String) throws -> Bool {
        for _ in 0..<10_000 {
            if try !isLocked(path) { return true }
            sched_yield()
        }
        return false
    }

    @Test func `the folder is made with its parents, and nobody else may look into it`() throws {
        #expect(try !isLocked(folder["a/b/state"]))
        for name in ["a", "a/b", "a/b/state"] { #expect(folder.status(name)?.mode == 0o700) }
        #expect(folder.status("a/b/state/lock")?.mode == 0o600)
    }

    @Test func `a second pass is not let in, until the first one has gone`() throws {
        let path = folder["state"]
        do {
            let first = try StateDirectory.lock(path)
            let held = first != nil
            #expect(held)
            #expect(try isLocked(path))
            #expect(try isLocked(path))
            withExtendedLifetime(first) {}
        }
        #expect(try becomesFree(path))
    }

    @Test(.enabled(if: access("/usr/bin/flock", X_OK) == 0, "needs flock(1)"))
    func `the lock of a pass that was killed is free`() throws {
        let path = folder["state"]
        #expect(try !isLocked(path))
        // -o: the lock is flock's own, and its child has no part in it.
        let other = try SpawnedProgram("/usr/bin/flock", ["-o", path + "/lock", "/bin/sleep", "60"])
        var locked = false
        for _ in 0..<100_000 where !locked {
            locked = try isLocked(path)
            sched_yield()
        }
        #expect(locked)
        other.send(SIGKILL)
        #expect(other.wait() == 128 + SIGKILL)
        #expect(try becomesFree(path))
    }

    /// What cannot be written into a ledger on a full disk is told once an hour, and not with each pass.
    @Test func `whether something was told within the hour outlives the pass`() throws {
        let path = folder["state"]
        func isFirst() throws -> Bool {
            let lock = try StateDirectory.lock(path)
            return lock?.isFirstThisHour() ?? false
        }
        #expect(try isFirst())
        try #require(try becomesFree(path))
        #expect(try !isFirst())
        var hourAgo = [timeval(), timeval()]
        gettimeofday(&hourAgo[0], nil)
        hourAgo[0].tv_sec -= 3_600
        hourAgo[1] = hourAgo[0]
        #expect(utimes(path + "/lock", &hourAgo) == 0)
        try #require(try becomesFree(path))
        #expect(try isFirst())
    }

    private func refusal(_ path: String) -> FileError? {
        do throws(FileError) {
            _ = try StateDirectory.lock(path)
            return nil
        } catch {
            return error
        }
    }

    private let sentence =
        "it must be a folder of the user that runs the watchdog, and nobody else may write to it."

    @Test(arguments: [0o770, 0o707, 0o777, 0o1777] as [UInt32])
    func `a folder that others may write to is refused`(mode: UInt32) throws {
        let path = try folder.makeFolder("state", mode: mode)
        #expect(refusal(path)?.code == .noPermission)
        #expect(refusal(path)?.description == "Opening the state directory \(path): \(sentence)")
        #expect(folder.names(in: "state").isEmpty)
    }

    @Test(.enabled(if: Identities.isRoot, Comment(rawValue: Identities.needsRoot)))
    func `a folder that is somebody else's is refused`() throws {
        let path = try folder.makeFolder("state", mode: 0o700, owner: try Identities.nobody.uid)
        #expect(refusal(path)?.code == .noPermission)
        #expect(folder.names(in: "state").isEmpty)
    }

    @Test func `a link, or a file, in the folder's place is refused`() throws {
        try folder.makeFolder("real", mode: 0o700)
        #expect(refusal(try folder.link("state", to: folder["real"]))?.code == .noPermission)
        #expect(folder.names(in: "real").isEmpty)
        #expect(refusal(try folder.write("file", ""))?.code == .noPermission)
    }

    @Test func `a link in the lock's place is not followed`() throws {
        let path = try folder.makeFolder("state", mode: 0o700)
        try folder.link("state/lock", to: folder["elsewhere"])
        #expect(refusal(path)?.code == .link)
        #expect(folder.names() == ["state"])
    }

    @Test func `a folder that cannot be made says so`() throws {
        let path = "/proc/watchdog-test/state"
        let error = try #require(refusal(path))
        #expect(error.description.contains(path))
    }
}
