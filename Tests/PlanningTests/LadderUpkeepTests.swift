import FixturesTests
import Model
import Planning
import Testing

/// What is mended on an agent that works.
struct LadderUpkeepTests {
    private static let leftover = Sample.order(77)
    private static let findings = [
        Sample.finding(.unitKillMode, .warning, .enforceKillMode, summary: "KillMode is process."),
        Sample.finding(.processLeftover, .warning, .end([leftover]), summary: "A process is left."),
    ]

    private static func facts(_ findings: [Finding], tried: [Rung] = [], killMode: String = "mixed") -> Ladder.Facts {
        var policy = Policy()
        policy.killMode = killMode
        return Ladder.Facts(
            seen: Sample.running(), findings: findings, history: AgentHistory(), tried: tried, advice: nil,
            advisorAvailable: true, policy: policy)
    }

    @Test func `everything that needs no restart is mended in one plan`() {
        #expect(
            Ladder.next(Self.facts(Self.findings))
                == .act(
                    Plan(
                        agent: Sample.id, rungs: [.rule(.unitKillMode), .rule(.processLeftover)],
                        steps: [.writeKillMode("mixed"), .endProcess(Self.leftover)],
                        reason: "KillMode is process. A process is left.")))
    }

    @Test func `upkeep never starts the unit`() throws {
        let plan = try LadderOutageTests.plan(Ladder.next(Self.facts(Self.findings)))
        #expect(!plan.startsUnit)
    }

    @Test func `what is new is mended beside what was mended already`() throws {
        let plan = try LadderOutageTests.plan(Ladder.next(Self.facts(Self.findings, tried: [.rule(.unitKillMode)])))
        #expect(plan.steps == [.endProcess(Self.leftover)])
    }

    @Test func `a warning without a remedy does not keep the next one from being mended`() throws {
        let dark = Sample.finding(.watchdogIncomplete, .warning)
        let plan = try LadderOutageTests.plan(Ladder.next(Self.facts([dark] + Self.findings)))
        #expect(plan.rungs == [.rule(.unitKillMode), .rule(.processLeftover)])
    }

    @Test func `what comes back after it was mended is a person's`() {
        let tried: [Rung] = [.rule(.unitKillMode), .rule(.processLeftover)]
        #expect(
            Ladder.next(Self.facts(Self.findings, tried: tried))
                == .escalate("KillMode is process. What the rule prescribes was done and did not last."))
    }

    @Test func `a warning for which there is no remedy is no reason to do anything`() {
        let dark = Sample.finding(.watchdogIncomplete, .warning)
        #expect(Ladder.next(Self.facts([dark])) == .nothing)
        #expect(Ladder.next(Self.facts([dark], tried: [.rule(.watchdogIncomplete)])) == .nothing)
    }
}

/// Whatever the facts are, an incident comes to an end.
struct LadderPropertyTests {
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `no rung is climbed twice, and the ladder ends with a person or in peace`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var facts = Self.randomFacts(&random)
        var climbed: [Rung] = []
        var asked = 0
        for _ in 0..<20 {
            switch Ladder.next(facts) {
            case .nothing, .wait, .escalate: return
            case .ask:
                asked += 1
                #expect(asked == 1)
                facts.advice = LadderOutageTests.advice(Proposal.allCases.randomElement(using: &random))
            case .act(let plan):
                #expect(plan.rungs.allSatisfy { !climbed.contains($0) })
                #expect(!plan.steps.isEmpty)
                climbed += plan.rungs
                facts.tried += plan.rungs
            }
        }
        Issue.record("the ladder did not end")
    }

    private static func randomFacts(_ random: inout SeededGenerator) -> Ladder.Facts {
        let prescriptions: [Prescription] = [
            .none, .start, .resetAndStart, .restart, .restoreConfig, .enforceKillMode,
            .end([Sample.order(7)]),
        ]
        let kinds = FindingKind.allCases.shuffled(using: &random).prefix(Int.random(in: 0...4, using: &random))
        let findings = kinds.map { kind in
            Sample.finding(
                kind, Bool.random(using: &random) ? .critical : .warning,
                prescriptions.randomElement(using: &random) ?? .none)
        }
        let files: [ConfigFile] = [
            Sample.present(Sample.config("good")), Sample.present(Sample.config("bad")),
            Sample.present(Sample.config("bad", changed: Sample.now - .seconds(5))),
            ConfigFile(path: Sample.configPath, state: .missing),
            ConfigFile(path: Sample.configPath, state: .refused("No.")),
        ]
        return LadderOutageTests.facts(
            findings, seen: Bool.random(using: &random) ? Sample.running() : Sample.failed(),
            file: files.randomElement(using: &random), advisor: Bool.random(using: &random))
    }
}
