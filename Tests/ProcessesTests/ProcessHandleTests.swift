import FixturesTests
import Glibc
import Processes
import Testing

/// A process that is held, asked to end, and ended.
struct ProcessHandleTests {
    private struct NotThere: Error {}

    private func held(_ child: SpawnedProgram) throws -> ProcessHandle {
        guard let handle = try ProcessHandle(pid: child.pid) else { throw NotThere() }
        return handle
    }

    private func sleeper() throws -> SpawnedProgram { try SpawnedProgram("/bin/sleep", ["60"]) }

    @Test func `a process that is asked to end ends by SIGTERM`() throws {
        let child = try sleeper()
        let handle = try held(child)
        try handle.terminate()
        let ended = handle.waitForExit(.seconds(30))
        #expect(ended)
        #expect(child.wait() == 128 + SIGTERM)
    }

    @Test func `a process that does not listen is still there, and SIGKILL ends it`() throws {
        let folder = try ScratchFolder()
        #expect(mkfifo(folder["said"], 0o600) == 0)
        let said = open(folder["said"], O_RDWR | O_CLOEXEC)
        defer { close(said) }
        let script = "trap '' TERM; echo ready; exec /bin/sleep 60"
        let child = try SpawnedProgram("/bin/sh", ["-c", script], output: folder["said"])
        var letters = [UInt8](repeating: 0, count: 16)
        #expect(read(said, &letters, letters.count) == 6)
        let handle = try held(child)
        try handle.terminate()
        let obeyed = handle.waitForExit(.milliseconds(100))
        #expect(!obeyed)
        try handle.kill()
        let ended = handle.waitForExit(.seconds(30))
        #expect(ended)
        #expect(child.wait() == 128 + SIGKILL)
    }

    @Test func `one that has ended and is not waited for yet has ended, and a signal to it is no error`() throws {
        let child = try SpawnedProgram("/bin/true")
        let handle = try held(child)
        let ended = handle.waitForExit(.seconds(30))
        #expect(ended)
        try handle.terminate()
        let stillEnded = handle.waitForExit(.zero)
        #expect(stillEnded)
    }

    @Test func `a signal to one that has gone altogether is no error and reaches nobody`() throws {
        let child = try sleeper()
        let handle = try held(child)
        child.send(SIGKILL)
        child.wait()
        try handle.terminate()
        try handle.kill()
        let stillEnded = handle.waitForExit(.zero)
        #expect(stillEnded)
    }

    @Test func `waiting ends when the time is up, whatever it is`() throws {
        let child = try sleeper()
        let handle = try held(child)
        for time in [Duration.zero, .milliseconds(1), .seconds(-5), .microseconds(300)] {
            let ended = handle.waitForExit(time)
            #expect(!ended)
        }
        #expect(ProcessTable.status(of: child.pid) != nil)
    }

    @Test func `a process that is not there cannot be held`() throws {
        let child = try SpawnedProgram("/bin/true")
        child.wait()
        let isNone = try ProcessHandle(pid: child.pid) == nil
        #expect(isNone)
    }

    @Test(arguments: [0, -1])
    func `a number that is no process is told as such`(pid: Int32) {
        #expect(throws: ProcessError("Taking hold of process \(pid): Invalid argument.")) {
            _ = try ProcessHandle(pid: pid)
        }
    }
}
