internal import Glibc

/// A program of the system that a test starts; it is ended and waited for with the value.
package final class SpawnedProgram {
    package let pid: Int32
    private var ended: Int32?

    /// `input` and `output` are files; without them the program has neither.
    package init(
        _ path: String, _ arguments: [String] = [], input: String = "/dev/null", output: String = "/dev/null",
        environment: [String] = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        // What other tests have open at this moment is not this program's: it would keep their connections alive.
        for descriptor in 3..<512 as Range<Int32> { posix_spawn_file_actions_addclose(&actions, descriptor) }
        // A test runs on a thread that takes no signals, and a child would take over that mask.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, path, &actions, &attributes, words, variables)
        guard failure == 0 else { throw ScratchFailure("posix_spawn of \(path)", failure) }
        self.pid = pid
    }

    deinit {
        if ended == nil {
            kill(pid, SIGKILL)
            wait()
        }
    }

    /// The status with which it ended; 128 and the signal's number where a signal ended it.
    @discardableResult
    package func wait() -> Int32 {
        if let ended { return ended }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        let result = signal == 0 ? (status >> 8) & 0xff : 128 + signal
        ended = result
        return result
    }

    /// Returns once the program waits for something: before that, it may not have become what it was started as.
    package func asleep() -> SpawnedProgram {
        while ended == nil, !isAsleep { sched_yield() }
        return self
    }

    private var isAsleep: Bool {
        let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0, let bracket = bytes[..<count].lastIndex(of: UInt8(ascii: ")")) else { return true }
        // The state follows the name: S for asleep, Z for ended.
        return [UInt8(ascii: "S"), UInt8(ascii: "Z")].contains(bytes[min(bracket + 2, bytes.count - 1)])
    }

    package func send(_ signal: Int32) { kill(pid, signal) }

    /// Runs a program to its end.
    package static func run(
        _ path: String, _ arguments: [String], input: String = "/dev/null", output: String = "/dev/null"
    ) throws -> Int32 {
        try SpawnedProgram(path, arguments, input: input, output: output).wait()
    }
}
