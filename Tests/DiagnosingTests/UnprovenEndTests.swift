import Diagnosing
import FixturesTests
import Model
import Testing

/// A unit that is down, and of which it is not proven that it ended by itself.
struct UnprovenEndTests {
    private static let start = "`systemctl start openclaw-gateway-coder.service`"

    private static func found(_ seen: AgentObservation) -> [Finding] {
        Rules.findings(seen, history: AgentHistory(), policy: Policy())
    }

    private static func down(_ end: RunEnd?) -> AgentObservation { down(Sample.failed(), end) }

    private static func down(
        _ seen: AgentObservation, _ end: RunEnd?, after request: OperatorRequest? = nil
    ) -> AgentObservation {
        var seen = seen
        seen.agent.kind = KindName(rawValue: "openclaw")
        seen.journal.end = end
        seen.journal.lastRequest = request
        return seen
    }

    @Test(arguments: [RunEnd.unknown("the journal is dark"), .requested(Sample.stop()), nil])
    func `a unit that has failed is told and not started`(end: RunEnd?) throws {
        let found = Self.found(Self.down(end))
        #expect(found.map(\.kind) == [.unitFailed])
        #expect(found[0].severity == .warning && found[0].prescription == .none)
    }

    @Test func `why it is not started is said, with what a person would type`() {
        let what = "openclaw-gateway-coder.service has failed (result exit-code, status 1)."
        #expect(
            Self.found(Self.down(.unknown("the journal is dark"))).first?.summary
                == "\(what) Whether somebody stopped it cannot be told, because the journal is dark. So it is left alone; to start it: \(Self.start)."
        )
        #expect(
            Self.found(Self.down(nil)).first?.summary
                == "\(what) Whether somebody stopped it was not seen. So it is left alone; to start it: \(Self.start).")
        #expect(
            Self.found(Self.down(.requested(Sample.stop()))).first?.summary
                == "\(what) Its manager was asked to stop it at 2026-09-01T03:14:55Z; by whom is not recorded. It is left alone. To make it official: `systemctl disable openclaw-gateway-coder.service`; or start it: \(Self.start)."
        )
    }

    @Test func `an outage with a cause of its own is told, and nobody's to mend`() {
        var seen = Self.down(Sample.failed { $0.exitStatus = 78 }, .unknown("x"))
        #expect(Self.found(seen).map(\.severity) == [.warning])
        seen = Self.down(Sample.failed { $0.result = "start-limit-hit" }, nil)
        seen.journal.lines = [Sample.line("Error: listen EADDRINUSE")]
        #expect(Self.found(seen).map(\.kind) == [.unitFailed])
    }

    @Test func `an enabled unit that is off without a trace is told`() throws {
        let found = Self.found(Self.down(Sample.inactive(), .unknown("x")))
        #expect(found.map(\.kind) == [.unitInactive])
        #expect(found[0].severity == .warning && found[0].prescription == .none)
        #expect(found[0].summary.hasPrefix("openclaw-gateway-coder.service is enabled and not running. Whether"))
    }

    @Test func `one that somebody stopped is told of when that may be forgotten`() throws {
        func found(_ age: Duration) -> [Finding] {
            let seen = Sample.inactive { $0.stateSince = Sample.now - age }
            return Self.found(Self.down(seen, .requested(Sample.stop()), after: Sample.stop()))
        }
        #expect(found(.seconds(86_399)).isEmpty)
        #expect(found(.seconds(86_400)).map(\.kind) == [.unitInactive])
        #expect(found(.seconds(86_400)).map(\.severity) == [.warning])
    }

    @Test func `one that went down with a unit that it depends on is told with that unit`() throws {
        let seen = Sample.inactive { $0.lostPartners = ["db.service", "net.service"] }
        let found = Self.found(Self.down(seen, .requested(Sample.stop()), after: Sample.stop()))
        #expect(found.map(\.kind) == [.unitInactive])
        #expect(
            found[0].summary.hasSuffix(
                "systemd stopped it together with db.service, net.service, which it depends on and which is down: start that first. It is left alone."
            ))
    }

    @Test func `one that is no gateway and ended with success may have done its work`() throws {
        var seen = Sample.inactive()
        let found = Self.found(seen)
        #expect(found.map(\.kind) == [.unitInactive] && found.map(\.severity) == [.warning])
        #expect(found[0].summary.contains("It ended with success, and may have finished its work"))
        seen.unit.restartPolicy = "always"
        #expect(Self.found(seen).map(\.severity) == [.critical])
        #expect(Self.found(Sample.inactive { $0.mainEnd = .exited(3) }).map(\.severity) == [.critical])
    }
}
