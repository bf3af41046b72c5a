import FixturesTests
import Model
import Testing

/// Jobs, ends and times of a unit.
struct UnitMomentTests {
    private func unit(_ change: (inout UnitFacts) -> Void) -> UnitFacts { Sample.running(Sample.id, change).unit }

    @Test func `when its activation began is told in the ticks that processes have`() {
        let started = Sample.now - .seconds(60)
        func ticks(_ long: Duration, main: UInt64 = 10_000) -> UInt64? {
            unit {
                $0.mainStarted = started
                $0.activationBegan = started - long
            }.activationTicks(main)
        }
        #expect(ticks(.zero) == 9_998)
        #expect(ticks(.milliseconds(2_500)) == 9_748)
        // systemd notes the start of a main process with nothing before it a moment before that of its unit.
        #expect(ticks(.milliseconds(-40)) == 9_998)
        #expect(ticks(.seconds(-5)) == nil && ticks(.seconds(3600)) == nil)
        #expect(ticks(.zero, main: 2) == nil && ticks(.zero, main: 3) == 1)
        #expect(unit { $0.activationBegan = nil }.activationTicks(10_000) == nil)
        #expect(unit { $0.mainStarted = nil }.activationTicks(10_000) == nil)
    }

    @Test func `a job that ends with a start is told from others`() {
        func starts(_ type: String, hasJob: Bool = true) -> Bool {
            unit {
                $0.hasJob = hasJob
                $0.jobType = type
            }.isBeingStarted
        }
        for type in ["start", "restart", "try-restart", "reload-or-start"] { #expect(starts(type)) }
        for type in ["", "stop", "reload", "verify-active", "nop"] { #expect(!starts(type)) }
        #expect(!starts("start", hasJob: false))
    }

    @Test func `a unit that has done its work and stays active holds`() {
        func holds(_ type: String, _ active: String, _ sub: String) -> Bool {
            unit {
                $0.type = type
                $0.activeState = active
                $0.subState = sub
            }.holds
        }
        #expect(holds("simple", "active", "running") && holds("oneshot", "active", "exited"))
        #expect(!holds("simple", "active", "exited") && !holds("oneshot", "inactive", "exited"))
        #expect(!holds("oneshot", "active", "start-post"))
    }

    @Test func `an end is declared by its status or by its signal, never by the other's number`() {
        let declared = DeclaredEnds(statuses: [75], signals: [10])
        #expect(declared.hold(.exited(75)) && declared.hold(.killed(signal: 10)) && declared.hold(.dumped(signal: 10)))
        #expect(!declared.hold(.exited(10)) && !declared.hold(.killed(signal: 75)) && !declared.hold(nil))
    }

    @Test func `whose word a config is goes with its path`() {
        let agent = Agent(
            id: Sample.id, name: "coder",
            config: [Sample.named("/a"), ConfigPath("/b", origin: .unit, isRoots: false)])
        #expect(agent.isRootsWord("/a") && !agent.isRootsWord("/b") && !agent.isRootsWord("/c"))
    }
}
