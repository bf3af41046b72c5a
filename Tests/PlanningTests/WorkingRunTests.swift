import FixturesTests
import Model
import Planning
import Testing

/// The process that was found to work, and what it is known to have read.
struct WorkingRunTests {
    private static let version = Sample.config("good")
    private static let started = Sample.now - .seconds(3600)
    private static let earlier = WorkingRun(started: started - .seconds(9000), meanings: ["a"])

    private static func history(_ change: (inout AgentHistory) -> Void = { _ in }) -> AgentHistory {
        var history = AgentHistory()
        history.lastSeen = Sample.now - .seconds(900)
        history.verdict = "healthy"
        history.worked = earlier
        change(&history)
        return history
    }

    private func run(
        _ versions: [ConfigVersion] = [version], started: Timestamp? = started, healthy: Bool = true,
        after history: AgentHistory = history()
    ) -> WorkingRun? {
        var seen = Sample.running { $0.mainStarted = started }
        seen.config = versions.map(Sample.present)
        return KnownGood.workingRun(seen, healthy: healthy, history: history, policy: Policy())
    }

    @Test(arguments: ["healthy", "healed"])
    func `a process that was healthy in two passes works, with the files that it has read`(verdict: String) {
        let found = run(after: Self.history { $0.verdict = verdict })
        #expect(found == WorkingRun(started: Self.started, meanings: [Self.version.meaning.hex]))
    }

    @Test func `without that the earlier one stays what is known`() {
        #expect(run(healthy: false) == Self.earlier)
        #expect(run(started: nil) == Self.earlier)
        #expect(run(after: Self.history { $0.lastSeen = nil }) == Self.earlier)
        #expect(
            run(after: Self.history { $0.lastSeen = Self.started }) == Self.earlier, "the last pass saw another one")
        for verdict in ["degraded", "failing", "held", ""] {
            #expect(run(after: Self.history { $0.verdict = verdict }) == Self.earlier)
        }
        #expect(run(healthy: false, after: Self.history { $0.worked = nil }) == nil)
    }

    @Test func `files that it may not have read are not claimed for it`() {
        let newer = Sample.config("new", changed: Self.started + .seconds(1000))
        #expect(run([newer]) == WorkingRun(started: Self.started, meanings: []))
        let known = WorkingRun(started: Self.started, meanings: ["b"])
        #expect(run([newer], after: Self.history { $0.worked = known }) == known, "what was certain once stays so")
    }

    @Test func `a file that could not be read leaves the whole set open`() {
        var seen = Sample.running()
        seen.config = [Sample.present(Self.version), ConfigFile(path: "/other", state: .refused("No."))]
        let found = KnownGood.workingRun(seen, healthy: true, history: Self.history(), policy: Policy())
        #expect(found == WorkingRun(started: Self.started, meanings: []))
    }

    @Test func `in a pass that did not look at the files what is known of them stays`() {
        var history = AgentHistory()
        history.healthySince = Sample.now - .seconds(60)
        history.healthyPasses = 1
        history.healthyConfig = "abc"
        let unseen = KnownGood.unseen(history)
        #expect(unseen.healthySince == Sample.now - .seconds(60))
        #expect(unseen.passes == 1 && unseen.config == "abc" && !unseen.promote)
    }
}
