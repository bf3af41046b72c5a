/// Values that give themselves away by their form or by what stands before them, whoever they belong to.
enum SecretPatterns {
    private static let mask = "[masked]"
    private static let prefixes = [
        "sk-", "sk_live_", "rk_live_", "whsec_", "gsk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_",
        "glpat-",
        "xoxb-", "xoxp-", "xapp-", "AKIA", "AIza", "hf_", "npm_", "pypi-", "dop_v1_",
    ]
    /// What a program writes after a secret's name when there is no secret.
    private static let noValues: Set<String> = [
        "undefined", "missing", "invalid", "expired", "required", "present", "REDACTED",
    ]

    static func mask(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        var rest = text[...]
        // Pieces are read from the front: a run of word characters, or one other character.
        var before = Context()
        while !rest.isEmpty {
            // A colon belongs to a word only inside of it.
            var word = rest.first == ":" ? rest.prefix(0) : rest.prefix(while: isWord)
            while word.last == ":" { word = word.dropLast() }
            if word.isEmpty {
                let character = rest.removeFirst()
                result.append(character)
                before.pass(character)
                continue
            }
            if before.gap.hasSuffix("//"), let password = passwordInAddress(rest) {
                result += rest[..<password.lowerBound] + mask
                rest = rest[password.upperBound...]
                before = Context()
                continue
            }
            // A credential or a named value may hold characters that a word does not.
            if let value = valueEnd(rest, before) {
                result += mask
                rest = rest[value...]
                before = Context()
                continue
            }
            rest = rest[word.endIndex...]
            result += inWord(word, before)
            before.pass(word)
        }
        return result
    }

    /// What has just been read.
    private struct Context {
        /// The last word, and what stood between it and here.
        var word: Substring = ""
        var gap = ""

        mutating func pass(_ character: Character) { if gap.count < 8 { gap.append(character) } }

        mutating func pass(_ next: Substring) {
            word = next
            gap = ""
        }
    }

    /// Where the secret ends that `rest` begins with, because of what stands before it.
    private static func valueEnd(_ rest: Substring, _ before: Context) -> Substring.Index? {
        if rest.hasPrefix("eyJ") {
            // A JSON Web Token: three parts with dots between them.
            let token = rest.prefix(while: isCredential)
            if token.utf8.count >= 30, token.contains(".") { return token.endIndex }
        }
        guard !before.word.isEmpty else { return nil }
        let kind = before.word.lowercased()
        if kind == "bearer" || kind == "basic", before.gap == " " || before.gap == ": " {
            let value = rest.prefix(while: isCredential)
            return value.utf8.count >= 8 && looksRandom(value) ? value.endIndex : nil
        }
        let value = rest.prefix { isCredential($0) }
        guard value.utf8.count >= Redactor.shortestSecret, !noValues.contains(String(value)) else { return nil }
        if before.gap == " ", before.word.hasPrefix("--"), SecretNames.looksSecret(String(before.word)) {
            return value.endIndex
        }
        // NAME=value and "name":"value" are assignments; after a colon and a space it may be prose.
        let signs = before.gap.filter { $0 == "=" || $0 == ":" }
        guard signs.count == 1, before.gap.allSatisfy({ "=: \"'\\".contains($0) }),
            SecretNames.looksSecret(String(before.word))
        else {
            return nil
        }
        let assigned = before.gap.contains("=") || before.gap.last == "\"" || before.gap.last == "'"
        return assigned || looksRandom(value) ? value.endIndex : nil
    }

    /// A word that is a secret by itself, or holds one behind a colon.
    private static func inWord(_ word: Substring, _ before: Context) -> String {
        if looksSecret(word) { return mask }
        guard let colon = word.firstIndex(of: ":") else { return String(word) }
        let name = word[..<colon]
        let value = word[word.index(after: colon)...]
        let credential = ["bearer", "basic"].contains(name.lowercased())
        if value.utf8.count >= 8, looksRandom(value), credential || SecretNames.looksSecret(String(name)) {
            return "\(name):\(mask)"
        }
        return String(word)
    }

    /// The password of `user:password@host`, where `rest` begins with that.
    private static func passwordInAddress(_ rest: Substring) -> Range<Substring.Index>? {
        let authority = rest.prefix { !$0.isWhitespace && !"/?#\"'<>".contains($0) }
        guard let sign = authority.lastIndex(of: "@"), let colon = authority[..<sign].firstIndex(of: ":") else {
            return nil
        }
        let begin = authority.index(after: colon)
        return begin < sign ? begin..<sign : nil
    }

    private static func looksSecret(_ word: Substring) -> Bool {
        for prefix in prefixes where word.hasPrefix(prefix) && word.utf8.count >= prefix.utf8.count + 12 { return true }
        return isBotToken(word.hasPrefix("bot") ? word.dropFirst(3) : word)
    }

    /// `123456789:AA…`, as Telegram hands them out.
    private static func isBotToken(_ word: Substring) -> Bool {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let id = parts.first, let key = parts.last else { return false }
        return id.utf8.count >= 6 && id.allSatisfy { $0.isASCII && $0.isNumber } && key.utf8.count >= 30
    }

    /// Ordinary words have no digits, capitals or separators inside.
    private static func looksRandom(_ value: Substring) -> Bool {
        value.contains { $0.isNumber } || value.dropFirst().contains { $0.isUppercase }
            || value.dropLast().contains { "./+~".contains($0) }
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "_-:".contains(character))
    }

    private static func isCredential(_ character: Character) -> Bool {
        isWord(character) || (character.isASCII && "./+~%$!*&^@".contains(character))
    }
}
