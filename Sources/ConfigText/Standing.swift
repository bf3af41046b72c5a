/// Where in a file a character stands.
package enum Standing: String, Sendable {
    case key, value, comment
    /// Between keys and values: in the spaces and signs of the syntax.
    case between

    /// For sentences.
    var words: String {
        switch self {
        case .key: "in a key"
        case .value: "in a value"
        case .comment: "in a comment"
        case .between: "outside of keys and values"
        }
    }
}

/// The parts of a file and how they stand: from its tree where it has one, by signs and lines where it has none.
struct StandingMap {
    struct Part {
        let bytes: Range<Int>
        let standing: Standing
    }

    /// In order, without overlaps; what lies in none of them is `between`.
    private(set) var parts: [Part]
    private var next = 0

    init(_ bytes: [UInt8], _ syntax: ConfigSyntax, _ tree: ConfigTree?) {
        let guessed = syntax == .json5 ? Self.json5(bytes) : Self.lines(bytes, syntax)
        guard let tree else {
            parts = guessed
            return
        }
        var read: [Part] = []
        tree.forEachValue { step in
            if let member = step.member, !member.keyBytes.isEmpty {
                read.append(Part(bytes: member.keyBytes, standing: .key))
            }
            switch step.node.value {
            case .array, .object: break
            case .null, .bool, .number, .string:
                if !step.node.bytes.isEmpty { read.append(Part(bytes: step.node.bytes, standing: .value)) }
            }
        }
        parts = Self.merged(read, guessed.filter { $0.standing == .comment })
    }

    /// What the tree says goes before what was guessed. Aliases of YAML say the same bytes more than once.
    private static func merged(_ read: [Part], _ comments: [Part]) -> [Part] {
        var parts: [Part] = []
        for part in read.sorted(by: { $0.bytes.lowerBound < $1.bytes.lowerBound })
        where part.bytes.lowerBound >= parts.last?.bytes.upperBound ?? 0 {
            parts.append(part)
        }
        var all: [Part] = []
        var index = 0
        for comment in comments {
            while index < parts.count, parts[index].bytes.upperBound <= comment.bytes.lowerBound {
                all.append(parts[index])
                index += 1
            }
            if index >= parts.count || comment.bytes.upperBound <= parts[index].bytes.lowerBound { all.append(comment) }
        }
        return all + parts[index...]
    }

    /// The part that an offset lies in. Offsets must rise from call to call.
    mutating func part(at offset: Int) -> Part? {
        while next < parts.count, parts[next].bytes.upperBound <= offset { next += 1 }
        return next < parts.count && parts[next].bytes.contains(offset) ? parts[next] : nil
    }

    // MARK: Without a tree

    /// Reads texts, words and comments; a text or word before a colon is a key.
    private static func json5(_ bytes: [UInt8]) -> [Part] {
        var parts: [Part] = []
        var pending: Range<Int>?
        var offset = bytes.starts(with: UTF8Text.byteOrderMark) ? 3 : 0
        func settle(_ standing: Standing) {
            if let range = pending { parts.append(Part(bytes: range, standing: standing)) }
            pending = nil
        }
        while offset < bytes.count {
            let start = offset
            switch bytes[offset] {
            case UInt8(ascii: "/")
            where offset + 1 < bytes.count && (bytes[offset + 1] == 0x2F || bytes[offset + 1] == 0x2A):
                offset = commentEnd(bytes, offset)
                settle(.value)
                parts.append(Part(bytes: start..<offset, standing: .comment))
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                settle(.value)
                offset = textEnd(bytes, offset)
                pending = start..<offset
            case UInt8(ascii: ":"):
                settle(.key)
                offset += 1
            case UInt8(ascii: ","), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"):
                settle(.value)
                offset += 1
            case 0...0x20:
                offset += 1
            default:
                while offset < bytes.count, !endsWord(bytes[offset]) { offset += 1 }
                if offset == start { offset += 1 }
                if let word = trimmed(bytes, start..<offset) {
                    settle(.value)
                    pending = word
                }
            }
        }
        settle(.value)
        return parts.sorted { $0.bytes.lowerBound < $1.bytes.lowerBound }
    }

    private static func endsWord(_ byte: UInt8) -> Bool { byte <= 0x20 || "\"':,{}[]/".utf8.contains(byte) }

    /// Without the invisible characters at its ends, which stand between; `nil` where nothing else is in it.
    private static func trimmed(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int>? {
        var first: Int?
        var last = range.lowerBound
        var offset = range.lowerBound
        while offset < range.upperBound {
            let next = UTF8Text.scalar(bytes, at: offset)
            let length = next?.length ?? 1
            if next.map({ InvisibleCharacter.Kind($0.scalar) == nil }) ?? true {
                first = first ?? offset
                last = offset + length
            }
            offset += length
        }
        return first.map { $0..<min(last, range.upperBound) }
    }

    private static func commentEnd(_ bytes: [UInt8], _ start: Int) -> Int {
        var offset = start + 2
        if bytes[start + 1] == 0x2F {
            while offset < bytes.count, bytes[offset] != 0x0A, bytes[offset] != 0x0D { offset += 1 }
            return offset
        }
        while offset + 1 < bytes.count, !(bytes[offset] == 0x2A && bytes[offset + 1] == 0x2F) { offset += 1 }
        return min(offset + 2, bytes.count)
    }

    /// After the closing quote, or at the end of the line of a text that nobody closed.
    private static func textEnd(_ bytes: [UInt8], _ start: Int) -> Int {
        var offset = start + 1
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\\") {
                offset += 2
                if offset - 1 < bytes.count, bytes[offset - 1] == 0x0D, offset < bytes.count, bytes[offset] == 0x0A {
                    offset += 1
                }
            } else if byte == bytes[start] {
                return offset + 1
            } else if byte == 0x0A || byte == 0x0D {
                return offset
            } else {
                offset += 1
            }
        }
        return bytes.count
    }
}
