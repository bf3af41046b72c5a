internal import Model

/// What an agent is called, where its config lies and how its health is asked: from the settings, and for an
/// OpenClaw gateway that they do not name, from the marks in its own environment.
enum AgentDescription {
    static func agent(_ found: Observer.FoundUnit, entry: AgentEntry?, home: String?) -> Agent {
        let variables = Variables(found.environment)
        let isOpenClaw =
            variables["OPENCLAW_SERVICE_MARKER"] == "openclaw" || found.id.unit.hasPrefix("openclaw-gateway")
            || found.id.unit.hasPrefix("clawdbot-gateway")
        var config = entry?.config
        if config == nil, isOpenClaw { config = openClawConfig(variables, home: home).map { [$0] } }
        let port = variables["OPENCLAW_GATEWAY_PORT"].flatMap { UInt16($0) }.flatMap { $0 > 0 ? $0 : nil }
        var health = entry?.health?.map { HealthProbe(url: $0, assumed: false) }
        if health == nil, isOpenClaw, let port {
            health = [HealthProbe(url: "http://127.0.0.1:\(port)/readyz", assumed: true)]
        }
        return Agent(
            id: found.id, name: entry?.name ?? found.id.derivedName, config: config ?? [], health: health ?? [],
            secrets: entry?.secrets ?? [], port: port,
            validation: ConfigValidation(
                schema: entry?.schema, command: entry?.validate ?? [], ascii: entry?.asciiConfig ?? []))
    }

    private static func openClawConfig(_ variables: Variables, home: String?) -> String? {
        if let path = variables["OPENCLAW_CONFIG_PATH"], path.hasPrefix("/") { return path }
        if let state = variables["OPENCLAW_STATE_DIR"], state.hasPrefix("/") { return state + "/openclaw.json" }
        guard let home, home.hasPrefix("/") else { return nil }
        let profile = variables["OPENCLAW_PROFILE"].flatMap { $0.isEmpty || $0 == "default" ? nil : "-" + $0 } ?? ""
        guard !profile.contains("/") else { return nil }
        return "\(home)/.openclaw\(profile)/openclaw.json"
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
