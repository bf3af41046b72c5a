/// Environment files as systemd reads them for `EnvironmentFile=`: quotes join, a backslash at the end of a line goes
/// on, `#` and `;` begin comments at the start of a line only, nothing is expanded, and a line that is no assignment
/// is ignored. What systemd drops is a remark; only a file that it does not read at all is refused.
struct EnvReader {
    private enum State {
        case beforeKey, key, beforeValue, value, valueEscape, single, double, doubleEscape, comment, commentEscape
    }

    private var cursor: TextCursor
    private var remarks = Remarks()
    private var members: [ConfigMember] = []
    private(set) var comments: [Range<Int>] = []

    private var state = State.beforeKey
    private var key: [UInt8] = []
    private var keyPlace = TextPlace.start
    private var keyBytes = 0..<0
    private var value: [UInt8] = []
    /// So many bytes of the value stay even if nothing follows but spaces.
    private var kept = 0
    private var valueStart: (place: TextPlace, offset: Int)?
    private var quote = TextPlace.start
    private var commentStart = 0

    init(_ bytes: [UInt8]) {
        cursor = TextCursor(bytes)
        // systemd takes a byte order mark for the first letter of the first name.
        if cursor.offset > 0 {
            key = UTF8Text.byteOrderMark
            state = .key
        }
    }

    static func tree(_ bytes: [UInt8]) throws(ConfigProblem) -> ConfigTree {
        if let zero = bytes.firstIndex(of: 0) {
            var places = PlaceFinder(bytes)
            throw ConfigProblem(
                places.place(at: zero), "A zero byte stands here, and systemd does not read such a file; take it out.")
        }
        var reader = EnvReader(bytes)
        reader.read()
        guard reader.members.count <= ConfigTree.mostValues else {
            throw ConfigProblem(.start, "The file has more than \(ConfigTree.mostValues) variables.")
        }
        reader.remarks.duplicates(in: reader.members)
        return ConfigTree(
            syntax: .env, root: ConfigNode(.object(reader.members), .start), remarks: reader.remarks.sorted)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || isLineEnd(byte) }
    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    mutating func read() {
        while !cursor.isAtEnd {
            step(cursor.byte)
            cursor.advance()
        }
        finish()
    }

    /// The bytes of the character here.
    private var character: ArraySlice<UInt8> {
        cursor.bytes[cursor.offset..<(cursor.offset + (UTF8Text.scalar(cursor.bytes, at: cursor.offset)?.length ?? 1))]
    }

    private mutating func step(_ byte: UInt8) {
        switch state {
        case .beforeKey, .key: stepKey(byte)
        case .beforeValue: stepBeforeValue(byte)
        case .value:
            if Self.isLineEnd(byte) {
                push()
            } else if byte == UInt8(ascii: "\\") {
                state = .valueEscape
                kept = value.count
            } else {
                value += character
                if !Self.isSpace(byte) { kept = value.count }
            }
        case .valueEscape:
            state = .value
            if !Self.isLineEnd(byte) { value += character }
            kept = value.count
        case .single:
            if byte == UInt8(ascii: "'") { state = .beforeValue } else { value += character }
            kept = value.count
        case .double:
            if byte == UInt8(ascii: "\"") {
                state = .beforeValue
            } else if byte == UInt8(ascii: "\\") {
                state = .doubleEscape
            } else {
                value += character
            }
            kept = value.count
        case .doubleEscape:
            state = .double
            if byte != 0x0A {
                if !"\"\\`$".utf8.contains(byte) { value.append(UInt8(ascii: "\\")) }
                value += character
            }
            kept = value.count
        case .comment, .commentEscape: stepComment(byte)
        }
    }

    private mutating func stepKey(_ byte: UInt8) {
        if state == .beforeKey {
            if byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") {
                state = .comment
                commentStart = cursor.offset
            } else if !Self.isSpace(byte) {
                state = .key
                keyPlace = cursor.place
                keyBytes = cursor.offset..<cursor.offset
                key = Array(character)
            }
        } else if Self.isLineEnd(byte) {
            ignoreLine()
        } else if byte == UInt8(ascii: "=") {
            keyBytes = keyBytes.lowerBound..<cursor.offset
            while let last = key.last, Self.isSpace(last) { key.removeLast() }
            value = []
            kept = 0
            valueStart = nil
            state = .beforeValue
        } else {
            key += character
        }
    }

    private mutating func ignoreLine() {
        remarks.add(
            keyPlace, "This line has no = sign, and systemd ignores it; write NAME=value, or # before a comment.")
        state = .beforeKey
    }

    private mutating func stepBeforeValue(_ byte: UInt8) {
        if Self.isLineEnd(byte) {
            push()
            return
        }
        if valueStart == nil, !Self.isSpace(byte) { valueStart = (cursor.place, cursor.offset) }
        if byte == UInt8(ascii: "'") {
            state = .single
            quote = cursor.place
        } else if byte == UInt8(ascii: "\"") {
            state = .double
            quote = cursor.place
        } else if byte == UInt8(ascii: "\\") {
            state = .valueEscape
        } else if !Self.isSpace(byte) {
            state = .value
            value += character
            kept = value.count
        }
    }

    private mutating func stepComment(_ byte: UInt8) {
        if byte == UInt8(ascii: "\\"), state == .comment {
            state = .commentEscape
        } else if Self.isLineEnd(byte) {
            if state == .commentEscape {
                remarks.add(
                    cursor.place,
                    "This comment ends with a backslash: systemd before version 254 takes the next line for comment "
                        + "too. Take the backslash away.")
            }
            comments.append(commentStart..<cursor.offset)
            state = .beforeKey
        } else {
            state = .comment
        }
    }

    private mutating func push() {
        state = .beforeKey
        let name = String(decoding: key, as: UTF8.self)
        let start = valueStart ?? (cursor.place, cursor.offset)
        let text = String(decoding: value.prefix(kept), as: UTF8.self)
        if let reason = Self.refusal(of: name) { remarks.add(keyPlace, reason) }
        let node = ConfigNode(.string(text), start.place, start.offset..<cursor.offset)
        members.append(ConfigMember(name, keyPlace, keyBytes, node))
    }

    /// Why systemd leaves a variable of this name out.
    private static func refusal(of name: String) -> String? {
        if name.hasPrefix("export ") || name.hasPrefix("export\t") {
            return "systemd does not know export and ignores this line; write the name alone before the = sign."
        }
        let letters = name.utf8
        let starts = letters.first.map { !(0x30...0x39).contains($0) } ?? false
        let isName = letters.allSatisfy {
            (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
        }
        guard !starts || !isName else { return nil }
        return "\(quoted(name)) is no name of a variable, and systemd ignores it; use letters, digits and _ only, "
            + "with no digit first."
    }

    private mutating func finish() {
        switch state {
        case .beforeKey: break
        case .comment, .commentEscape: comments.append(commentStart..<cursor.offset)
        case .key: ignoreLine()
        case .single, .double, .doubleEscape:
            remarks.add(
                quote,
                "The quote that begins here is never closed, and systemd takes all that follows for one value; "
                    + "close it.")
            push()
        case .beforeValue, .value, .valueEscape: push()
        }
    }
}
