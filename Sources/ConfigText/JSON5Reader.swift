/// JSON5 1.0.0 as its specification has it, over valid UTF-8.
struct JSON5Reader {
    var cursor: TextCursor
    var remarks = Remarks()
    private var values = 0
    /// For sentences: the key whose value is being read.
    private var key: String?

    init(_ bytes: [UInt8]) { cursor = TextCursor(bytes) }

    static func tree(_ bytes: [UInt8]) throws(ConfigProblem) -> ConfigTree {
        var reader = JSON5Reader(bytes)
        try reader.skipSpace()
        if reader.cursor.isAtEnd {
            throw ConfigProblem(
                reader.cursor.place, "The file is empty; JSON5 needs a value, at least {}.")
        }
        let root = try reader.value(depth: 0)
        try reader.skipSpace()
        if !reader.cursor.isAtEnd {
            throw reader.problem(
                "Expected the end of the file after the closing of its value, but found \(reader.found).")
        }
        return ConfigTree(syntax: .json5, root: root, remarks: reader.remarks.sorted)
    }

    func problem(_ sentence: String) -> ConfigProblem { ConfigProblem(cursor.place, sentence) }

    /// What stands here, in words, and nothing of it that could be part of a secret.
    var found: String {
        guard let scalar = cursor.scalar else { return "the end of the file" }
        switch scalar {
        case "\"", "'": return "a text in quotes"
        case "0"..."9": return "a number"
        case "\n", "\r": return "the end of the line"
        case "a"..."z", "A"..."Z": return "a word without quotes"
        default: break
        }
        if scalar.isASCII, scalar.value > 0x20, scalar.value < 0x7F { return "\(scalar)" }
        let name = scalar.properties.name?.lowercased()
        return "the character \(codePoint(scalar))" + (name.map { " (\($0))" } ?? "")
    }

    private var whose: String { key.map { " of \(quoted($0))" } ?? "" }

    mutating func skipSpace() throws(ConfigProblem) {
        while !cursor.isAtEnd {
            let byte = cursor.byte
            if byte == 0x2F {
                if cursor.byte(after: 1) == 0x2F {
                    skipLineComment()
                } else if cursor.byte(after: 1) == 0x2A {
                    try skipBlockComment()
                } else {
                    throw problem("A single / stands here; a comment begins with // or /*.")
                }
            } else if byte < 0x80 ? JSON5Characters.isSpace(Unicode.Scalar(byte)) : isWideSpace {
                cursor.advance()
            } else {
                return
            }
        }
    }

    private var isWideSpace: Bool { cursor.scalar.map(JSON5Characters.isSpace) ?? false }

    private mutating func skipLineComment() {
        while let scalar = cursor.scalar, !JSON5Characters.isLineEnd(scalar) { cursor.advance() }
    }

    private mutating func skipBlockComment() throws(ConfigProblem) {
        let start = cursor.place
        cursor.advance(by: 2)
        while !cursor.starts(with: "*/") {
            if cursor.isAtEnd {
                throw ConfigProblem(start, "The comment that begins here with /* is never closed; end it with */.")
            }
            cursor.advance()
        }
        cursor.advance(by: 2)
    }

    private mutating func value(depth: Int) throws(ConfigProblem) -> ConfigNode {
        values += 1
        guard values <= ConfigTree.mostValues else {
            throw problem("The file has more than \(ConfigTree.mostValues) values; nobody wrote that by hand.")
        }
        guard depth <= ConfigTree.deepest else {
            throw problem("Lists and objects lie more than \(ConfigTree.deepest) deep in one another; make it flatter.")
        }
        let place = cursor.place
        let start = cursor.offset
        guard let scalar = cursor.scalar else {
            throw problem("Expected a value\(whose), but found the end of the file.")
        }
        let value: ConfigValue
        switch scalar {
        case "{": value = try object(depth)
        case "[": value = try array(depth)
        case "\"", "'": value = .string(try string())
        case "+", "-", ".", "0"..."9": value = .number(try number())
        default: value = try word()
        }
        return ConfigNode(value, place, start..<cursor.offset)
    }

