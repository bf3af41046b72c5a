internal import Glibc
internal import Model
internal import Processes

/// All processes of the host as one walk over /proc met them, and what belongs to which agent.
struct Census {
    typealias Entry = WalkedProcess<[TokenFingerprint]>

    private let entries: [Entry]
    private let places: [Int32: Int]
    /// By cgroup of a unit, the place in the list of agents; `nil` for an agent that this look is not about.
    private let units: [String: Int?]
    /// The watchdog and every process above it: nothing is ever done to these.
    private let own: Set<Int32>

    /// How many processes each has started that are still there.
    private let children: [Int32: Int]

    /// More processes that have something of one agent's are not looked at.
    static let mostOutsiders = 500

    /// More processes of one unit are not looked at one by one; it is told as a gap.
    private static let mostOfUnit = 4_096

    init(_ entries: [Entry], agents: [AgentObservation], groups: Set<String> = [], watchdog: Int32) {
        self.entries = entries
        places = Dictionary(
            entries.enumerated().map { ($0.element.status.pid, $0.offset) }, uniquingKeysWith: { first, _ in first })
        var units: [String: Int?] = [:]
        for group in groups { units[group] = .some(nil) }
        for (index, agent) in agents.enumerated() where !agent.unit.controlGroup.isEmpty {
            units[agent.unit.controlGroup] = index
        }
        self.units = units
        var own: Set<Int32> = []
        var pid = watchdog
        while pid > 0, own.insert(pid).inserted { pid = places[pid].map { entries[$0].status.parent } ?? 0 }
        self.own = own
        children = entries.reduce(into: [:]) { counts, entry in counts[entry.status.parent, default: 0] += 1 }
    }

    func entry(of pid: Int32) -> Entry? { places[pid].map { entries[$0] } }

    func isWatchdog(_ pid: Int32) -> Bool { own.contains(pid) }

    private enum Place {
        case unit(of: Int)
        /// Of an agent that this look is not about.
        case otherAgentsUnit
        case outside
    }

    /// Where a process is, at any depth of a unit's own cgroups.
    private func place(ofCgroup group: String) -> Place {
        var path = group[...]
        while !path.isEmpty {
            if let found = units[String(path)] { return found.map { .unit(of: $0) } ?? .otherAgentsUnit }
            guard let slash = path.lastIndex(of: "/") else { return .outside }
            path = path[..<slash]
        }
        return .outside
    }

    func isInAgentsUnit(_ entry: Entry) -> Bool {
        if case .outside = place(ofCgroup: entry.cgroup) { return false }
        return true
    }

    /// Per agent the processes in its unit, and those that are in no agent's.
    func parted(agents count: Int) -> (members: [[Entry]], outside: [Entry]) {
        var members = [[Entry]](repeating: [], count: count)
        var outside: [Entry] = []
        for entry in entries {
            switch place(ofCgroup: entry.cgroup) {
            case .unit(let agent): members[agent].append(entry)
            case .otherAgentsUnit: break
            case .outside: outside.append(entry)
            }
        }
        return (members, outside)
    }

    /// What the walk does not read of a process.
    typealias Details = (uid: UInt32, owner: String, invocationID: String?, age: Duration)

    /// The processes outside of all units that have an agent's token, or its port. `details` reads of each what the
    /// walk has not, `look` the rest; one that `details` does not know has gone. `user`: who runs the watchdog.
    func outsiders(
        _ outside: [Entry], of seen: AgentObservation, ports: [Int32: UInt16], user: UInt32,
        details: (ProcessStatus) -> Details?, look: (inout Outsider) -> Void
    ) -> [Outsider] {
        let wanted = Set(seen.tokens.map(\.fingerprint))
        // A user's manager may have been given the token for everything that it starts, and is itself nobody's stray.
        // Without a cgroup it is not known whose a process is.
        var found = outside.filter { entry in
            !Self.isManager(entry) && !entry.cgroup.isEmpty
                && (!wanted.isDisjoint(with: entry.mark ?? []) || ports[entry.status.pid] != nil)
        }
        found.sort { $0.status.pid < $1.status.pid }
        // What listens on the port comes first; a variable that a login shell exports is in everything below it.
        let (atPort, others) = (
            found.filter { ports[$0.status.pid] != nil }, found.filter { ports[$0.status.pid] == nil }
        )
        found = Array((atPort + others).prefix(Self.mostOutsiders))
        let pids = Set(found.map(\.status.pid))
        return found.compactMap { entry in
            let status = entry.status
            guard let more = details(status) else { return nil }
            var outsider = Outsider(
                process: ProcessFacts(
                    id: ProcessID(pid: status.pid, startTicks: status.startTicks), parent: status.parent,
                    command: status.command.printable, cgroup: entry.cgroup, uid: more.uid,
                    invocationID: more.invocationID),
                owner: more.owner, started: seen.taken - more.age)
            outsider.tokens = (entry.mark ?? []).filter(wanted.contains)
            outsider.hasOtherTokens = (entry.mark ?? []).contains { !wanted.contains($0) }
            outsider.port = ports[status.pid]
            outsider.hasTerminal = status.hasTerminal
            outsider.isWatchdog = isWatchdog(status.pid)
            outsider.mayBeEnded = user == 0 || more.uid == user
            outsider.ancestors = ancestors(of: entry, outsiders: pids)
            look(&outsider)
            return outsider
        }
    }

