internal import Glibc
internal import Model
internal import Processes

/// A leftover that was asked to end, held by its pidfd until it has.
final class EndingProcess {
    enum Beginning {
        case asked(EndingProcess)
        case gone
        /// It is not, or no longer, what was seen.
        case notProven(String)
    }

    let id: ProcessID
    private let handle: ProcessHandle
    private let asked = ContinuousClock.now

    private init(id: ProcessID, handle: consuming ProcessHandle) {
        self.id = id
        self.handle = handle
    }

    /// Takes hold of the process first and checks the whole proof again after that: from then on nothing else can
    /// take its PID.
    static func terminate(_ id: ProcessID, in seen: AgentObservation) throws(ProcessError) -> Beginning {
        guard let handle = try ProcessHandle(pid: id.pid), let status = ProcessTable.status(of: id.pid) else {
            return .gone
        }
        guard status.startTicks == id.startTicks else {
            return .notProven("PID \(id.pid) is another process by now; the one that was seen has ended.")
        }
        guard id.pid > 1, id.pid != getpid(), id.pid != seen.unit.mainPID else {
            return .notProven("PID \(id.pid) is not a leftover.")
        }
        guard ProcessTable.cgroup(of: id.pid) == seen.unit.controlGroup, !seen.unit.controlGroup.isEmpty else {
            return .notProven("PID \(id.pid) is not in the cgroup of \(seen.agent.id.unit) any more.")
        }
        if let uid = seen.agent.id.scope.uid, ProcessTable.owner(of: id.pid) != uid {
            return .notProven("PID \(id.pid) does not belong to the user of \(seen.agent.id.unit).")
        }
        let marks = ProcessTable.environment(of: id.pid) ?? []
        guard let invocation = marks.first(where: { $0.hasPrefix("INVOCATION_ID=") }),
            invocation != "INVOCATION_ID=\(seen.unit.invocationID)"
        else {
            return .notProven("PID \(id.pid) does not carry the mark of an earlier start.")
        }
        guard let main = ProcessTable.status(of: seen.unit.mainPID), status.startTicks < main.startTicks else {
            return .notProven("The main process of \(seen.agent.id.unit) changed meanwhile.")
        }
        try handle.terminate()
        return .asked(EndingProcess(id: id, handle: handle))
    }

    /// Gives the process its unit's own stop timeout, from when it was asked; only then it is killed.
    func waitForEnd(_ patience: Duration) throws(ProcessError) -> String {
        if handle.waitForExit(max(.zero, asked + patience - ContinuousClock.now)) { return "It ended after SIGTERM." }
        try handle.kill()
        guard handle.waitForExit(.seconds(5)) else {
            throw ProcessError("Process \(id.pid) is still there 5 s after SIGKILL; it may hang in the kernel.")
        }
        return "It did not end within \(patience.inWords) after SIGTERM, and was killed."
    }
}
