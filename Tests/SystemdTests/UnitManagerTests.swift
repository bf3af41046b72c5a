import FixturesTests
import Glibc
import Synchronization
import Systemd
import Testing

/// The manager's methods, one by one.
struct UnitManagerTests {
    @Test func `units are listed by pattern, with what the manager says of them`() throws {
        let heard = Mutex<[String]>([])
        let peer = try ManagerPeer { call in
            heard.withLock {
                $0 += [call.path, call.interface, call.member, call.signature, "states"] + call.list()
                $0 += ["patterns"] + call.list()
            }
            call.reply(
                .units([
                    .unit("a.service", path: "/unit/a"),
                    .unit("b@ü.service", load: "not-found", active: "inactive", sub: "dead", path: "/unit/b"),
                ]))
        }
        let units = try peer.connect().listUnits(patterns: ["openclaw-gateway*.service", "b*.service"])
        #expect(
            heard.withLock { $0 } == [
                "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "ListUnitsByPatterns", "asas",
                "states", "patterns", "openclaw-gateway*.service", "b*.service",
            ])
        #expect(units.map(\.name) == ["a.service", "b@ü.service"])
        #expect(units.map(\.loadState) == ["loaded", "not-found"])
        #expect(units.map(\.activeState) == ["active", "inactive"])
        #expect(units.map(\.subState) == ["running", "dead"])
        #expect(units.map(\.path) == ["/unit/a", "/unit/b"])
    }

    /// To a manager an empty list of patterns means every unit that it has.
    @Test func `without a pattern no unit is listed, and the manager is not asked`() throws {
        let peer = try ManagerPeer { $0.reply(.units([.unit("ssh.service", path: "/unit/ssh")])) }
        #expect(try peer.connect().listUnits(patterns: []).isEmpty)
        #expect(peer.members.isEmpty)
    }

    @Test func `it is known since when a manager starts units`() throws {
        let heard = Mutex<[String]>([])
        let peer = try ManagerPeer { call in
            heard.withLock { $0 += [call.path, call.interface, call.argument(), call.argument()] }
            call.reply(.variant(.uint64(1_788_232_500_000_000)))
        }
        #expect(try peer.connect().started() == 1_788_232_500_000_000)
        #expect(
            heard.withLock { $0 } == [
                "/org/freedesktop/systemd1", "org.freedesktop.DBus.Properties", "org.freedesktop.systemd1.Manager",
                "UserspaceTimestamp",
            ])
    }

    /// In a process of its own, which an alarm ends where it hangs.
    @Test func `a manager that keeps silent holds a pass up no longer than it is given, whatever is asked`() async {
        await #expect(processExitsWith: .success) {
            alarm(5)
            let peer = try ManagerPeer { call in
                if call.member == "ListUnitsByNames" { call.reply(.units([.unit("a.service", path: "/unit/a")])) }
            }
            let manager = try peer.connect()
            let units = try manager.listUnits(names: ["a.service"])
            let limit = Duration.milliseconds(50)
            let reload = #expect(throws: SystemdError.self) {
                try manager.within(limit) { () throws(SystemdError) -> Void in try manager.reload() }
            }
            #expect(reload?.code == .timedOut)
            let read = try manager.within(limit) { () throws(SystemdError) in
                try manager.properties([.mainPID, .restarts], of: units)
            }
            let error = #expect(throws: SystemdError.self) { try #require(read.first).get() }
            #expect(error?.code == .timedOut)
            // The time is for one body only: afterwards each call has its own again.
            #expect(try manager.listUnits(names: ["a.service"]) == units)
        }
    }

    @Test func `units are looked up by name, and there may be none`() throws {
        let heard = Mutex<[String]>([])
        let peer = try ManagerPeer { call in
            heard.withLock { $0 += [call.member] + call.list() }
            call.reply(.units([]))
        }
        #expect(try peer.connect().listUnits(names: ["a.service", "b.service"]).isEmpty)
        #expect(heard.withLock { $0 } == ["ListUnitsByNames", "a.service", "b.service"])
    }

    @Test func `a list of another shape is malformed`() throws {
        let peer = try ManagerPeer { $0.reply(.array("(ss)", [.structure([.text("a"), .text("b")])])) }
        #expect {
            _ = try peer.connect().listUnits(patterns: ["*"])
        } throws: { error in
            (error as? SystemdError)?.code == .malformed
        }
    }

    @Test func `clearing the failed state names the unit`() throws {
        let heard = Mutex<[String]>([])
        let peer = try ManagerPeer { call in
            heard.withLock { $0 += [call.member, call.argument()] }
            call.reply()
        }
        try peer.connect().resetFailed("a.service")
        #expect(heard.withLock { $0 } == ["ResetFailedUnit", "a.service"])
    }

    @Test func `reloading is one call`() throws {
        let peer = try ManagerPeer { $0.reply() }
        try peer.connect().reload()
        #expect(peer.members == ["Reload"])
    }

    private static let refusals: [(name: String, code: SystemdError.Code)] = [
        ("org.freedesktop.systemd1.NoSuchUnit", .refused("org.freedesktop.systemd1.NoSuchUnit")),
        ("org.freedesktop.DBus.Error.AccessDenied", .accessDenied),
        ("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", .accessDenied),
        ("org.freedesktop.DBus.Error.NoReply", .timedOut),
        ("org.freedesktop.DBus.Error.Timeout", .timedOut),
    ]

    @Test(arguments: refusals)
    func `a refusal is told with its name and its text`(name: String, code: SystemdError.Code) throws {
        let peer = try ManagerPeer { $0.fail(name, "Not today.") }
        let manager = try peer.connect()
        do throws(SystemdError) {
            try manager.resetFailed("a.service")
            Issue.record("it was not refused")
        } catch {
            #expect(error.code == code)
            #expect(
                error.description
                    == "Clearing the failed state of a.service in the test manager: Not today. (\(name)).")
        }
    }

    @Test func `a manager that goes away is told as not there, and so it stays`() throws {
        let peer = try ManagerPeer { $0.hangUp() }
        let manager = try peer.connect()
        for _ in 0..<2 {
            let error = #expect(throws: SystemdError.self) { try manager.reload() }
            #expect(error?.code == .unreachable)
        }
    }

    @Test func `the connection is closed with the value`() throws {
        let peer = try ManagerPeer { $0.reply() }
        do { try peer.connect().reload() }
        #expect(peer.waitForEnd())
    }

    @Test func `a user manager that does not run is told as not there`() {
        #expect {
            _ = try UnitManager(Bus.userManager(uid: 3_999_999_999))
        } throws: { error in
            (error as? SystemdError)?.code == .unreachable
                && "\(error)"
                    == "Connecting to the user manager of uid 3999999999 at "
                    + "/run/user/3999999999/systemd/private: No such file or directory."
        }
    }
}
