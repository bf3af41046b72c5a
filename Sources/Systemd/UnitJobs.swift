internal import CSystemd
internal import Glibc

/// A job that is asked of a manager.
package struct UnitJob: Equatable, Sendable {
    package enum Verb: String, Sendable {
        case start = "StartUnit"
        case restart = "RestartUnit"
        /// Does nothing with a unit that is not active.
        case tryRestart = "TryRestartUnit"
    }

    package let verb: Verb
    package let unit: String

    package init(_ verb: Verb, _ unit: String) {
        self.verb = verb
        self.unit = unit
    }
}

/// Jobs that were asked of one manager together, until it has removed each of them.
package final class JobBatch {
    private final class Removed {
        /// Result by object path of the job.
        var results: [String: String] = [:]
    }

    private let manager: UnitManager
    private let jobs: [UnitJob]
    private let removed = Removed()
    private var slot: OpaquePointer?
    private var queued: [Result<String, SystemdError>]

    deinit { sd_bus_slot_unref(slot) }

    fileprivate init(_ jobs: [UnitJob], _ manager: UnitManager) throws(SystemdError) {
        self.jobs = jobs
        self.manager = manager
        queued = [Result<String, SystemdError>](repeating: .success(""), count: jobs.count)
        let bus = manager.bus.raw
        let peer = manager.bus.peer
        let subscription = sd_bus_match_signal(
            bus, &slot, nil, UnitManager.path, UnitManager.interface, "JobRemoved",
            { signal, context, _ in
                guard let signal, let context else { return 0 }
                let removed = Unmanaged<Removed>.fromOpaque(context).takeUnretainedValue()
                let reader = MessageReader(raw: signal, subject: "Reading the signal JobRemoved")
                do throws(SystemdError) {
                    try reader.skip("u")
                    let path = try reader.text("o")
                    try reader.skip("s")
                    removed.results[path] = try reader.text()
                } catch {
                    return -EBADMSG
                }
                return 0
            }, Unmanaged.passUnretained(removed).toOpaque())
        try check(subscription, "Listening for finished jobs of \(peer)")
        try manager.subscribe()
        let calls = PendingCalls()
        for (index, job) in jobs.enumerated() {
            let message = try Message.call(
                manager.bus, path: UnitManager.path, interface: UnitManager.interface, member: job.verb.rawValue)
            try message.append(job.unit)
            try message.append("replace")
            try calls.send(
                message, on: manager.bus, timeout: manager.timeout,
                subject: "\(job.verb.rawValue) \(job.unit) in \(peer)"
            ) { [unowned self] answer in
                do throws(SystemdError) {
                    queued[index] = .success(try answer.get().text("o"))
                } catch {
                    queued[index] = .failure(error)
                }
            }
        }
        try calls.drain(manager.bus)
    }

    /// Messages that are read when the time is up: more than any number of jobs leaves behind.
    private static let mostWithoutTime = 20_000

    package var isOver: Bool {
        queued.allSatisfy { job in
            guard case .success(let path) = job else { return true }
            return removed.results[path] != nil
        }
    }

    /// Takes what the manager has said by now, and waits for more until that has come or `time` has gone.
    package func wait(_ time: Duration) throws(SystemdError) {
        let clock = ContinuousClock()
        let end = clock.now + time
        let subject = "Waiting for jobs of \(manager.bus.peer)"
        // What has come already is taken also without any time; a manager that never stops talking must not hold up a pass.
        var taken = 0
        while !isOver {
            let left = (end - clock.now) / .microseconds(1)
            guard left > 0 || taken < Self.mostWithoutTime else { return }
            taken += 1
            if try check(sd_bus_process(manager.bus.raw, nil), subject) > 0 { continue }
            guard left > 0 else { return }
            try check(sd_bus_wait(manager.bus.raw, UInt64(left)), subject)
        }
    }

    /// Per job the manager's word: `done`, `failed`, `timeout`, `canceled`, `dependency`, `skipped`. A job that has not
    /// ended fails with `timedOut`; it is left to run, since cancelling it would undo what systemd is doing.
    package func results(after time: Duration) -> [Result<String, SystemdError>] {
        zip(jobs, queued).map { job, answer in
            answer.flatMap { path in
                if let result = removed.results[path] { return .success(result) }
                return .failure(
                    SystemdError(
                        code: .timedOut, errno: ETIMEDOUT,
                        description:
                            "\(job.verb.rawValue) \(job.unit) in \(manager.bus.peer): not finished after \(time.components.seconds) s."
                    ))
            }
        }
    }
}

extension UnitManager {
    /// Queues all jobs at once.
    package func begin(_ jobs: [UnitJob]) throws(SystemdError) -> JobBatch { try JobBatch(jobs, self) }

    /// And waits until each has ended, or the time is up.
    package func run(_ jobs: [UnitJob], seconds: Double) throws(SystemdError) -> [Result<String, SystemdError>] {
        let batch = try begin(jobs)
        try batch.wait(.seconds(seconds))
        return batch.results(after: .seconds(seconds))
    }

    fileprivate func subscribe() throws(SystemdError) {
        let subscribe = try Message.call(bus, path: Self.path, interface: Self.interface, member: "Subscribe")
        do throws(SystemdError) {
            _ = try call(subscribe, "Subscribing to \(bus.peer)")
        } catch  where error.code == .refused("org.freedesktop.systemd1.AlreadySubscribed") {
            // An earlier batch on this connection has subscribed.
        }
    }
}
