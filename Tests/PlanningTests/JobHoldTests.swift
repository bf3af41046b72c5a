import FixturesTests
import Model
import Planning
import Testing

/// What a queued job, another watchdog and units that belong together say of a unit.
struct JobHoldTests {
    private static func queued(_ type: String, active: String = "inactive") -> AgentObservation {
        var seen = Sample.failed {
            $0.activeState = active
            $0.subState = ""
            $0.hasJob = true
            $0.jobType = type
        }
        // A restart begins with what the journal calls a stop.
        seen.journal.lastRequest = Sample.stop()
        return seen
    }

    @Test(arguments: ["start", "restart", "try-restart", "reload-or-start"])
    func `a job that ends with a start is waited for, and is nobody's wish to have it off`(type: String) {
        #expect(Intent.hold(Self.queued(type)) == .moment("systemd is starting it"))
        #expect(
            Intent.hold(Self.queued(type, active: "deactivating"))
                == .moment("systemd is restarting it, and its old process has not ended yet"))
    }

    @Test(arguments: ["stop", "", "verify-active"])
    func `another job does not hide a stop that somebody asked for`(type: String) {
        guard case .wish = Intent.hold(Self.queued(type)) else {
            Issue.record("it was taken for a start")
            return
        }
    }

    @Test func `a type without a job is nothing`() {
        #expect(Intent.hold(Sample.failed { $0.jobType = "start" }) == nil)
    }

    @Test func `what another watchdog acts on is left to that, also while it runs`() {
        for seen in [Sample.running(), Sample.failed { $0.unitFileState = "disabled" }] {
            var seen = seen
            seen.owner = "root's watchdog acts on it"
            #expect(Intent.hold(seen) == .wish("root's watchdog acts on it"))
        }
    }

    @Test func `a stop that came with a unit that it depends on is nobody's wish`() {
        var seen = Sample.inactive { $0.lostPartners = ["db.service"] }
        seen.journal.lastRequest = Sample.stop()
        #expect(Intent.hold(seen) == nil)
        seen.unit.activeState = "deactivating"
        guard case .wish = Intent.hold(seen) else {
            Issue.record("while it is being stopped that is not known yet")
            return
        }
    }
}
