import FixturesTests
import Glibc
import Testing

@testable import Processes

/// What is asked of few processes only.
struct ProcessDetailsTests {
    @Test func `a process is told by its words and its program`() throws {
        let child = try SpawnedProgram("/bin/sleep", ["60", "0.5"]).asleep()
        #expect(ProcessTable.arguments(of: child.pid, most: 16) == ["/bin/sleep", "60", "0.5"])
        #expect(ProcessTable.arguments(of: child.pid, most: 2) == ["/bin/sleep", "60"])
        #expect(ProcessTable.executable(of: child.pid).map { $0.hasSuffix("/sleep") } == true)
        #expect(ProcessTable.sharesNamespace(child.pid) == true)
    }

    @Test(.enabled(if: access("/bin/bash", X_OK) == 0, "needs bash"))
    func `a process that calls itself something else keeps its program`() throws {
        let child = try SpawnedProgram("/bin/bash", ["-c", "exec -a 'openclaw-gateway' /bin/sleep 60"]).becomes("sleep")
        #expect(ProcessTable.arguments(of: child.pid, most: 4) == ["openclaw-gateway", "60"])
        #expect(ProcessTable.executable(of: child.pid).map { $0.hasSuffix("/sleep") } == true)
        #expect(ProcessTable.status(of: child.pid)?.command == "sleep")
    }

    /// As setproctitle and Node's `process.title` do it: the words are written over, and the rest is zero bytes.
    @Test(.enabled(if: access("/usr/bin/python3", X_OK) == 0, "needs python3"))
    func `a title that was written over the words is what is told`() throws {
        let title = """
            import ctypes, signal
            with open("/proc/self/stat") as f: fields = f.read().rsplit(")", 1)[1].split()
            start, end = int(fields[45]), int(fields[46])
            ctypes.memset(start, 0, end - start)
            ctypes.memmove(start, b"openclaw-gateway", 16)
            open("/dev/stdout", "w").write("done")
            signal.pause()
            """
        let folder = try ScratchFolder()
        #expect(mkfifo(folder["said"], 0o600) == 0)
        let said = open(folder["said"], O_RDWR | O_CLOEXEC)
        defer { close(said) }
        let child = try SpawnedProgram("/usr/bin/python3", ["-c", title], output: folder["said"])
        var letters = [UInt8](repeating: 0, count: 8)
        try #require(read(said, &letters, letters.count) == 4)
        #expect(ProcessTable.arguments(of: child.pid, most: 16) == ["openclaw-gateway"])
    }

    @Test func `of a process that has gone nothing is told`() throws {
        let child = try SpawnedProgram("/bin/true")
        child.wait()
        #expect(ProcessTable.arguments(of: child.pid, most: 4) == [])
        #expect(ProcessTable.executable(of: child.pid) == nil)
        #expect(ProcessTable.sharesNamespace(child.pid) == nil)
        #expect(ProcessTable.sockets(of: child.pid) == nil)
    }

    @Test(.enabled(if: geteuid() == 0 && access("/usr/bin/unshare", X_OK) == 0, "needs root and unshare(1)"))
    func `a process with PIDs of its own lives elsewhere`() throws {
        let words = ["--pid", "--fork", "--kill-child", "/bin/sleep", "60"]
        let outer = try SpawnedProgram("/usr/bin/unshare", words).asleep()
        let inner = ProcessTable.walk { _ in true }.processes.first { $0.status.parent == outer.pid }?.status.pid
        let pid = try #require(inner)
        #expect(ProcessTable.sharesNamespace(pid) == false)
        #expect(ProcessTable.sharesNamespace(outer.pid) == true)
        outer.send(SIGKILL)
    }
}

extension SpawnedProgram {
    /// Returns once it runs the program of this name.
    fileprivate func becomes(_ command: String) -> SpawnedProgram {
        for _ in 0..<1_000_000 {
            if ProcessTable.status(of: pid)?.command == command { return asleep() }
            sched_yield()
        }
        return self
    }
}
