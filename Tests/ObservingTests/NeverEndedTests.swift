import Diagnosing
import FixturesTests
import Model
import Testing

@testable import Observing
@testable import Processes

/// The law of the program, over hosts that nobody thought of: whatever the tree of processes looks like, some are never
/// chosen for ending.
struct NeverEndedTests {
    private struct Choice {
        let order: EndOrder
        let seen: AgentObservation
        let kind: FindingKind
    }

    /// From the walk to the prescriptions, as a pass goes.
    private static func choices(_ host: RandomHost) -> [Choice] {
        var agents = host.agents
        let census = Census(host.entries, agents: agents, watchdog: host.watchdog)
        let (members, outside) = census.parted(agents: agents.count)
        for index in agents.indices {
            census.members(members[index], of: &agents[index]) { pid in
                (host.people[pid]?.uid ?? .max, host.people[pid]?.invocation, host.people[pid] != nil)
            }
            // Every fifth has the port open: which one does is the host's affair, and managers are never asked.
            var ports: [Int32: UInt16] = [:]
            for entry in outside where entry.status.pid % 5 == 0 && !Census.isManager(entry) {
                if !host.kernelThreads.contains(entry.status.pid) { ports[entry.status.pid] = 18_789 }
            }
            agents[index].outsiders = census.outsiders(outside, of: agents[index], ports: ports, user: host.user) {
                status in
                host.people[status.pid].map {
                    ($0.uid, "user", $0.invocation, .milliseconds(Int64(RandomHost.now - status.startTicks) * 10))
                }
            } look: { found in
                let pid = found.process.id.pid
                guard let person = host.people[pid] else { return }
                found.hasSocket = person.hasSocket
                found.program = person.program
                found.place = UnitPlace.of(found.process.cgroup).place(
                    isContainer: person.isContained, writesToSocket: false, of: found, isMain: &found.isServiceMain
                ) { scope, unit in
                    RandomHost.services.first { $0.name == unit && $0.scope.uid == scope.uid }
                        .flatMap { host.mains[$0.group] }
                        .map { ServiceStart(mainPID: $0, invocationID: RandomHost.ofService, isOver: false) }
                }
            }
        }
        return agents.flatMap { seen in
            Rules.findings(seen, history: AgentHistory(), policy: Policy()).flatMap { finding in
                guard case .end(let orders) = finding.prescription else { return [Choice]() }
                return orders.map { Choice(order: $0, seen: seen, kind: finding.kind) }
            }
        }
    }

    /// Everything that is above a process, as far as it can be true: no parent is younger than its child.
    private static func above(_ pid: Int32, _ host: RandomHost) -> [ProcessStatus] {
        var chain: [ProcessStatus] = []
        var current = host.entries.first { $0.status.pid == pid }?.status
        while let child = current {
            current = host.entries.first { $0.status.pid == child.parent }?.status
            guard let parent = current, parent.startTicks <= child.startTicks, chain.count < 200 else { return chain }
            chain.append(parent)
        }
        return chain
    }

    /// Why a process must live, as a clause; `nil` where nothing speaks for it.
    private static func protection(_ pid: Int32, _ host: RandomHost) -> String? {
        if pid == 1 { return "it is PID 1" }
        if host.kernelThreads.contains(pid) { return "it is a kernel thread" }
        if pid == RandomHost.manager { return "it is a user's manager" }
        if pid == host.watchdog { return "it is the watchdog" }
        if above(host.watchdog, host).contains(where: { $0.pid == pid }) { return "the watchdog descends from it" }
        for (unit, main) in host.mains {
            if pid == main { return "it is the main process of \(unit)" }
            if above(pid, host).contains(where: { $0.pid == main }) {
                return "it descends from \(main), the main process of \(unit)"
            }
        }
        return nil
    }

    /// What an order to end a process outside of the unit lacks, as a clause.
    private static func doubt(_ choice: Choice, _ chosen: Set<ProcessID>, _ host: RandomHost) -> String? {
        guard choice.order.proof != .earlierStart else { return nil }
        let id = choice.order.process
        guard let person = host.people[id.pid],
            let entry = host.entries.first(where: { $0.status.pid == id.pid && $0.status.startTicks == id.startTicks })
        else { return "there is no such process" }
        switch choice.order.proof {
        case .token(let token):
            let isOwn = choice.seen.tokens.contains { $0.fingerprint == token }
            if !isOwn || entry.mark?.contains(token) != true { return "it does not hold the token" }
        case .port, .earlierStart: break
        }
        if person.program != .agents { return "it is not the agent's own program" }
        if person.invocation == RandomHost.ofService, RandomHost.services.contains(where: { entry.cgroup == $0.group })
        {
            return "its service has started it"
        }
        if host.user != 0, host.user != person.uid { return "it is another user's" }
        if RandomHost.now - id.startTicks < 6_000 { return "it is younger than a minute" }
        if entry.status.hasTerminal { return "it has a terminal" }
        if entry.cgroup.contains("/session-") { return "it is in a login session" }
        if person.isContained { return "it is in a container" }
        if person.invocation == choice.seen.unit.invocationID { return "it is of the present start" }
        let above = above(id.pid, host)
        let manager = above.firstIndex { $0.pid == 1 || $0.pid == RandomHost.manager }
        guard let manager else { return "it cannot be seen who started it" }
        let left = above[..<manager].first { !chosen.contains(ProcessID(pid: $0.pid, startTicks: $0.startTicks)) }
        return left.map { "\($0.pid), which started it, is still there" }
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `no process that must live is ever chosen for ending, and what is chosen is proven`(batch: UInt64) {
        var leftovers = 0
        var strays = 0
        for seed in (batch * 100)..<(batch * 100 + 100) {
            let host = RandomHost(seed: seed)
            let choices = Self.choices(host)
            for choice in choices {
                let order = choice.order
                if order.proof == .earlierStart { leftovers += 1 } else { strays += 1 }
                let chosen = Set(choices.filter { $0.seen.agent == choice.seen.agent }.map(\.order.process))
                let why = Self.protection(order.process.pid, host) ?? Self.doubt(choice, chosen, host)
                guard let why else { continue }
                Issue.record(
                    "seed \(seed): PID \(order.process.pid) is to be ended for \(choice.seen.agent.name) (\(choice.kind.rawValue), \(order.cgroup)), and \(why)"
                )
            }
        }
        // A law that is never put to the test holds for nothing.
        #expect(leftovers > 30 && strays > 30)
    }
}
