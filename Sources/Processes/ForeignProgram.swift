internal import CLinux
internal import Glibc

/// A program that is run as its user, without a shell, within a time, and whose output is cut at a size.
package struct ForeignProgram {
    package let uid: UInt32
    package let gid: UInt32
    package let groups: [UInt32]
    package let folder: String
    /// `NAME=value`; its PATH is where the program is looked up.
    package let environment: [String]

    package struct End: Sendable {
        /// Its exit status; 128 and the signal that ended it.
        package let status: Int32
        /// What it wrote to standard output and standard error, at most so much as was asked for.
        package let output: [UInt8]
        /// It wrote more than that.
        package let isCut: Bool
    }

    package init(uid: UInt32, gid: UInt32, groups: [UInt32], folder: String, environment: [String]) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.folder = folder
        self.environment = environment
    }

    package func run(_ words: [String], deadline: Duration, most: Int) throws(ProcessError) -> End {
        var ends: [Int32] = [-1, -1]
        guard linux_pipe(&ends) == 0 else {
            throw ProcessError("Starting \(words.first ?? ""): \(String(cString: strerror(errno))).")
        }
        let reading = ends[0]
        defer { close(reading) }
        let child: Int32
        do throws(ProcessError) {
            child = try start(words, output: ends[1])
        } catch {
            close(ends[1])
            throw error
        }
        close(ends[1])
        let clock = ContinuousClock()
        let end = clock.now + deadline
        var output: [UInt8] = []
        var isCut = false
        var isOpen = true
        var hasEnded = false
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while !hasEnded || isOpen, clock.now < end {
            if isOpen {
                var waiting = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
                poll(&waiting, 1, 20)
                let count = read(reading, &chunk, chunk.count)
                if count > 0 {
                    isCut = isCut || count > most - output.count
                    output += chunk[..<min(count, most - output.count)]
                } else if count == 0 || hasEnded {
                    // What it has left running may hold the pipe open after it.
                    isOpen = false
                }
            } else {
                linux_sleep(2_000)
            }
            hasEnded = hasEnded || linux_has_ended(child) != 0
        }
        // All of its group that is still there, and while nobody else can have its number.
        kill(-child, SIGKILL)
        let status = linux_reap(child)
        guard hasEnded else {
            throw ProcessError(
                "Running \(words.joined(separator: " ")): it was not done within \(deadline.components.seconds) s, and was ended."
            )
        }
        return End(status: status, output: output, isCut: isCut)
    }

    private func start(_ words: [String], output: Int32) throws(ProcessError) -> Int32 {
        guard let name = words.first, !name.isEmpty else { throw ProcessError("There is no program to run.") }
        let search = environment.last { $0.hasPrefix("PATH=") }.map { String($0.dropFirst(5)) } ?? ""
        let paths =
            name.contains("/")
            ? [name] : search.split(separator: ":").filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }
        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var reason = ENOENT
        for path in paths {
            let child = linux_spawn_as(uid, gid, groups, groups.count, folder, path, &arguments, &variables, output)
            if child > 0 { return child }
            if errno != ENOENT || reason == ENOENT { reason = errno }
        }
        throw ProcessError("Starting \(name): \(String(cString: strerror(reason))).")
    }
}
