internal import AgentKinds
internal import Files
internal import Glibc
internal import Model
internal import Processes

/// The processes of the host: those in the agents' units, and those outside that have something of an agent's.
struct ProcessReader {
    let census: Census
    let complete: Bool
    private let members: [[Census.Entry]]
    private let outside: [Census.Entry]
    private let invocations: Set<String>
    private let tables = SocketTables()

    /// Walks over /proc, once.
    /// `groups` are the cgroups of all agents' units and `invocations` their present starts, also of those that are not
    /// among `agents`.
    init(_ agents: [AgentObservation], groups: Set<String>, invocations: Set<String>, _ book: TokenBook) {
        self.invocations = invocations
        let walked = ProcessTable.walk { book.find(in: $0) }
        census = Census(walked.processes, agents: agents, groups: groups, watchdog: getpid())
        complete = walked.complete
        (members, outside) = census.parted(agents: agents.count)
    }

    func readMembers(into agents: inout [AgentObservation]) {
        for index in agents.indices {
            census.members(members[index], of: &agents[index]) { pid in
                let environment = ProcessTable.environment(of: pid)
                return (
                    ProcessTable.owner(of: pid) ?? .max, environment.flatMap { Variables($0)["INVOCATION_ID"] },
                    environment != nil
                )
            }
        }
    }

    /// Of a process of the unit, the tokens in its environment.
    func tokens(ofMain pid: Int32) -> [TokenFingerprint] { census.entry(of: pid)?.mark ?? [] }

    /// Finds the processes outside of all units that hold an agent's token or its port.
    func readOutsiders(
        into agents: inout [AgentObservation], own: (AgentID) -> OwnMarks, service: ServiceStart.Ask
    ) {
        let marked = outside.filter { !($0.mark ?? []).isEmpty }
        let listeners = agents.contains { $0.agent.port != nil } ? SocketTable.listeners() : nil
        for index in agents.indices {
            var ports: [Int32: UInt16] = [:]
            if let listeners, let port = agents[index].agent.port {
                agents[index].portIsHeld = listeners.listening[port] != nil
                if !agents[index].unit.isRunning { agents[index].portHolder = holder(of: port, listeners, but: index) }
                for pid in strangers(at: port, listeners, members[index], &agents[index]) { ports[pid] = port }
            }
            // Remembered for when it is down; looked at anew where there is something to compare it with.
            if agents[index].program == nil || !ports.isEmpty || !marked.isEmpty {
                let present = Self.program(of: agents[index].unit.mainPID)
                agents[index].program = present.flatMap(Self.print) ?? agents[index].program
            }
            let seen = agents[index]
            let own = own(seen.agent.id)
            // Without a stranger at the port only those with a token matter, and nearly always there are none.
            let few = ports.isEmpty ? marked : outside
            agents[index].outsiders = census.outsiders(few, of: seen, ports: ports, user: geteuid()) { status in
                ProcessTable.owner(of: status.pid).map {
                    ($0, Accounts.name(of: $0), Self.invocationID(of: status.pid), Self.age(status.startTicks))
                }
            } look: { found in
                look(at: &found, of: seen, own, service)
            }
            if agents[index].outsiders.count >= Census.mostOutsiders {
                agents[index].gaps.append(
                    Gap(
                        source: "processes",
                        sentence:
                            "More than \(Census.mostOutsiders) processes have the bot token of \(seen.agent.name) or its port; the others were not looked at.",
                        blinding: false))
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

    /// Who listens there: of which unit, where it is another one's.
    private func holder(of port: UInt16, _ listeners: SocketTable, but own: Int) -> String? {
        guard let sockets = listeners.listening[port] else { return nil }
        let others = outside + members.enumerated().filter { $0.offset != own }.flatMap(\.element)
        guard
            let found = others.first(where: {
                !Census.isManager($0) && !(ProcessTable.sockets(of: $0.status.pid, among: sockets) ?? []).isEmpty
            })
        else { return nil }
        let unit = UnitPlace.of(found.cgroup).unit
        let place = unit.isEmpty ? "" : " of \(unit)"
        return "\(found.status.command.printable) (PID \(found.status.pid))\(place)"
    }

    /// What only a process that matters is asked for.
    private func look(
        at found: inout Outsider, of seen: AgentObservation, _ own: OwnMarks, _ service: ServiceStart.Ask
    ) {
        let pid = found.process.id.pid
        found.executable = (ProcessTable.executable(of: pid) ?? "").printable
        found.arguments = Self.shown(ProcessTable.arguments(of: pid, most: 16))
        let program = Self.program(of: pid)
        found.programFile = String((program?.file ?? "").prefix(200)).printable
        if let own = seen.program, let theirs = program.flatMap(Self.print) {
            found.program = own == theirs ? .agents : .other
        }
        found.isOfPresentStart = found.process.invocationID.map(invocations.contains) ?? false
        if let sockets = ProcessTable.sockets(of: pid) {
            let table = tables.seen(by: pid)
            found.listening = table.listening.filter { !$0.value.isDisjoint(with: sockets) }.map(\.key).sorted()
            // A command that asks the gateway, as `logs --follow` does, polls nobody.
            found.hasSocket =
                !found.listening.isEmpty
                || sockets.contains { table.connected[$0].map { $0 == 0 || $0 != seen.agent.port } ?? false }
        }
        found.isOtherUsers = own.uid != found.process.uid
        found.isOfAnotherConfig = own.contradict(Variables(ProcessTable.environment(of: pid) ?? []), seen.agent)
        let place = UnitPlace.of(found.process.cgroup)
        found.isGivenToken = census.managersTokens(of: place.uid).isSuperset(of: found.tokens)
        found.place = place.place(
            isContainer: ProcessTable.sharesNamespace(pid) == false, writesToSocket: ProcessTable.writesToSocket(pid),
            of: found, isMain: &found.isServiceMain, service)
    }

    /// A password behind a short option has nothing that would give it away.
    private static func shown(_ words: [String]) -> [String] {
        var hides = false
        return words.map { word in
            defer { hides = ["-p", "-P", "-k", "-u"].contains(word) }
            return hides ? "[masked]" : String(word.prefix(200)).printable
        }
    }

    private static func program(of pid: Int32) -> ProgramName? {
        guard pid > 0, let path = ProcessTable.executable(of: pid) else { return nil }
        return ProgramName(
            executable: path, words: ProcessTable.arguments(of: pid, most: 16), folder: ProcessTable.folder(of: pid),
            environment: ProcessTable.environment(of: pid) ?? [], marks: AgentKinds.titleMarks)
    }

    /// As the ledger keeps it, where no path and no word of a command has any business.
    private static func print(_ program: ProgramName) -> String? { program.key.map { sha256(Array($0.utf8)) } }

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

/// What an agent's unit starts it with: what is started with other than that is another agent.
struct OwnMarks {
    /// Of its user; `nil` where that is not known.
    let uid: UInt32?
    let variable: (String) -> String?

    func contradict(_ theirs: Variables, _ agent: Agent) -> Bool {
        AgentKinds.isAnothers(theirs, own: variable, config: agent.config.first?.path)
    }
}

/// The sockets of each network namespace, read once.
private final class SocketTables {
    private var known: [String: SocketTable] = [:]

    func seen(by pid: Int32) -> SocketTable {
        guard let network = ProcessTable.network(of: pid) else { return SocketTable.everything(seenBy: pid) }
        if let table = known[network] { return table }
        let table = SocketTable.everything(seenBy: pid)
        known[network] = table
        return table
    }
}
