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
        var values: [String] = []
        var rest = text[...]
        while let start = rest.firstIndex(where: isName) {
            rest = rest[start...]
            let name = rest.prefix(while: isName)
            rest = rest[name.endIndex...]
            guard looksSecret(String(name.split(separator: ".").last ?? "")) else { continue }
            var after = rest
            if let quote = after.first, quote == "\"" || quote == "'" { after = after.dropFirst() }
            after = after.drop(while: isBlank)
            guard let sign = after.first, sign == ":" || sign == "=" else { continue }
            after = after.dropFirst()
            let onLine = after.drop(while: isBlank)
            let anywhere = after.drop { $0.isWhitespace }
            // On the next line only a quoted value belongs to this name.
            let isQuoted = anywhere.first == "\"" || anywhere.first == "'"
            let (raw, end) = isQuoted ? quoted(anywhere) : unquoted(onLine)
            rest = end
            for value in [raw, unescaped(raw)]
            where value.utf8.count >= Redactor.shortestSecret && !values.contains(value) {
                values.append(value)
            }
        }
        return values
    }

    private static func isName(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_" || character == "-" || character == "."
    }

    private static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }

    /// The value, and what follows it. One that does not end on its line, unless three quotes say that it may, is
    /// taken to the end of the line.
    private static func quoted(_ text: Substring) -> (String, Substring) {
        guard let quote = text.first else { return ("", text) }
        let three = String(repeating: quote, count: 3)
        if text.hasPrefix(three) {
            let body = text.dropFirst(3)
            guard let end = body.firstRange(of: three) else { return (String(body), "") }
            return (String(body[..<end.lowerBound]), body[end.upperBound...])
        }
        let body = text.dropFirst()
        var index = body.startIndex
        while index < body.endIndex, body[index] != quote, !body[index].isNewline {
            index = body.index(after: index)
            // What a backslash stands before ends nothing.
            if index < body.endIndex, body[body.index(before: index)] == "\\", !body[index].isNewline {
                index = body.index(after: index)
            }
        }
        return (String(body[..<index]), body[index...].dropFirst())
    }

    private static func unquoted(_ text: Substring) -> (String, Substring) {
        let value = text.prefix { !$0.isWhitespace && $0 != "}" && $0 != "#" && $0 != "," }
        return (String(value), text[value.endIndex...])
    }

    private static func unescaped(_ text: String) -> String {
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
