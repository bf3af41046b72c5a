import Synchronization
import Systemd
import Testing

/// What a manager says of itself and of its jobs.
struct ManagerDetailTests {
    @Test func `how much a manager logs is asked of the manager itself`() throws {
        let heard = Mutex<[String]>([])
        let peer = try ManagerPeer { call in
            heard.withLock { $0 += [call.path, call.interface, call.argument(), call.argument()] }
            call.reply(.variant(.text("warning")))
        }
        #expect(try peer.connect().logLevel() == "warning")
        #expect(
            heard.withLock { $0 } == [
                "/org/freedesktop/systemd1", "org.freedesktop.DBus.Properties", "org.freedesktop.systemd1.Manager",
                "LogLevel",
            ])
    }

    @Test func `what a job is to do is asked of that job`() throws {
        let heard = Mutex<[String]>([])
        let peer = try ManagerPeer { call in
            heard.withLock { $0 += [call.path, call.argument(), call.argument()] }
            call.reply(.variant(.text("restart")))
        }
        #expect(try peer.connect().jobType(77) == "restart")
        #expect(
            heard.withLock { $0 } == [
                "/org/freedesktop/systemd1/job/77", "org.freedesktop.systemd1.Job", "JobType",
            ])
    }

    @Test func `a job that has ended meanwhile is none, and another failure is one`() throws {
        let gone = try ManagerPeer { $0.fail("org.freedesktop.DBus.Error.UnknownObject", "No such job.") }
        #expect(try gone.connect().jobType(77) == nil)
        let refused = try ManagerPeer { $0.fail("org.freedesktop.DBus.Error.AccessDenied", "No.") }
        #expect(throws: SystemdError.self) { try refused.connect().jobType(77) }
    }
}