    /// What is above a process, the nearest first, up to the manager that it was left to.
    func ancestors(of entry: Entry, outsiders: Set<Int32>) -> [Outsider.Ancestor] {
        var chain: [Outsider.Ancestor] = []
        var child = entry.status
        // No chain is longer than this; PIDs that change hands meanwhile could make a ring.
        while chain.count < 64 {
            guard child.parent > 0 else { return chain }
            guard let parent = self.entry(of: child.parent) else {
                // PID 1 may be hidden (proc(5), hidepid); what else is above cannot be known then.
                if child.parent == 1 {
                    let id = ProcessID(pid: 1, startTicks: 0)
                    chain.append(Outsider.Ancestor(id: id, command: "init", role: .manager))
                }
                return chain
            }
            // Younger than its child: the real parent has gone, and its number was given away.
            guard parent.status.startTicks <= child.startTicks else { return chain }
            let role: Outsider.Ancestor.Role =
                if Self.isManager(parent) {
                    .manager
                } else if isInAgentsUnit(parent) {
                    .agentUnit
                } else if outsiders.contains(parent.status.pid) {
                    .outsider
                } else {
                    .ordinary
                }
            var above = Outsider.Ancestor(
                id: ProcessID(pid: parent.status.pid, startTicks: parent.status.startTicks),
                command: parent.status.command.printable, role: role)
            above.hasOthers = (children[parent.status.pid] ?? 0) > 1
            chain.append(above)
            if role == .manager { return chain }
            child = parent.status
        }
        return chain
    }

    /// The tokens that a user's manager, or the system's, has in its own environment.
    func managersTokens(of uid: UInt32?) -> Set<TokenFingerprint> {
        let wanted = uid.map { "/user.slice/user-\($0).slice/user@\($0).service/init.scope" }
        let managers = entries.filter { wanted == nil ? $0.status.pid == 1 : $0.cgroup == wanted && Self.isManager($0) }
        return Set(managers.flatMap { $0.mark ?? [] })
    }

    /// Whether everybody above a process, up to the manager that they were left to, is one of these.
    private func wasLeft(_ entry: Entry, in unit: Set<Int32>) -> Bool {
        ancestors(of: entry, outsiders: []).allSatisfy { $0.role == .manager || unit.contains($0.id.pid) }
    }

    /// PID 1, or the manager of a user's units, which has its own scope.
    static func isManager(_ entry: Entry) -> Bool {
        entry.status.pid == 1
            || (entry.status.command == "systemd" && entry.cgroup.hasPrefix("/user.slice/")
                && entry.cgroup.hasSuffix(".service/init.scope"))
    }

    /// Everything that has a terminal, and what that descends from.
    private func attended() -> Set<Int32> {
        var found: Set<Int32> = []
        for entry in entries where entry.status.hasTerminal {
            var pid = entry.status.pid
            while pid > 1, found.insert(pid).inserted { pid = self.entry(of: pid)?.status.parent ?? 0 }
        }
        return found
    }

    /// The processes of an agent's unit. `details` reads what only a process that may be a leftover is asked for.
    func members(
        _ members: [Entry], of seen: inout AgentObservation,
        details: (Int32) -> (uid: UInt32, invocationID: String?, wasRead: Bool)
    ) {
        if members.count > Self.mostOfUnit {
            seen.gaps.append(
                Gap(
                    source: "processes",
                    sentence:
                        "\(seen.agent.id.unit) has \(members.count) processes; leftovers are searched for among at most \(Self.mostOfUnit).",
                    blinding: false))
            return
        }
        let main = members.first { $0.status.pid == seen.unit.mainPID }
        let unit = Set(members.map(\.status.pid))
        var attended: Set<Int32>?
        seen.processes = members.map { member in
            let status = member.status
            // Only a process that is older than the main one can be a leftover: of the others no more is read, nor of
            // what this very pass descends from, or who has somebody above that is not of this unit.
            let isOlder = main.map { status.startTicks < $0.status.startTicks } ?? false
            let suspect = isOlder && !isWatchdog(status.pid) && wasLeft(member, in: unit)
            let more = suspect ? details(status.pid) : (uid: UInt32.max, invocationID: nil, wasRead: false)
            var facts = ProcessFacts(
                id: ProcessID(pid: status.pid, startTicks: status.startTicks), parent: status.parent,
                command: status.command.printable, cgroup: member.cgroup, uid: more.uid,
                invocationID: more.invocationID)
            facts.wasRead = more.wasRead
            if suspect {
                let all = attended ?? self.attended()
                attended = all
                facts.isAttended = all.contains(status.pid)
            }
            return facts
        }
    }
}