    /// `null`, `true`, `false`, `Infinity`, `NaN`.
    private mutating func word() throws(ConfigProblem) -> ConfigValue {
        let place = cursor.place
        guard let first = cursor.scalar, JSON5Characters.beginsName(first) || first == "\\" else {
            throw problem("Expected a value\(whose), but found \(found).")
        }
        let start = cursor.offset
        while let scalar = cursor.scalar, JSON5Characters.continuesName(scalar) { cursor.advance() }
        switch cursor.text(from: start) {
        case "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "Infinity": return .number(ConfigNumber("Infinity"))
        case "NaN": return .number(ConfigNumber("NaN"))
        case "True", "False", "None":
            throw ConfigProblem(
                place, "The value\(whose) is a word of Python; JSON5 writes true, false and null in small letters.")
        default:
            throw ConfigProblem(
                place,
                "The value\(whose) is a word without quotes; put it in quotes, unless true, false or null is meant.")
        }
    }

    private mutating func array(_ depth: Int) throws(ConfigProblem) -> ConfigValue {
        let opened = cursor.place
        let outer = key
        cursor.advance()
        var elements: [ConfigNode] = []
        while true {
            try skipSpace()
            if cursor.take(UInt8(ascii: "]")) { break }
            if cursor.isAtEnd { throw unclosed("list", "]", opened) }
            if cursor.byte == UInt8(ascii: ",") {
                throw problem("Expected a value in the list, but found a comma; take one comma away.")
            }
            key = nil
            elements.append(try value(depth: depth + 1))
            key = outer
            try skipSpace()
            if cursor.take(UInt8(ascii: ",")) { continue }
            if cursor.take(UInt8(ascii: "]")) { break }
            if cursor.isAtEnd { throw unclosed("list", "]", opened) }
            throw problem(
                "Expected a comma or ] after element \(elements.count) of the list\(whose), but found \(found).")
        }
        return .array(elements)
    }

    private func unclosed(_ what: String, _ sign: String, _ opened: TextPlace) -> ConfigProblem {
        problem(
            "The file ends inside the \(what)\(whose) that was opened on line \(opened.line), column \(opened.column); "
                + "close it with \(sign).")
    }

    private mutating func object(_ depth: Int) throws(ConfigProblem) -> ConfigValue {
        let opened = cursor.place
        let outer = key
        cursor.advance()
        var members: [ConfigMember] = []
        while true {
            try skipSpace()
            if cursor.take(UInt8(ascii: "}")) { break }
            if cursor.isAtEnd { throw unclosed("object", "}", opened) }
            members.append(try member(depth))
            try skipSpace()
            if cursor.take(UInt8(ascii: ",")) {
                key = outer
                continue
            }
            if cursor.take(UInt8(ascii: "}")) { break }
            if cursor.isAtEnd {
                key = outer
                throw unclosed("object", "}", opened)
            }
            throw problem("Expected a comma or } after the value\(whose), but found \(found).")
        }
        key = outer
        remarks.duplicates(in: members)
        return .object(members)
    }

    private mutating func member(_ depth: Int) throws(ConfigProblem) -> ConfigMember {
        let place = cursor.place
        let start = cursor.offset
        let name: String
        switch cursor.scalar {
        case "\"", "'": name = try string()
        case .some(let scalar) where JSON5Characters.beginsName(scalar) || scalar == "\\": name = try identifier()
        default:
            throw problem("Expected a key or }, but found \(found).")
        }
        let end = cursor.offset
        try skipSpace()
        guard cursor.take(UInt8(ascii: ":")) else {
            throw problem("Expected a colon after the key \(quoted(name)), but found \(found).")
        }
        try skipSpace()
        key = name
        let node = try value(depth: depth + 1)
        key = name
        return ConfigMember(name, place, start..<end, node)
    }
}
