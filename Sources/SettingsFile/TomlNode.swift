internal import CToml
internal import FoundationEssentials

/// A value of a TOML text, with its place.
struct TomlNode: Decodable {
    enum Content {
        case table([String: TomlNode])
        case array([TomlNode])
        case text(String)
        case integer(Int64)
        case number(Double)
        case boolean(Bool)
        /// `nan` and `inf`.
        case notFinite
        /// A date or time, which no setting is.
        case other
    }

    let content: Content
    let line: Int
    let column: Int

    private enum Keys: String, CodingKey { case type, value, line, column }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        line = try container.decode(Int.self, forKey: .line)
        column = try container.decode(Int.self, forKey: .column)
        switch try container.decode(String.self, forKey: .type) {
        case "table": content = .table(try container.decode([String: TomlNode].self, forKey: .value))
        case "array": content = .array(try container.decode([TomlNode].self, forKey: .value))
        case "string": content = .text(try container.decode(String.self, forKey: .value))
        case "integer": content = .integer(try container.decode(Int64.self, forKey: .value))
        case "float": content = .number(try container.decode(Double.self, forKey: .value))
        case "boolean": content = .boolean(try container.decode(Bool.self, forKey: .value))
        case "not finite": content = .notFinite
        default: content = .other
        }
    }

    /// For sentences: `a text`, `a number`.
    var kind: String {
        switch content {
        case .table: "a table"
        case .array: "a list"
        case .text: "a text"
        case .integer, .number: "a number"
        case .notFinite: "no finite number"
        case .boolean: "true or false"
        case .other: "a date or time"
        }
    }

    static func parse(_ bytes: [UInt8], file: String) throws(SettingsError) -> TomlNode {
        var problem: UnsafeMutablePointer<CChar>?
        let json = bytes.withUnsafeBytes { buffer in
            toml_to_located_json(buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, &problem)
        }
        defer {
            toml_text_free(json)
            toml_text_free(problem)
        }
        guard let json else {
            throw SettingsError("\(file):\(problem.map { String(cString: $0) } ?? "1:1: this is not TOML").")
        }
        do {
            return try JSONDecoder().decode(TomlNode.self, from: Data(String(cString: json).utf8))
        } catch {
            throw SettingsError("\(file): the settings could not be taken over from the parser: \(error).")
        }
    }
}
