/// How an agent's configuration file is written.
package enum ConfigSyntax: String, Sendable, CaseIterable {
    /// JSON5, of which JSON and JSON with comments are parts.
    case json5
    case toml
    case yaml
    /// Variables by the rules of systemd's `EnvironmentFile=`.
    case env

    /// By the suffix of a file's name or path, upper or lower case; `nil` where the suffix says nothing.
    /// A name that ends in `.env`, or has `.env.` in it (`.env.local`), is an environment file.
    package init?(file: String) {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        let lowered = name.lowercased()
        if lowered == "env" || lowered.hasPrefix(".env.") || lowered.hasSuffix(".env") {
            self = .env
            return
        }
        switch lowered.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last {
        case "json", "json5", "jsonc": self = .json5
        case "toml": self = .toml
        case "yaml", "yml": self = .yaml
        case "env", "environment": self = .env
        default: return nil
        }
    }

    /// For sentences.
    package var name: String {
        switch self {
        case .json5: "JSON5"
        case .toml: "TOML"
        case .yaml: "YAML"
        case .env: "an environment file"
        }
    }
}
