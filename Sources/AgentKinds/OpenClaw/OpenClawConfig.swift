internal import Model

/// Where an OpenClaw gateway looks for its config: at `OPENCLAW_CONFIG_PATH`, in `OPENCLAW_STATE_DIR`, or in the home,
/// in a folder named after its profile.
enum OpenClawConfig {
    static let pathName = "OPENCLAW_CONFIG_PATH"
    static let stateName = "OPENCLAW_STATE_DIR"
    static let profileName = "OPENCLAW_PROFILE"

    static func find(_ unit: UnitView) -> ConfigPlace {
        let place = place(unit.home, unit.find)
        if case .unknown = place { return place }
        // A path in the unit's own lines cannot be but what the agent was given, unless a file has another.
        if case .value(_, VariableLookup.unitsOwn, _) = unit.find(pathName) { return place }
        // What the process was started with may come from its manager, or from a file that has changed since. It is its
        // user's to overwrite, so that it is believed only in what it rules out.
        guard let live = unit.started(), live[pathName] != nil || live[stateName] != nil else { return place }
        let running = self.place(unit.home) { name in
            live[name].map { .value($0, source: "process \(unit.mainPID)", isRoots: false) } ?? .nowhere
        }
        if case .at(let mine, _) = place, case .at(mine, _) = running { return place }
        return .unknown(
            "process \(unit.mainPID) of it was started with another \(live[pathName] == nil ? stateName : pathName)")
    }

    private static func place(_ home: String?, _ find: (String) -> VariableLookup) -> ConfigPlace {
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
        switch find(profileName) {
        case .value(let value, _, let named):
            profile = value.isEmpty || value == "default" ? "" : "-" + value
            isRoots = named
        case .unknown: return .unknown("\(profileName) may be set in a file that cannot be read")
        case .nowhere: break
        }
        return profile.contains("/") ? .nowhere : .at("\(home)/.openclaw\(profile)/openclaw.json", isRoots: isRoots)
    }

    static func isAnothers(_ theirs: Variables, _ own: (String) -> String?, _ config: String?) -> Bool {
        [pathName, stateName, profileName].contains { name in
            guard let value = theirs[name], !value.isEmpty, value != own(name) else { return false }
            return value != config && !(name == profileName && value == "default")
        }
    }

    private static func absolute(_ path: String, _ home: String?) -> String? {
        if path.hasPrefix("/") { return path }
        guard path.hasPrefix("~/"), let home, home.hasPrefix("/") else { return nil }
        return home + path.dropFirst()
    }
}
