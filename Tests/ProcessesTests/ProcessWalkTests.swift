import FixturesTests
import Glibc
import Processes
import Synchronization
import Testing

/// One walk over everything that runs.
struct ProcessWalkTests {
    private func walk() -> [WalkedProcess<[UInt8]>] {
        let (processes, complete) = ProcessTable.walk { Array($0) }
        #expect(complete)
        return processes
    }

    private func walked(_ child: SpawnedProgram) throws -> WalkedProcess<[UInt8]> {
        try #require(walk().first { $0.status.pid == child.pid })
    }

    @Test func `every process is met once, with what a look at it alone tells`() throws {
        let child = try SpawnedProgram("/bin/sleep", ["60"], environment: ["A=1", "B=two words"]).asleep()
        let all = walk()
        #expect(Set(all.map(\.status.pid)).count == all.count)
        #expect(all.contains { $0.status.pid == getpid() && $0.status.parent == getppid() })
        let found = try #require(all.first { $0.status.pid == child.pid })
        #expect(found.status == ProcessTable.status(of: child.pid))
        #expect(found.cgroup == ProcessTable.cgroup(of: child.pid) ?? "")
        #expect(found.mark == Array("A=1\0B=two words\0".utf8))
    }

    @Test func `an environment of several hundred kilobytes is read to its end`() throws {
        // One word may be 128 KiB long (execve(2)); several of them go far beyond what is read at once.
        let words = (0..<5).map { "V\($0)=" + String(repeating: "0123456789abcdef", count: 6_000) }
        let token = "TELEGRAM_BOT_TOKEN=123456789:" + String(repeating: "x", count: 35)
        let child = try SpawnedProgram("/bin/sleep", ["60"], environment: words + [token]).asleep()
        let mark = try #require(try walked(child).mark)
        #expect(mark.count > 400_000)
        #expect(mark.suffix(token.utf8.count + 1).elementsEqual(Array(token.utf8) + [0]))
        let after = try SpawnedProgram("/bin/sleep", ["60"], environment: ["SMALL=1"]).asleep()
        #expect(try walked(after).mark == Array("SMALL=1\0".utf8), "nothing of a longer one is left over")
    }

    /// 64 KiB is what is read at once.
    @Test(arguments: [65_535, 65_536, 65_537, 131_072])
    func `an environment that just fills what is read at once is read whole`(size: Int) throws {
        let half = size / 2
        let words = [
            "A=" + String(repeating: "a", count: half - 3), "B=" + String(repeating: "b", count: size - half - 3),
        ]
        let child = try SpawnedProgram("/bin/sleep", ["60"], environment: words).asleep()
        let mark = try #require(try walked(child).mark)
        #expect(mark.count == size)
        #expect(mark.suffix(2) == [UInt8(ascii: "b"), 0])
    }

    @Test(arguments: ["two words", "a) S 1 (b", "(x)", "x y) Z 0 0"])
    func `a process with an awkward name is met like any other`(name: String) throws {
        let folder = try ScratchFolder()
        #expect(try SpawnedProgram.run("/bin/cp", ["/bin/sleep", folder[name]]) == 0)
        #expect(chmod(folder[name], 0o755) == 0)
        let child = try SpawnedProgram(folder[name], ["60"]).asleep()
        let found = try walked(child)
        #expect(found.status.command == name && found.status.parent == getpid())
    }

    @Test func `what has ended, and what the kernel runs for itself, is not met`() throws {
        let child = try SpawnedProgram("/bin/true")
        while ProcessTable.status(of: child.pid)?.isZombie == false { sched_yield() }
        let all = walk()
        #expect(!all.contains { $0.status.pid == child.pid })
        #expect(!all.contains { $0.status.isKernelThread || $0.status.isZombie })
        child.wait()
    }

    /// Processes come and go at every moment of the walk.
    @Test(.timeLimit(.minutes(2))) func `a walk among processes that vanish meets all that stay`() throws {
        let stays = try (0..<3).map { _ in try SpawnedProgram("/bin/sleep", ["60"], environment: ["STAYS=1"]).asleep() }
        final class Churn: Sendable {
            let isOver = Atomic(false)
            let started = Arrivals()
            let ended = Arrivals()
        }
        let churn = Churn()
        detachThread {
            while !churn.isOver.load(ordering: .relaxed) {
                // Ignoring: a child that could not be made; the next one may be.
                let child = try? SpawnedProgram("/bin/true")
                churn.started.arrive()
                child?.send(SIGKILL)
                child?.wait()
            }
            churn.ended.arrive()
        }
        defer {
            churn.isOver.store(true, ordering: .relaxed)
            churn.ended.wait(for: 1)
        }
        #expect(churn.started.wait(for: 20))
        for _ in 0..<50 {
            let all = walk()
            for child in stays {
                #expect(all.first { $0.status.pid == child.pid }?.mark == Array("STAYS=1\0".utf8))
            }
            #expect(all.allSatisfy { $0.status.pid > 0 && !$0.status.isZombie })
        }
    }

    @Test func `a process without an environment has an empty mark, and not none`() throws {
        let child = try SpawnedProgram("/bin/sleep", ["60"], environment: []).asleep()
        #expect(try walked(child).mark == [])
    }
}
