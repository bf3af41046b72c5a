internal import AgentKinds
internal import ConfigText
internal import Model

/// What configs refer to, where their kind has that: variables by `${NAME}` and by secret references with the source env,
/// and secrets in files. What stands under `enabled: false` is not asked for.
struct ConfigReferences {
    private let dialect: ConfigDialect

    init(_ dialect: ConfigDialect) { self.dialect = dialect }

    func names(in files: [ConfigFile]) -> [String] {
        var names: [String] = []
        for version in files.compactMap(\.version) {
            for (name, _) in all(in: version) where !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// `PATH:LINE:COLUMN`
    func place(of name: String, in version: ConfigVersion) -> String? {
        all(in: version).first { $0.name == name }.map { "\(version.path):\($0.place)" }
    }

    private func all(in version: ConfigVersion) -> [(name: String, place: TextPlace)] {
        // Most configs need not be parsed to know that they refer to nothing.
        let bytes = version.bytes
        guard dialect.hasReferences, ConfigSyntax(file: version.path) == .json5,
            bytes.contains(UInt8(ascii: "$")) || Self.mentionsSource(bytes),
            case .success(let tree) = ConfigTree.parse(bytes, as: .json5)
        else { return [] }
        let references = References(tree)
        return references.variables.filter { !$0.isShorthand && !$0.isDisabled }.map { ($0.name, $0.place) }
            + references.secrets.filter { !$0.isDisabled }.compactMap { secret in
                (secret.source == "env" ? secret.id : FileSecret(secret)?.name).map { ($0, secret.place) }
            }
    }

    private static func mentionsSource(_ bytes: [UInt8]) -> Bool {
        let word = Array("source".utf8)
        var rest = bytes[...]
        while let start = rest.firstIndex(of: word[0]) {
            rest = rest[start...]
            if rest.starts(with: word) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}

/// Variables that a config sets itself: `env.NAME` and `env.vars.NAME`.
struct OwnVariables {
    private let blocks: [(path: String, node: ConfigNode)]

    init(_ files: [ConfigFile]) {
        blocks = files.compactMap(\.version).compactMap { version in
            guard ConfigSyntax(file: version.path) == .json5,
                case .success(let tree) = ConfigTree.parse(version.bytes, as: .json5),
                let member = tree.root.member("env")
            else { return nil }
            return (version.path, member.node)
        }
    }

    func find(_ name: String) -> VariableLookup {
        for (path, env) in blocks {
            if let value = (env.member("vars")?.node.member(name) ?? env.member(name))?.node.value.string {
                return .value(value, source: "\(path) (env)", isRoots: false)
            }
            // The agent then asks a login shell, which nobody can know.
            if case .bool(true)? = env.member("shellEnv")?.node.member("enabled")?.node.value { return .unknown }
        }
        return .nowhere
    }
}
