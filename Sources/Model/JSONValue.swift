/// Any JSON, for texts whose shape somebody else decides and which are checked key by key.
package enum JSONValue: Codable, Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case array([JSONValue])
    case object([String: JSONValue])

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {  // Ignoring: the next type is tried.
            self = .boolean(value)
        } else if let value = try? container.decode(Int64.self) {  // Ignoring: the next type is tried.
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {  // Ignoring: the next type is tried.
            self = .number(value)
        } else if let value = try? container.decode(String.self) {  // Ignoring: the next type is tried.
            self = .text(value)
        } else if let value = try? container.decode([JSONValue].self) {  // Ignoring: the next type is tried.
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    package subscript(_ key: String) -> JSONValue? {
        if case .object(let members) = self { return members[key] }
        return nil
    }

    package var text: String? {
        if case .text(let value) = self { return value }
        return nil
    }

    package var number: Double? {
        switch self {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    package var array: [JSONValue]? {
        if case .array(let value) = self { return value }
        return nil
    }
}
