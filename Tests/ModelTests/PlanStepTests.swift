import FixturesTests
import Model
import Testing

/// What a plan's steps say of it.
struct PlanStepTests {
    private static func order(_ proof: EndOrder.Proof) -> Remedy {
        .endProcess(
            EndOrder(process: ProcessID(pid: 7, startTicks: 1), cgroup: "/system.slice", uid: 1000, proof: proof))
    }

    private static let restore = Remedy.restoreConfig(
        ConfigRestore(version: Sample.config("good"), replacing: nil))

    private func plan(_ steps: [Remedy]) -> Plan {
        Plan(agent: Sample.id, rungs: [.rule(.processStray)], steps: steps, reason: "")
    }

    @Test(arguments: [
        (Remedy.restartUnit, true), (.startUnit, true), (.resetFailed, false), (.writeKillMode("mixed"), false),
        (restore, false), (order(.earlierStart), false), (order(.token(TokenFingerprint(hex: "a"))), true),
        (order(.port(1)), true),
    ])
    func `a start, and the end of a process outside of the unit, count against the budget`(
        step: Remedy, counts: Bool
    ) {
        #expect(plan([step]).isHealing == counts)
        #expect(plan([Self.order(.earlierStart), step]).isHealing == counts)
        #expect(plan([step, .writeKillMode("mixed")]).isHealing == counts)
    }

    @Test func `only a drop-in has to be read by the manager`() {
        #expect(plan([.writeKillMode("mixed")]).writesDropIn)
        #expect(plan([Self.order(.port(1)), .writeKillMode("control-group")]).writesDropIn)
        #expect(!plan([.restartUnit, .resetFailed, Self.restore, Self.order(.earlierStart)]).writesDropIn)
    }

    @Test func `to end a process is no start`() {
        #expect(!plan([Self.order(.port(1))]).startsUnit)
        #expect(plan([Self.order(.port(1)), .restartUnit]).startsUnit)
    }

    @Test func `a plan without a step is nothing`() {
        let empty = plan([])
        #expect(!empty.isHealing && !empty.startsUnit && !empty.writesDropIn && empty.restores.isEmpty)
    }

    @Test(arguments: FindingKind.allCases) func `every rung can be written down and read again`(kind: FindingKind) {
        #expect(Rung(text: Rung.rule(kind).text) == .rule(kind))
    }
}

/// Times as a person types them.
struct DurationWordsTests {
    @Test(
        arguments: [
            ("0s", 0), ("10s", 10), ("10 s", 10), ("10sec", 10), ("2min", 120), ("2m", 120), ("1h", 3_600),
            ("2d", 172_800), ("007s", 7), ("1000000d", 86_400_000_000),
        ] as [(String, Int64)])
    func `a number and a unit are a time`(text: String, seconds: Int64) {
        #expect(Duration(words: text) == .seconds(seconds))
    }

    @Test(arguments: [
        "", "s", "10", "-10s", "+10s", "1.5h", "10 S", "10 minutes", "1h 5min", " 10s", "10s ", "1000001s",
        "99999999999999999999s", "١s", "0x10s", "½h", "10\ts",
    ])
    func `anything else is none`(text: String) {
        #expect(Duration(words: text) == nil)
    }
}
