import FixturesTests
import Glibc
import Model
import Testing

@testable import Observing

/// What a user's manager says of a unit, held against what the kernel knows.
struct UserClaimTests {
    private static let name = "a.service"
    private static let own = "/user.slice/user-1000.slice/user@1000.service/app.slice/"

    private func lie(_ group: String, main: Int32 = 0, name: String = name) -> String? {
        var unit = UnitFacts()
        unit.controlGroup = group
        unit.mainPID = main
        return UserClaim(unit, name, of: 1000).lie
    }

    @Test func `a cgroup of that user's manager, called after the unit, is believed`() {
        #expect(lie(Self.own + "a.service") == nil)
        #expect(lie(Self.own + "x.slice/_cgroup.service", name: "cgroup.service") == nil)
        #expect(lie("") == nil, "one that is down has none")
    }

    @Test(arguments: [
        "/system.slice/a.service", "/user.slice/user-1001.slice/user@1001.service/app.slice/a.service",
        "/user.slice/user-1000.slice/session-3.scope/a.service", own + "b.service", own + "xa.service", own,
        "/", own + "../../../../system.slice/a.service", own + "a.service/", own + "a.service/below",
    ])
    func `another one is not`(group: String) {
        #expect(lie(group) == "the cgroup \(group), which is not that unit's")
    }

    @Test func `a process that the kernel has elsewhere is none of the unit's`() throws {
        let pid = getpid()
        let found = try #require(lie(Self.own + "a.service", main: pid))
        #expect(found.hasPrefix("process \(pid), which the kernel has in /"))
        #expect(lie("", main: pid) != nil)
        #expect(lie(Self.own + "a.service", main: 1) != nil, "the system's manager least of all")
    }

    @Test func `a process that has ended meanwhile is no lie`() {
        #expect(lie(Self.own + "a.service", main: .max) == nil)
    }
}
