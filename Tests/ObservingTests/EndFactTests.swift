import FixturesTests
import Glibc
import Model
import Testing

@testable import Observing

/// What no stop produces, so that it proves that nobody stopped a unit.
struct EndFactTests {
    private static func proof(
        _ end: MainEnd? = nil, _ change: (inout AgentObservation) -> Void = { _ in }
    ) -> String? {
        var seen = Sample.failed { $0.mainEnd = end ?? .exited(1) }
        change(&seen)
        return EndFact.proof(seen)?.text
    }

    @Test(arguments: [SIGSEGV, SIGABRT, SIGUSR1, SIGBUS])
    func `a signal that nobody sends to stop a unit is a proof`(signal: Int32) {
        #expect(Self.proof(.killed(signal: signal)) == "ended by signal \(signal)")
        #expect(Self.proof(.dumped(signal: signal)) == "a core dump of signal \(signal)")
    }

    @Test(arguments: [SIGTERM, SIGKILL, SIGHUP, SIGINT])
    func `what an operator sends is none`(signal: Int32) {
        #expect(Self.proof(.killed(signal: signal)) == nil)
        #expect(Self.proof(.dumped(signal: signal)) == nil)
    }

    @Test func `what the unit's own stop sends is none`() {
        let declared = DeclaredEnds(stopSignals: [SIGQUIT, SIGUSR2])
        for signal in [SIGQUIT, SIGUSR2] {
            #expect(Self.proof(.dumped(signal: signal)) { $0.unit.declared = declared } == nil)
            #expect(Self.proof(.dumped(signal: signal)) != nil)
        }
    }

    @Test(arguments: [78, 200, 243] as [Int32])
    func `a status that no program ends with when it is stopped is a proof`(status: Int32) {
        #expect(Self.proof(.exited(status)) == "status \(status)")
    }

    @Test(arguments: [0, 1, 75, 130, 143, 199, 244] as [Int32])
    func `another status is none: a program may end with it when it is stopped`(status: Int32) {
        #expect(Self.proof(.exited(status)) == nil)
    }

    @Test(arguments: ["oom-kill", "start-limit-hit", "watchdog", "resources"])
    func `a result of systemd's own is a proof of a unit that has failed`(result: String) {
        #expect(Self.proof { $0.unit.result = result } == result)
        #expect(
            Self.proof {
                $0.unit.result = result
                $0.unit.activeState = "inactive"
            } == nil)
    }

    @Test(arguments: ["exit-code", "signal", "timeout", "success", ""])
    func `another result is none`(result: String) {
        #expect(Self.proof { $0.unit.result = result } == nil)
    }

    @Test func `the refusal of a start is a proof where it belongs to this end`() {
        func proof(_ age: Duration, _ speaker: JournalLine.Speaker = .manager) -> String? {
            Self.proof {
                $0.journal.managers = [
                    Sample.line("Start request repeated too quickly.", speaker, at: Sample.now - age)
                ]
            }
        }
        #expect(proof(.seconds(15)) == "Start request repeated too quickly.")
        #expect(proof(.milliseconds(15_001)) == nil)
        #expect(proof(.seconds(1), .unit) == nil)
    }

    @Test func `how an earlier run ended proves nothing of this one`() {
        func proof(_ exited: Duration) -> String? {
            Self.proof(.exited(78)) {
                $0.unit.activationBegan = Sample.now - .seconds(60)
                $0.unit.mainExited = Sample.now - exited
            }
        }
        #expect(proof(.seconds(60)) != nil && proof(.seconds(61)) == nil)
    }
}
