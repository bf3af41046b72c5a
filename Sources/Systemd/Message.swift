internal import CSystemd
internal import Glibc

/// A message of D-Bus, read front to back. Owned: the handle goes with the value.
struct Message: ~Copyable {
    let raw: OpaquePointer

    init(owning raw: OpaquePointer) { self.raw = raw }

    deinit { sd_bus_message_unref(raw) }

    static func call(
        _ bus: borrowing Bus, path: String, interface: String, member: String
    ) throws(SystemdError) -> Message {
        var raw: OpaquePointer?
        let result = sd_bus_message_new_method_call(bus.raw, &raw, "org.freedesktop.systemd1", path, interface, member)
        guard result >= 0, let raw else { throw .failed(result, "Preparing \(member) for \(bus.peer)") }
        return Message(owning: raw)
    }

    func append(_ text: String) throws(SystemdError) {
        try check(sd_bus_message_append_basic(raw, CChar(UInt8(ascii: "s")), text), "Adding \"\(text)\" to a message")
    }

    func append(_ list: [String]) throws(SystemdError) {
        try check(sd_bus_message_open_container(raw, CChar(UInt8(ascii: "a")), "s"), "Adding a list to a message")
        for text in list { try append(text) }
        try check(sd_bus_message_close_container(raw), "Adding a list to a message")
    }
}

/// Reads the fields of a message that somebody else owns, in order.
struct MessageReader {
    let raw: OpaquePointer
    /// What is being read, for sentences.
    let subject: String

    /// The next string, object path or signature. The pointer is good for as long as the message.
    func textPointer(_ type: Character = "s") throws(SystemdError) -> UnsafePointer<CChar> {
        var pointer: UnsafePointer<CChar>?
        let result = withUnsafeMutablePointer(to: &pointer) { sd_bus_message_read_basic(raw, code(type), $0) }
        guard result > 0, let pointer else { throw malformed(result, "a value of type \(type)") }
        return pointer
    }

    func text(_ type: Character = "s") throws(SystemdError) -> String {
        String(cString: try textPointer(type))
    }

    func number<Number: FixedWidthInteger>(_ type: Character, as: Number.Type) throws(SystemdError) -> Number {
        var value = Number.zero
        let result = withUnsafeMutablePointer(to: &value) { sd_bus_message_read_basic(raw, code(type), $0) }
        guard result > 0 else { throw malformed(result, "a value of type \(type)") }
        return value
    }

    /// `false` where the container that is being read has no further element.
    func enter(_ type: Character, _ contents: String) throws(SystemdError) -> Bool {
        let result = sd_bus_message_enter_container(raw, code(type), contents)
        guard result >= 0 else { throw malformed(result, "a container of \(contents)") }
        return result > 0
    }

    func exit() throws(SystemdError) {
        let result = sd_bus_message_exit_container(raw)
        guard result >= 0 else { throw malformed(result, "the end of a container") }
    }

    func skip(_ types: String?) throws(SystemdError) {
        let result = sd_bus_message_skip(raw, types)
        guard result >= 0 else { throw malformed(result, "a value of type \(types ?? "any")") }
    }

    private func code(_ type: Character) -> CChar {
        CChar(bitPattern: type.asciiValue ?? 0)
    }

    private func malformed(_ result: Int32, _ expected: String) -> SystemdError {
        SystemdError(
            code: .malformed, errno: result < 0 ? -result : 0,
            description: "\(subject): \(expected) was expected and did not come.")
    }
}
