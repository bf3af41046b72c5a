internal import CToml

/// TOML through toml++.
struct TomlReader {
    private let bytes: [UInt8]
    private let places: PlaceFinder

    static func tree(_ bytes: [UInt8]) throws(ConfigProblem) -> ConfigTree {
        let reader = TomlReader(bytes: bytes, places: PlaceFinder(bytes))
        return ConfigTree(syntax: .toml, root: try reader.node(located(bytes)), remarks: [])
    }

    /// The parser's answer, which is JSON, as a tree.
    private static func located(_ bytes: [UInt8]) throws(ConfigProblem) -> ConfigNode {
        var problem: UnsafeMutablePointer<CChar>?
        let json = bytes.withUnsafeBytes { buffer in
            toml_to_located_json(buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, &problem)
        }
        defer {
            toml_text_free(json)
            toml_text_free(problem)
        }
        guard let json else { throw refusal(problem.map { String(cString: $0) } ?? "") }
        return try JSON5Reader.tree(Array(String(cString: json).utf8)).root
    }

    /// `LINE:COLUMN: reason`. What the parser quotes of the file may be a part of a secret, and is left out.
    private static func refusal(_ text: String) -> ConfigProblem {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let line = Int(parts[0]), let column = Int(parts[1]) else {
            return ConfigProblem(.start, "The file could not be read as TOML.")
        }
        var reason = parts[2].drop { $0 == " " }
        if let saw = reason.firstRange(of: "; saw ") { reason = reason[..<saw.lowerBound] }
        if let saw = reason.firstRange(of: ", saw ") { reason = reason[..<saw.lowerBound] }
        let shown = visible(String(reason), most: 300)
        return ConfigProblem(
            TextPlace(line: max(line, 1), column: max(column, 1)), "This is not TOML: \(shown); correct it here.")
    }

    private func node(_ located: ConfigNode) throws(ConfigProblem) -> ConfigNode {
        let place = TextPlace(line: int(located, "line"), column: int(located, "column"))
        let start = places.offset(of: place)
        let range = start..<max(start, offset(located, "end") ?? start)
        guard let type = located.member("type")?.node.value.string, let value = located.member("value")?.node.value
        else {
            throw ConfigProblem(place, "The value here could not be taken over from the TOML parser.")
        }
        switch (type, value) {
        case ("table", .object(let members)):
            // The parser has them sorted by their names; the file's order is that of their places.
            var read: [ConfigMember] = []
            for member in members { read.append(try self.member(member)) }
            read.sort { $0.keyPlace < $1.keyPlace }
            return ConfigNode(.object(read), place, range)
        case ("array", .array(let elements)):
            var read: [ConfigNode] = []
            for element in elements { read.append(try node(element)) }
            return ConfigNode(.array(read), place, range)
        case ("integer", _), ("float", _), ("not finite", _):
            return ConfigNode(.number(ConfigNumber(String(decoding: bytes[range], as: UTF8.self))), place, range)
        case ("boolean", .bool), (_, .string):
            return ConfigNode(value, place, range)
        default:
            throw ConfigProblem(place, "The value here could not be taken over from the TOML parser.")
        }
    }

    private func member(_ located: ConfigMember) throws(ConfigProblem) -> ConfigMember {
        let value = try node(located.node)
        let start = offset(located.node, "keyBegin") ?? value.bytes.lowerBound
        let end = max(start, offset(located.node, "keyEnd") ?? start)
        let place = located.node.member("keyBegin").map { self.place($0.node) } ?? value.place
        return ConfigMember(located.key, place, start..<end, value)
    }

    private func offset(_ node: ConfigNode, _ name: String) -> Int? {
        node.member(name).map { places.offset(of: place($0.node)) }
    }

    private func place(_ pair: ConfigNode) -> TextPlace {
        guard case .array(let parts) = pair.value, parts.count == 2 else { return .start }
        return TextPlace(line: int(parts[0]), column: int(parts[1]))
    }

    private func int(_ node: ConfigNode, _ name: String) -> Int { node.member(name).map { int($0.node) } ?? 1 }

    private func int(_ node: ConfigNode) -> Int {
        if case .number(let number) = node.value { max(1, Int(number.text) ?? 1) } else { 1 }
    }
}
