import Diagnosing
import FixturesTests
import Model
import Testing

struct CrashLoopTests {
    private static func finding(
        _ seen: AgentObservation, before restarts: UInt32?, found: Bool = false, acted: Timestamp? = nil
    ) -> Finding? {
        var history = AgentHistory()
        history.restarts = restarts
        history.kinds = found ? [.unitCrashLoop] : []
        history.acted = acted
        history.lastSeen = Sample.now - .seconds(900)
        return Rules.findings(seen, history: history, policy: Policy()).first { $0.kind == .unitCrashLoop }
    }

    private static func running(restarts: UInt32, since age: Duration = .seconds(10)) -> AgentObservation {
        Sample.running {
            $0.restarts = restarts
            $0.mainStarted = Sample.now - age
        }
    }

    private static func pending(restarts: UInt32, sub: String = "auto-restart") -> AgentObservation {
        Sample.running {
            $0.activeState = "activating"
            $0.subState = sub
            $0.restarts = restarts
            $0.mainStarted = nil
        }
    }

    @Test func `three restarts since the last pass are a loop, and both sources are named`() throws {
        let finding = try #require(Self.finding(Self.running(restarts: 8), before: 5))
        #expect(finding.severity == .critical)
        #expect(finding.prescription == .none)
        #expect(
            finding.summary
                == "openclaw-gateway-coder.service crashes and is restarted again and again (8 restarts).")
        #expect(finding.evidence.map(\.source) == ["unit property ActiveState", "unit property NRestarts", "ledger"])
        #expect(finding.evidence.last?.text == "3 restarts since the pass of 2026-09-01T03:00:00Z")
    }

    @Test func `two restarts since the last pass are none`() {
        #expect(Self.finding(Self.running(restarts: 7), before: 5) == nil)
    }

    @Test func `a process that has held for five minutes is out of its loop`() {
        #expect(Self.finding(Self.running(restarts: 30, since: .seconds(300)), before: 5) == nil)
        #expect(Self.finding(Self.running(restarts: 30, since: .seconds(299)), before: 5) != nil)
    }

    @Test func `restarts of long ago are no loop, however many`() {
        #expect(Self.finding(Self.running(restarts: 500), before: 500) == nil)
    }

    @Test func `restarts from before the first pass are not counted`() {
        #expect(Self.finding(Self.running(restarts: 500), before: nil) == nil)
    }

    @Test func `a counter that began again is counted from nothing`() {
        #expect(Self.finding(Self.running(restarts: 2), before: 10) == nil)
        #expect(Self.finding(Self.running(restarts: 3), before: 10) != nil)
    }

    @Test(arguments: ["auto-restart", "auto-restart-queued"])
    func `an automatic restart that is pending after three others is a loop in the first pass`(sub: String) {
        #expect(Self.finding(Self.pending(restarts: 3, sub: sub), before: nil) != nil)
        #expect(Self.finding(Self.pending(restarts: 2, sub: sub), before: nil) == nil)
    }

    @Test func `a pending restart that is no news since the last pass names no growth`() throws {
        let finding = try #require(Self.finding(Self.pending(restarts: 5), before: 5, found: true))
        #expect(finding.evidence.map(\.source) == ["unit property ActiveState", "unit property NRestarts"])
    }

    @Test func `a unit whose main process has gone between two looks is in its loop`() {
        let seen = Sample.running {
            $0.restarts = 8
            $0.mainStarted = nil
        }
        #expect(Self.finding(seen, before: 5) != nil)
    }

    @Test func `a loop that the last pass found is not over because the unit runs for a moment`() {
        #expect(
            Self.finding(Self.running(restarts: 5), before: 5, found: true)?.summary
                == "openclaw-gateway-coder.service was in a crash loop (5 restarts), and its main process has not held for five minutes yet."
        )
        #expect(Self.finding(Self.running(restarts: 6), before: 5, found: true)?.prescription == .wait)
        #expect(Self.finding(Self.running(restarts: 8), before: 5, found: true)?.prescription == Prescription.none)
        #expect(Self.finding(Self.pending(restarts: 5), before: 5, found: true)?.prescription == Prescription.none)
        #expect(Self.finding(Self.running(restarts: 6), before: 5, found: false) == nil)
    }

    @Test func `a loop that the last pass found is over when a process has held or the counter began again`() {
        #expect(Self.finding(Self.running(restarts: 6, since: .seconds(299)), before: 5, found: true) != nil)
        #expect(Self.finding(Self.running(restarts: 6, since: .seconds(300)), before: 5, found: true) == nil)
        #expect(Self.finding(Self.running(restarts: 0), before: 5, found: true) == nil)
        #expect(Self.finding(Self.running(restarts: 2), before: 2, found: true) == nil)
    }

    @Test func `once the pass has acted on a loop only restarts after that count`() {
        #expect(Self.finding(Self.running(restarts: 6), before: 5, found: true, acted: Sample.now) == nil)
    }

    @Test func `one crash of a unit that has crashed long ago is no loop`() {
        #expect(Self.finding(Self.pending(restarts: 5), before: 5) == nil)
        #expect(Self.finding(Self.pending(restarts: 6), before: 5) != nil)
    }

    private static let failed = "d9b373ed55a64feb8242e02dbe79a49c"
    private static let started = "39f53479d3a045ac8e11786248231fbf"
    private static let scheduled = "5eb03494b6584870a536b337290809b3"

    @Test func `an agent that ends well to be started anew does not crash`() {
        var seen = Self.running(restarts: 8)
        let restarts = [180, 120, 60].map {
            Sample.line("Scheduled restart job.", .manager, at: Sample.now - .seconds($0), id: Self.scheduled)
        }
        seen.journal.managers = restarts
        #expect(Self.finding(seen, before: 5) == nil)
        // Three crashes beside those.
        seen.unit.restarts = 11
        #expect(Self.finding(seen, before: 5) != nil)
        seen.unit.restarts = 8
        seen.journal.managers = restarts.flatMap {
            [Sample.line("Failed.", .manager, at: $0.at - .seconds(1), id: Self.failed), $0]
        }
        #expect(Self.finding(seen, before: 5) != nil)
    }

    /// The config was changed so long before the look; the unit failed 200 seconds before it, after it had run for a
    /// hundred, and runs for 150 by now.
    private static func edited(_ age: Duration) -> AgentObservation {
        var seen = Self.running(restarts: 8, since: .seconds(150))
        seen.journal.managers = [
            Sample.line("Started.", .manager, at: Sample.now - .seconds(300), id: started),
            Sample.line("Failed.", .manager, at: Sample.now - .seconds(200), id: failed),
        ]
        seen.config = [Sample.present(Sample.config("other", changed: Sample.now - age))]
        return seen
    }

    @Test func `a config that came after the last crash is not what crashed: it is waited for`() {
        #expect(Self.finding(Self.edited(.seconds(190)), before: 5)?.prescription == .wait)
        #expect(Self.finding(Self.edited(.seconds(210)), before: 5)?.prescription == Prescription.none)
        #expect(
            Self.finding(Self.edited(.seconds(190)), before: 5, acted: Sample.now)?.prescription == Prescription.none)
    }

    @Test func `a process that has not outlived the loop by 20 seconds is not taken for mended`() {
        for (age, prescription) in [(19, Prescription.none), (20, .wait)] {
            var seen = Self.edited(.seconds(190))
            seen.unit.mainStarted = Sample.now - .seconds(age)
            #expect(Self.finding(seen, before: 5)?.prescription == prescription)
        }
    }

    @Test func `an agent that writes its config at each start is waited for once`() {
        let seen = Self.edited(.seconds(190))
        var history = AgentHistory()
        history.restarts = 5
        history.kinds = [.unitCrashLoop]
        history.lastConfig = ConfigMemory(seen, after: nil)
        let found = Rules.findings(seen, history: history, policy: Policy()).first { $0.kind == .unitCrashLoop }
        #expect(found?.prescription == Prescription.none)
    }

    @Test func `a unit that has given up is not in a loop any more`() {
        for state in ["failed", "inactive"] {
            let seen = Sample.failed {
                $0.activeState = state
                $0.restarts = 9
            }
            #expect(Self.finding(seen, before: 1) == nil)
        }
    }
}
