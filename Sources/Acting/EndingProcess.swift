internal import Files
internal import Glibc
internal import Model
internal import Processes

/// A process that was asked to end, held by its pidfd until it has.
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
    /// take its PID. `key` makes the fingerprints of bot tokens.
    static func terminate(
        _ order: EndOrder, in seen: AgentObservation, key: FingerprintKey
    ) throws(ProcessError) -> Beginning {
        let id = order.process
        guard let handle = try ProcessHandle(pid: id.pid), let status = ProcessTable.status(of: id.pid) else {
            return .gone
        }
        guard status.startTicks == id.startTicks else {
            return .notProven("PID \(id.pid) is another process by now; the one that was seen has ended.")
        }
        guard id.pid > 1, id.pid != getpid(), id.pid != seen.unit.mainPID, !status.isKernelThread else {
            return .notProven("PID \(id.pid) is none that could ever be ended.")
        }
        guard ProcessTable.cgroup(of: id.pid) == order.cgroup, !order.cgroup.isEmpty else {
            return .notProven("PID \(id.pid) is not in the cgroup \(order.cgroup) any more.")
        }
        guard ProcessTable.owner(of: id.pid) == order.uid else {
            return .notProven("PID \(id.pid) does not belong to the same user any more.")
        }
        let doubt: String? =
            switch order.proof {
            case .earlierStart: doubtAboutLeftover(status, seen)
            case .token(let token): doubtAboutToken(token, status, key)
            case .port(let port): doubtAboutPort(port, status)
            }
        if let doubt { return .notProven(doubt) }
        try handle.terminate()
        return .asked(EndingProcess(id: id, handle: handle))
    }

    private static func doubtAboutLeftover(_ status: ProcessStatus, _ seen: AgentObservation) -> String? {
        let pid = status.pid
        if status.hasTerminal { return "PID \(pid) has a terminal: somebody may be at it." }
        let group = seen.unit.controlGroup
        guard let present = ProcessTable.cgroup(of: pid), !group.isEmpty,
            present == group || present.hasPrefix(group + "/")
        else { return "PID \(pid) is not in the cgroup of \(seen.agent.id.unit) any more." }
        guard let main = ProcessTable.status(of: seen.unit.mainPID), status.startTicks < main.startTicks else {
            return "The main process of \(seen.agent.id.unit) changed meanwhile."
        }
        guard let marks = ProcessTable.environment(of: pid) else {
            return "The environment of PID \(pid) cannot be read any more."
        }
        if let invocation = marks.last(where: { $0.hasPrefix("INVOCATION_ID=") && $0 != "INVOCATION_ID=" }) {
            return invocation == "INVOCATION_ID=\(seen.unit.invocationID)"
                ? "PID \(pid) carries the mark of the present start." : nil
        }
        guard let began = seen.unit.activationTicks(main.startTicks), status.startTicks < began else {
            return "PID \(pid) carries no mark of an earlier start."
        }
        return nil
    }

    private static func doubtAboutToken(
        _ token: TokenFingerprint, _ status: ProcessStatus, _ key: FingerprintKey
    ) -> String? {
        if status.hasTerminal { return "PID \(status.pid) has a terminal by now: somebody may be at it." }
        let environment = ProcessTable.environment(of: status.pid) ?? []
        let holds = environment.contains { variable in
            BotToken.find(in: Array(variable.utf8)[...]).contains { key.fingerprint($0) == token.hex }
        }
        return holds ? nil : "PID \(status.pid) does not hold the bot token any more."
    }

    private static func doubtAboutPort(_ port: UInt16, _ status: ProcessStatus) -> String? {
        if status.hasTerminal { return "PID \(status.pid) has a terminal by now: somebody may be at it." }
        let sockets = SocketTable.listeners().listening[port] ?? []
        let holds = !(ProcessTable.sockets(of: status.pid, among: sockets) ?? []).isEmpty
        return holds ? nil : "PID \(status.pid) does not listen on port \(port) any more."
    }

    /// Gives the process its unit's own stop timeout, from when it was asked; only then it is killed. `patience` is that
    /// timeout, `nil` for none at all; `nil` comes back where it has not passed within `limit`.
    func waitForEnd(_ patience: Duration?, within limit: Duration) throws(ProcessError) -> String? {
        let wait = min(patience ?? limit, limit)
        if handle.waitForExit(max(.zero, asked + wait - ContinuousClock.now)) { return "It ended after SIGTERM." }
        guard let patience, patience <= limit else { return nil }
        try handle.kill()
        guard handle.waitForExit(.seconds(5)) else {
            throw ProcessError("Process \(id.pid) is still there 5 s after SIGKILL; it may hang in the kernel.")
        }
        return "It did not end within \(patience.inWords) after SIGTERM, and was killed."
    }
}
