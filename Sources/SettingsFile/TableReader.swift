internal import Model

/// Takes known keys out of a table, and complains of the rest.
struct TableReader {
    let file: String
    /// Dotted, e.g. `advisor.provider`; empty at the top.
    let path: String
    /// The table itself.
    let place: TomlNode
    private var left: [String: TomlNode]
    private var known: [String] = []

    init(_ node: TomlNode, path: String, file: String) throws(SettingsError) {
        guard case .table(let members) = node.content else {
            throw SettingsError(
                "\(file):\(node.line):\(node.column): \(path) is \(node.kind), and a table was expected.")
        }
        self.file = file
        self.path = path
        place = node
        left = members
    }

    mutating func take(_ key: String) -> TomlNode? {
        known.append(key)
        return left.removeValue(forKey: key)
    }

    func peek(_ key: String) -> TomlNode? { left[key] }

    func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// `of` names the owner where the key alone would leave it open: ` of agent coder`.
    func error(_ node: TomlNode, _ key: String, of owner: String = "", expected: String) -> SettingsError {
        SettingsError(
            "\(file):\(node.line):\(node.column): \(name(key))\(owner) is \(shown(node)), and \(expected) was expected."
        )
    }

    private func shown(_ node: TomlNode) -> String {
        switch node.content {
        case .text(let text): "\"\(text.prefix(80).description.printable)\""
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .boolean(let value): String(value)
        default: node.kind
        }
    }

    /// A key that must be there.
    func missing(_ key: String, expected: String) -> SettingsError {
        SettingsError("\(file):\(place.line):\(place.column): \(path) has no \(key), and \(expected) was expected.")
    }

    mutating func text(
        _ key: String, expected: String = "a text", where fits: (String) -> Bool = { _ in true }
    ) throws(SettingsError) -> String? {
        guard let node = take(key) else { return nil }
        guard case .text(let text) = node.content, Self.isPlain(text), fits(text) else {
            throw error(node, key, expected: expected)
        }
        return text
    }

    /// No setting has a control character in it, and none is empty.
    static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    mutating func text(_ key: String, oneOf allowed: [String]) throws(SettingsError) -> String? {
        let expected = "one of " + allowed.map { "\"\($0)\"" }.joined(separator: ", ")
        guard let node = take(key) else { return nil }
        guard case .text(let text) = node.content, allowed.contains(text) else {
            throw error(node, key, expected: expected)
        }
        return text
    }

    mutating func texts(
        _ key: String, of owner: String = "", expected: String? = nil, where fits: (String) -> Bool = { _ in true }
    ) throws(SettingsError) -> [String]? {
        guard let node = take(key) else { return nil }
        let list = "a list of texts"
        guard case .array(let elements) = node.content else { throw error(node, key, expected: list) }
        var texts: [String] = []
        for element in elements {
            guard case .text(let text) = element.content, Self.isPlain(text) else {
                throw error(element, key, expected: list)
            }
            guard fits(text) else { throw error(element, key, of: owner, expected: expected ?? list) }
            texts.append(text)
        }
        return texts
    }

    mutating func flag(_ key: String) throws(SettingsError) -> Bool? {
        guard let node = take(key) else { return nil }
        guard case .boolean(let value) = node.content else { throw error(node, key, expected: "true or false") }
        return value
    }

    mutating func integer(_ key: String, _ range: ClosedRange<Int64>) throws(SettingsError) -> Int? {
        guard let node = take(key) else { return nil }
        guard case .integer(let number) = node.content, range.contains(number) else {
            throw error(node, key, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return Int(number)
    }

    mutating func share(_ key: String) throws(SettingsError) -> Double? {
        guard let node = take(key) else { return nil }
        switch node.content {
        case .number(let number) where number > 0 && number <= 1: return number
        case .integer(1): return 1
        default: throw error(node, key, expected: "a share above 0 and up to 1")
        }
    }

    mutating func duration(_ key: String, _ range: ClosedRange<Duration>) throws(SettingsError) -> Duration? {
        guard let node = take(key) else { return nil }
        let expected =
            "a duration from \(range.lowerBound.components.seconds) s to \(range.upperBound.components.seconds) s, such as \"10s\", \"4min\" or \"6h\","
        guard case .text(let text) = node.content, let duration = Duration(words: text), range.contains(duration) else {
            throw error(node, key, expected: expected)
        }
        return duration
    }

    mutating func table(_ key: String) throws(SettingsError) -> TableReader? {
        guard let node = take(key) else { return nil }
        return try TableReader(node, path: name(key), file: file)
    }

    mutating func tables(_ key: String) throws(SettingsError) -> [TableReader] {
        guard let node = take(key) else { return [] }
        guard case .array(let elements) = node.content else {
            throw error(node, key, expected: "a list of tables, written as [[\(name(key))]],")
        }
        var readers: [TableReader] = []
        for element in elements { readers.append(try TableReader(element, path: name(key), file: file)) }
        return readers
    }

    /// Whatever is left was not asked for: nothing in a settings file is passed over in silence.
    func finish() throws(SettingsError) {
        guard let (key, node) = left.min(by: { ($0.value.line, $0.key) < ($1.value.line, $1.key) }) else { return }
        let nearest = known.map { ($0, Self.distance($0, key)) }.min { $0.1 < $1.1 }
        let advice: String
        if let nearest, nearest.1 <= max(2, key.count / 3) {
            advice = " Did you mean \(name(nearest.0))?"
        } else {
            advice = " Known here: \(known.sorted().joined(separator: ", "))."
        }
        throw SettingsError("\(file):\(node.line):\(node.column): unknown key \(name(key).printable).\(advice)")
    }

    /// Edits between two words (Levenshtein).
    private static func distance(_ one: String, _ other: String) -> Int {
        let a = Array(one.utf8.prefix(64))
        let b = Array(other.utf8.prefix(64))
        var row = Array(0...b.count)
        for i in 0..<a.count {
            var diagonal = row[0]
            row[0] = i + 1
            for j in 0..<b.count {
                let substitution = diagonal + (a[i] == b[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substitution, row[j + 1] + 1, row[j] + 1)
            }
        }
        return row[b.count]
    }
}
