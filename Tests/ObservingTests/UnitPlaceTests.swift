import FixturesTests
import Model
import Testing

@testable import Observing

/// What a cgroup's path says of who runs a process.
struct UnitPlaceTests {
    private static let home = "/user.slice/user-1000.slice/user@1000.service"

    @Test(
        arguments: [
            ("/system.slice/other.service", "other.service", nil),
            ("/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", nil),
            (home + "/app.slice/bridge.service", "bridge.service", 1000),
            (home + "/app.slice/app-x.slice/x@a.service/worker", "x@a.service", 1000),
            (home + "/app.slice/run-r1.scope", "run-r1.scope", 1000),
            (home + "/init.scope", "init.scope", 1000),
            (home, "user@1000.service", nil),
            ("/user.slice/user-1000.slice/session-3.scope", "session-3.scope", nil),
            ("/init.scope", "init.scope", nil), ("/system.slice", "", nil), ("/", "", nil), ("", "", nil),
        ] as [(String, String, UInt32?)])
    func `a path names the unit, and the user whose manager has it`(path: String, unit: String, uid: UInt32?) {
        let place = UnitPlace.of(path)
        #expect(place.unit == unit && place.uid == uid)
    }

    /// A unit with delegated cgroups may call what it makes there as it likes (systemd.resource-control(5)).
    @Test(arguments: [
        ("/system.slice/other.service/deep.scope", "other.service"),
        ("/system.slice/other.service/session-1.scope/x.service", "other.service"),
        (home + "/app.slice/bridge.service/a/b.scope", "bridge.service"),
        ("/machine.slice/machine-x.scope/payload/system.slice/inner.service", "machine-x.scope"),
    ])
    func `what a unit makes below itself is still that unit's`(path: String, unit: String) {
        #expect(UnitPlace.of(path).unit == unit)
    }

    private static func place(
        _ path: String, isContainer: Bool = false, ancestors: [Int32] = [], main: Int32? = nil
    ) -> Outsider.Place {
        UnitPlace.of(path).place(isContainer: isContainer, pid: 7, ancestors: ancestors) { _, _ in main }
    }

    @Test func `a service governs its main process and what descends from it, and no other`() {
        let path = "/system.slice/cron.service"
        #expect(Self.place(path, main: 7) == .service("cron.service", governs: true))
        #expect(Self.place(path, ancestors: [8, 9], main: 9) == .service("cron.service", governs: true))
        #expect(Self.place(path, ancestors: [8, 1], main: 9) == .service("cron.service", governs: false))
    }

    @Test(arguments: [nil, 0, -1] as [Int32?])
    func `a service whose main process is not known governs all that it has`(main: Int32?) {
        #expect(Self.place("/system.slice/cron.service", main: main) == .service("cron.service", governs: true))
    }

    @Test func `a container is one whatever unit it is in`() {
        #expect(Self.place("/system.slice/docker-1.scope", isContainer: true) == .container("docker-1.scope"))
        #expect(Self.place("/docker/1", isContainer: true) == .container(""))
        #expect(
            Self.place("/user.slice/user-1000.slice/session-3.scope", isContainer: true)
                == .container("session-3.scope"))
    }

    @Test func `a login session is told from other scopes`() {
        #expect(Self.place("/user.slice/user-1000.slice/session-c1.scope") == .session("session-c1.scope"))
        #expect(Self.place(Self.home + "/app.slice/run-r1.scope") == .loose("run-r1.scope"))
        #expect(Self.place("/system.slice/session-x.service", main: 3) == .service("session-x.service", governs: false))
        #expect(Self.place("/") == .loose(""))
    }

    @Test func `the manager that is asked for a main process is the one that has the unit`() {
        func scope(_ path: String) -> [Scope] {
            var asked: [Scope] = []
            _ = UnitPlace.of(path).place(isContainer: false, pid: 7, ancestors: []) { scope, _ in
                asked.append(scope)
                return 1
            }
            return asked
        }
        #expect(scope("/system.slice/x.service") == [.system])
        #expect(scope("/user.slice/user-1.slice/user@1.service/app.slice/x.service").map(\.uid) == [1])
        #expect(scope("/user.slice/user-1000.slice/session-3.scope").isEmpty)
    }
}
