import FixturesTests
import Model
import Testing

@testable import Observing
@testable import Processes

/// What belongs to which agent, and who is above whom.
struct CensusTests {
    static let home = "/user.slice/user-1000.slice/user@1000.service"
    static let group = "/system.slice/\(Sample.unit)"

    static func entry(
        _ pid: Int32, parent: Int32 = 1, start: UInt64 = 100, in cgroup: String = "/system.slice/run-r1.scope",
        _ mark: [TokenFingerprint]? = [], command: String = "node"
    ) throws -> Census.Entry {
        let status = try #require(ProcessStatus(pid: pid, parent: parent, command: command, start: start))
        return WalkedProcess(status: status, cgroup: cgroup, mark: mark)
    }

    private static let systemd = Result { try entry(1, parent: 0, start: 0, in: "/init.scope", command: "systemd") }

    private func census(
        _ entries: [Census.Entry], agents: [AgentObservation] = [Sample.running()], groups: Set<String> = [],
        watchdog: Int32 = 9_999
    ) throws -> Census {
        Census([try Self.systemd.get()] + entries, agents: agents, groups: groups, watchdog: watchdog)
    }

    private static let groups: [(cgroup: String, isOwn: Bool)] = [
        (group, true), ("\(group)/worker", true), ("\(group)/a/b/c", true), ("\(group)/inner.service/x.scope", true),
        ("\(group)-old", false), ("\(group)2", false), ("/system.slice", false), ("/", false), ("", false),
        ("/other.slice\(group)", false), ("/system.slice/openclaw-gateway-coder", false),
    ]

    @Test(arguments: groups)
    func `a unit's processes are those in its cgroup, at any depth, and in none that is only named alike`(
        cgroup: String, isOwn: Bool
    ) throws {
        let (members, outside) = try census([try Self.entry(7, in: cgroup)]).parted(agents: 1)
        #expect(members[0].map(\.status.pid) == (isOwn ? [7] : []))
        #expect(outside.map(\.status.pid) == (isOwn ? [1] : [1, 7]))
    }

    @Test func `the processes of an agent that is not looked at just now are nobody's strays`() throws {
        let other = "/system.slice/openclaw-gateway-sales.service"
        let entries = [try Self.entry(7, in: other + "/deep"), try Self.entry(8, parent: 7)]
        let census = try census(entries, groups: [other, Self.group])
        let (members, outside) = census.parted(agents: 1)
        #expect(members[0].isEmpty)
        #expect(outside.map(\.status.pid) == [1, 8])
        #expect(census.ancestors(of: entries[1], outsiders: []).map(\.role) == [.agentUnit, .manager])
    }

    @Test func `an agent that has no cgroup has no processes`() throws {
        let stopped = Sample.failed { $0.controlGroup = "" }
        let (members, outside) = try census([try Self.entry(7, in: "")], agents: [stopped]).parted(agents: 1)
        #expect(members[0].isEmpty && outside.count == 2)
    }

    // MARK: Above

    private func roles(_ pid: Int32, _ entries: [Census.Entry], outsiders: Set<Int32> = []) throws -> [String] {
        let census = try census(entries)
        let entry = try #require(census.entry(of: pid))
        return census.ancestors(of: entry, outsiders: outsiders).map { "\($0.id.pid) \($0.role)" }
    }

