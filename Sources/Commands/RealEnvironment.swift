internal import CLinux
internal import Glibc
internal import Model

extension Program {
    /// The real environment, the words of this process, its exit status.
    package static func main() -> Int32 {
        // What is opened later must not become what is written to.
        while true {
            let lowest = open("/dev/null", O_RDWR)
            guard lowest >= 0, lowest <= STDERR_FILENO else {
                close(lowest)
                break
            }
        }
        // A reader that goes away (`watchdog status | head`) must not end a pass with a signal.
        let pipeSignal = signal(SIGPIPE, SIG_IGN)
        let mask = umask(0o077)
        let clock = ContinuousClock()
        let began = clock.now
        let start = Timestamp(microseconds: linux_wall_clock())
        let terminal = isatty(STDOUT_FILENO) == 1
        let variable: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }
        let environment = Environment(
            now: { start + (clock.now - began) },
            pause: { linux_sleep($0.microseconds) },
            write: { text in put(text, STDOUT_FILENO) }, complain: { text in put(text, STDERR_FILENO) },
            isTerminal: terminal,
            colour: terminal && (variable("NO_COLOR") ?? "").isEmpty && variable("TERM") != "dumb",
            uid: geteuid(), home: variable("HOME") ?? "/", hostName: hostName(),
            program: link("/proc/self/exe") ?? "/usr/local/bin/watchdog",
            folder: link("/proc/self/cwd") ?? "/", variable: variable,
            become: { words in
                // The program starts as if nothing had been before it.
                signal(SIGPIPE, pipeSignal)
                umask(mask)
                // They are the last of this process's own words, which as texts would have to be valid UTF-8.
                let first = CommandLine.unsafeArgv + (Int(CommandLine.argc) - words.count)
                var reason = EINVAL
                if let program = first.pointee {
                    execvp(program, first)
                    reason = errno
                }
                return Environment.StartProblem(
                    isMissing: reason == ENOENT, sentence: String(cString: strerror(reason)))
            })
        return run(Array(CommandLine.arguments.dropFirst()), in: environment).rawValue
    }

    /// From here on neither Ctrl-C nor the end of the session ends this process: what is begun is finished.
    static func outlivesItsSession() {
        signal(SIGHUP, SIG_IGN)
        signal(SIGINT, SIG_IGN)
    }

    private static func put(_ text: String, _ descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            // Nobody is left to be told that nobody reads.
            if count < 0, errno != EINTR { return }
            if count > 0 { bytes = bytes.dropFirst(count) }
        }
    }

    private static func link(_ path: String) -> String? {
        var target = [UInt8](repeating: 0, count: 4096)
        let count = target.withUnsafeMutableBytes { bytes in
            bytes.bindMemory(to: CChar.self).baseAddress.map { readlink(path, $0, 4096) } ?? -1
        }
        return count > 0 ? String(decoding: target[..<count], as: UTF8.self) : nil
    }

    private static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
