/// Quoted texts, names without quotes, and their escapes.
extension JSON5Reader {
    mutating func string() throws(ConfigProblem) -> String {
        let opened = cursor.place
        let quote = cursor.byte
        cursor.advance()
        var bytes: [UInt8] = []
        while true {
            guard !cursor.isAtEnd else {
                throw ConfigProblem(opened, "The text that begins here is never closed; end it with \(sign(quote)).")
            }
            let byte = cursor.byte
            switch byte {
            case quote:
                cursor.advance()
                return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                cursor.advance()
                try escape(into: &bytes)
            case 0x0A, 0x0D:
                throw problem(
                    "The text that begins on line \(opened.line), column \(opened.column) is not closed on its line; "
                        + "end it with \(sign(quote)), or end the line with a backslash to go on.")
            case 0..<0x80:
                bytes.append(byte)
                cursor.advance()
            default:
                let start = cursor.offset
                cursor.advance()
                bytes += cursor.bytes[start..<cursor.offset]
            }
        }
    }

    private func sign(_ quote: UInt8) -> String { quote == 0x22 ? "a double quote" : "a single quote" }

    /// After the backslash.
    private mutating func escape(into bytes: inout [UInt8]) throws(ConfigProblem) {
        guard let scalar = cursor.scalar else {
            throw problem("The file ends after a backslash in a text; close the text.")
        }
        switch scalar {
        case "b": bytes.append(0x08)
        case "f": bytes.append(0x0C)
        case "n": bytes.append(0x0A)
        case "r": bytes.append(0x0D)
        case "t": bytes.append(0x09)
        case "v": bytes.append(0x0B)
        case "0":
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(cursor.byte(after: 1)) {
                throw problem("A backslash with a number of several digits is no escape of JSON5; write \\x or \\u.")
            }
            bytes.append(0)
        case "1"..."9":
            throw problem("A backslash before the digit \(scalar) is no escape of JSON5; write \\x or \\u.")
        case "x":
            cursor.advance()
            append(try hex(2, after: "\\x"), to: &bytes)
            return
        case "u":
            try unicodeEscape(into: &bytes)
            return
        case "\r":
            // The line goes on after \r\n as after either of them.
            cursor.advance()
            _ = cursor.take(0x0A)
            return
        case "\n", "\u{2028}", "\u{2029}":
            break
        default:
            bytes += String(scalar).utf8
        }
        cursor.advance()
    }

    /// At the `u`. Two escapes may make one character; half of such a pair is what JavaScript keeps and UTF-8 cannot
    /// hold, so the replacement character stands for it.
    private mutating func unicodeEscape(into bytes: inout [UInt8]) throws(ConfigProblem) {
        let place = cursor.place
        cursor.advance()
        let first = try hex(4, after: "\\u")
        if (0xD800..<0xDC00).contains(first), cursor.starts(with: "\\u") {
            let before = cursor
            cursor.advance(by: 2)
            let second = try hex(4, after: "\\u")
            if (0xDC00..<0xE000).contains(second) {
                append(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00), to: &bytes)
                return
            }
            cursor = before
        }
        if (0xD800..<0xE000).contains(first) {
            remarks.add(
                place,
                "The escape \\u\(String(first, radix: 16)) is half of a character; write the whole pair, or the "
                    + "character itself.")
        }
        append(first, to: &bytes)
    }

    private func append(_ value: UInt32, to bytes: inout [UInt8]) {
        bytes += String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8
    }

    private mutating func hex(_ count: Int, after name: String) throws(ConfigProblem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = hexDigit(cursor.byte), !cursor.isAtEnd else {
                throw problem("Expected \(count) hexadecimal digits after \(name), but found \(found).")
            }
            value = value << 4 | digit
            cursor.advance()
        }
        return value
    }

    private func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte) - 0x30
        case 0x41...0x46: UInt32(byte) - 0x41 + 10
        case 0x61...0x66: UInt32(byte) - 0x61 + 10
        default: nil
        }
    }

    /// A key without quotes.
    mutating func identifier() throws(ConfigProblem) -> String {
        var bytes: [UInt8] = []
        var first = true
        while let scalar = cursor.scalar {
            if scalar == "\\" {
                let place = cursor.place
                cursor.advance()
                guard cursor.take(UInt8(ascii: "u")) else {
                    throw problem("Expected u and four hexadecimal digits after the backslash in a key.")
                }
                let value = try hex(4, after: "\\u")
                guard let written = Unicode.Scalar(value),
                    first ? JSON5Characters.beginsName(written) : JSON5Characters.continuesName(written)
                else {
                    throw ConfigProblem(place, "This escape gives no letter for a key; put the key in quotes.")
                }
                bytes += String(written).utf8
            } else if first ? JSON5Characters.beginsName(scalar) : JSON5Characters.continuesName(scalar) {
                bytes += String(scalar).utf8
                cursor.advance()
            } else {
                break
            }
            first = false
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    mutating func number() throws(ConfigProblem) -> ConfigNumber {
        let start = cursor.offset
        if cursor.byte == UInt8(ascii: "+") || cursor.byte == UInt8(ascii: "-") { cursor.advance() }
        if cursor.byte == UInt8(ascii: "I") || cursor.byte == UInt8(ascii: "N") {
            for word: StaticString in ["Infinity", "NaN"] where cursor.starts(with: word) {
                cursor.advance(by: word.utf8CodeUnitCount)
                try endNumber()
                return ConfigNumber(cursor.text(from: start))
            }
        }
        if cursor.byte == UInt8(ascii: "0"), cursor.byte(after: 1) | 0x20 == UInt8(ascii: "x") {
            cursor.advance(by: 2)
            guard hexDigit(cursor.byte) != nil else {
                throw problem("Expected hexadecimal digits after 0x, but found \(found).")
            }
            while hexDigit(cursor.byte) != nil { cursor.advance() }
        } else {
            try decimal()
        }
        try endNumber()
        return ConfigNumber(cursor.text(from: start))
    }

    private var isAtDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(cursor.byte) }

    private mutating func decimal() throws(ConfigProblem) {
        var digits = false
        if cursor.byte == UInt8(ascii: "0") {
            cursor.advance()
            digits = true
            if isAtDigit {
                throw problem("A number must not begin with 0 and another digit; take the 0 away or quote it.")
            }
        }
        while isAtDigit {
            cursor.advance()
            digits = true
        }
        if cursor.byte == UInt8(ascii: ".") {
            cursor.advance()
            while isAtDigit {
                cursor.advance()
                digits = true
            }
        }
        guard digits else { throw problem("Expected digits of a number, but found \(found).") }
        guard cursor.byte | 0x20 == UInt8(ascii: "e") else { return }
        cursor.advance()
        if cursor.byte == UInt8(ascii: "+") || cursor.byte == UInt8(ascii: "-") { cursor.advance() }
        guard isAtDigit else { throw problem("Expected digits after the e of a number, but found \(found).") }
        while isAtDigit { cursor.advance() }
    }

    private func endNumber() throws(ConfigProblem) {
        guard let scalar = cursor.scalar else { return }
        if JSON5Characters.continuesName(scalar) || scalar == "\\" || scalar == "." {
            throw problem("This number goes on with \(found); put the value in quotes if it is a text.")
        }
    }
}