    @Test func `who is above a process is told from the nearest to the manager that they were left to`() throws {
        let entries = [
            try Self.entry(20, parent: 1, start: 10), try Self.entry(21, parent: 20, in: Self.group + "/sub"),
            try Self.entry(22, parent: 21), try Self.entry(23, parent: 22),
        ]
        #expect(
            try roles(23, entries, outsiders: [22, 23]) == ["22 outsider", "21 agentUnit", "20 ordinary", "1 manager"])
    }

    @Test func `a user's manager is where a chain ends, and a program that only has its name is not`() throws {
        let entries = [
            try Self.entry(30, start: 10, in: Self.home + "/init.scope", command: "systemd"),
            try Self.entry(31, parent: 30),
            try Self.entry(32, start: 10, in: Self.home + "/app.slice/x.service", command: "systemd"),
            try Self.entry(33, parent: 32),
            try Self.entry(34, start: 10, in: "/system.slice/x.service/init.scope", command: "systemd"),
            try Self.entry(35, parent: 34),
            try Self.entry(36, start: 10, in: Self.home + "/init.scope", command: "(sd-pam)"),
            try Self.entry(37, parent: 36),
        ]
        #expect(try roles(31, entries) == ["30 manager"])
        for pid in [33, 35, 37] as [Int32] { #expect(try roles(pid, entries) == ["\(pid - 1) ordinary", "1 manager"]) }
    }

    @Test func `a parent that is younger than its child is another process, and nothing above is believed`() throws {
        let entries = [try Self.entry(40, start: 500), try Self.entry(41, parent: 40, start: 499)]
        #expect(try roles(41, entries) == [])
        let same = [try Self.entry(40, start: 500), try Self.entry(41, parent: 40, start: 500)]
        #expect(try roles(41, same) == ["40 ordinary", "1 manager"])
    }

    @Test func `a parent that has gone ends the chain, and a hidden PID 1 is still the manager`() throws {
        #expect(try roles(41, [try Self.entry(41, parent: 40)]) == [])
        #expect(try roles(41, [try Self.entry(41, parent: 0)]) == [])
        let hidden = Census([try Self.entry(41)], agents: [], watchdog: 9_999)
        let entry = try #require(hidden.entry(of: 41))
        #expect(hidden.ancestors(of: entry, outsiders: []).map(\.role) == [.manager])
    }

    @Test(.timeLimit(.minutes(1))) func `parents that form a ring hang nobody`() throws {
        let ring = [
            try Self.entry(50, parent: 52), try Self.entry(51, parent: 50), try Self.entry(52, parent: 51),
            try Self.entry(53, parent: 53),
        ]
        let census = try census(ring, watchdog: 51)
        for entry in ring { #expect(census.ancestors(of: entry, outsiders: []).count == 64) }
        for pid in [50, 51, 52] as [Int32] { #expect(census.isWatchdog(pid)) }
        #expect(!census.isWatchdog(53))
    }

    @Test func `the watchdog and everybody above it are known as such`() throws {
        let entries = [
            try Self.entry(60), try Self.entry(61, parent: 60), try Self.entry(62, parent: 61),
            try Self.entry(63, parent: 61),
        ]
        let census = try census(entries, watchdog: 62)
        #expect([1, 60, 61, 62, 63, 64].filter(census.isWatchdog) == [1, 60, 61, 62])
    }

    // MARK: Members

    private func members(_ entries: [Census.Entry], watchdog: Int32 = 9_999) throws -> (AgentObservation, [Int32]) {
        var seen = Sample.running { $0.mainPID = 70 }
        let census = try census(entries, agents: [seen], watchdog: watchdog)
        var asked: [Int32] = []
        census.members(census.parted(agents: 1).members[0], of: &seen) { pid in
            asked.append(pid)
            return (1000, "before", true)
        }
        return (seen, asked)
    }

    @Test func `only of what is older than the main process anything more is read`() throws {
        let entries = [
            try Self.entry(70, start: 500, in: Self.group), try Self.entry(71, start: 499, in: Self.group),
            try Self.entry(72, start: 500, in: Self.group), try Self.entry(73, start: 501, in: Self.group + "/sub"),
        ]
        let (seen, asked) = try members(entries)
        #expect(asked == [71])
        #expect(seen.processes.map(\.id.pid) == [70, 71, 72, 73])
        #expect(seen.processes.map(\.invocationID) == [nil, "before", nil, nil])
        #expect(
            try members(Array(entries.dropFirst())).1.isEmpty,
            "without a main process there is nothing to be older than")
    }

    @Test func `what the watchdog descends from is never asked whether it was left behind`() throws {
        let entries = [
            try Self.entry(70, start: 500, in: Self.group), try Self.entry(71, start: 10, in: Self.group),
            try Self.entry(72, parent: 71, start: 900, in: Self.group),
        ]
        #expect(try members(entries).1 == [71])
        #expect(try members(entries, watchdog: 72).1.isEmpty)
    }

    @Test func `what somebody outside of the unit has started, and still has, was not left behind`() throws {
        let main = try Self.entry(70, start: 500, in: Self.group)
        let shell = try Self.entry(71, start: 5, in: "/system.slice/other.service")
        let moved = try Self.entry(72, parent: 71, start: 10, in: Self.group)
        let below = try Self.entry(73, parent: 72, start: 20, in: Self.group + "/sub")
        #expect(try members([main, shell, moved, below]).1.isEmpty)
        #expect(try members([main, moved, below]).1 == [72, 73])
    }

    @Test func `a unit with thousands of processes is told, and not searched`() throws {
        let crowd = try (0..<4_097).map { try Self.entry(1_000 + $0, in: Self.group) }
        let (seen, asked) = try members(crowd)
        #expect(seen.processes.isEmpty && asked.isEmpty)
        #expect(
            seen.gaps == [
                Gap(
                    source: "processes",
                    sentence:
                        "openclaw-gateway-coder.service has 4097 processes; leftovers are searched for among at most 4096.",
                    blinding: false)
            ])
        #expect(try members(Array(crowd.dropFirst())).0.processes.count == 4_096)
    }
}
