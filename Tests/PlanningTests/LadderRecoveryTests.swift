import FixturesTests
import Model
import Planning
import Testing

/// What is taken up again, or taken back, after a pass that died or a restore that did not help.
struct LadderRecoveryTests {
    private typealias Outage = LadderOutageTests
    private static let refusedConfig = Sample.finding(.unitConfigExit, .critical, .restoreConfig, summary: "Status 78.")

    private static func interrupted(
        _ remedies: [String], rung: Rung = .rule(.unitConfigExit), restoring: Digest? = Outage.good.digest
    ) -> [InterruptedStep] {
        remedies.enumerated().map { index, remedy in
            InterruptedStep(
                id: Int64(index + 1), rung: rung, remedy: remedy, began: index == 0,
                restoring: remedy == "restoreConfig" ? restoring : nil)
        }
    }

    private static func replaced(_ version: ConfigVersion, by other: ConfigVersion) -> Ladder.Replaced {
        Ladder.Replaced(version: version, by: ConfigIdentity(other), at: Sample.now - .seconds(60))
    }

    private static func facts(
        _ interrupted: [InterruptedStep], file: ConfigVersion = Outage.good, tried: [Rung] = [],
        seen: AgentObservation = Sample.failed()
    ) -> Ladder.Facts {
        var facts = Outage.facts([refusedConfig], seen: seen, file: Sample.present(file), tried: tried)
        facts.history.interrupted = interrupted
        return facts
    }

    @Test(arguments: [Rung.rule(.unitConfigExit), .lastKnownGood, .advisor])
    func `the start that a pass which died still owed is made up for under the same rung`(rung: Rung) throws {
        let steps = Self.interrupted(["restoreConfig", "resetFailed", "startUnit"], rung: rung)
        let plan = try Outage.plan(Ladder.next(Self.facts(steps)))
        #expect(plan.rungs == [rung])
        #expect(plan.steps == [.resetFailed, .startUnit])
        #expect(plan.reason == "A pass that ended early had still to start the unit.")
    }

    @Test func `a unit that runs meanwhile is restarted, so that it reads what was restored`() throws {
        let steps = Self.interrupted(["restoreConfig", "restartUnit"])
        let plan = try Outage.plan(Ladder.next(Self.facts(steps, seen: Sample.running())))
        #expect(plan.steps == [.restartUnit])
    }

    @Test func `a restore that was not finished is done again before any start`() throws {
        let steps = Self.interrupted(["restoreConfig", "resetFailed", "startUnit"])
        let plan = try Outage.plan(Ladder.next(Self.facts(steps, file: Outage.bad)))
        #expect(plan.restores == [ConfigRestore(version: Outage.good, replacing: Outage.bad.digest)])
        #expect(plan.rungs == [.rule(.unitConfigExit)])
    }

    @Test func `an interrupted step without a start owes none`() {
        let steps = Self.interrupted(["writeKillMode"], rung: .rule(.unitKillMode))
        guard case .escalate = Ladder.next(Self.facts(steps)) else {
            Issue.record("an escalation was expected, and \(Ladder.next(Self.facts(steps))) came")
            return
        }
    }

    @Test func `a start that was made up for is not made up for again`() {
        let steps = Self.interrupted(["restoreConfig", "startUnit"])
        guard case .escalate = Ladder.next(Self.facts(steps, tried: [.rule(.unitConfigExit)])) else {
            Issue.record("an escalation was expected")
            return
        }
    }

    @Test func `an interrupted undo owes no start`() {
        let steps = Self.interrupted(["restoreConfig", "startUnit"], rung: .undo)
        guard case .escalate = Ladder.next(Self.facts(steps)) else {
            Issue.record("an escalation was expected")
            return
        }
    }

    @Test func `a pass that died owes nothing to an agent that works`() {
        var facts = Self.facts(Self.interrupted(["resetFailed", "startUnit"]), seen: Sample.running())
        facts.findings = []
        #expect(Ladder.next(facts) == .nothing)
    }

