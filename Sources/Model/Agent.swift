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

    /// What this manager and its units say is root's word: it is the system's, or root's own user manager.
    package var isRoots: Bool { self == .system || uid == 0 }

    package func systemctl(_ arguments: String...) -> ShellCommand { systemctl(arguments) }

    package func systemctl(_ arguments: [String]) -> ShellCommand {
        switch self {
        case .system: ShellCommand(["systemctl"] + arguments)
        case .user(_, let name): ShellCommand(["systemctl", "--user", "-M", "\(name)@"] + arguments)
        }
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
    /// With its suffix: `coder.service`.
    package let unit: String

    package init(scope: Scope, unit: String) {
        self.scope = scope
        self.unit = unit
    }

    /// The command a person would type.
    package func systemctl(_ arguments: String...) -> ShellCommand { scope.systemctl(arguments + [unit]) }

    /// The unit without its suffix.
    package var bareUnit: String {
        unit.hasSuffix(".service") ? String(unit.dropLast(".service".count)) : unit
    }
}

/// An agent that is watched: its unit, and what the settings or its own environment say of it.
package struct Agent: Hashable, Sendable {
    package let id: AgentID
    /// Unique among the agents of a pass.
    package var name: String
    /// Decided once, when it is found.
    package var kind: KindName
    package var config: [ConfigPath]
    package var health: [HealthProbe]
    /// Names of variables whose values are secret.
    package var secrets: [String]
    /// The port that this agent was given.
    package var port: UInt16?
    /// What its configs are held to.
    package var validation = ConfigValidation()

    package init(
        id: AgentID, name: String, kind: KindName = .plain, config: [ConfigPath] = [], health: [HealthProbe] = [],
        secrets: [String] = [],
        port: UInt16? = nil, validation: ConfigValidation = ConfigValidation()
    ) {
        self.validation = validation
        self.id = id
        self.name = name
        self.kind = kind
        self.port = port
        self.config = config
        self.health = health
        self.secrets = secrets
    }

    /// Whether root alone has said that this is one of the agent's config files. What a config includes, its owner has said.
    package func isRootsWord(_ path: String) -> Bool { config.contains { $0.path == path && $0.isRoots } }
}

/// Where a config of an agent lies, and whose word that is: the two are never parted, so that no ordinary user can point
/// root anywhere.
package struct ConfigPath: Hashable, Sendable {
    package enum Origin: Hashable, Sendable {
        case settings
        /// The unit: its own lines, the files that it takes variables from, or nothing but its user and what it runs.
        case unit
    }

    /// Absolute.
    package let path: String
    package let origin: Origin
    /// Nobody but root could have said so. Of a user's unit that is never so, and neither where it comes from a file that
    /// anybody else can write, or put another one in the place of.
    package let isRoots: Bool

    package init(_ path: String, origin: Origin, isRoots: Bool) {
        self.path = path
        self.origin = origin
        self.isRoots = isRoots
    }
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
    /// Derived from the port that the agent was given, and not named in the settings: an older release may not have the
    /// page, so an answer that is not about health proves nothing.
    package let assumed: Bool

    package init(url: String, assumed: Bool) {
        self.url = url
        self.assumed = assumed
    }
}
