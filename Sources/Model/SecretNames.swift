/// Names under which secrets are kept, and the values that a config text holds under such names.
package enum SecretNames {
    /// Words that stand for a secret, also grown together with another: `PGPASSWORD`, `authtoken`.
    private static let words = [
        "token", "secret", "password", "passwd", "pwd", "passphrase", "credential", "credentials", "apikey", "bearer",
    ]

    /// By the parts of the name: `TELEGRAM_BOT_TOKEN`, `botToken`, `api-key`, `password`. `MONKEY` and `tokens` are none.
    package static func looksSecret(_ name: String) -> Bool {
        let parts = parts(of: name)
        for (index, part) in parts.enumerated() {
            let bare = part.reversed().drop { $0.isNumber }.reversed()
            if words.contains(where: String(bare).hasSuffix) { return true }
            switch part {
            case "pass": return true
            case "key":
                if index > 0, ["api", "access", "private", "signing", "auth", "encryption"].contains(parts[index - 1]) {
                    return true
                }
                if index == parts.count - 1, index > 0 { return true }
            case "url", "uri", "dsn":
                if parts.contains("database") || parts.contains("webhook") || parts.contains("redis") { return true }
            default: break
            }
        }
        return false
    }

    /// Text values that follow such a name, in anything that looks like JSON, JSON5, TOML, YAML or an env file.
    ///
    /// The text is not parsed: a config that does not parse has secrets all the same. A value that is escaped is
    /// given in both forms.
    package static func values(in text: String) -> [String] {
        let bytes = Array(text.utf8)
        var values: [String] = []
        var known: Set<String> = []
        var place = 0
        while place < bytes.count {
            guard isName(bytes[place]) else {
                place += 1
                continue
            }
            let start = place
            var last = place
            while place < bytes.count, isName(bytes[place]) {
                if bytes[place] == UInt8(ascii: ".") { last = place + 1 }
                place += 1
            }
            if last == place { last = start }
            guard let sign = sign(behind: place, bytes) else { continue }
            guard looksSecret(String(decoding: bytes[last..<place], as: UTF8.self)) else { continue }
            let (raw, end) = value(behind: sign + 1, bytes)
            place = max(end, place)
            for value in [raw, unescaped(raw)] where value.utf8.count >= Redactor.shortestSecret {
                if known.insert(value).inserted { values.append(value) }
            }
        }
        return values
    }

    /// Where the colon or the equals sign of a name stands that ends here, perhaps with a quote; `nil` for none.
    private static func sign(behind end: Int, _ bytes: [UInt8]) -> Int? {
        var place = end
        if place < bytes.count, isQuote(bytes[place]) { place += 1 }
        while place < bytes.count, isBlank(bytes[place]) { place += 1 }
        guard place < bytes.count, bytes[place] == UInt8(ascii: ":") || bytes[place] == UInt8(ascii: "=") else {
            return nil
        }
        return place
    }

    /// On the next line only a quoted value belongs to the name.
    private static func value(behind start: Int, _ bytes: [UInt8]) -> (String, end: Int) {
        var anywhere = start
        while anywhere < bytes.count, isSpace(bytes[anywhere]) { anywhere += 1 }
        if anywhere < bytes.count, isQuote(bytes[anywhere]) { return quoted(anywhere, bytes) }
        var begin = start
        while begin < bytes.count, isBlank(bytes[begin]) { begin += 1 }
        var end = begin
        while end < bytes.count, !isSpace(bytes[end]), !"}#,".utf8.contains(bytes[end]) { end += 1 }
        return (String(decoding: bytes[begin..<end], as: UTF8.self), end)
    }

    /// The value, and where what follows it begins. One that does not end on its line, unless three quotes say that it may,
    /// is taken to the end of the line.
    private static func quoted(_ start: Int, _ bytes: [UInt8]) -> (String, end: Int) {
        let quote = bytes[start]
        if bytes[start...].starts(with: [quote, quote, quote]) {
            let begin = start + 3
            var end = begin
            while end < bytes.count, !bytes[end...].starts(with: [quote, quote, quote]) { end += 1 }
            return (String(decoding: bytes[begin..<end], as: UTF8.self), min(end + 3, bytes.count))
        }
        var end = start + 1
        while end < bytes.count, bytes[end] != quote, !isNewline(bytes[end]) {
            // What a backslash stands before ends nothing.
            let isEscape = bytes[end] == UInt8(ascii: "\\")
            end += 1
            if isEscape, end < bytes.count, !isNewline(bytes[end]) { end += 1 }
        }
        return (String(decoding: bytes[(start + 1)..<end], as: UTF8.self), min(end + 1, bytes.count))
    }

    /// Letters that are not ASCII, too.
    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), 0x80...:
            true
        default: false
        }
    }

    private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isNewline(_ byte: UInt8) -> Bool { (0x0A...0x0D).contains(byte) }

    private static func isSpace(_ byte: UInt8) -> Bool { isBlank(byte) || isNewline(byte) }

    private static func unescaped(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
        var result = ""
        var escaping = false
        for character in text {
            if character == "\\", !escaping {
                escaping = true
            } else {
                result.append(character)
                escaping = false
            }
        }
        return result
    }

    package static func parts(of name: String) -> [String] {
        var parts: [String] = []
        var part = ""
        var previousLower = false
        for character in name {
            let breaks = !(character.isLetter || character.isNumber)
            if breaks || (previousLower && character.isUppercase) {
                if !part.isEmpty { parts.append(part) }
                part = ""
            }
            if !breaks { part += character.lowercased() }
            previousLower = character.isLowercase || character.isNumber
        }
        if !part.isEmpty { parts.append(part) }
        return parts
    }
}
