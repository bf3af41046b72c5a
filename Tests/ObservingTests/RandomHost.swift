import FixturesTests
import Model

@testable import Observing
@testable import Processes

/// A host that never was: any tree of processes, spread over the cgroups that systemd makes, with agents among them.
struct RandomHost {
    struct Person {
        var uid: UInt32
        var invocation: String?
        var isContained: Bool
        var hasSocket: Bool?
        var program: Outsider.Program
    }

    static let now: UInt64 = 1_000_000
    static let unitA = "/system.slice/openclaw-gateway-a.service"
    static let unitB = "/system.slice/openclaw-gateway-b.service"
    /// Every host has this user, so that names are quickly found.
    static let daemon = Scope.user(uid: 1, name: "daemon")
    static let home = "/user.slice/user-1.slice/user@1.service"
    static let unitC = home + "/app.slice/openclaw-gateway-c.service"
    static let manager: Int32 = 3
    static let tokens = ["a1", "b2", "c3"].map { TokenFingerprint(hex: $0) }

    /// Of units that are no agents: whose manager has them, and their cgroup.
    /// The mark of every service's present start.
    static let ofService = "service-now"
    static let services: [(scope: Scope, name: String, group: String)] = [
        (.system, "other.service", "/system.slice/other.service"),
        (.system, "cron.service", "/system.slice/cron.service"),
        (daemon, "bridge.service", home + "/app.slice/bridge.service"),
    ]

    private static let elsewhere = [
        "/user.slice/user-1.slice/session-3.scope", "/user.slice/user-1.slice/session-c1.scope",
        home + "/app.slice/run-r17.scope", "/system.slice/run-u9.scope", "/machine.slice/libpod-8d1f.scope/container",
        "/system.slice", "/", "", unitA + "-old", "/system.slice/openclaw-gateway-a.service.d",
    ]

