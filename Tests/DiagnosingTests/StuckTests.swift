import Diagnosing
import FixturesTests
import Model
import Testing

/// A job of systemd's that never ends is told.
struct StuckTests {
    private func found(
        _ state: String, for age: Duration, _ change: (inout UnitFacts) -> Void = { _ in }
    ) -> Finding? {
        let seen = Sample.running {
            $0.activeState = state
            $0.subState = "start-pre"
            $0.stateSince = Sample.now - age
            $0.timeoutStart = .seconds(90)
            $0.timeoutStop = .seconds(600)
            change(&$0)
        }
        return Rules.findings(seen, history: AgentHistory(), policy: Policy()).first { $0.kind == .unitStuck }
    }

    @Test func `a start that has not ended in a quarter of an hour is told, and left alone`() throws {
        #expect(found("activating", for: .seconds(900)) == nil)
        let finding = try #require(found("activating", for: .seconds(901)))
        #expect(finding.severity == .warning && finding.prescription == .none)
        #expect(
            finding.summary
                == "openclaw-gateway-coder.service has been activating (start-pre) since 2026-09-01T02:59:59Z. systemd is at it, so it is left alone; what it waits for: `systemctl status openclaw-gateway-coder.service`."
        )
    }

    @Test func `the unit's own timeouts are waited for, each of the turns that a stop takes`() {
        #expect(found("deactivating", for: .seconds(1800)) == nil)
        #expect(found("deactivating", for: .seconds(1801)) != nil)
        #expect(found("activating", for: .seconds(1801)) { $0.timeoutStart = .seconds(3600) } == nil)
        #expect(found("activating", for: .seconds(1801)) { $0.timeoutStart = nil } != nil, "infinity")
    }

    @Test func `a one-shot at its work and a unit that runs are not stuck`() {
        #expect(found("activating", for: .seconds(86_400)) { $0.type = "oneshot" } == nil)
        #expect(found("active", for: .seconds(86_400)) == nil)
    }
}
