import FixturesTests
import Glibc
import Processes
import Testing

/// A program that is run as its user, within a time and a size.
struct ForeignProgramTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func run(
        _ words: [String], uid: UInt32 = geteuid(), environment: [String] = [], deadline: Duration = .seconds(30),
        most: Int = 10_000
    ) throws -> (status: Int32, text: String) {
        let gid = uid == geteuid() ? getegid() : uid
        let program = ForeignProgram(
            uid: uid, gid: gid, groups: [gid], folder: folder.path, environment: environment)
        let end = try program.run(words, deadline: deadline, most: most)
        return (end.status, String(decoding: end.output, as: UTF8.self))
    }

    @Test func `status and both outputs come back`() throws {
        let end = try run(["/bin/sh", "-c", "echo out; echo err >&2; exit 3"])
        #expect(end == (3, "out\nerr\n"))
        #expect(try run(["/bin/sh", "-c", "kill -TERM $$"]).status == 128 + SIGTERM)
    }

    @Test func `it has its own variables and folder, no input, and none of ours`() throws {
        let script = "env | grep -v -E '^(PWD|SHLVL|_|OLDPWD)='; pwd; cat; ls /proc/self/fd | wc -l"
        let end = try run(["/bin/sh", "-c", script], environment: ["A=1", "PATH=/usr/bin:/bin"])
        // ls itself holds one more, for what it lists.
        #expect(end == (0, "A=1\nPATH=/usr/bin:/bin\n\(folder.path)\n4\n"))
    }

    @Test func `words are words, and no shell sees them`() throws {
        #expect(try run(["/bin/echo", "$(id)", "; ls", "`x`", "*"]) == (0, "$(id) ; ls `x` *\n"))
    }

    @Test func `a program is looked up in its own PATH`() throws {
        try folder.write("hello", "#!/bin/sh\necho hello\n")
        #expect(chmod(folder["hello"], 0o755) == 0)
        #expect(try run(["hello"], environment: ["PATH=/nowhere:relative:\(folder.path)"]) == (0, "hello\n"))
        #expect(throws: ProcessError("Starting hello: No such file or directory.")) { try run(["hello"]) }
        #expect(throws: ProcessError("There is no program to run.")) { try run([]) }
    }

    @Test func `what cannot be started says why`() throws {
        try folder.write("text", "no program")
        #expect(throws: ProcessError("Starting \(folder["text"]): Permission denied.")) { try run([folder["text"]]) }
    }

    @Test func `output is cut, and the program goes on to its end`() throws {
        let end = try run(["/bin/sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' a; exit 5"], most: 1000)
        #expect(end.status == 5)
        #expect(end.text == String(repeating: "a", count: 1000))
    }

    @Test func `one that is not done in time is ended, with all that it started`() throws {
        #expect(mkfifo(folder["held"], 0o600) == 0)
        // Whoever holds the other end of the FIFO is still there.
        let reader = open(folder["held"], O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(reader) }
        let script = "exec 9>held; trap '' TERM HUP; (trap '' TERM HUP; sleep 600) & sleep 600"
        #expect(throws: ProcessError("Running /bin/sh -c \(script): it was not done within 1 s, and was ended.")) {
            try run(["/bin/sh", "-c", script], deadline: .seconds(1))
        }
        var waiting = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
        #expect(poll(&waiting, 1, 30_000) == 1)
        #expect(waiting.revents & Int16(POLLHUP) != 0)
    }

    @Test func `what it leaves running keeps nobody waiting, and is ended`() throws {
        let began = ContinuousClock.now
        let end = try run(["/bin/sh", "-c", "sleep 600 & echo $!"])
        #expect(ContinuousClock.now - began < .seconds(20))
        let pid = try #require(Int32(end.text.dropLast()))
        guard let left = try ProcessHandle(pid: pid) else { return }
        let hasEnded = left.waitForExit(.seconds(30))
        #expect(hasEnded)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can run a program as another user"))
    func `root runs it as the user, with no way back`() throws {
        let end = try run(
            ["/bin/sh", "-c", "id -u; id -g; id -G; grep -E 'CapEff|NoNewPrivs' /proc/self/status; umask"], uid: 65534)
        #expect(end == (0, "65534\n65534\n65534\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\n0077\n"))
    }
}
