internal import CSystemd
internal import Glibc

/// One connection to one manager of systemd.
///
/// "sd_bus objects are not thread safe": a connection stays on the thread that opened it (sd_bus_new(3)).
package struct Bus: ~Copyable {
    /// Whose manager answers: in sentences only, e.g. `the system manager`.
    let peer: String
    let raw: OpaquePointer

    /// How long any one call may take.
    static let callTimeout: UInt64 = 25_000_000

    private init(raw: OpaquePointer, peer: String) {
        self.raw = raw
        self.peer = peer
    }

    deinit { sd_bus_flush_close_unref(raw) }

    /// PID 1. Root speaks to its private socket, which needs no message bus daemon and is the faster way; anybody
    /// else, and root where that socket is missing, goes through the system bus.
    package static func systemManager() throws(SystemdError) -> Bus {
        let peer = "the system manager"
        // Ignoring: why the private socket is no good; the system bus is tried next, and its error told.
        if geteuid() == 0, let direct = try? privateSocket("/run/systemd/private", owner: 0, peer: peer) {
            return direct
        }
        var raw: OpaquePointer?
        let result = sd_bus_open_system(&raw)
        guard result >= 0, let raw else {
            throw .failed(result, "Connecting to \(peer) over the system bus")
        }
        return Bus(raw: raw, peer: peer)
    }

    /// The manager of one user, as that user or as root.
    ///
    /// The socket lies in a folder that the user owns, so it may be a link to somebody else's: whoever listens at
    /// the other end must be that user.
    package static func userManager(uid: UInt32) throws(SystemdError) -> Bus {
        try privateSocket("/run/user/\(uid)/systemd/private", owner: uid, peer: "the user manager of uid \(uid)")
    }

    private static func privateSocket(_ path: String, owner: UInt32, peer: String) throws(SystemdError) -> Bus {
        var raw: OpaquePointer?
        try check(sd_bus_new(&raw), "Preparing a connection to \(peer)")
        guard let raw else { throw .failed(-ENOMEM, "Preparing a connection to \(peer)") }
        let bus = Bus(raw: raw, peer: peer)
        let attempt = "Connecting to \(peer) at \(path)"
        try check(sd_bus_set_address(raw, "unix:path=\(path)"), attempt)
        try check(sd_bus_start(raw), attempt)
        var credentials: OpaquePointer?
        try check(sd_bus_get_owner_creds(raw, UInt64(SD_BUS_CREDS_EUID), &credentials), attempt)
        defer { sd_bus_creds_unref(credentials) }
        var listener: uid_t = 0
        try check(sd_bus_creds_get_euid(credentials, &listener), attempt)
        guard listener == owner else {
            throw SystemdError(
                code: .accessDenied, errno: EPERM,
                description:
                    "\(attempt): the process that listens there belongs to uid \(listener), not to uid \(owner).")
        }
        try bus.greet(attempt)
        return bus
    }

    /// How long a manager may take to answer the greeting. sd_bus_call(3) would wait for it for a minute and a half,
    /// whatever its own time limit, and so would closing.
    private static let greetingTime: Duration = .seconds(5)

    private func greet(_ attempt: String) throws(SystemdError) {
        let end = ContinuousClock.now + Self.greetingTime
        do throws(SystemdError) {
            while try check(sd_bus_is_ready(raw), attempt) == 0 {
                guard try check(sd_bus_process(raw, nil), attempt) == 0 else { continue }
                let left = (end - ContinuousClock.now) / .microseconds(1)
                guard left > 0 else {
                    throw SystemdError.failed(-ETIMEDOUT, "\(attempt): it did not answer within \(Self.greetingTime)")
                }
                try check(sd_bus_wait(raw, UInt64(left)), attempt)
            }
        } catch {
            sd_bus_close(raw)
            throw error
        }
    }

    /// A connection over a descriptor that is already connected, for a peer that speaks without a message bus daemon.
    package static func connected(descriptor: Int32, peer: String) throws(SystemdError) -> Bus {
        var raw: OpaquePointer?
        try check(sd_bus_new(&raw), "Preparing a connection to \(peer)")
        guard let raw else { throw .failed(-ENOMEM, "Preparing a connection to \(peer)") }
        let bus = Bus(raw: raw, peer: peer)
        try check(sd_bus_set_fd(raw, descriptor, descriptor), "Connecting to \(peer)")
        try check(sd_bus_start(raw), "Connecting to \(peer)")
        return bus
    }
}
