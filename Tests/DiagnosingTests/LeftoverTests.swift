import Diagnosing
import FixturesTests
import Model
import Testing

/// Processes of an earlier start: the one thing that the watchdog ends, so nothing else may ever look like one.
struct LeftoverTests {
    static let main: Int32 = 4711
    static let mainTicks: UInt64 = 1000

    static func process(
        _ pid: Int32, ticks: UInt64 = 500, parent: Int32 = 1, uid: UInt32 = 1000, invocation: String? = "before"
    ) -> ProcessFacts {
        ProcessFacts(
            id: ProcessID(pid: pid, startTicks: ticks), parent: parent, command: "node",
            cgroup: "/system.slice/\(Sample.unit)", uid: uid,
            invocationID: invocation)
    }

    static func seen(
        _ processes: [ProcessFacts], scope: Scope = .system, _ change: (inout UnitFacts) -> Void = { _ in }
    ) -> AgentObservation {
        var seen = Sample.running(AgentID(scope: scope, unit: Sample.unit), change)
        seen.processes = [process(main, ticks: mainTicks, invocation: Sample.invocation)] + processes
        return seen
    }

    static func ended(_ seen: AgentObservation) -> Set<ProcessID> {
        let findings = Rules.findings(seen, history: AgentHistory(), policy: Policy())
        for finding in findings {
            if case .end(let processes) = finding.prescription { return Set(processes.map(\.process)) }
        }
        return []
    }

    @Test func `one that somebody may be at, such as a tmux server, is told and not ended`() throws {
        var attended = Self.process(77)
        attended.isAttended = true
        let seen = Self.seen([attended, Self.process(78)])
        #expect(Self.ended(seen).map(\.pid) == [78])
        let finding = try #require(Rules.findings(seen, history: AgentHistory(), policy: Policy()).first)
        #expect(finding.summary.contains("PID 77 is not ended, because it or what it runs has a terminal"))
        #expect(finding.summary.contains("`kill 77`"))
        #expect(Self.ended(Self.seen([attended])).isEmpty)
    }

    @Test func `a process that an earlier start left behind is found, and how it was told is said`() throws {
        let findings = Rules.findings(
            Self.seen([Self.process(77)]), history: AgentHistory(), policy: Policy())
        let finding = try #require(findings.first)
        #expect(findings.count == 1)
        #expect(finding.kind == .processLeftover)
        #expect(finding.severity == .warning)
        #expect(finding.prescription == .end([Sample.order(77, ticks: 500)]))
        #expect(
            finding.summary
                == "A process of an earlier start of openclaw-gateway-coder.service still there: node (PID 77).")
        #expect(
            finding.evidence == [
                Evidence(
                    "/proc/77",
                    "node, parent 1, in /system.slice/openclaw-gateway-coder.service, started before main process 4711, "
                        + "of invocation before and not \(Sample.invocation)")
            ])
    }

    @Test func `several are named together`() throws {
        let findings = Rules.findings(
            Self.seen([Self.process(77), Self.process(78)]), history: AgentHistory(), policy: Policy())
        #expect(
            findings.first?.summary
                == "2 processes of an earlier start of openclaw-gateway-coder.service still there: "
                + "node (PID 77), node (PID 78).")
    }

    @Test(arguments: [
        ("it started after the main process", process(77, ticks: 1001)),
        ("it started in the same tick as the main process", process(77, ticks: 1000)),
        ("it carries the present start's id", process(77, invocation: Sample.invocation)),
        ("it carries no id that could be read", process(77, invocation: nil)),
        ("its id is empty", process(77, invocation: "")),
        ("it is the main process's child", process(77, parent: main)),
        ("it is PID 1", process(1, parent: 0)),
    ])
    func `a process is none where anything speaks against it`(why: String, process: ProcessFacts) {
        #expect(Self.ended(Self.seen([process])).isEmpty, "\(why)")
    }

    @Test func `a grandchild of the main process is none`() {
        let seen = Self.seen([Self.process(70, parent: Self.main), Self.process(71, parent: 70)])
        #expect(Self.ended(seen).isEmpty)
    }

    @Test func `another user's process in a user's unit is nobody's to end`() {
        let strange = Self.process(77, uid: 0)
        let own = Self.process(78, uid: 1000)
        #expect(Self.ended(Self.seen([strange, own], scope: Sample.user)) == [own.id])
        #expect(Self.ended(Self.seen([strange])) == [strange.id])
    }

    @Test(arguments: [
        ("active", "exited"), ("activating", "start"), ("deactivating", "stop-sigterm"), ("failed", "failed"),
    ])
    func `processes are not judged while the unit is on its way`(active: String, sub: String) {
        let seen = Self.seen([Self.process(77)]) {
            $0.activeState = active
            $0.subState = sub
        }
        #expect(Self.ended(seen).isEmpty)
    }

    @Test func `processes are not judged while a job is queued, or without a main process`() {
        #expect(Self.ended(Self.seen([Self.process(77)]) { $0.hasJob = true }).isEmpty)
        #expect(Self.ended(Self.seen([Self.process(77)]) { $0.mainPID = 4000 }).isEmpty)
        #expect(Self.ended(Self.seen([Self.process(77)]) { $0.mainPID = 0 }).isEmpty)
    }

    @Test func `parents that form a ring do not hang the watchdog`() {
        let ring = [Self.process(70, parent: 71), Self.process(71, parent: 70)]
        #expect(Self.ended(Self.seen(ring)) == Set(ring.map(\.id)))
    }

    /// Against a second, slower way of saying the same: the whole tree below the main process is walked from above.
    @Test(arguments: 0..<500 as Range<UInt64>)
    func `in any tree of processes exactly the leftovers are found`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let scope = Bool.random(using: &random) ? Sample.user : .system
        let pids = [1, 2, 3] + (10..<Int32.random(in: 11...40, using: &random))
        let processes = pids.map { pid in
            Self.process(
                pid, ticks: UInt64.random(in: 0...1500, using: &random),
                parent: ([0, 1, 2, Self.main] + pids).randomElement(using: &random) ?? 1,
                uid: Bool.random(using: &random) ? 1000 : 1001,
                invocation: ["before", "long ago", Sample.invocation, "", nil].randomElement(using: &random) ?? nil)
        }
        let seen = Self.seen(processes.shuffled(using: &random), scope: scope)

        var family: Set<Int32> = [Self.main]
        var grown = true
        while grown {
            let children = processes.filter { family.contains($0.parent) && !family.contains($0.id.pid) }
            // The walk upwards ends below PID 1, which is nobody's child.
            let added = children.map(\.id.pid).filter { $0 != 1 }
            family.formUnion(added)
            grown = !added.isEmpty
        }
        let expected = processes.filter { process in
            !family.contains(process.id.pid) && process.id.pid != 1 && process.id.startTicks < Self.mainTicks
                && ["before", "long ago"].contains(process.invocationID)
                && (scope == .system || process.uid == 1000)
        }
        #expect(Self.ended(seen) == Set(expected.map(\.id)))
    }
}
