internal import ConfigText
internal import Model

/// OpenClaw's gateway, also under its older name. Known from its documentation and its sources.
enum OpenClaw {
    static let kind: AgentKind = {
        var kind = AgentKind(KindName(rawValue: "openclaw"))
        kind.units = ["openclaw-gateway*.service", "clawdbot-gateway*.service"]
        kind.prefixes = prefixes
        kind.isMarked = isMarked
        kind.isOne = isOne
        kind.needsCommand = { unit, variables in
            isMarked(variables) ? variables[portName] == nil : prefixes.contains(where: unit.hasPrefix)
        }
        kind.runsForEver = true
        kind.release = { $0["OPENCLAW_SERVICE_VERSION"] }
        kind.config = OpenClawConfig.find
        kind.dialect.hasIncludes = true
        kind.dialect.includeRoots = "OPENCLAW_INCLUDE_ROOTS"
        kind.dialect.hasReferences = true
        kind.dialect.hasVariables = true
        kind.dialect.marks = touchKeys
        kind.configVariable = OpenClawConfig.pathName
        kind.misunderstanding = "not an openclaw command"
        kind.isOnePerConfig = true
        kind.isAnothers = OpenClawConfig.isAnothers
        kind.dotEnvFolders = { view in
            [
                view.configFolder, view.variables[OpenClawConfig.stateName], view.workingDirectory,
                view.home.map { $0 + "/.openclaw" },
            ].compactMap { $0 }
        }
        kind.asksShell = { $0["OPENCLAW_LOAD_SHELL_ENV"].map { ["1", "true"].contains($0) } ?? false }
        kind.port = OpenClawAddress.port
        kind.healthPath = "/readyz"
        kind.doubt = OpenClawAddress.doubt
        kind.titleMarks =
            [serviceKind] + [
                OpenClawConfig.profileName, OpenClawConfig.pathName, OpenClawConfig.stateName,
            ]
        return kind
    }()

    static let touchKeys = TouchKeys(time: "lastTouchedAt", release: "lastTouchedVersion")
    static let portName = "OPENCLAW_GATEWAY_PORT"
    private static let serviceKind = "OPENCLAW_SERVICE_KIND"
    private static let prefixes = ["openclaw-gateway", "clawdbot-gateway"]
    /// What only a gateway's unit is given.
    private static let marks = [
        portName, OpenClawConfig.pathName, OpenClawConfig.profileName, OpenClawConfig.stateName,
    ]

    /// A name alone says nothing: `openclaw-gateway-backup.service` may be a job of somebody's own.
    private static func isOne(_ unit: UnitView) -> Bool {
        if isMarked(unit.variables) { return true }
        guard unit.variables[serviceKind] == nil, prefixes.contains(where: unit.unit.hasPrefix), !unit.isJob else {
            return false
        }
        return marks.contains { unit.find($0) != .nowhere } || runsGateway(unit.command) || runsGateway(unit.running())
    }

    /// Its installer says so.
    private static func isMarked(_ variables: Variables) -> Bool {
        variables[serviceKind].map { $0 == "gateway" } ?? (variables["OPENCLAW_SERVICE_MARKER"] == "openclaw")
    }

    /// `node …/openclaw/dist/index.js gateway --port 18789`, or its title.
    private static func runsGateway(_ words: [String]) -> Bool {
        let names = words.flatMap { $0.split { $0 == "/" || $0 == " " } }
        return names.contains { name in prefixes.contains { name.hasPrefix($0) } }
            || names.contains { $0 == "gateway" } && names.contains { $0 == "openclaw" || $0 == "clawdbot" }
    }
}
