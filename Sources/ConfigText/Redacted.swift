/// A mask that stands in the file where a value belongs: somebody saved what a program had shown with its secrets
/// hidden.
package struct Redacted: Sendable {
    /// JSON pointer to the value.
    package let pointer: String
    package let place: TextPlace
    /// The mask as it stands there, cut to 60 characters: it is no secret.
    package let mask: String

    package var sentence: String {
        "The value of \(quoted(pointer)) is the mask \(quoted(mask)) that some program shows in place of a secret; "
            + "put the real value back."
    }

    /// At most `most`, in the order of the file.
    package static func all(in tree: ConfigTree, most: Int = 100) -> [Redacted] {
        var found: [Redacted] = []
        tree.forEachValue { step in
            guard found.count < most, let text = step.node.value.string,
                isOwnPlaceholder(text) || !isSetting(step.member?.key),
                isMask(text, key: step.member?.key)
            else { return }
            found.append(Redacted(pointer: step.pointer, place: step.node.place, mask: visible(text)))
        }
        return found
    }

    /// A key whose value says how something else is to be masked: `censor: "[Redacted]"`.
    private static func isSetting(_ key: String?) -> Bool {
        guard let key = key?.lowercased() else { return false }
        return ["censor", "mask", "placeholder", "replacement", "replacewith", "redact"].contains(where: key.hasSuffix)
    }

    /// A mask is the whole value, never a part of a longer text; it may stand after the beginning of a token
    /// (`sk-***`, `xoxb-REDACTED`, `Bearer ***`) or between its ends (`sk-a***9f`). One word, `Bearer` or the like
    /// before it at most, of 200 bytes at most. In small letters without brackets, `redacted` is a word like any
    /// other, unless the key names a secret.
    static func isMask(_ text: String, key: String?) -> Bool {
        guard text.utf8.count <= 200 else { return false }
        let words = text.split(whereSeparator: \.isWhitespace)
        if isOwnPlaceholder(text) { return true }
        guard let word = words.last, words.count <= 2 else { return false }
        if words.count == 2, !["bearer", "basic", "token", "bot"].contains(words[0].lowercased()) { return false }
        let isSecret = words.count == 2 || key.map { SecretKey.isOne($0) } ?? false
        return isNamed(word, isSecret) || isStarred(word)
    }

    /// What this program itself prints in place of a secret: `[secret 3]`, `[masked]`, alone or within a text.
    private static func isOwnPlaceholder(_ text: String) -> Bool {
        text.ranges(of: "[secret ").contains { range in
            let number = text[range.upperBound...].prefix { $0.isNumber }
            return !number.isEmpty && text[number.endIndex...].first == "]"
        } || text.contains("[masked]") && !text.contains(where: \.isWhitespace)
    }

    private static func isNamed(_ word: Substring, _ isSecret: Bool) -> Bool {
        let isCapital = word.uppercased() == word && word.lowercased() != word
        let bare = word.filter { !"[]<>(){}_-".contains($0) }.lowercased()
        if names.contains(bare), brackets.contains(where: { word.first == $0 && word.last == $1 }) { return true }
        if bare == "redacted", isCapital || isSecret { return true }
        // __NAME_REDACTED__, as some programs show a secret of their own.
        if word.hasPrefix("__"), word.hasSuffix("__"), bare.hasSuffix("redacted") { return true }
        // xoxb-REDACTED, sk-proj-redacted.
        guard let part = word.split(separator: "-").last, part.count < word.count, part.lowercased() == "redacted"
        else {
            return false
        }
        return isSecret || part.uppercased() == part
    }

    private static let names: Set<String> = ["redacted", "masked", "hidden", "removed", "censored", "secret"]

    private static let brackets: [(Character, Character)] = [
        ("[", "]"), ("<", ">"), ("(", ")"), ("{", "}"), ("_", "_"),
    ]

    /// Three stars or dots of a mask and more, with at most eight letters before and after; `**` alone is a pattern
    /// for files, and `***` around words is bold and italic.
    private static func isStarred(_ word: Substring) -> Bool {
        for sign: Character in ["*", "•", "●", "█", "x", "X"] {
            let runs = word.split(omittingEmptySubsequences: true) { $0 != sign }
            guard runs.count == 1, let run = runs.first else { continue }
            let (before, after) = (word[..<run.startIndex], word[run.endIndex...])
            if sign == "x" || sign == "X" {
                if before.isEmpty, after.isEmpty, run.count >= 6 { return true }
                continue
            }
            guard run.count >= 3, before.count <= 12, after.count <= 8 else { continue }
            if (before + after).allSatisfy({ $0.isLetter || $0.isNumber || "-_:.[]<>".contains($0) }) { return true }
        }
        return false
    }
}
