/// Finds in a schema what it says about a place of the configuration, for sentences: valijson tells that a value is not
/// in an enum, and not which values are.
struct SchemaGuide {
    let root: ConfigNode

    /// Schemas looked at for one place; references may go round in circles.
    private static let most = 500

    /// All schemas that speak of the value at a path; of alternatives all.
    func schemas(at path: some Collection<String>) -> [ConfigNode] {
        var current = expanded([root])
        for part in path {
            current = expanded(current.flatMap { Self.below($0, part) })
        }
        return current
    }

    /// With what they refer to and what they are made of.
    private func expanded(_ schemas: [ConfigNode]) -> [ConfigNode] {
        var found: [ConfigNode] = []
        var waiting = schemas[...]
        // A schema is known by where it stands in its text.
        var seen: Set<Int> = []
        while let schema = waiting.popFirst(), found.count < Self.most {
            guard seen.insert(schema.bytes.lowerBound).inserted else { continue }
            if let reference = schema.member("$ref")?.node.value.string {
                if let target = resolved(reference) { waiting.append(target) }
                continue
            }
            found.append(schema)
            for name in ["allOf", "anyOf", "oneOf"] {
                if case .array(let branches)? = schema.member(name)?.node.value { waiting += branches }
            }
            for name in ["then", "else"] {
                if let branch = schema.member(name)?.node { waiting.append(branch) }
            }
        }
        return found
    }

    private func resolved(_ reference: String) -> ConfigNode? {
        guard reference.hasPrefix("#"), let parts = JSONPointer.parts(Self.unescaped(reference.dropFirst())) else {
            return nil
        }
        return root.value(at: parts[...])
    }

    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func below(_ schema: ConfigNode, _ part: String) -> [ConfigNode] {
        if let known = schema.member("properties")?.node.member(part)?.node { return [known] }
        var found: [ConfigNode] = []
        if case .object(let patterns)? = schema.member("patternProperties")?.node.value {
            found += patterns.map(\.node)
        }
        if let other = schema.member("additionalProperties")?.node { found.append(other) }
        switch schema.member("items")?.node.value {
        case .array(let items)?:
            if let index = Int(part), items.indices.contains(index) {
                found.append(items[index])
            } else if let other = schema.member("additionalItems")?.node {
                found.append(other)
            }
        case .object?: if let items = schema.member("items")?.node { found.append(items) }
        default: break
        }
        return found
    }

    // MARK: What they say

    /// The values that `enum` and `const` allow.
    static func allowed(_ schemas: [ConfigNode]) -> [ConfigNode] {
        schemas.flatMap { schema in
            var values: [ConfigNode] = []
            if case .array(let listed)? = schema.member("enum")?.node.value { values += listed }
            if let constant = schema.member("const")?.node { values.append(constant) }
            return values
        }
    }

    /// Names of types, each once, in words: `a text`, `a list`.
    static func types(_ schemas: [ConfigNode]) -> [String] {
        var names: [String] = []
        for schema in schemas {
            switch schema.member("type")?.node.value {
            case .string(let name)?: names.append(name)
            case .array(let list)?: names += list.compactMap(\.value.string)
            default: break
            }
        }
        let words = [
            "string": "a text", "number": "a number", "integer": "a whole number", "boolean": "true or false",
            "array": "a list", "object": "an object", "null": "null",
        ]
        var seen: Set<String> = []
        return names.compactMap { words[$0] }.filter { seen.insert($0).inserted }
    }

    /// The keys that `properties` knows.
    static func keys(_ schemas: [ConfigNode]) -> [String] {
        schemas.flatMap { schema -> [String] in
            guard case .object(let members)? = schema.member("properties")?.node.value else { return [] }
            return members.map(\.key)
        }
    }

    /// The number of a keyword, where all schemas that have it agree.
    static func number(_ keyword: String, _ schemas: [ConfigNode]) -> String? {
        let numbers = Set(
            schemas.compactMap { schema -> String? in
                guard case .number(let number)? = schema.member(keyword)?.node.value else { return nil }
                return number.canonical
            })
        return numbers.count == 1 ? numbers.first : nil
    }
}
