import FixturesTests
import Model
import Testing

@testable import Observing
@testable import Processes

/// Who is looked at as a possible stray.
struct OutsiderTests {
    private static let own = TokenFingerprint(hex: "aa")
    private static let foreign = TokenFingerprint(hex: "bb")
    private static let seen: AgentObservation = {
        var seen = Sample.running()
        seen.tokens = [HeldToken(fingerprint: own, sources: ["the unit"])]
        return seen
    }()

    private func outsiders(
        _ entries: [Census.Entry], ports: [Int32: UInt16] = [:], user: UInt32 = 0, watchdog: Int32 = 9_999,
        gone: Set<Int32> = []
    ) -> [Outsider] {
        let census = Census(entries, agents: [Self.seen], watchdog: watchdog)
        let outside = census.parted(agents: 1).outside
        return census.outsiders(outside, of: Self.seen, ports: ports, user: user) { status in
            gone.contains(status.pid) ? nil : (1000, "fleet", "before", .seconds(90))
        } look: { found in
            found.hasSocket = true
        }
    }

    @Test func `whoever holds the agent's token is looked at, and of its tokens only the agent's`() throws {
        let entries = [
            try CensusTests.entry(9, [Self.foreign, Self.own]), try CensusTests.entry(8, [Self.foreign]),
            try CensusTests.entry(7, [Self.own]), try CensusTests.entry(6, nil), try CensusTests.entry(5, []),
            try CensusTests.entry(4, in: CensusTests.group, [Self.own]),
        ]
        let found = outsiders(entries)
        #expect(found.map(\.process.id.pid) == [7, 9])
        #expect(found.allSatisfy { $0.tokens == [Self.own] && $0.port == nil && $0.hasSocket == true })
        #expect(found[0].started == Sample.now - .seconds(90))
        #expect(found[0].owner == "fleet" && found[0].process.invocationID == "before")
    }

    @Test func `whoever listens on the agent's port is looked at, without its token as well`() throws {
        let found = outsiders([try CensusTests.entry(7), try CensusTests.entry(8)], ports: [8: 18_789])
        #expect(found.map(\.process.id.pid) == [8])
        #expect(found[0].port == 18_789 && found[0].tokens.isEmpty)
    }

    /// `/etc/environment` reaches a user's manager, too, and that may listen for its units.
    @Test func `a manager that was given the token is nobody's stray`() throws {
        let manager = try CensusTests.entry(30, in: CensusTests.home + "/init.scope", [Self.own], command: "systemd")
        let first = try CensusTests.entry(1, parent: 0, in: "/init.scope", [Self.own], command: "systemd")
        #expect(outsiders([manager, first]).isEmpty)
        #expect(outsiders([manager, first], ports: [30: 1, 1: 1]).isEmpty)
    }

    @Test func `a process whose cgroup could not be read may be the agent's own`() throws {
        #expect(outsiders([try CensusTests.entry(7, in: "", [Self.own])]).isEmpty)
    }

    @Test func `one that has gone meanwhile is passed over`() throws {
        let entries = [try CensusTests.entry(7, [Self.own]), try CensusTests.entry(8, [Self.own])]
        #expect(outsiders(entries, gone: [7]).map(\.process.id.pid) == [8])
    }

    @Test(arguments: [(0, true), (1000, true), (1001, false)] as [(UInt32, Bool)])
    func `only root, and its own user, may end a process`(user: UInt32, may: Bool) throws {
        #expect(outsiders([try CensusTests.entry(7, [Self.own])], user: user).map(\.mayBeEnded) == [may])
    }

    @Test func `the watchdog, and whoever it descends from, is marked as such`() throws {
        let entries = [
            try CensusTests.entry(7, [Self.own]), try CensusTests.entry(8, parent: 7, [Self.own]),
            try CensusTests.entry(9, parent: 7, [Self.own]),
        ]
        let found = outsiders(entries, watchdog: 8)
        #expect(found.map(\.isWatchdog) == [true, true, false])
        #expect(found[2].ancestors.map(\.role) == [.outsider, .manager])
    }
}
