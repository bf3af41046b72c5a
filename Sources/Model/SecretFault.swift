/// A variable that an agent needs, and that its next start will not have, or have empty.
package struct SecretFault: Hashable, Sendable {
    /// `secret-missing` or `secret-empty`.
    package let kind: FindingKind
    /// A full sentence, without any value.
    package let sentence: String
    /// Where that was read: a file, a place in one, or the unit.
    package let source: String

    package init(kind: FindingKind, sentence: String, source: String) {
        self.kind = kind
        self.sentence = sentence
        self.source = source
    }
}

/// Values that stand where a secret belongs and are none.
package enum SecretValue {
    private static let placeholders: Set<String> = [
        "changeme", "change-me", "change_me", "replaceme", "replace-me", "replace_me", "placeholder", "todo", "fixme",
        "[redacted]", "<redacted>", "redacted",
    ]

    /// What is wrong with it, as a clause that repeats nothing of it; `nil` for anything that may be what was meant.
    /// `isSecret`: a word such as `todo` may be the value of a variable that is none.
    package static func fault(_ value: String, isSecret: Bool = true) -> String? {
        var text = value.drop { $0.isWhitespace }
        while text.last?.isWhitespace ?? false { text.removeLast() }
        if text.isEmpty { return value.isEmpty ? "is empty" : "holds nothing but spaces" }
        if text.allSatisfy({ $0 == "\"" || $0 == "'" }) { return "holds quotes and nothing in them" }
        if text.count >= 3, text.allSatisfy({ $0 == "*" }) { return "holds a mask, not the value" }
        if isReference(text) { return "holds a reference that nothing expands" }
        if isSecret, placeholders.contains(text.lowercased()) { return "holds a placeholder, not the value" }
        return nil
    }

    /// `${NAME}` or `$NAME`: systemd expands nothing in the values of variables (systemd.exec(5), Environment=).
    private static func isReference(_ text: Substring) -> Bool {
        guard text.first == "$" else { return false }
        var name = text.dropFirst()
        if name.first == "{", name.last == "}" { name = name.dropFirst().dropLast() }
        guard let first = name.first, !first.isNumber else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") }
    }
}
