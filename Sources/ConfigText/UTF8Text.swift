/// Reading UTF-8 where every byte may be wrong.
enum UTF8Text {
    static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// The code point that begins at `offset` and the number of its bytes; `nil` where the bytes are not UTF-8
    /// (cut short, overlong, a surrogate, beyond U+10FFFF).
    @inline(__always)
    static func scalar(_ bytes: [UInt8], at offset: Int) -> (scalar: Unicode.Scalar, length: Int)? {
        guard offset < bytes.count else { return nil }
        let first = bytes[offset]
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard first >= 0xC2, first <= 0xF4, offset + length <= bytes.count else { return nil }
        var value = UInt32(first) & (0xFF >> UInt32(length + 1))
        for index in (offset + 1)..<(offset + length) {
            guard bytes[index] & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(bytes[index] & 0x3F)
        }
        guard value >= (length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80) else { return nil }
        return Unicode.Scalar(value).map { ($0, length) }
    }

    /// Where the first byte stands that is not UTF-8.
    static func firstFault(_ bytes: [UInt8]) -> Int? {
        var offset = 0
        while offset < bytes.count {
            if bytes[offset] < 0x80 {
                offset += 1
            } else if let next = scalar(bytes, at: offset) {
                offset += next.length
            } else {
                return offset
            }
        }
        return nil
    }

    /// The sentence for bytes that are no text, with their place.
    static func problem(_ bytes: [UInt8]) -> ConfigProblem? {
        guard let fault = firstFault(bytes) else { return nil }
        var places = PlaceFinder(bytes)
        let byte = String(bytes[fault], radix: 16, uppercase: true)
        return ConfigProblem(
            places.place(at: fault),
            "The byte 0x\(byte.count < 2 ? "0" : "")\(byte) is not UTF-8; save the file as UTF-8, or take the byte out."
        )
    }
}

/// Turns byte offsets into places. It is made for offsets that mostly rise: it goes on from the last one, and only
/// starts again at the beginning of a line for one that lies before it.
struct PlaceFinder {
    private let bytes: [UInt8]
    private let lineStarts: [Int]
    private var last = (offset: 0, line: 0, column: 1)

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var starts = [bytes.starts(with: UTF8Text.byteOrderMark) ? UTF8Text.byteOrderMark.count : 0]
        for index in bytes.indices where bytes[index] == 0x0A { starts.append(index + 1) }
        lineStarts = starts
        last = (starts[0], 0, 1)
    }

    mutating func place(at offset: Int) -> TextPlace {
        guard offset > lineStarts[0] else { return .start }
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        if low != last.line || offset < last.offset { last = (lineStarts[low], low, 1) }
        // A byte that continues a character adds no column; one that continues nothing is a character by itself.
        for index in last.offset..<min(offset, bytes.count) {
            let next = index + 1
            if next >= bytes.count || bytes[next] & 0xC0 != 0x80 || bytes[index] < 0x80 { last.column += 1 }
        }
        last.offset = min(offset, bytes.count)
        return TextPlace(line: low + 1, column: last.column)
    }

    /// The byte offset of a place, for parsers that tell lines and columns of characters only.
    func offset(of place: TextPlace) -> Int {
        guard place.line >= 1 else { return 0 }
        guard place.line <= lineStarts.count else { return bytes.count }
        var offset = lineStarts[place.line - 1]
        var column = 1
        while column < place.column, offset < bytes.count, bytes[offset] != 0x0A {
            offset += UTF8Text.scalar(bytes, at: offset)?.length ?? 1
            column += 1
        }
        return offset
    }
}
