import Diagnosing
import FixturesTests
import Model
import Testing

/// What an agent's last lines name as the cause of its outage.
struct OutageCauseTests {
    private static let failed = "d9b373ed55a64feb8242e02dbe79a49c"

    private func findings(
        _ lines: [JournalLine], _ change: (inout AgentObservation) -> Void = { _ in }
    ) -> [Finding] {
        var seen = Sample.failed()
        seen.journal.lines = lines
        change(&seen)
        return Rules.findings(seen, history: AgentHistory(), policy: Policy())
    }

    private func finding(_ text: String, _ change: (inout AgentObservation) -> Void = { _ in }) -> Finding? {
        findings([Sample.line(text)], change).first
    }

    private static let texts: [(String, FindingKind)] = [
        ("Gateway already running (pid 812); refusing to start.", .instanceRunning),
        ("[gateway] another gateway instance is already listening on ws://127.0.0.1:18789", .instanceRunning),
        ("A nanobot gateway is already running", .instanceRunning),
        ("Error: listen EADDRINUSE: address already in use 127.0.0.1:18789", .portInUse),
        ("OSError: [Errno 98] Address already in use", .portInUse), ("Port 18789 is already in use", .portInUse),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", .outOfMemory),
        ("MemoryError", .outOfMemory), ("Error: ENOSPC: no space left on device, write", .diskFull),
        ("OSError: [Errno 28] No space left on device", .diskFull),
        ("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'x'", .moduleMissing),
        ("Error: Cannot find module '/opt/openclaw/dist/index.js'", .moduleMissing),
        ("ModuleNotFoundError: No module named 'telegram'", .moduleMissing),
    ]

    @Test(arguments: texts)
    func `a cause is told by the agent's own line, and no config is blamed beside it`(text: String, kind: FindingKind) {
        let found = findings([Sample.line(text)])
        #expect(found.map(\.kind) == [kind] && found.map(\.severity) == [.critical])
        #expect(found.first?.evidence.last == Evidence("journal, 2026-09-01T03:14:55Z", text))
        #expect(finding(text) { $0.unit.exitStatus = 78 }?.kind == kind)
    }

    @Test(arguments: [
        #"user asked: "why does it say address already in use?""#, "the reply was “No space left on device”",
        "`EADDRINUSE` is what it printed", "«MemoryError»",
        String(repeating: "x", count: 71) + "EADDRINUSE", "all is well", "",
    ])
    func `a line that only repeats somebody's words names nothing`(text: String) {
        #expect(finding(text)?.kind == .unitFailed)
    }

    @Test func `of a loop whose last run left no word the run before is heard, and of an older one it is not`() {
        func lines(_ apart: Duration, _ words: String...) -> [JournalLine] {
            func line(_ text: String, _ speaker: JournalLine.Speaker, _ id: String, _ ago: Duration) -> JournalLine {
                JournalLine(at: Sample.now - ago, speaker: speaker, text: text, messageID: id)
            }
            let started = "39f53479d3a045ac8e11786248231fbf"
            return [
                line("Started.", .manager, started, apart + .seconds(3)),
                line("Error: listen EADDRINUSE", .unit, "", apart + .seconds(2)),
                line("Failed.", .manager, Self.failed, apart + .seconds(2)),
                line("Started.", .manager, started, .seconds(2)),
            ] + words.map { line($0, .unit, "", .seconds(1)) } + [line("Failed.", .manager, Self.failed, .seconds(1))]
        }
        #expect(findings(lines(.seconds(5))).first?.kind == .portInUse)
        #expect(findings(lines(.seconds(5), "I said something else")).first?.kind == .unitFailed)
        #expect(findings(lines(.seconds(600))).first?.kind == .unitFailed)
    }

    @Test func `only the last run's own last lines count`() {
        let cause = Sample.line("Error: listen EADDRINUSE")
        let others = (0..<12).map { Sample.line("word \($0)") }
        #expect(findings([cause] + others.dropLast()).first?.kind == .portInUse)
        #expect(findings([cause] + others).first?.kind == .unitFailed)
        #expect(findings([Sample.line("Error: listen EADDRINUSE", .manager)]).first?.kind == .unitFailed)
        let start = Sample.line("Started.", .manager, id: "39f53479d3a045ac8e11786248231fbf")
        let end = Sample.line("Failed.", .manager, id: Self.failed)
        #expect(findings([start, cause, end, start, Sample.line("bye"), end]).first?.kind == .unitFailed)
        #expect(findings([start, Sample.line("hello"), end, start, cause, end, start]).first?.kind == .portInUse)
    }

    @Test func `what the kernel ended for want of memory needs no line`() {
        let killed = findings([]) { $0.unit.result = "oom-kill" }
        #expect(killed.map(\.kind) == [.outOfMemory])
        #expect(killed.first?.prescription == .resetAndStart)
        #expect(
            killed.first?.summary == "openclaw-gateway-coder.service was ended because the memory had run out.")
    }

    @Test func `a port is waited for while somebody holds it, and one start is made once it is free`() {
        let text = "Error: listen EADDRINUSE"
        let held = finding(text) {
            $0.portIsHeld = true
            $0.portHolder = "python3 (PID 9) of other.service"
            $0.agent.port = 18_789
        }
        #expect(held?.prescription == Prescription.none)
        #expect(
            held?.summary
                == "openclaw-gateway-coder.service ended because port 18789 that it needs was in use, held by python3 (PID 9) of other.service."
        )
        let free = finding(text) { $0.portIsHeld = false }
        #expect(free?.prescription == .resetAndStart)
        #expect(
            free?.summary
                == "openclaw-gateway-coder.service ended because the port that it needs was in use, which is free again now."
        )
        #expect(finding(text)?.prescription == Prescription.none, "nobody has looked")
        let pending = finding(text) {
            $0.portIsHeld = false
            $0.unit.activeState = "activating"
            $0.unit.subState = "auto-restart"
        }
        #expect(pending?.prescription == Prescription.none, "systemd is starting it itself")
    }

    @Test(arguments: ["Gateway already running (pid 812)", "ENOSPC", "Cannot find module 'x'"])
    func `what a start cannot mend is not started`(text: String) {
        #expect(finding(text)?.prescription == Prescription.none)
    }

    @Test func `of an agent that runs no line is a cause`() {
        var seen = Sample.running()
        seen.journal.lines = [Sample.line("Error: listen EADDRINUSE")]
        #expect(Rules.findings(seen, history: AgentHistory(), policy: Policy()).isEmpty)
    }
}