    /// By a person who forgot the start, or by a pass that died before it.
    @Test func `a good config that came back after the agent had refused another one is followed by a start`() throws {
        let mended = Sample.config("good", changed: Sample.now - .seconds(5))
        let plan = try Outage.plan(Ladder.next(Self.facts([], file: mended)))
        #expect(plan.rungs == [.rule(.unitConfigExit)])
        #expect(plan.steps == [.resetFailed, .startUnit])
    }

    @Test func `a good config that was there when the agent refused it is no reason to start it again`() {
        for age in [Duration.seconds(10), .seconds(11), .seconds(86_400)] {
            let older = Sample.config("good", changed: Sample.now - age)
            guard case .escalate = Ladder.next(Self.facts([], file: older)) else {
                Issue.record("an escalation was expected after \(age)")
                return
            }
        }
    }

    @Test func `several good configs have all to be back, each in its own place`() throws {
        let changed = Sample.now - .seconds(5)
        let other = Sample.config("other", path: "/srv/coder/other.json", changed: changed)
        var facts = Self.facts([], file: Sample.config("good", changed: changed))
        facts.history.knownGood.append(other)
        facts.seen.config.append(ConfigFile(path: other.path, state: .refused("A link lies on the way.")))
        guard case .escalate = Ladder.next(facts) else {
            Issue.record("an escalation was expected, and \(Ladder.next(facts)) came")
            return
        }
        facts.seen.config[1] = Sample.present(other)
        #expect(try Outage.plan(Ladder.next(facts)).steps == [.resetFailed, .startUnit])
    }

    @Test func `undoing a rollback puts the very file back that it replaced`() {
        var seen = Sample.failed()
        seen.config = [Sample.present(Outage.good)]
        let undo = Ladder.undo(seen, replaced: [Self.replaced(Outage.bad, by: Outage.good)])
        let back = ConfigRestore(version: Outage.bad, replacing: Outage.good.digest)
        #expect(
            undo
                == Plan(
                    agent: Sample.id, rungs: [.undo], steps: [.restoreConfig(back)],
                    reason: "The last-known-good config did not help, so the newer file is put back."))
    }

    @Test func `what somebody has changed since the rollback is theirs`() {
        var seen = Sample.failed()
        let replaced = [Self.replaced(Outage.bad, by: Outage.good)]
        seen.config = [Sample.present(Sample.config("a person's correction"))]
        #expect(Ladder.undo(seen, replaced: replaced) == nil)
        seen.config = [ConfigFile(path: Sample.configPath, state: .missing)]
        #expect(Ladder.undo(seen, replaced: replaced) == nil)
        seen.config = [Sample.present(Sample.config("good", path: "/srv/coder/other.json"))]
        #expect(Ladder.undo(seen, replaced: replaced) == nil)
    }

    @Test func `what the agent has only marked anew since the rollback is taken back, too`() {
        var seen = Sample.failed()
        let touched = Sample.config("good, touched", meaning: "good")
        seen.config = [Sample.present(touched)]
        let undo = Ladder.undo(seen, replaced: [Self.replaced(Outage.bad, by: Outage.good)])
        #expect(undo?.restores == [ConfigRestore(version: Outage.bad, replacing: touched.digest)])
    }

    @Test func `there is nothing to undo where nothing was replaced`() {
        var seen = Sample.failed()
        seen.config = [Sample.present(Outage.good)]
        #expect(Ladder.undo(seen, replaced: []) == nil)
    }

    @Test func `of several files each one is taken back for itself`() throws {
        let other = Sample.config("other bad", path: "/srv/coder/other.json")
        var seen = Sample.failed()
        seen.config = [
            Sample.present(Outage.good), Sample.present(Sample.config("edited", path: "/srv/coder/other.json")),
        ]
        let undo = Ladder.undo(
            seen,
            replaced: [
                Self.replaced(Outage.bad, by: Outage.good),
                Self.replaced(other, by: Sample.config("other good")),
            ])
        #expect(undo?.restores.map(\.version) == [Outage.bad])
    }
}
