import FixturesTests
import Model
import Planning
import Testing

struct IntentTests {
    /// What an operator wants ends whatever was open about an agent; what systemd is just doing does not.
    @Test func `a wish is told from a moment, in the same words`() {
        #expect(Hold.wish("it is off").clause == "it is off")
        #expect(Hold.moment("it is off").clause == "it is off")
        #expect(Hold.wish("it is off") != .moment("it is off"))
    }

    @Test func `a unit that runs is not left alone`() {
        #expect(Intent.hold(Sample.running()) == nil)
    }

    @Test func `a unit that has failed is not left alone`() {
        #expect(Intent.hold(Sample.failed()) == nil)
    }

    @Test(arguments: [("masked", ""), ("loaded", "masked"), ("loaded", "masked-runtime")])
    func `a masked unit is left alone`(load: String, file: String) {
        let seen = Sample.failed {
            $0.loadState = load
            $0.unitFileState = file
        }
        #expect(Intent.hold(seen) == .wish("the unit is masked"))
    }

    @Test func `a disabled unit is left alone, running or not`() {
        #expect(Intent.hold(Sample.failed { $0.unitFileState = "disabled" }) == .wish("the unit is disabled"))
        #expect(Intent.hold(Sample.running { $0.unitFileState = "disabled" }) == .wish("the unit is disabled"))
    }

    @Test func `a unit that an operator stopped is left alone, and the journal's line is named`() {
        var seen = Sample.failed { $0.activeState = "inactive" }
        seen.journal.lastRequest = OperatorRequest(
            verb: .stop, at: Sample.now - .seconds(60), line: "Stopping the gateway...")
        #expect(
            Intent.hold(seen)
                == .wish(
                    #"its manager was asked to stop it at 2026-09-01T03:14:00Z (journal: "Stopping the gateway..."); by whom is not recorded"#
                ))
    }

    @Test func `an operator's start does not shield the failure that came after it`() {
        var seen = Sample.failed()
        seen.journal.lastRequest = OperatorRequest(verb: .start, at: Sample.now - .seconds(60), line: "Starting…")
        #expect(Intent.hold(seen) == nil)
    }

    @Test func `a stop that was followed by a start again does not shield a running unit`() {
        var seen = Sample.running()
        seen.journal.lastRequest = OperatorRequest(verb: .stop, at: Sample.now - .seconds(60), line: "Stopping…")
        #expect(Intent.hold(seen) == nil)
    }

    @Test(arguments: [
        ("deactivating", "stop-sigterm", "it is being stopped"),
        ("activating", "start", "it is starting"),
        ("activating", "start-pre", "it is starting"),
        ("reloading", "reload", "it is reloading"),
    ])
    func `a unit on its way is left alone`(active: String, sub: String, reason: String) {
        let seen = Sample.failed {
            $0.activeState = active
            $0.subState = sub
        }
        #expect(Intent.hold(seen) == .moment(reason))
    }

    @Test(arguments: ["auto-restart", "auto-restart-queued"])
    func `a unit that systemd restarts by itself is judged, since that may be a loop`(sub: String) {
        let seen = Sample.failed {
            $0.activeState = "activating"
            $0.subState = sub
        }
        #expect(Intent.hold(seen) == nil)
    }

    @Test func `a unit with a queued job is left alone`() {
        #expect(Intent.hold(Sample.failed { $0.hasJob = true }) == .moment("a job of systemd is queued for it"))
    }

    @Test func `an operator's stop is named before the stopping itself`() {
        var seen = Sample.failed { $0.activeState = "deactivating" }
        seen.journal.lastRequest = OperatorRequest(verb: .stop, at: Sample.now, line: "Stopping")
        #expect(Intent.hold(seen)?.clause.hasPrefix("its manager was asked to stop it") == true)
    }
}
