import FixturesTests
import Model
import Planning
import Testing

/// What the ladder does where a fact speaks against the config as the cause, or the agent itself has changed it.
struct LadderMetTests {
    private typealias Outage = LadderOutageTests
    private static let refused = Sample.finding(.unitConfigExit, .critical, .restoreConfig, summary: "Status 78.")
    private static let loop = Sample.finding(.unitCrashLoop, summary: "It crashes.")

    /// Changed five seconds after the agent had broken; the time for an edit is over at once.
    private static func mended(_ findings: [Finding], tried: [Rung] = []) -> Ladder.Facts {
        let newer = Sample.present(Sample.config("bad", changed: Sample.now - .seconds(5)))
        var facts = Outage.facts(findings, file: newer, tried: tried)
        facts.policy.editGrace = .zero
        return facts
    }

    @Test func `a config that the agent has not met yet is tried before another one is put back`() throws {
        let plan = try Outage.plan(Ladder.next(Self.mended([Self.refused])))
        #expect(plan.rungs == [.rule(.unitFailed)])
        #expect(plan.steps == [.resetFailed, .startUnit])
        #expect(plan.reason == "Status 78.")
    }

    @Test func `where that start was made already a person decides`() {
        let next = Ladder.next(Self.mended([Self.refused], tried: [.rule(.unitFailed)]))
        guard case .escalate(let reason) = next else {
            Issue.record("an escalation was expected, and \(next) came")
            return
        }
        #expect(reason.hasPrefix("Status 78. Tried without success: rule:unit-failed."))
    }

    @Test func `why the config is left is told to whoever takes over`() {
        var facts = Outage.facts([Self.loop])
        facts.seen.sharers = ["sales"]
        #expect(!Ladder.canRestore(facts))
        #expect(
            Ladder.next(facts)
                == .escalate(
                    "It crashes. There is no remedy in the rule book. \(Sample.configPath) is left as it is, because sales reads it, too."
                ))
    }

    @Test func `a config that is missing is not put back where a fact speaks against it`() {
        var facts = Outage.facts([Self.refused], file: ConfigFile(path: Sample.configPath, state: .missing))
        #expect(Ladder.canRestore(facts))
        facts.seen.elsewhere = "it has another root"
        #expect(!Ladder.canRestore(facts))
    }

    @Test func `where a cause is named nobody is asked for one`() {
        let port = Sample.finding(.portInUse, summary: "Its port is in use.")
        guard case .escalate = Ladder.next(Outage.facts([port], advisor: true)) else {
            Issue.record("the advisor was asked")
            return
        }
        var facts = Outage.facts([Self.loop], advisor: true)
        #expect(Ladder.next(facts) == .ask)
        facts.found.insert(.diskFull)
        #expect(Ladder.next(facts) != .ask, "also where it was named earlier in the incident")
    }

    @Test func `an agent that is another unit, too, is a person's`() {
        var facts = Outage.facts([Self.refused])
        facts.seen.double = AgentDouble(
            agent: AgentID(scope: Sample.user, unit: Sample.unit), name: "coder@fleet", isUp: true,
            path: Sample.configPath)
        #expect(Ladder.next(facts) == .escalate("Status 78. Nothing is done, because coder@fleet is this very agent."))
    }

    // MARK: Undo

    /// What stands there, what the file says of that, and what was started, so long after the restore.
    private func undone(changed: Duration, touched: Duration?, started: Duration) -> Bool {
        let restored = Sample.now - .seconds(300)
        var seen = Sample.running { $0.mainStarted = restored + started }
        let mark = touched.map { (restored + $0).rfc3339 }
        seen.config = [Sample.present(Sample.config("migrated", changed: restored + changed, touched: mark))]
        let replaced = Ladder.Replaced(version: Outage.bad, by: ConfigIdentity(Outage.good), at: restored)
        return Ladder.undo(seen, replaced: [replaced]) != nil
    }

    @Test func `what the agent itself has made of the restored config on its start is taken back`() {
        #expect(undone(changed: .seconds(5), touched: .seconds(4), started: .seconds(1)))
        #expect(undone(changed: .seconds(240), touched: .seconds(240), started: .seconds(1)))
    }

    @Test func `what came later, or from before, or without a start, is somebody's own`() {
        #expect(!undone(changed: .seconds(-2), touched: .seconds(-2), started: .seconds(1)))
        #expect(!undone(changed: .seconds(5), touched: .seconds(5), started: .seconds(-2)))
    }

    @Test func `a file that its agent has not marked as its own is somebody's edit`() {
        #expect(!undone(changed: .seconds(5), touched: nil, started: .seconds(1)))
        #expect(!undone(changed: .seconds(5), touched: .seconds(-86_400), started: .seconds(1)))
        #expect(!undone(changed: .seconds(30), touched: .seconds(5), started: .seconds(1)))
        #expect(!undone(changed: .seconds(5), touched: nil, started: .seconds(6)), "before the last start")
    }

    @Test func `what comes at once with a start is the agent's`() {
        #expect(undone(changed: .seconds(5), touched: nil, started: .seconds(3)))
        #expect(undone(changed: .seconds(2), touched: nil, started: .seconds(60)), "with the first start")
    }
}
