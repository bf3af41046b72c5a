/// Names under which secrets are kept, and the values that a config text holds under such names.
package enum SecretNames {
    /// By the parts of the name: `TELEGRAM_BOT_TOKEN`, `botToken`, `api-key`, `password`. `MONKEY` and `tokens` are none.
    package static func looksSecret(_ name: String) -> Bool {
        let parts = parts(of: name)
        for (index, part) in parts.enumerated() {
            switch part {
            case "token", "secret", "password", "passwd", "passphrase", "credential", "credentials", "apikey", "bearer":
                return true
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
    /// The text is not parsed: a config that does not parse has secrets all the same.
    package static func values(in text: String) -> [String] {
        var values: [String] = []
        for line in text.split(whereSeparator: \.isNewline) {
            // Several members may stand on one line: each piece after a separator is taken as a new one.
            for member in line.split(whereSeparator: { $0 == "," || $0 == "{" }) {
                guard let sign = member.firstIndex(where: { $0 == ":" || $0 == "=" }) else { continue }
                let name = member[..<sign].filter { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" || $0 == "." }
                guard looksSecret(String(name.split(separator: ".").last ?? "")) else { continue }
                let value = unquoted(member[member.index(after: sign)...])
                if value.utf8.count >= Redactor.shortestSecret { values.append(value) }
            }
        }
        return values
    }

    private static func unquoted(_ text: Substring) -> String {
        var rest = text.drop { $0 == " " || $0 == "\t" }
        if let quote = rest.first, quote == "\"" || quote == "'" {
            rest = rest.dropFirst()
            return String(rest.prefix { $0 != quote })
        }
        return String(rest.prefix { !$0.isWhitespace && $0 != "}" && $0 != "#" })
    }

    private static func parts(of name: String) -> [String] {
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
