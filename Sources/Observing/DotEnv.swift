/// The `.env` files that agents on Node read themselves: `export` may stand before a name, quotes may span lines, and
/// without quotes `#` begins a comment.
enum DotEnv {
    /// The last value of this name; `nil` where it is not set.
    static func value(of name: String, in text: String) -> String? {
        var found: String?
        var rest = text[...]
        while !rest.isEmpty {
            rest = rest.drop { $0.isWhitespace }
            if rest.hasPrefix("export ") { rest = rest.dropFirst(7).drop { $0 == " " || $0 == "\t" } }
            let key = rest.prefix { $0.isLetter || $0.isNumber || "_.-".contains($0) }
            let after = rest[key.endIndex...].drop { $0 == " " || $0 == "\t" }
            guard !key.isEmpty, let sign = after.first, sign == "=" || sign == ":" else {
                rest = rest.drop { !$0.isNewline }
                continue
            }
            let (value, end) = value(after.dropFirst().drop { $0 == " " || $0 == "\t" })
            if key == name { found = value }
            rest = end.drop { !$0.isNewline }
        }
        return found
    }

    private static func value(_ text: Substring) -> (String, Substring) {
        if let quote = text.first, "\"'`".contains(quote) {
            var index = text.index(after: text.startIndex)
            while index < text.endIndex, text[index] != quote {
                if text[index] == "\\", text.index(after: index) < text.endIndex { index = text.index(after: index) }
                index = text.index(after: index)
            }
            if index < text.endIndex { return (String(text.dropFirst()[..<index]), text[index...].dropFirst()) }
        }
        var value = text.prefix { !$0.isNewline && $0 != "#" }
        let end = text[value.endIndex...]
        while value.last?.isWhitespace ?? false { value.removeLast() }
        return (String(value), end)
    }
}
