internal import ConfigText
internal import Model

/// A secret that a config takes from a file: `{source: "file", provider, id}`, where `secrets.providers` says
/// which file that is. Its mode is `json`, where the id is a JSON pointer, or `singleValue`, where it is `value`.
struct FileSecret {
    /// Empty for the default one.
    let provider: String
    let id: String

    enum Found {
        case value(String, source: String)
        /// Why, as the rest of a sentence, and the file.
        case missing(String, source: String)
        /// It may be there, and that cannot be seen.
        case unknown
    }

    private static let mark = "file:"

    /// `nil` for another source, and for an id with spaces, which no `name` can hold.
    init?(_ secret: References.Secret) {
        guard secret.source == "file", !secret.id.contains(where: \.isWhitespace),
            case let provider = secret.provider ?? "", !provider.contains(where: { $0 == ":" || $0.isWhitespace })
        else { return nil }
        self.provider = provider
        id = secret.id
    }

    /// From what `name` gives; `nil` for the name of a variable.
    init?(_ name: String) {
        guard name.hasPrefix(Self.mark) else { return nil }
        let parts = name.dropFirst(Self.mark.count).split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        provider = String(parts[0])
        id = String(parts[1])
    }

    /// Among the names of variables, none of which has a colon.
    var name: String { "\(Self.mark)\(provider):\(id)" }

    func find(in configs: [ConfigFile], home: String?, read: (String) -> EnvironmentFiles.Content) -> Found {
        guard let entry = entry(in: configs), let given = entry.member("path")?.node.value.string,
            let path = Self.absolute(given, home)
        else { return .unknown }
        let text: String
        switch read(path) {
        case .text(let content): text = content.hasPrefix("\u{FEFF}") ? String(content.dropFirst()) : content
        case .missing: return .missing("because \(path) is not there", source: path)
        case .unknown: return .unknown
        }
        if entry.member("mode")?.node.value.string == "singleValue" {
            return id == "value"
                ? .value(text.hasSuffix("\n") ? String(text.dropLast()) : text, source: path)
                : .missing("because \(path) has a single value, whose id is `value`", source: path)
        }
        guard id.hasPrefix("/"), case .success(let tree) = ConfigTree.parse(Array(text.utf8), as: .json5) else {
            return .missing("because \(path) is no JSON, or the id is no JSON pointer", source: path)
        }
        guard let node = tree.value(at: id) else {
            return .missing("because \(path) has nothing at \(id.printable)", source: path)
        }
        return node.value.string.map { .value($0, source: path) } ?? .unknown
    }

    private func entry(in configs: [ConfigFile]) -> ConfigNode? {
        let blocks = configs.compactMap(\.version).compactMap { version -> ConfigNode? in
            guard ConfigSyntax(file: version.path) == .json5,
                case .success(let tree) = ConfigTree.parse(version.bytes, as: .json5)
            else { return nil }
            return tree.root.member("secrets")?.node
        }
        let fallback = blocks.lazy.compactMap { $0.member("defaults")?.node.member("file")?.node.value.string }.first
        let name = provider.isEmpty ? fallback ?? "default" : provider
        let entry = blocks.lazy.compactMap { $0.member("providers")?.node.member(name)?.node }.first
        return entry?.member("source")?.node.value.string == "file" ? entry : nil
    }

    private static func absolute(_ path: String, _ home: String?) -> String? {
        if path.hasPrefix("/") { return path }
        guard path.hasPrefix("~/"), let home else { return nil }
        return home + path.dropFirst()
    }
}
