/// Line by line, for TOML, YAML and environment files that no reader takes.
extension StandingMap {
    static func lines(_ bytes: [UInt8], _ syntax: ConfigSyntax) -> [Part] {
        var parts: [Part] = []
        var start = bytes.starts(with: UTF8Text.byteOrderMark) ? 3 : 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            line(bytes, start..<end, syntax, &parts)
            start = end + 1
        }
        return parts
    }

    private static func line(_ bytes: [UInt8], _ line: Range<Int>, _ syntax: ConfigSyntax, _ parts: inout [Part]) {
        func add(_ range: Range<Int>, _ standing: Standing) {
            if let text = visiblePart(bytes, range) { parts.append(Part(bytes: text, standing: standing)) }
        }
        var start = line.lowerBound
        while start < line.upperBound, isMargin(bytes[start], syntax) { start += 1 }
        guard start < line.upperBound else { return }
        let comments: [UInt8] = syntax == .env ? [0x23, 0x3B] : [0x23]
        if comments.contains(bytes[start]) {
            parts.append(Part(bytes: start..<line.upperBound, standing: .comment))
            return
        }
        if syntax == .toml, bytes[start] == UInt8(ascii: "[") {
            let end = bytes[start..<line.upperBound].firstIndex(of: 0x23) ?? line.upperBound
            add(start..<end, .key)
            if end < line.upperBound { parts.append(Part(bytes: end..<line.upperBound, standing: .comment)) }
            return
        }
        let found = separator(bytes, start..<line.upperBound, syntax)
        if let sign = found.sign {
            add(start..<sign, .key)
            add((sign + 1)..<found.end, .value)
        } else {
            add(start..<found.end, .value)
        }
        if found.end < line.upperBound { parts.append(Part(bytes: found.end..<line.upperBound, standing: .comment)) }
    }

    private static func isMargin(_ byte: UInt8, _ syntax: ConfigSyntax) -> Bool {
        byte <= 0x20 || syntax == .yaml && (byte == UInt8(ascii: "-") || byte == UInt8(ascii: "{"))
    }

    /// The sign between key and value, and where the line's comment begins.
    private static func separator(_ bytes: [UInt8], _ line: Range<Int>, _ syntax: ConfigSyntax)
        -> (sign: Int?, end: Int)
    {
        let wanted = syntax == .yaml ? UInt8(ascii: ":") : UInt8(ascii: "=")
        var sign: Int?
        var quote: UInt8?
        for index in line {
            let byte = bytes[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == wanted, sign == nil {
                sign = index
            } else if byte == 0x23, syntax == .toml || syntax == .yaml && bytes[index - 1] <= 0x20 {
                return (sign, index)
            }
        }
        return (sign, line.upperBound)
    }

    private static func visiblePart(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int>? {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, bytes[start] <= 0x20 { start += 1 }
        while start < end, bytes[end - 1] <= 0x20 { end -= 1 }
        return start < end ? start..<end : nil
    }
}
