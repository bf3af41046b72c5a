import FixturesTests
import Model
import Planning
import Testing

/// The rungs for an agent that is down, one after the other.
struct LadderOutageTests {
    static let good = Sample.config("good")
    static let bad = Sample.config("bad")

    /// Facts of an agent that has failed, with a config that differs from the last-known-good one.
    static func facts(
        _ findings: [Finding], seen: AgentObservation = Sample.failed(), file: ConfigFile? = Sample.present(bad),
        knownGood: [ConfigVersion] = [good], tried: [Rung] = [], advice: Diagnosis? = nil, advisor: Bool = false
    ) -> Ladder.Facts {
        var seen = seen
        seen.config = file.map { [$0] } ?? []
        var history = AgentHistory()
        history.knownGood = knownGood
        return Ladder.Facts(
            seen: seen, findings: findings, history: history, tried: tried, advice: advice, advisorAvailable: advisor,
            policy: Policy())
    }

    static func advice(_ proposal: Proposal?) -> Diagnosis {
        Diagnosis(cause: "A socket was left.", origin: .advisor("groq"), confidence: 0.8, proposal: proposal)
    }

    static func plan(_ step: Ladder.Step) throws -> Plan {
        guard case .act(let plan) = step else {
            Issue.record("a plan was expected, and \(step) came")
            throw NoPlan()
        }
        return plan
    }

    struct NoPlan: Error {}

    @Test func `nothing is done to an agent without findings`() {
        #expect(Ladder.next(Self.facts([], seen: Sample.running())) == .nothing)
    }

    @Test(arguments: [
        (Prescription.start, [Remedy.startUnit]),
        (.resetAndStart, [.resetFailed, .startUnit]),
        (.restart, [.restartUnit]),
        (
            .restoreConfig,
            [.restoreConfig(ConfigRestore(version: good, replacing: bad.digest)), .resetFailed, .startUnit]
        ),
    ])
    func `what the rule prescribes comes first`(prescription: Prescription, steps: [Remedy]) throws {
        let finding = Sample.finding(.unitFailed, .critical, prescription, summary: "It has failed.")
        let plan = try Self.plan(Ladder.next(Self.facts([finding], advisor: true)))
        #expect(
            plan == Plan(agent: Sample.id, rungs: [.rule(.unitFailed)], steps: steps, reason: "It has failed."))
    }

    @Test func `a rung that was tried is not climbed again`() throws {
        let finding = Sample.finding(.unitFailed, .critical, .resetAndStart)
        let next = Ladder.next(Self.facts([finding], tried: [.rule(.unitFailed)]))
        #expect(try Self.plan(next).rungs == [.lastKnownGood])
    }

    @Test func `the next outage's remedy is tried when the first one's did not help`() throws {
        let findings = [
            Sample.finding(.unitFailed, .critical, .resetAndStart), Sample.finding(.probeFailed, .critical, .restart),
        ]
        let next = Ladder.next(Self.facts(findings, tried: [.rule(.unitFailed)]))
        #expect(try Self.plan(next).rungs == [.rule(.probeFailed)])
    }

    @Test func `the advisor is asked once the rules leave an outage open`() {
        let loop = Sample.finding(.unitCrashLoop)
        #expect(Ladder.next(Self.facts([loop], advisor: true)) == .ask)
    }

    @Test func `the advisor is not asked while a rule still has a remedy`() throws {
        let failed = Sample.finding(.unitFailed, .critical, .resetAndStart)
        #expect(try Self.plan(Ladder.next(Self.facts([failed], advisor: true))).rungs == [.rule(.unitFailed)])
    }

    @Test func `without an advisor the ladder goes on`() throws {
        let next = Ladder.next(Self.facts([Sample.finding(.unitCrashLoop)]))
        #expect(try Self.plan(next).rungs == [.lastKnownGood])
    }

    @Test func `an advisor whose answer was used is not asked again`() throws {
        let next = Ladder.next(Self.facts([Sample.finding(.unitCrashLoop)], tried: [.advisor], advisor: true))
        #expect(try Self.plan(next).rungs == [.lastKnownGood])
    }

    @Test func `an advised restart of a unit that is down clears its failed state first`() throws {
        let next = Ladder.next(
            Self.facts([Sample.finding(.unitCrashLoop)], advice: Self.advice(.restartUnit), advisor: true))
        let expected = Plan(
            agent: Sample.id, rungs: [.advisor], steps: [.resetFailed, .startUnit], reason: "A socket was left.")
        #expect(try Self.plan(next) == expected)
    }

    @Test func `an advised restart of a unit that runs is a restart`() throws {
        let next = Ladder.next(
            Self.facts(
                [Sample.finding(.probeFailed)], seen: Sample.running(), advice: Self.advice(.restartUnit),
                advisor: true))
        #expect(try Self.plan(next).steps == [.restartUnit])
    }

    @Test func `an advised rollback takes the stored version, never the model's words`() throws {
        let next = Ladder.next(
            Self.facts([Sample.finding(.unitCrashLoop)], advice: Self.advice(.restoreConfig), advisor: true))
        let plan = try Self.plan(next)
        #expect(plan.rungs == [.advisor])
        #expect(plan.restores == [ConfigRestore(version: Self.good, replacing: Self.bad.digest)])
        #expect(plan.startsUnit)
    }

    @Test func `an advised rollback that is not possible is passed over`() throws {
        let next = Ladder.next(
            Self.facts(
                [Sample.finding(.unitCrashLoop)], file: Sample.present(Self.good), advice: Self.advice(.restoreConfig),
                advisor: true))
        guard case .escalate = next else {
            Issue.record("an escalation was expected, and \(next) came")
            return
        }
    }

    @Test(arguments: [Proposal.escalate, nil])
    func `when the advisor has no remedy, the ladder goes on`(proposal: Proposal?) throws {
        let next = Ladder.next(
            Self.facts([Sample.finding(.unitCrashLoop)], advice: Self.advice(proposal), advisor: true))
        #expect(try Self.plan(next).rungs == [.lastKnownGood])
    }

    @Test func `what may be over already is left alone: no advice, no rollback, no person`() throws {
        let over = Sample.finding(.unitCrashLoop, .critical, .wait)
        let next = Ladder.next(Self.facts([over], advisor: true))
        #expect(
            next == .wait("It runs, and somebody may have mended it: it is left alone until it has held."))
        let failed = Sample.finding(.probeFailed, .critical, .restart)
        #expect(try Self.plan(Ladder.next(Self.facts([over, failed]))).rungs == [.rule(.probeFailed)])
    }

    @Test func `a person is told what was found and what was tried`() {
        let loop = Sample.finding(.unitCrashLoop, summary: "It crashes.")
        let tried: [Rung] = [.advisor, .lastKnownGood, .undo]
        #expect(
            Ladder.next(Self.facts([loop], tried: tried))
                == .escalate("It crashes. Tried without success: advisor, last-known-good, undo."))
    }

    @Test func `a person is told when there is nothing to try`() {
        let loop = Sample.finding(.unitCrashLoop, summary: "It crashes.")
        #expect(
            Ladder.next(Self.facts([loop], knownGood: []))
                == .escalate(
                    "It crashes. There is no remedy in the rule book, and no other config to go back to."))
    }

    @Test func `remarks beside an outage wait until the agent works`() throws {
        let findings = [
            Sample.finding(.unitFailed, .critical, .resetAndStart),
            Sample.finding(.unitKillMode, .warning, .enforceKillMode),
        ]
        #expect(try Self.plan(Ladder.next(Self.facts(findings))).steps == [.resetFailed, .startUnit])
    }
}
