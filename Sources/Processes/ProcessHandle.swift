internal import CLinux
internal import Glibc

package struct ProcessError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A process held by a pidfd: as long as it is held, a signal through it reaches this process or nobody, whatever
/// becomes of its PID (pidfd_open(2)).
package struct ProcessHandle: ~Copyable {
    private let descriptor: Int32
    private let pid: Int32

    /// `nil` where there is no such process any more.
    package init?(pid: Int32) throws(ProcessError) {
        let descriptor = linux_pidfd_open(pid)
        guard descriptor >= 0 else {
            if errno == ESRCH { return nil }
            throw ProcessError("Taking hold of process \(pid): \(String(cString: strerror(errno))).")
        }
        self.descriptor = descriptor
        self.pid = pid
    }

    deinit { close(descriptor) }

    /// Asks the process to end (SIGTERM).
    package func terminate() throws(ProcessError) { try send(SIGTERM, "SIGTERM") }

    /// Ends it (SIGKILL).
    package func kill() throws(ProcessError) { try send(SIGKILL, "SIGKILL") }

    private func send(_ signal: Int32, _ name: String) throws(ProcessError) {
        // One that has ended meanwhile is what was wanted.
        guard linux_pidfd_signal(descriptor, signal) == 0 || errno == ESRCH else {
            throw ProcessError("Sending \(name) to process \(pid): \(String(cString: strerror(errno))).")
        }
    }

    /// Waits until the process has ended; `false` when the time is up first. A pidfd becomes readable at the end.
    package func waitForExit(_ duration: Duration) -> Bool {
        let clock = ContinuousClock()
        let end = clock.now + duration
        while true {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let left = max(0, (end - clock.now) / .milliseconds(1))
            let result = poll(&waiting, 1, Int32(min(left.rounded(.up), 3_600_000)))
            if result > 0 { return true }
            if result == 0 || errno != EINTR { return false }
        }
    }
}
