internal import CSystemd
internal import Glibc

/// A job that is asked of a manager.
package struct UnitJob: Equatable, Sendable {
    package enum Verb: String, Sendable {
        case start = "StartUnit"
        case restart = "RestartUnit"
    }

    package let verb: Verb
    package let unit: String

    package init(_ verb: Verb, _ unit: String) {
        self.verb = verb
        self.unit = unit
    }
}

extension UnitManager {
    private final class Removed {
        /// Result by object path of the job.
        var results: [String: String] = [:]
    }

    /// Queues all jobs at once and waits until the manager has removed each of them, or until `seconds` have gone.
    ///
    /// Returns per job the manager's word: `done`, `failed`, `timeout`, `canceled`, `dependency`, `skipped`. A job
    /// that is still running when the time is up fails with `timedOut`; it is left to run, since cancelling it would
    /// undo what systemd is doing.
    package func run(_ jobs: [UnitJob], seconds: Double) throws(SystemdError) -> [Result<String, SystemdError>] {
        let removed = Removed()
        var slot: OpaquePointer?
        let subscription = sd_bus_match_signal(
            bus.raw, &slot, nil, Self.path, Self.interface, "JobRemoved",
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
        try check(subscription, "Listening for finished jobs of \(bus.peer)")
        defer { sd_bus_slot_unref(slot) }
        let subscribe = try Message.call(bus, path: Self.path, interface: Self.interface, member: "Subscribe")
        do throws(SystemdError) {
            _ = try call(subscribe, "Subscribing to \(bus.peer)")
        } catch  where error.code == .refused("org.freedesktop.systemd1.AlreadySubscribed") {
            // An earlier batch on this connection has subscribed.
        }

        var queued = [Result<String, SystemdError>](repeating: .success(""), count: jobs.count)
        let calls = PendingCalls()
        for (index, job) in jobs.enumerated() {
            let message = try Message.call(
                bus, path: Self.path, interface: Self.interface, member: job.verb.rawValue)
            try message.append(job.unit)
            try message.append("replace")
            try calls.send(
                message, on: bus, timeout: timeout, subject: "\(job.verb.rawValue) \(job.unit) in \(bus.peer)"
            ) { answer in
                do throws(SystemdError) {
                    queued[index] = .success(try answer.get().text("o"))
                } catch {
                    queued[index] = .failure(error)
                }
            }
        }
        try calls.drain(bus)
        try wait(seconds: seconds) {
            queued.allSatisfy { job in
                guard case .success(let path) = job else { return true }
                return removed.results[path] != nil
            }
        }
        return zip(jobs, queued).map { job, answer in
            answer.flatMap { path in
                if let result = removed.results[path] { return .success(result) }
                return .failure(
                    SystemdError(
                        code: .timedOut, errno: ETIMEDOUT,
                        description:
                            "\(job.verb.rawValue) \(job.unit) in \(bus.peer): not finished after \(Int(seconds)) s."))
            }
        }
    }

    private func wait(seconds: Double, until done: () -> Bool) throws(SystemdError) {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        while !done() {
            // Looked at before each message: a manager that never stops talking must not hold up a pass.
            let left = (end - clock.now).components
            let micros = left.seconds * 1_000_000 + left.attoseconds / 1_000_000_000_000
            guard micros > 0 else { return }
            if try check(sd_bus_process(bus.raw, nil), "Waiting for jobs of \(bus.peer)") > 0 { continue }
            try check(sd_bus_wait(bus.raw, UInt64(micros)), "Waiting for jobs of \(bus.peer)")
        }
    }
}
