import CSystemd
import FixturesTests
import Glibc
import Synchronization
import Systemd

/// The other end of a connection: speaks D-Bus as a manager of systemd does, over a socket pair, on a thread of its own.
final class ManagerPeer: Sendable {
    typealias Handler = @Sendable (PeerCall) -> Void

    private final class State: Sendable {
        let members = Mutex<[String]>([])
        let gone = Arrivals()
    }

    private let client: Mutex<Int32>
    private let state = State()

    init(_ handler: @escaping Handler) throws {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw PeerFailure(errno)
        }
        client = Mutex(ends[0])
        let (server, state) = (ends[1], state)
        detachThread { Self.serve(server, state, handler) }
    }

    deinit {
        let left = client.withLock { $0 }
        if left >= 0 { close(left) }
    }

    /// The client's end; it can be had once.
    func connect() throws -> UnitManager {
        let descriptor = client.withLock { end in
            defer { end = -1 }
            return end
        }
        return UnitManager(try Bus.connected(descriptor: descriptor, peer: "the test manager"))
    }

    /// Names of the methods that were called, in order.
    ///
    /// What a handler sees is kept and looked at in the test: an expectation that fails on another thread has no test.
    var members: [String] { state.members.withLock { $0 } }

    /// Waits until the client has gone.
    func waitForEnd() -> Bool { state.gone.wait(for: 1) }

    /// Speaks over a descriptor that is connected already, until the other side goes.
    static func serve(_ descriptor: Int32, _ handler: @escaping Handler) { serve(descriptor, State(), handler) }

    private static func serve(_ descriptor: Int32, _ state: State, _ handler: @escaping Handler) {
        var raw: OpaquePointer?
        var id = sd_id128_t()
        guard sd_bus_new(&raw) >= 0, let bus = raw, sd_id128_randomize(&id) >= 0,
            sd_bus_set_fd(bus, descriptor, descriptor) >= 0, sd_bus_set_server(bus, 1, id) >= 0,
            sd_bus_start(bus) >= 0
        else { return }
        defer {
            sd_bus_flush_close_unref(bus)
            state.gone.arrive()
        }
        while true {
            var message: OpaquePointer?
            let result = sd_bus_process(bus, &message)
            if result < 0 { return }
            if let message {
                if sd_bus_message_is_method_call(message, nil, nil) > 0 {
                    let call = PeerCall(bus: bus, message: message)
                    state.members.withLock { $0.append(call.member) }
                    handler(call)
                }
                sd_bus_message_unref(message)
            }
            if result == 0, sd_bus_wait(bus, UInt64.max) < 0 { return }
        }
    }
}

struct PeerFailure: Error {
    let number: Int32

    init(_ number: Int32) { self.number = number }
}

/// A call that came in. It may be kept and answered later, but on the peer's thread only.
struct PeerCall: @unchecked Sendable {
    // Unchecked: the handler alone touches it, and all handlers of one peer run on that peer's thread.
    fileprivate let bus: OpaquePointer
    fileprivate let message: OpaquePointer

    /// One more reference, for a call that is answered after its handler has returned.
    func kept() -> PeerCall {
        sd_bus_message_ref(message)
        return self
    }

    func release() { sd_bus_message_unref(message) }

    var member: String { text(sd_bus_message_get_member(message)) }
    var path: String { text(sd_bus_message_get_path(message)) }
    var interface: String { text(sd_bus_message_get_interface(message)) }
    var signature: String { text(sd_bus_message_get_signature(message, 1)) }

    /// The next argument, a text.
    func argument() -> String {
        var pointer: UnsafePointer<CChar>?
        let result = withUnsafeMutablePointer(to: &pointer) {
            sd_bus_message_read_basic(message, CChar(UInt8(ascii: "s")), $0)
        }
        return result > 0 ? text(pointer) : ""
    }

    /// The next argument, a list of texts.
    func list() -> [String] {
        guard sd_bus_message_enter_container(message, CChar(UInt8(ascii: "a")), "s") > 0 else { return [] }
        var list: [String] = []
        while sd_bus_message_at_end(message, 0) == 0 { list.append(argument()) }
        sd_bus_message_exit_container(message)
        return list
    }

    func reply(_ values: PeerValue...) {
        var raw: OpaquePointer?
        guard sd_bus_message_new_method_return(message, &raw) >= 0, let reply = raw else { return }
        for value in values { value.append(to: reply) }
        send(reply)
    }

    func fail(_ name: String, _ text: String) {
        name.withCString { name in
            text.withCString { text in
                var error = sd_bus_error(name: name, message: text, _need_free: 0)
                sd_bus_reply_method_error(message, &error)
            }
        }
    }

    /// What a manager says when a job has ended.
    func jobRemoved(_ path: String, unit: String, result: String) {
        signal("JobRemoved", .uint32(1), .object(path), .text(unit), .text(result))
    }

    func signal(_ member: String, _ values: PeerValue...) {
        var raw: OpaquePointer?
        guard
            sd_bus_message_new_signal(
                bus, &raw, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", member) >= 0,
            let signal = raw
        else { return }
        for value in values { value.append(to: signal) }
        send(signal)
    }

    /// Says one thing again and again, until nobody listens any more.
    func jobRemovedForEver(_ path: String) {
        repeat {
            for _ in 0..<500 { jobRemoved(path, unit: "other.service", result: "done") }
        } while sd_bus_flush(bus) >= 0
    }

    /// Goes away without a word.
    func hangUp() {
        sd_bus_flush(bus)
        sd_bus_close(bus)
    }

    private func send(_ reply: OpaquePointer) {
        sd_bus_send(bus, reply, nil)
        sd_bus_message_unref(reply)
    }

    private func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
}