    private(set) var entries: [Census.Entry] = []
    private(set) var people: [Int32: Person] = [:]
    private(set) var mains: [String: Int32] = [:]
    private(set) var kernelThreads: Set<Int32> = []
    private(set) var watchdog: Int32 = 0
    private(set) var agents: [AgentObservation] = []
    /// Who runs the watchdog.
    let user: UInt32

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        user = Bool.random(using: &random) ? 0 : 1
        add(1, "systemd", parent: 0, start: 1, in: "/init.scope", Person.manager(0), &random)
        // The kernel's own have no environment; the walk passes them over, and nothing may hang on that alone.
        for pid in [2, 40] as [Int32] {
            kernelThreads.insert(pid)
            add(
                pid, "kthreadd", parent: pid == 2 ? 0 : 2, start: 1, in: "/", Person.manager(0), isKernels: true,
                &random)
        }
        add(Self.manager, "systemd", parent: 1, start: 50, in: Self.home + "/init.scope", Person.manager(1), &random)
        for pid in 100..<Int32.random(in: 108...150, using: &random) { grow(pid, &random) }
        entries.shuffle(using: &random)
        watchdog = entries.randomElement(using: &random)?.status.pid ?? 1
        for (scope, group) in [(Scope.system, Self.unitA), (.system, Self.unitB), (Self.daemon, Self.unitC)] {
            let name = String(group.split(separator: "/").last ?? "")
            agents.append(agent(AgentID(scope: scope, unit: name), group, &random))
        }
        for service in Self.services {
            let inside = entries.filter { $0.cgroup == service.group || $0.cgroup.hasPrefix(service.group + "/") }
            mains[service.group] = inside.randomElement(using: &random)?.status.pid
        }
        // A process that ends, or moves, in the moment of the walk.
        entries = entries.map { entry in
            guard entry.status.pid > 3, Int.random(in: 0..<12, using: &random) == 0 else { return entry }
            return WalkedProcess(status: entry.status, cgroup: "", mark: entry.mark)
        }
    }

    private mutating func grow(_ pid: Int32, _ random: inout SeededGenerator) {
        let groups = [Self.unitA, Self.unitB, Self.unitC] + Self.services.map(\.group)
        var group = groups.randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<10, using: &random) {
        case 0: group += "/below"
        case 1: group += "/below/deep.scope"
        case 2...6: group = Self.elsewhere.randomElement(using: &random) ?? ""
        default: break
        }
        var parent: Int32 = [1, 1, Self.manager, 0, 2].randomElement(using: &random) ?? 1
        var start = UInt64.random(in: 0...Self.now, using: &random)
        if Int.random(in: 0..<20, using: &random) == 0 {
            start = Self.now - UInt64.random(in: 0...6_000, using: &random)
        }
        if Bool.random(using: &random), let other = entries.randomElement(using: &random) {
            parent = other.status.pid
            // Nearly always a child is younger than its parent; otherwise the number was given away.
            if Int.random(in: 0..<8, using: &random) > 0 {
                start = UInt64.random(in: min(other.status.startTicks, Self.now)...Self.now, using: &random)
            }
        } else if Int.random(in: 0..<10, using: &random) == 0 {
            // Not there, or there only later: rings come of that.
            parent = Int32.random(in: 90..<160, using: &random)
        }
        let person = Person(
            uid: [0, 1, 1, 2].randomElement(using: &random) ?? 0,
            invocation: ["a-now", "b-now", "c-now", "a-before", "before", Self.ofService, "", nil].randomElement(
                using: &random) ?? nil,
            isContained: Int.random(in: 0..<12, using: &random) == 0,
            hasSocket: [true, true, true, false, nil].randomElement(using: &random) ?? nil,
            program: [.agents, .agents, .other, .unknown].randomElement(using: &random) ?? .unknown)
        let command = Int.random(in: 0..<15, using: &random) == 0 ? "systemd" : "node"
        add(pid, command, parent: parent, start: start, in: group, person, &random)
    }

    private mutating func add(
        _ pid: Int32, _ command: String, parent: Int32, start: UInt64, in group: String, _ person: Person,
        isKernels: Bool = false, _ random: inout SeededGenerator
    ) {
        let terminal = Int.random(in: 0..<8, using: &random) == 0 ? 34_817 : 0
        guard
            let status = ProcessStatus(
                pid: pid, parent: parent, command: command, start: start, terminal: terminal, isKernels: isKernels)
        else { return }
        var mark: [TokenFingerprint]? = []
        switch Int.random(in: 0..<6, using: &random) {
        case _ where isKernels: mark = nil
        case 0: mark = nil
        case 1: mark = []
        default: mark = Array(Self.tokens.shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random)))
        }
        entries.append(WalkedProcess(status: status, cgroup: group, mark: mark))
        people[pid] = person
    }

    private mutating func agent(
        _ id: AgentID, _ group: String, _ random: inout SeededGenerator
    ) -> AgentObservation {
        let inside = entries.filter { $0.cgroup == group || $0.cgroup.hasPrefix(group + "/") }
        let main = Int.random(in: 0..<8, using: &random) == 0 ? nil : inside.randomElement(using: &random)
        mains[group] = main?.status.pid
        var seen = Sample.running(id) { unit in
            unit.controlGroup = group
            unit.mainPID = main?.status.pid ?? 0
            unit.invocationID = "\(id.unit.dropLast(".service".count).suffix(1))-now"
        }
        seen.agent.port = 18_789
        seen.tokens = Self.tokens.shuffled(using: &random).prefix(Int.random(in: 0...2, using: &random)).map {
            HeldToken(fingerprint: $0, sources: ["the unit"])
        }
        if Bool.random(using: &random) {
            seen.journal.fresh = [Sample.line("409: Conflict: terminated by other getUpdates request")]
        }
        return seen
    }
}

extension RandomHost.Person {
    static func manager(_ uid: UInt32) -> RandomHost.Person {
        RandomHost.Person(uid: uid, invocation: nil, isContained: false, hasSocket: true, program: .unknown)
    }
}

extension ProcessStatus {
    /// As /proc/PID/stat would have it.
    init?(
        pid: Int32, parent: Int32, command: String = "node", start: UInt64, terminal: Int = 0, isKernels: Bool = false
    ) {
        let flags = isKernels ? 0x0020_8040 : 0x0040_0000
        let text =
            "\(pid) (\(command)) S \(parent) \(pid) \(pid) \(terminal) -1 \(flags) 0 0 0 0 1 2 3 4 20 0 1 0 \(start) 9 9"
        self.init(pid: pid, stat: Array(text.utf8)[...])
    }
}
