internal import AgentKinds
internal import Glibc
internal import Model
internal import Processes
internal import Systemd

/// The units of the managers, as these say that they are.
extension Observer {
    /// A unit and its properties, before it is known which agent it is.
    struct FoundUnit {
        let id: AgentID
        var unit: UnitFacts
        let environment: [String]
        let environmentFiles: [UnitProperties.EnvironmentFile]
        let unset: [String]
        /// The words that it is started with, behind the path of its program; empty where nobody asked.
        var command: [String]
        let job: UInt32
        let gap: Gap?
        /// What it is stopped with.
        var partners: [String] = []
    }

    func units(in scope: Scope, _ manager: UnitManager, _ request: Request) throws(SystemdError) -> [FoundUnit] {
        var listed: [ListedUnit] = []
        var names: [String]
        if let only = request.only {
            names = only.filter { $0.scope == scope }.map(\.unit)
        } else {
            listed = try manager.listUnits(patterns: settings.units).filter { $0.name.hasSuffix(".service") }
            names = request.known.filter { $0.scope == scope }.map(\.unit)
            names += settings.agents.filter { owns(scope, $0) }.map(\.unit)
        }
        let seen = Set(listed.map(\.name))
        names = Array(Set(names.filter { !seen.contains($0) })).sorted()
        if !names.isEmpty { listed += try manager.listUnits(names: names) }
        if started[scope] == nil {
            started[scope] = Timestamp(systemd: try manager.started())
            if try manager.release() < 254 { oldComments.insert(scope) }
        }
        // A user's manager can list as many units as its user likes, under any name: those that are known come first.
        let most = scope == .system ? Self.mostAgents : Self.mostAgentsOfUser
        crowds.remove(scope)
        if listed.count > most {
            crowds.insert(scope)
            let first = Set(request.known.filter { $0.scope == scope }.map(\.unit))
                .union(settings.agents.filter { owns(scope, $0) }.map(\.unit))
            let parts = (listed.filter { first.contains($0.name) }, listed.filter { !first.contains($0.name) })
            listed = Array((parts.0 + parts.1.sorted { $0.name < $1.name }).prefix(most))
        }
        return try read(listed, in: scope, manager, moved: request.restarts).filter { isAgents($0) }
    }

    /// More than a fleet has. How many changes with each pass, and is not said: the alert would be a new one each time.
    func crowd(of scope: Scope) -> Gap? {
        guard crowds.contains(scope) else { return nil }
        let most = scope == .system ? Self.mostAgents : Self.mostAgentsOfUser
        return Gap(
            source: "units",
            sentence:
                "More than \(most) units of \(scope.manager) match the patterns, and the others are not watched. Narrow `units` under [fleet], or name those that matter under [[agent]]: they come first.",
            blinding: false, isWorthTelling: true)
    }

    func units(
        named names: [String], in scope: Scope, _ manager: UnitManager
    ) throws(SystemdError) -> [FoundUnit] {
        try read(try manager.listUnits(names: names), in: scope, manager, moved: [:])
    }

    /// A job behind a timer that only bears an agent's name is nobody's agent, unless the settings name it.
    func isAgents(_ found: FoundUnit) -> Bool {
        let isJob = found.unit.type == "oneshot" || !found.unit.triggeredBy.isEmpty
        return !isJob || entry(of: found.id) != nil || !AgentKinds.bearsName(found.id.unit)
            || AgentKinds.isMarked(Variables(found.environment))
    }

    /// `moved`: the restart counters of the last pass. Of a unit whose counter moved, what it calls no crash is asked, too.
    func read(
        _ all: [ListedUnit], in scope: Scope, _ manager: UnitManager, moved: [AgentID: UInt32]
    ) throws(SystemdError) -> [FoundUnit] {
        let listed = all.filter { Self.isUnitName($0.name) }.sorted { $0.name < $1.name }
        let running = listed.filter { $0.activeState == "active" && $0.subState == "running" }
        let others = listed.filter {
            !($0.activeState == "active" && $0.subState == "running") && $0.loadState != "not-found"
        }
        let absent = listed.filter { $0.loadState == "not-found" }
        var found: [FoundUnit] = []
        for (unit, answer) in zip(running, try manager.properties(UnitProperty.ofRunning, of: running)) {
            found.append(FoundUnit(scope, unit, answer))
        }
        let restarted = found.indices.filter { index in
            moved[found[index].id].map { $0 != found[index].unit.restarts } ?? false
        }
        try askMore(restarted, of: &found, running, UnitProperty.ofExits, manager) { $0.takeExits($1) }
        let unmarked = found.indices.filter { index in
            AgentKinds.needsCommand(found[index].id.unit, Variables(found[index].environment))
        }
        try askMore(unmarked, of: &found, running, [.execStart], manager) { $0.command = $1.execStart }
        for (unit, answer) in zip(others, try manager.allProperties(of: others)) {
            found.append(FoundUnit(scope, unit, answer))
        }
        for unit in absent { found.append(FoundUnit(scope, unit, .success(UnitProperties()))) }
        for index in found.indices {
            if found[index].job != 0 { found[index].unit.jobType = try manager.jobType(found[index].job) ?? "" }
            try readPartners(of: &found[index], manager)
        }
        return found.sorted { $0.id.unit < $1.id.unit }
    }

    func askMore(
        _ indices: [Int], of found: inout [FoundUnit], _ listed: [ListedUnit], _ properties: [UnitProperty],
        _ manager: UnitManager, _ take: (inout FoundUnit, UnitProperties) -> Void
    ) throws(SystemdError) {
        guard !indices.isEmpty else { return }
        let answers = try manager.properties(properties, of: indices.map { listed[$0] })
        for (index, answer) in zip(indices, answers) {
            if case .success(let more) = answer { take(&found[index], more) }
        }
    }

    /// Of a unit that is down and bound to others, those that went down shortly before it.
    func readPartners(of found: inout FoundUnit, _ manager: UnitManager) throws(SystemdError) {
        guard found.unit.isDown, !found.partners.isEmpty, let down = found.unit.stateSince else { return }
        let partners = try manager.listUnits(
            names: found.partners.filter { !$0.hasSuffix(".target") && !$0.hasSuffix(".slice") }
        )
        .filter { ["inactive", "failed", "deactivating"].contains($0.activeState) }
        guard !partners.isEmpty else { return }
        for (partner, answer) in zip(partners, try manager.properties([.stateChange], of: partners)) {
            guard case .success(let properties) = answer, let since = Timestamp(systemd: properties.stateChange),
                since <= down + .seconds(5), down - since < .seconds(600)
            else { continue }
            found.unit.lostPartners.append(partner.name)
        }
    }

    /// Far above any real fleet.
    private static let mostAgents = 5_000
    private static let mostAgentsOfUser = 500

    /// The characters that systemd.unit(5) allows: none that could lead out of a folder.
    private static func isUnitName(_ name: String) -> Bool {
        name.utf8.count < 256 && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: ":-_.\\@".utf8.contains(byte)
                }
            }
    }
}
