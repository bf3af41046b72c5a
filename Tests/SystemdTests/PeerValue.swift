import CSystemd

/// A value of D-Bus, as a peer writes it.
indirect enum PeerValue: Sendable {
    case text(String)
    case object(String)
    case uint64(UInt64)
    case uint32(UInt32)
    case int32(Int32)
    case byte(UInt8)
    case boolean(Bool)
    case variant(PeerValue)
    /// The signature of its elements, and these.
    case array(String, [PeerValue])
    case structure([PeerValue])
    case entry(String, PeerValue)

    var signature: String {
        switch self {
        case .text: "s"
        case .object: "o"
        case .uint64: "t"
        case .uint32: "u"
        case .int32: "i"
        case .byte: "y"
        case .boolean: "b"
        case .variant: "v"
        case .array(let contents, _): "a" + contents
        case .structure(let fields): "(" + fields.map(\.signature).joined() + ")"
        case .entry(_, let value): "{s" + value.signature + "}"
        }
    }

    static func texts(_ list: [String]) -> PeerValue { .array("s", list.map { .text($0) }) }

    /// What `GetAll` answers.
    static func properties(_ members: [(String, PeerValue)]) -> PeerValue {
        .array("{sv}", members.map { .entry($0.0, .variant($0.1)) })
    }

    /// A row of what `ListUnits…` answers.
    static func unit(
        _ name: String, load: String = "loaded", active: String = "active", sub: String = "running", path: String
    ) -> PeerValue {
        .structure([
            .text(name), .text("A description"), .text(load), .text(active), .text(sub), .text(""), .object(path),
            .uint32(0), .text(""), .object("/"),
        ])
    }

    static func units(_ rows: [PeerValue]) -> PeerValue { .array("(ssssssouso)", rows) }

    func append(to message: OpaquePointer) {
        switch self {
        case .text(let text): sd_bus_message_append_basic(message, code("s"), text)
        case .object(let path): sd_bus_message_append_basic(message, code("o"), path)
        case .uint64(var number): sd_bus_message_append_basic(message, code("t"), &number)
        case .uint32(var number): sd_bus_message_append_basic(message, code("u"), &number)
        case .int32(var number): sd_bus_message_append_basic(message, code("i"), &number)
        case .byte(var number): sd_bus_message_append_basic(message, code("y"), &number)
        case .boolean(let value):
            var number: Int32 = value ? 1 : 0
            sd_bus_message_append_basic(message, code("b"), &number)
        case .variant(let value): contain(message, "v", value.signature, [value])
        case .array(let contents, let elements): contain(message, "a", contents, elements)
        case .structure(let fields): contain(message, "r", fields.map(\.signature).joined(), fields)
        case .entry(let key, let value): contain(message, "e", "s" + value.signature, [.text(key), value])
        }
    }

    private func contain(_ message: OpaquePointer, _ type: Character, _ contents: String, _ values: [PeerValue]) {
        sd_bus_message_open_container(message, code(type), contents)
        for value in values { value.append(to: message) }
        sd_bus_message_close_container(message)
    }

    private func code(_ type: Character) -> CChar { CChar(bitPattern: type.asciiValue ?? 0) }
}
