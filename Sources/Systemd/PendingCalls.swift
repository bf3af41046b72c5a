internal import CSystemd
internal import Glibc

/// Calls that are under way at the same time on one connection, so that a batch costs one round trip and not one each.
///
/// The callbacks run inside `drain`, on the calling thread (sd_bus_call_async(3)).
final class PendingCalls {
    typealias Answer = (Result<MessageReader, SystemdError>) -> Void

    private final class Call {
        unowned let batch: PendingCalls
        let subject: String
        let answer: Answer
        var slot: OpaquePointer?

        init(batch: PendingCalls, subject: String, answer: @escaping Answer) {
            self.batch = batch
            self.subject = subject
            self.answer = answer
        }
    }

    /// A message bus answers no more than 128 calls of one connection at a time by default and refuses the rest
    /// (`max_replies_per_connection`, dbus-daemon(1)).
    private static let mostAtOnce = 100

    private var calls: [Call] = []
    private var waiting = 0

    deinit {
        for call in calls { sd_bus_slot_unref(call.slot) }
    }

    /// Sends, and waits only while too many calls are under way. `answer` runs exactly once, with the reply or the reason why there is none.
    func send(
        _ message: borrowing Message, on bus: borrowing Bus, timeout: UInt64, subject: String, answer: @escaping Answer
    ) throws(SystemdError) {
        while waiting >= Self.mostAtOnce { try step(bus) }
        let call = Call(batch: self, subject: subject, answer: answer)
        let result = sd_bus_call_async(
            bus.raw, &call.slot, message.raw,
            { reply, context, _ in
                guard let reply, let context else { return 0 }
                let call = Unmanaged<Call>.fromOpaque(context).takeUnretainedValue()
                call.batch.waiting -= 1
                if sd_bus_message_is_method_error(reply, nil) > 0 {
                    let open = sd_bus_is_open(sd_bus_message_get_bus(reply)) > 0
                    call.answer(.failure(.answered(sd_bus_message_get_error(reply), call.subject, open: open)))
                } else {
                    call.answer(.success(MessageReader(raw: reply, subject: call.subject)))
                }
                return 0
            },
            Unmanaged.passUnretained(call).toOpaque(), timeout)
        try check(result, subject)
        calls.append(call)
        waiting += 1
    }

    /// Works until every call was answered; each call's own deadline bounds it.
    func drain(_ bus: borrowing Bus) throws(SystemdError) {
        while waiting > 0 { try step(bus) }
    }

    private func step(_ bus: borrowing Bus) throws(SystemdError) {
        // The last call's own deadline is handled by a step that counts as no progress: then there is nothing to wait for.
        if try check(sd_bus_process(bus.raw, nil), "Waiting for \(bus.peer)") == 0, waiting > 0 {
            try check(sd_bus_wait(bus.raw, UInt64.max), "Waiting for \(bus.peer)")
        }
    }
}
