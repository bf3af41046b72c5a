import Diagnosing
import FixturesTests
import Model
import Testing

/// Restarts that a unit itself wants are no crashes.
struct PlannedRestartTests {
    private static let exited = "98e322203f7a4ed290d09fe03c09fe15"
    private static let failed = "d9b373ed55a64feb8242e02dbe79a49c"
    private static let scheduled = "5eb03494b6584870a536b337290809b3"
    private static let started = "39f53479d3a045ac8e11786248231fbf"

    /// Three runs since the last pass, each of which ended with this status or by this signal.
    private static func seen(
        _ status: Int32? = nil, signal: Int32? = nil, declared: DeclaredEnds?
    ) -> AgentObservation {
        var seen = Sample.running {
            $0.restarts = 8
            $0.mainStarted = Sample.now - .seconds(10)
            $0.declared = declared
        }
        seen.journal.managers = [180, 120, 60].flatMap { age -> [JournalLine] in
            let end = Sample.now - .seconds(age)
            return [
                Sample.line("Started.", .manager, at: end - .seconds(50), id: started),
                JournalLine(
                    at: end, speaker: .manager, text: "Exited.", messageID: exited, exitStatus: status,
                    exitSignal: signal),
                Sample.line("Failed.", .manager, at: end, id: failed),
                Sample.line("Scheduled.", .manager, at: end, id: scheduled),
            ]
        }
        return seen
    }

    private static func finding(_ seen: AgentObservation, before restarts: UInt32? = 5) -> Finding? {
        var history = AgentHistory()
        history.restarts = restarts
        history.lastSeen = Sample.now - .seconds(900)
        return Rules.findings(seen, history: history, policy: Policy()).first { $0.kind == .unitCrashLoop }
    }

    @Test func `ends that the unit calls a success or a wanted restart are none`() {
        #expect(Self.finding(Self.seen(75, declared: DeclaredEnds(statuses: [75]))) == nil)
        #expect(Self.finding(Self.seen(1, declared: DeclaredEnds(statuses: [75]))) != nil)
        #expect(Self.finding(Self.seen(75, declared: nil)) != nil)
        #expect(Self.finding(Self.seen(signal: 10, declared: DeclaredEnds(signals: [10]))) == nil)
        #expect(Self.finding(Self.seen(signal: 11, declared: DeclaredEnds(signals: [10]))) != nil)
    }

    @Test func `where any end is declared, one that was not seen is not taken for a crash`() {
        var seen = Self.seen(1, declared: DeclaredEnds(statuses: [75]))
        seen.journal.managers = []
        #expect(Self.finding(seen) == nil)
        seen.unit.declared = DeclaredEnds(statuses: [0])
        #expect(Self.finding(seen) != nil, "success alone declares nothing")
    }

    @Test func `a pending restart after a declared end is none`() {
        func pending(_ end: MainEnd) -> Finding? {
            Self.finding(
                Sample.running {
                    $0.activeState = "activating"
                    $0.subState = "auto-restart"
                    $0.restarts = 8
                    $0.mainEnd = end
                    $0.declared = DeclaredEnds(statuses: [75], signals: [10])
                }, before: nil)
        }
        #expect(pending(.exited(75)) == nil)
        #expect(pending(.killed(signal: 10)) == nil)
        #expect(pending(.exited(1)) != nil)
    }

    // MARK: Outlived

    /// Three runs of fifty seconds, and one that lasts.
    private static func lasting(_ age: Duration) -> Finding? {
        var seen = Self.seen(1, declared: nil)
        seen.unit.mainStarted = Sample.now - age
        return finding(seen)
    }

    @Test func `a process that has lived twice as long as any that crashed is waited for`() {
        #expect(Self.lasting(.seconds(99))?.prescription == Prescription.none)
        #expect(Self.lasting(.seconds(100))?.prescription == .wait)
        #expect(Self.lasting(.seconds(299))?.prescription == .wait)
        #expect(Self.lasting(.seconds(300)) == nil)
    }

    @Test func `a cause that its last words name is told while it goes on, and not while it is waited for`() {
        func causes(_ age: Duration) -> [FindingKind] {
            var seen = Self.seen(1, declared: nil)
            seen.unit.mainStarted = Sample.now - age
            seen.journal.lines = [Sample.line("Error: Cannot find module 'x'")]
            var history = AgentHistory()
            history.restarts = 5
            history.lastSeen = Sample.now - .seconds(900)
            return Rules.findings(seen, history: history, policy: Policy()).map(\.kind)
        }
        #expect(causes(.seconds(10)) == [.moduleMissing])
        #expect(causes(.seconds(100)) == [.unitCrashLoop])
    }
}
