import FixturesTests
import Glibc
import Processes
import Testing

/// What /proc says of processes.
struct ProcessTableTests {
    @Test func `this very process is found with its parent, its owner and its start`() throws {
        let status = try #require(ProcessTable.status(of: getpid()))
        #expect(status.pid == getpid() && status.parent == getppid())
        #expect(!status.command.isEmpty && status.command.utf8.count <= 15)
        #expect(ProcessTable.owner(of: getpid()) == getuid())
        let child = try SpawnedProgram("/bin/sleep", ["60"]).asleep()
        let later = try #require(ProcessTable.status(of: child.pid))
        #expect(later.parent == getpid() && later.command == "sleep")
        #expect(later.startTicks >= status.startTicks && status.startTicks > 0)
    }

    /// The start of a process is given in hundredths of a second since the machine came up.
    @Test func `a start is counted in ticks since boot`() throws {
        func ticksNow() -> UInt64 {
            var now = timespec()
            clock_gettime(CLOCK_BOOTTIME, &now)
            return UInt64(now.tv_sec) * 100 + UInt64(now.tv_nsec) / 10_000_000
        }
        let before = ticksNow()
        let child = try SpawnedProgram("/bin/sleep", ["60"]).asleep()
        let after = ticksNow()
        try #require(sysconf(Int32(_SC_CLK_TCK)) == 100)
        let start = try #require(ProcessTable.status(of: child.pid)).startTicks
        #expect(start + 1 >= before && start <= after + 1)
    }

    @Test(arguments: [
        "two words", "(brackets)", ") S 1 1", "a) R 99 (b", "((((", "line\nfeed", "ü🦞", "sixteen-bytes-16",
    ])
    func `a process may have any name`(name: String) throws {
        let folder = try ScratchFolder()
        #expect(try SpawnedProgram.run("/bin/cp", ["/bin/sleep", folder[name]]) == 0)
        #expect(chmod(folder[name], 0o755) == 0)
        let child = try SpawnedProgram(folder[name], ["60"]).asleep()
        let status = try #require(ProcessTable.status(of: child.pid))
        #expect(status.command == String(decoding: name.utf8.prefix(15), as: UTF8.self))
        #expect(status.parent == getpid())
        #expect(status.startTicks > 1)
    }

    @Test func `a process that has gone is not there, and that is no error`() throws {
        let child = try SpawnedProgram("/bin/true")
        #expect(child.wait() == 0)
        #expect(ProcessTable.status(of: child.pid) == nil)
        #expect(ProcessTable.owner(of: child.pid) == nil)
        #expect(ProcessTable.environment(of: child.pid) == nil)
        #expect(ProcessTable.cgroup(of: child.pid) == nil)
    }

    @Test(arguments: [0, -1, Int32.max])
    func `a number that is no process is none`(pid: Int32) {
        #expect(ProcessTable.status(of: pid) == nil)
    }

    @Test func `an environment is read as the process was started with it`() throws {
        let long = "LONG=" + String(repeating: "0123456789", count: 5_000)
        let variables = ["INVOCATION_ID=0123abcd", "EMPTY=", "B=x y=z ü", long, "LAST=1"]
        let child = try SpawnedProgram("/bin/sleep", ["60"], environment: variables).asleep()
        #expect(ProcessTable.environment(of: child.pid) == variables)
    }

    @Test func `a process without an environment has an empty one`() throws {
        let child = try SpawnedProgram("/bin/sleep", ["60"], environment: []).asleep()
        #expect(ProcessTable.environment(of: child.pid) == [])
    }

    @Test(.enabled(if: geteuid() == 0, "only root can start a process as another user"))
    func `a process belongs to its real user`() throws {
        let words = ["--reuid=65534", "--clear-groups", "/bin/sleep", "60"]
        let child = try SpawnedProgram("/usr/bin/setpriv", words).asleep()
        #expect(ProcessTable.status(of: child.pid)?.command == "sleep")
        #expect(ProcessTable.owner(of: child.pid) == 65_534)
    }
}

/// Control groups, where they can be seen from here.
struct ControlGroupTests {
    /// A group of our own, where root may make one.
    private static let root: String? = {
        guard geteuid() == 0 else { return nil }
        let trees = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"]
        guard let tree = trees.first(where: { access("\($0)/cgroup.procs", F_OK) == 0 }) else { return nil }
        let trial = "\(tree)/watchdog-test-trial-\(getpid())"
        guard mkdir(trial, 0o755) == 0 else { return nil }
        rmdir(trial)
        return tree
    }()

    @Test(.enabled(if: root != nil, "needs a cgroup tree in which a group can be made"))
    func `a walk tells the group of each process, at any depth`() throws {
        let tree = try #require(Self.root)
        let name = "watchdog-test-\(getpid())"
        for path in [name, name + "/below"] { #expect(mkdir("\(tree)/\(path)", 0o755) == 0) }
        defer { for path in [name + "/below", name] { rmdir("\(tree)/\(path)") } }
        let children = try (0..<2).map { _ in try SpawnedProgram("/bin/sleep", ["60"]) }
        func move(_ child: SpawnedProgram, to group: String) {
            let descriptor = open("\(tree)/\(group)/cgroup.procs", O_WRONLY | O_CLOEXEC)
            defer { close(descriptor) }
            let text = Array("\(child.pid)\n".utf8)
            #expect(write(descriptor, text, text.count) == text.count)
        }
        move(children[0], to: name)
        move(children[1], to: name + "/below")
        let walked = ProcessTable.walk { _ in true }.processes
        for (child, place) in zip(children, ["/\(name)", "/\(name)/below"]) {
            let found = walked.first { $0.status.pid == child.pid }
            #expect(found?.cgroup.hasSuffix(place) == true && found?.cgroup == ProcessTable.cgroup(of: child.pid))
            child.send(SIGKILL)
            child.wait()
        }
    }
}
