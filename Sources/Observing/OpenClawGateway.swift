internal import ConfigText
internal import Model
internal import Processes

/// Whether a unit is a gateway of OpenClaw's, and where that gateway answers.
enum OpenClawGateway {
    private static let prefixes = ["openclaw-gateway", "clawdbot-gateway"]
    /// What only a gateway's unit is given.
    private static let marks = [
        "OPENCLAW_GATEWAY_PORT", "OPENCLAW_CONFIG_PATH", "OPENCLAW_PROFILE", "OPENCLAW_STATE_DIR",
    ]

    /// A name alone says nothing: `openclaw-gateway-backup.service` may be a job of somebody's own.
    static func isOne(_ found: Observer.FoundUnit, _ environment: Observer.UnitEnvironment) -> Bool {
        if isMarked(environment.variables) { return true }
        guard environment.variables["OPENCLAW_SERVICE_KIND"] == nil, bearsName(found.id.unit),
            found.unit.type != "oneshot", found.unit.triggeredBy.isEmpty
        else { return false }
        let isMarked = marks.contains { name in
            switch environment.find(name) {
            case .value, .unknown: true
            case .nowhere: false
            }
        }
        return isMarked || runsGateway(found.command)
            || found.unit.mainPID > 0 && runsGateway(ProcessTable.arguments(of: found.unit.mainPID, most: 16))
    }

    static func bearsName(_ unit: String) -> Bool { prefixes.contains(where: unit.hasPrefix) }

    /// Its installer says so.
    static func isMarked(_ variables: Variables) -> Bool {
        variables["OPENCLAW_SERVICE_KIND"].map { $0 == "gateway" }
            ?? (variables["OPENCLAW_SERVICE_MARKER"] == "openclaw")
    }

    /// `node …/openclaw/dist/index.js gateway --port 18789`, or its title.
    private static func runsGateway(_ words: [String]) -> Bool {
        let names = words.flatMap { $0.split { $0 == "/" || $0 == " " } }
        return names.contains { name in prefixes.contains { name.hasPrefix($0) } }
            || names.contains { $0 == "gateway" } && names.contains { $0 == "openclaw" || $0 == "clawdbot" }
    }

    /// The port that it was given: by its environment, by the words that it is started with, or by its config; `nil`
    /// where nothing says.
    static func port(
        _ command: [String], _ environment: Observer.UnitEnvironment, _ config: [ConfigFile]
    ) -> UInt16? {
        switch environment.find("OPENCLAW_GATEWAY_PORT") {
        case .value(let value, _, _): return number(value)
        case .unknown: return value(of: "--port", in: command).flatMap(number)
        case .nowhere: return value(of: "--port", in: command).map(number) ?? Section(config)?.port
        }
    }

    /// Why `http://127.0.0.1:PORT` is no more than a guess, as a clause; `nil` where it is certain.
    ///
    /// `isOld`: the config is what the running process has read, and not what its next start will.
    static func doubt(
        _ command: [String], _ environment: Observer.UnitEnvironment, _ config: [ConfigFile], isOld: Bool
    ) -> String? {
        guard let gateway = Section(config) else { return "its config cannot be read" }
        if !isOld { return "its config was changed after it had started" }
        if case .value(let named, _, _) = environment.find("OPENCLAW_GATEWAY_PORT"),
            let word = value(of: "--port", in: command), word != named
        {
            return "its unit names two ports"
        }
        if let bind = value(of: "--bind", in: command) ?? gateway.bind, !["loopback", "lan"].contains(bind) {
            return "gateway.bind is \(bind.printable)"
        }
        return gateway.hasTLS || command.contains("--tls") ? "gateway.tls is set" : nil
    }

    private static func number(_ text: String) -> UInt16? { UInt16(text).flatMap { $0 > 0 ? $0 : nil } }

    /// `--name value` or `--name=value`; the last one counts.
    private static func value(of name: String, in words: [String]) -> String? {
        var found: String?
        for (index, word) in words.enumerated() {
            if word == name, index + 1 < words.count { found = words[index + 1] }
            if word.hasPrefix(name + "=") { found = String(word.dropFirst(name.count + 1)) }
        }
        return found
    }

    /// What a config says under `gateway`.
    private struct Section {
        var port: UInt16?
        var bind: String?
        var hasTLS = false

        /// `nil` where not all of it can be read.
        init?(_ config: [ConfigFile]) {
            guard !config.isEmpty else { return nil }
            for file in config {
                guard let version = file.version, ConfigSyntax(file: version.path) == .json5,
                    case .success(let tree) = ConfigTree.parse(version.bytes, as: .json5)
                else { return nil }
                guard let gateway = tree.root.member("gateway")?.node else { continue }
                // What is taken in there stands in a file of its own, at its top.
                if gateway.member("$include") != nil { return nil }
                if case .number(let number)? = gateway.member("port")?.node.value {
                    port = number.canonical.flatMap(OpenClawGateway.number) ?? port
                }
                bind = gateway.member("bind")?.node.value.string ?? bind
                if let tls = gateway.member("tls")?.node {
                    if case .bool(false)? = tls.member("enabled")?.node.value { continue }
                    hasTLS = true
                }
            }
        }
    }
}
