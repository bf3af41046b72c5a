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

    /// Of process 7.
    private static func place(
        _ path: String, isContainer: Bool = false, ancestors: [Int32] = [], mark: String? = nil,
        writesToSocket: Bool = false, isMain: inout Bool, service: ServiceStart.Ask
    ) -> Outsider.Place {
        let process = ProcessFacts(
            id: ProcessID(pid: 7, startTicks: 5), parent: 1, command: "node", cgroup: path, uid: 0, invocationID: mark)
        var found = Outsider(process: process, owner: "root", started: Sample.now)
        found.ancestors = ancestors.map {
            Outsider.Ancestor(id: ProcessID(pid: $0, startTicks: 1), command: "a", role: .ordinary)
        }
        return UnitPlace.of(path).place(
            isContainer: isContainer, writesToSocket: writesToSocket, of: found, isMain: &isMain, service)
    }

    private static func place(
        _ path: String, isContainer: Bool = false, ancestors: [Int32] = [], mark: String? = nil,
        writesToSocket: Bool = false, main: Int32? = nil
    ) -> Outsider.Place {
        var isMain = true
        return place(
            path, isContainer: isContainer, ancestors: ancestors, mark: mark, writesToSocket: writesToSocket,
            isMain: &isMain
        ) { _, _ in
            main.map { ServiceStart(mainPID: $0, invocationID: "now", isOver: false) }
        }
    }

    @Test(arguments: [
        "/system.slice/docker-0a1b.scope", "/machine.slice/libpod-0a1b.scope/container", "/docker/0a1b",
        "/kubepods.slice/kubepods-pod1.slice/cri-containerd-0a1b.scope", "/machine.slice/machine-vm.scope",
        "/lxc.payload.box/init.scope",
    ])
    func `what a container engine runs is a container's, whatever it shares with the host`(path: String) {
        if case .container = Self.place(path) { return }
        Issue.record("\(path) is \(Self.place(path))")
    }

    @Test func `what has lost its service's mark and writes where that does is the service's`() {
        let path = "/system.slice/mailer.service"
        #expect(Self.place(path, writesToSocket: true, main: 3) == .service("mailer.service", governs: true))
        #expect(Self.place(path, writesToSocket: false, main: 3) == .service("mailer.service", governs: false))
        #expect(
            Self.place(path, mark: "earlier", writesToSocket: true, main: 3)
                == .service("mailer.service", governs: false))
    }

    @Test(arguments: [
        "/system.slice/docker.service", "/user.slice/user-1000.slice/session-3.scope", "/system.slice/dockers.scope",
    ])
    func `what only sounds like one is none`(path: String) {
        if case .container = Self.place(path) { Issue.record("\(path) is taken for a container") }
    }

    @Test func `a service governs its main process and what descends from it, and no other`() {
        let path = "/system.slice/cron.service"
        #expect(Self.place(path, main: 7) == .service("cron.service", governs: true))
        #expect(Self.place(path, ancestors: [8, 9], main: 9) == .service("cron.service", governs: true))
        #expect(Self.place(path, ancestors: [8, 1], main: 9) == .service("cron.service", governs: false))
    }

    @Test func `a service governs whatever carries the mark of its present start, as a worker does`() {
        let path = "/system.slice/multi.service"
        #expect(Self.place(path, mark: "now", main: 9) == .service("multi.service", governs: true))
        #expect(Self.place(path, mark: "before", main: 9) == .service("multi.service", governs: false))
        #expect(Self.place(path, mark: nil, main: 9) == .service("multi.service", governs: false))
    }

    @Test func `a service's main process is told from its others`() {
        for (main, expected) in [(7, true), (9, false)] as [(Int32, Bool)] {
            var isMain = true
            _ = Self.place("/system.slice/multi.service", mark: "now", isMain: &isMain) { _, _ in
                ServiceStart(mainPID: main, invocationID: "now", isOver: false)
            }
            #expect(isMain == expected)
        }
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

    @Test func `what a terminal has moved into a scope of its own is still somebody's at a terminal`() {
        for name in ["tmux-spawn-0ad806e8.scope", "vte-spawn-1.scope"] {
            #expect(Self.place("\(Self.home)/\(name)") == .session(name))
            #expect(Self.place("/system.slice/\(name)") == .loose(name), "no user's manager has it")
        }
        #expect(Self.place("\(Self.home)/app.slice/run-r1.scope") == .loose("run-r1.scope"))
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
            var isMain = true
            _ = Self.place(path, isMain: &isMain) { scope, _ in
                asked.append(scope)
                return ServiceStart(mainPID: 1, invocationID: "", isOver: false)
            }
            return asked
        }
        #expect(scope("/system.slice/x.service") == [.system])
        #expect(scope("/user.slice/user-1.slice/user@1.service/app.slice/x.service").map(\.uid) == [1])
        #expect(scope("/user.slice/user-1000.slice/session-3.scope").isEmpty)
    }
}
