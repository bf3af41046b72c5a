/// Walks over a text of valid UTF-8, code point by code point, and knows the place it is at.
struct TextCursor {
    let bytes: [UInt8]
    private(set) var offset = 0
    private(set) var line = 1
    private(set) var column = 1

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: UTF8Text.byteOrderMark) { offset = UTF8Text.byteOrderMark.count }
    }

    var place: TextPlace { TextPlace(line: line, column: column) }
    var isAtEnd: Bool { offset >= bytes.count }

    /// The byte here, or 0 at the end; 0 may also stand in the text.
    @inline(__always) var byte: UInt8 { offset < bytes.count ? bytes[offset] : 0 }
    @inline(__always) func byte(after distance: Int) -> UInt8 {
        offset + distance < bytes.count ? bytes[offset + distance] : 0
    }

    var scalar: Unicode.Scalar? { UTF8Text.scalar(bytes, at: offset)?.scalar }

    @inline(__always)
    mutating func advance() {
        guard offset < bytes.count else { return }
        let byte = bytes[offset]
        if byte == 0x0A {
            line += 1
            column = 1
            offset += 1
        } else {
            column += 1
            offset += byte < 0x80 ? 1 : UTF8Text.scalar(bytes, at: offset)?.length ?? 1
        }
    }

    mutating func advance(by count: Int) {
        for _ in 0..<count { advance() }
    }

    mutating func take(_ wanted: UInt8) -> Bool {
        guard !isAtEnd, byte == wanted else { return false }
        advance()
        return true
    }

    func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { wanted in
            guard offset + wanted.count <= bytes.count else { return false }
            for index in 0..<wanted.count where bytes[offset + index] != wanted[index] { return false }
            return true
        }
    }

    func text(from start: Int) -> String { String(decoding: bytes[start..<offset], as: UTF8.self) }
}

/// The character classes of JSON5 (and ECMAScript 5.1, on which it builds).
enum JSON5Characters {
    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20, 0xA0, 0xFEFF, 0x2028, 0x2029: true
        case ..<0x80: false
        default: scalar.properties.generalCategory == .spaceSeparator
        }
    }

    static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\n" || scalar == "\r" || scalar == "\u{2028}" || scalar == "\u{2029}"
    }

    static func beginsName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x24, 0x5F, 0x41...0x5A, 0x61...0x7A: return true
        case ..<0x80: return false
        default: break
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .letterNumber:
            return true
        default:
            return false
        }
    }

    static func continuesName(_ scalar: Unicode.Scalar) -> Bool {
        if beginsName(scalar) { return true }
        switch scalar.value {
        case 0x30...0x39, 0x200C, 0x200D: return true
        case ..<0x80: return false
        default: break
        }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .decimalNumber, .connectorPunctuation: return true
        default: return false
        }
    }
}
