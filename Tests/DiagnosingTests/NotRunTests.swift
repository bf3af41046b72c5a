import Diagnosing
import FixturesTests
import Model
import Testing

/// A program that systemd could not even start.
struct NotRunTests {
    private static func found(_ end: MainEnd, _ change: (inout AgentObservation) -> Void = { _ in }) -> [Finding] {
        var seen = Sample.failed {
            $0.mainEnd = end
            if case .exited(let status) = end { $0.exitStatus = status }
        }
        change(&seen)
        return Rules.findings(seen, history: AgentHistory(), policy: Policy())
    }

    @Test(arguments: [200, 203, 217, 243] as [Int32])
    func `systemd's own statuses say that it never ran, and a start cannot help`(status: Int32) {
        let found = Self.found(.exited(status))
        #expect(found.map(\.kind) == [.unitNotRun] && found.map(\.severity) == [.critical])
        #expect(found.first?.prescription == Prescription.none)
        #expect(
            found.first?.summary == "The program of openclaw-gateway-coder.service was never run (status \(status)).")
    }

    @Test(arguments: [MainEnd.exited(199), .exited(244), .killed(signal: 203), .dumped(signal: 203)])
    func `another end is one of the program`(end: MainEnd) {
        #expect(Self.found(end).map(\.kind) == [.unitFailed])
    }

    @Test func `what systemd says of it is repeated, and no other line`() {
        let found = Self.found(.exited(203)) { seen in
            seen.journal.lines = [
                Sample.line("Failed to open the ledger", .unit),
                Sample.line("Failed to execute /opt/x: No such file or directory", .manager),
                Sample.line("Failed with result 'exit-code'.", .manager, id: "d9b373ed55a64feb8242e02dbe79a49c"),
            ]
        }
        #expect(
            found.first?.summary.hasSuffix(" systemd says: Failed to execute /opt/x: No such file or directory") == true
        )
    }

    @Test func `a unit that is in its start limit for that is told for that`() {
        #expect(Self.found(.exited(217)) { $0.unit.result = "start-limit-hit" }.map(\.kind) == [.unitNotRun])
    }
}
