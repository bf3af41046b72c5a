internal import Glibc
internal import Model
internal import Processes

/// The processes of the host: those in the agents' units, and those outside that have something of an agent's.
struct ProcessReader {
    let census: Census
    let complete: Bool
    private let members: [[Census.Entry]]
    private let outside: [Census.Entry]

    /// Walks over /proc, once.
    init(_ agents: [AgentObservation], _ book: TokenBook) {
        let walked = ProcessTable.walk { book.find(in: $0) }
        census = Census(walked.processes, agents: agents, watchdog: getpid())
        complete = walked.complete
        (members, outside) = census.parted(agents: agents.count)
    }

    func readMembers(into agents: inout [AgentObservation]) {
        for index in agents.indices {
            Census.members(members[index], of: &agents[index]) { pid in
                (ProcessTable.owner(of: pid) ?? .max, Self.invocationID(of: pid))
            }
        }
    }

    /// Of a process of the unit, the tokens in its environment.
    func tokens(ofMain pid: Int32) -> [TokenFingerprint] { census.entry(of: pid)?.mark ?? [] }

    /// Finds the processes outside of all units that hold an agent's token or its port.
    func readOutsiders(into agents: inout [AgentObservation], main: (Scope, String) -> Int32?) {
        var holders: [Int: Set<Int32>] = [:]
        var ports: [Int: [Int32: UInt16]] = [:]
        for index in agents.indices {
            let wanted = Set(agents[index].tokens.map(\.fingerprint))
            guard !wanted.isEmpty else { continue }
            for entry in outside where !wanted.isDisjoint(with: entry.mark ?? []) {
                holders[index, default: []].insert(entry.status.pid)
            }
        }
        if agents.contains(where: { $0.agent.port != nil }) {
            let listeners = SocketTable.listeners()
            for index in agents.indices {
                guard let port = agents[index].agent.port else { continue }
                for pid in strangers(at: port, listeners, members[index], &agents[index]) {
                    holders[index, default: []].insert(pid)
                    ports[index, default: [:]][pid] = port
                }
            }
        }
        for (index, pids) in holders {
            agents[index].outsiders = pids.sorted().compactMap { pid in
                guard let entry = census.entry(of: pid) else { return nil }
                return outsider(entry, of: agents[index], port: ports[index]?[pid], others: pids, main: main)
            }
        }
    }

    /// Who listens on an agent's port without being of any agent's unit.
    private func strangers(
        at port: UInt16, _ listeners: SocketTable, _ members: [Census.Entry], _ seen: inout AgentObservation
    ) -> [Int32] {
        guard let sockets = listeners.listening[port] else { return [] }
        // The main process first: nearly always the port is its own.
        let mainPID = seen.unit.mainPID
        let candidates = members.map(\.status.pid).sorted { ($0 == mainPID ? 0 : 1) < ($1 == mainPID ? 0 : 1) }
        for pid in candidates {
            guard let found = ProcessTable.sockets(of: pid, among: sockets) else { return [] }
            if !found.isEmpty { return [] }
        }
        let found = outside.filter { entry in
            !Census.isManager(entry) && !(ProcessTable.sockets(of: entry.status.pid, among: sockets) ?? []).isEmpty
        }
        if found.isEmpty, geteuid() != 0,
            let owner = sockets.compactMap({ listeners.owners[$0] }).first(where: { $0 != geteuid() })
        {
            seen.hiddenPortOwner = Accounts.name(of: owner)
        }
        return found.map(\.status.pid)
    }

    private func outsider(
        _ entry: Census.Entry, of seen: AgentObservation, port: UInt16?, others: Set<Int32>,
        main: (Scope, String) -> Int32?
    ) -> Outsider? {
        let status = entry.status
        guard let uid = ProcessTable.owner(of: status.pid) else { return nil }
        let wanted = Set(seen.tokens.map(\.fingerprint))
        var found = Outsider(
            process: ProcessFacts(
                id: ProcessID(pid: status.pid, startTicks: status.startTicks), parent: status.parent,
                command: status.command.printable, cgroup: entry.cgroup, uid: uid,
                invocationID: Self.invocationID(of: status.pid)),
            owner: Accounts.name(of: uid), started: seen.taken - Self.age(status.startTicks))
        found.tokens = (entry.mark ?? []).filter(wanted.contains)
        found.port = port
        found.hasTerminal = status.hasTerminal
        found.isWatchdog = census.isWatchdog(status.pid)
        found.mayBeEnded = geteuid() == 0 || uid == geteuid()
        found.ancestors = census.ancestors(of: entry, outsiders: others)
        found.executable = (ProcessTable.executable(of: status.pid) ?? "").printable
        found.arguments = ProcessTable.arguments(of: status.pid, most: 16).map { String($0.prefix(200)).printable }
        found.isOfAgentsMake = isOfMake(found, of: seen)
        if let sockets = ProcessTable.sockets(of: status.pid) {
            let table = SocketTable.everything(seenBy: status.pid)
            found.listening = table.listening.filter { !$0.value.isDisjoint(with: sockets) }.map(\.key).sorted()
            found.hasSocket = !found.listening.isEmpty || !table.connected.isDisjoint(with: sockets)
        }
        found.place = UnitPlace.of(entry.cgroup).place(
            isContainer: ProcessTable.sharesNamespace(status.pid) == false, pid: status.pid,
            ancestors: found.ancestors.map(\.id.pid), main: main)
        return found
    }

    /// The same program as the agent's main process, or the marks of the agent's own gateway.
    private func isOfMake(_ found: Outsider, of seen: AgentObservation) -> Bool {
        let variables = Variables(ProcessTable.environment(of: found.process.id.pid) ?? [])
        if let port = seen.agent.port, variables["OPENCLAW_GATEWAY_PORT"] == String(port) { return true }
        if let config = variables["OPENCLAW_CONFIG_PATH"], seen.agent.config.contains(config) { return true }
        guard seen.unit.mainPID > 0, !found.executable.isEmpty,
            ProcessTable.executable(of: seen.unit.mainPID)?.printable == found.executable
        else { return false }
        // An interpreter runs anything: the program that it was given has to be the same, too.
        let theirs = ProcessTable.arguments(of: seen.unit.mainPID, most: 2).map { String($0.prefix(200)).printable }
        return !theirs.isEmpty && Array(found.arguments.prefix(2)) == theirs
    }

    /// systemd puts it into the environment of everything that a unit starts (systemd.exec(5)).
    private static func invocationID(of pid: Int32) -> String? {
        ProcessTable.environment(of: pid).flatMap { Variables($0)["INVOCATION_ID"] }
    }

    private static func age(_ startTicks: UInt64) -> Duration {
        var now = timespec()
        clock_gettime(CLOCK_BOOTTIME, &now)
        let perSecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let started =
            Duration.seconds(Int64(startTicks / perSecond))
            + .milliseconds(Int64(startTicks % perSecond * 1000 / perSecond))
        return max(.zero, .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec) - started)
    }
}
