internal import ConfigText
internal import Model

/// The secrets that a config holds, wherever they stand in it. They stay in memory, for masking.
///
/// What parses is searched by its keys, with all that lies below one that names a secret; the text is searched as well,
/// since a config that does not parse has secrets all the same.
struct WrittenSecrets {
    private(set) var values: [String] = []
    private var known: Set<String> = []
    private let bytes: [UInt8]

    static func values(in version: ConfigVersion) -> [String] { values(in: version.bytes, version.path) }

    static func values(in bytes: [UInt8], _ path: String) -> [String] {
        var found = WrittenSecrets(bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        for value in SecretNames.values(in: text) where !value.hasPrefix("{") && !value.hasPrefix("[") {
            found.add(value)
        }
        if let syntax = ConfigSyntax(file: path), case .success(let tree) = ConfigTree.parse(bytes, as: syntax) {
            found.visit(tree.root, .ordinary)
        }
        return found.values
    }

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// What is known of a value by the keys above it.
    private enum Place {
        case ordinary
        /// All that is below is secret.
        case secret
        /// Variables and headers under names that anybody may choose: what looks like a secret is taken for one.
        case named
        /// Secret as far as it is text: beside `botTokens` there is `maxTokens`.
        case plural
        /// Secret if it is a text, and not what lies below.
        case text
        /// As `text`, for each of its own members.
        case table
    }

    private mutating func visit(_ node: ConfigNode, _ place: Place) {
        switch node.value {
        case .object(let members):
            // A reference names a secret, and is none.
            if node.member("source")?.node.value.string != nil, node.member("id")?.node.value.string != nil { return }
            let isNamedSecret = ["name", "key"].contains {
                node.member($0)?.node.value.string.map(SecretNames.looksSecret) ?? false
            }
            for member in members {
                let isValue = isNamedSecret && member.key == "value"
                visit(member.node, isValue ? .secret : Self.place(member.key, within: place))
            }
        case .array(let elements):
            // Of a command's words, the one after `--token` is the token.
            var isNamed = false
            for element in elements {
                visit(element, isNamed ? .secret : place == .table ? .ordinary : place)
                isNamed = element.value.string.map { $0.hasPrefix("-") && SecretNames.looksSecret($0) } ?? false
            }
        case .string(let text):
            switch place {
            case .secret, .plural, .text, .table: add(text, node)
            case .named where Self.looksRandom(text): add(text, node)
            case .named, .ordinary: if Self.isSecretItself(text) { add(text, node) }
            }
        case .number where place == .secret: add(String(decoding: bytes[node.bytes], as: UTF8.self))
        case .null, .bool, .number: break
        }
    }

    private static func place(_ key: String, within outer: Place) -> Place {
        if outer == .secret || SecretNames.looksSecret(key) { return .secret }
        switch SecretNames.parts(of: key).last {
        case "tokens", "passwords", "passphrases", "apikeys", "keys": return .plural
        case "authorization", "cookie", "cookies", "webhook", "webhooks": return .text
        case "secrets": return .table
        case "auth", "env", "vars", "environment", "headers", "signature", "session": return .named
        default: break
        }
        return switch outer {
        case .plural: .plural
        case .named: .named
        case .table: .text
        default: .ordinary
        }
    }

    /// The value, and its lines where it has several, as they are and as the file spells them.
    private mutating func add(_ text: String, _ node: ConfigNode) {
        add(text)
        let spelled = String(decoding: bytes[node.bytes], as: UTF8.self)
        for form in [text, spelled] where form.contains(where: \.isNewline) {
            for line in form.split(whereSeparator: \.isNewline) {
                var line = line.drop { $0.isWhitespace || $0 == "\"" || $0 == "'" }
                while let last = line.last, last.isWhitespace || "\\\"'".contains(last) { line.removeLast() }
                add(String(line))
            }
        }
    }

    private mutating func add(_ value: String) {
        guard value.utf8.count >= Redactor.shortestSecret, !Self.isName(value), known.insert(value).inserted else {
            return
        }
        values.append(value)
    }

    /// `${NAME}`, or `SOME_NAME` of a variable: it says where the secret is, and is none.
    private static func isName(_ value: String) -> Bool {
        if value.hasPrefix("${"), value.hasSuffix("}") {
            return value.dropFirst(2).dropLast().allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        }
        return value.contains("_") && value.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") }
    }

    /// Whoever has the address of such a hook may write to it; a private key says what it is.
    private static func isSecretItself(_ text: String) -> Bool {
        ["://hooks.slack.com/services/", "/api/webhooks/", "PRIVATE KEY-----"].contains { text.contains($0) }
            || text.contains("://") && (text.contains("?key=") || text.contains("&key="))
    }

    private static func looksRandom(_ value: String) -> Bool {
        value.utf8.count >= 12 && !value.contains(where: \.isWhitespace) && !value.contains("://")
            && !value.hasPrefix("/") && !value.hasPrefix("~") && !value.hasPrefix(".")
            && value.contains(where: \.isNumber) && value.contains(where: \.isLetter)
    }
}
