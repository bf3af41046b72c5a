/// Which manager of systemd an agent's unit belongs to.
package enum Scope: Hashable, Sendable {
    case system
    case user(uid: UInt32, name: String)

    package var userName: String? {
        if case .user(_, let name) = self { return name }
        return nil
    }

    package var uid: UInt32? {
        if case .user(let uid, _) = self { return uid }
        return nil
    }

    /// For sentences.
    package var manager: String {
        switch self {
        case .system: "the system manager"
        case .user(_, let name): "the user manager of \(name)"
        }
    }
}

/// Where an agent's unit is found; this, not its name, is an agent's identity.
package struct AgentID: Hashable, Sendable {
    package let scope: Scope
    /// With its suffix: `openclaw-gateway-coder.service`.
    package let unit: String

    package init(scope: Scope, unit: String) {
        self.scope = scope
        self.unit = unit
    }

    /// The command a person would type.
    package func systemctl(_ arguments: String) -> String {
        switch scope {
        case .system: "systemctl \(arguments) \(unit)"
        case .user(_, let name): "systemctl --user -M \(name)@ \(arguments) \(unit)"
        }
    }

    /// The name of an agent that the settings do not name: its unit without what all gateways share.
    package var derivedName: String {
        var name = Substring(unit)
        if name.hasSuffix(".service") { name = name.dropLast(".service".count) }
        for prefix in ["openclaw-gateway-", "clawdbot-gateway-"]
        where name.hasPrefix(prefix) && name.count > prefix.count {
            name = name.dropFirst(prefix.count)
        }
        return String(name)
    }
}

/// An agent that is watched: its unit, and what the settings or its own environment say of it.
package struct Agent: Hashable, Sendable {
    package let id: AgentID
    package let name: String
    /// Absolute paths.
    package var config: [String]
    package var configOrigin = ConfigOrigin.unit
    package var health: [HealthProbe]
    /// Names of variables whose values are secret.
    package var secrets: [String]
    /// The port that is this agent's own, as its unit's environment has it.
    package var port: UInt16?
    /// What its configs are held to.
    package var validation = ConfigValidation()

    package init(
        id: AgentID, name: String, config: [String] = [], health: [HealthProbe] = [], secrets: [String] = [],
        port: UInt16? = nil, validation: ConfigValidation = ConfigValidation()
    ) {
        self.validation = validation
        self.id = id
        self.name = name
        self.port = port
        self.config = config
        self.health = health
        self.secrets = secrets
    }

    /// Whether the paths in `config` are root's own word.
    package var rootNamesConfig: Bool { id.scope == .system && configOrigin != .environmentFile }
}

/// Who says where an agent's config lies.
package enum ConfigOrigin: Hashable, Sendable {
    case settings
    /// The unit's own lines, or nothing but its user and what it runs.
    case unit
    /// A file that the unit takes variables from. Of a system unit, too, it may belong to an ordinary user, who must not be
    /// able to point root anywhere.
    case environmentFile
}

/// How an agent's configs are checked before it has to read them.
package struct ConfigValidation: Hashable, Sendable {
    /// The file with a JSON Schema.
    package var schema: String?
    /// The agent's own validator, word by word; empty for none.
    package var command: [String] = []
    /// Configs whose values have to be ASCII, too.
    package var ascii: Set<String> = []

    package init(schema: String? = nil, command: [String] = [], ascii: Set<String> = []) {
        self.schema = schema
        self.command = command
        self.ascii = ascii
    }
}

/// An address that tells whether an agent works.
package struct HealthProbe: Hashable, Sendable {
    package let url: String
    /// Derived from the unit's environment and not named in the settings: an older release may not have the page,
    /// so an answer that is not about health proves nothing.
    package let assumed: Bool

    package init(url: String, assumed: Bool) {
        self.url = url
        self.assumed = assumed
    }
}
