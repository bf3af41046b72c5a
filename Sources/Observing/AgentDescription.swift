internal import Model
internal import Processes

/// What an agent is called and where its config lies: from the settings, and for an OpenClaw gateway that they do not
/// name, from the marks in its own environment.
enum AgentDescription {
    /// With a sentence where it cannot be known which config the agent reads: then none is claimed to be its.
    static func agent(
        _ found: Observer.FoundUnit, _ environment: Observer.UnitEnvironment, entry: AgentEntry?, home: String?
    ) -> (agent: Agent, problem: String?) {
        let isRootsUnit = found.id.scope.isRoots
        var agent = Agent(
            id: found.id, name: entry?.name ?? found.id.derivedName,
            health: (entry?.health ?? []).map { HealthProbe(url: $0, assumed: false) }, secrets: entry?.secrets ?? [],
            validation: ConfigValidation(
                schema: entry?.schema, command: entry?.validate ?? [], ascii: entry?.asciiConfig ?? []))
        if let config = entry?.config {
            agent.config = config.map { ConfigPath($0, origin: .settings, isRoots: isRootsUnit) }
            return (agent, nil)
        }
        guard OpenClawGateway.isOne(found, environment) else { return (agent, nil) }
        switch OpenClawConfig.find(environment, home: home, main: found.unit.mainPID) {
        case .at(let path, let isRoots):
            agent.config = [ConfigPath(path, origin: .unit, isRoots: isRootsUnit && isRoots)]
            return (agent, nil)
        case .nowhere: return (agent, nil)
        case .unknown(let reason):
            return (
                agent,
                "Which config \(found.id.unit) reads cannot be told, because \(reason): name it in the settings, as `config` of its [[agent]]."
            )
        }
    }
}

/// Where an OpenClaw gateway looks for its config: at `OPENCLAW_CONFIG_PATH`, in `OPENCLAW_STATE_DIR`, or in the home,
/// in a folder named after its profile.
enum OpenClawConfig {
    enum Place: Equatable {
        /// `isRoots`: nobody but root could have said so.
        case at(String, isRoots: Bool)
        case nowhere
        /// Why, as a clause.
        case unknown(String)
    }

    private static let pathName = "OPENCLAW_CONFIG_PATH"
    private static let stateName = "OPENCLAW_STATE_DIR"

    static func find(_ environment: Observer.UnitEnvironment, home: String?, main: Int32) -> Place {
        let place = place(home) { environment.find($0) }
        if case .unknown = place { return place }
        // A path in the unit's own lines cannot be but what the agent was given, unless a file has another.
        if case .value(_, Observer.UnitEnvironment.unitsOwn, _) = environment.find(pathName) { return place }
        guard main > 0, let lines = ProcessTable.environment(of: main) else { return place }
        // What the process was started with may come from its manager, or from a file that has changed since. It is its
        // user's to overwrite, so that it is believed only in what it rules out.
        let live = Variables(lines)
        guard live[pathName] != nil || live[stateName] != nil else { return place }
        let running = self.place(home) { name in
            live[name].map { .value($0, source: "process \(main)", isRoots: false) } ?? .nowhere
        }
        if case .at(let mine, _) = place, case .at(mine, _) = running { return place }
        return .unknown(
            "process \(main) of it was started with another \(live[pathName] == nil ? stateName : pathName)")
    }

    private static func place(
        _ home: String?, _ find: (String) -> Observer.UnitEnvironment.Found
    ) -> Place {
        for (name, suffix) in [(pathName, ""), (stateName, "/openclaw.json")] {
            switch find(name) {
            case .value(let value, _, let isRoots) where !value.isEmpty:
                guard let path = absolute(value, home) else { return .unknown("its \(name) is no absolute path") }
                return .at(path + suffix, isRoots: isRoots)
            case .unknown: return .unknown("\(name) may be set in a file that cannot be read")
            default: break
            }
        }
        guard let home, home.hasPrefix("/") else { return .nowhere }
        var profile = ""
        var isRoots = true
        switch find("OPENCLAW_PROFILE") {
        case .value(let value, _, let named):
            profile = value.isEmpty || value == "default" ? "" : "-" + value
            isRoots = named
        case .unknown: return .unknown("OPENCLAW_PROFILE may be set in a file that cannot be read")
        case .nowhere: break
        }
        return profile.contains("/") ? .nowhere : .at("\(home)/.openclaw\(profile)/openclaw.json", isRoots: isRoots)
    }

    private static func absolute(_ path: String, _ home: String?) -> String? {
        if path.hasPrefix("/") { return path }
        guard path.hasPrefix("~/"), let home, home.hasPrefix("/") else { return nil }
        return home + path.dropFirst()
    }
}

/// `NAME=value` pairs; the last one of a name counts, as systemd has it.
struct Variables {
    private let pairs: [(name: Substring, value: Substring)]

    init(_ lines: [String]) {
        pairs = lines.compactMap { line in
            guard let sign = line.firstIndex(of: "=") else { return nil }
            return (line[..<sign], line[line.index(after: sign)...])
        }
    }

    subscript(_ name: String) -> String? {
        pairs.last { $0.name == name }.map { String($0.value) }
    }

    func forEach(_ body: (String, String) -> Void) {
        for (name, value) in pairs { body(String(name), String(value)) }
    }
}
