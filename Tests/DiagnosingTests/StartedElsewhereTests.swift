import Diagnosing
import FixturesTests
import Model
import Testing

/// Units that somebody else starts, and units that systemd itself holds back.
struct StartedElsewhereTests {
    private static func found(_ seen: AgentObservation) -> [Finding] {
        var seen = seen
        seen.agent.kind = KindName(rawValue: "openclaw")
        return Rules.findings(seen, history: AgentHistory(), policy: Policy())
    }

    private static let elsewhere: [(change: @Sendable (inout UnitFacts) -> Void, who: String)] = [
        ({ $0.triggeredBy = ["coder.timer", "coder.socket"] }, "coder.timer, coder.socket starts it"),
        ({ $0.starters = ["app.service"] }, "app.service starts it"),
        ({ $0.type = "oneshot" }, "it is a one-shot, which somebody starts when its work is due"),
        ({ $0.unitFileState = "transient" }, "it was made for one run"),
    ]

    @Test(arguments: elsewhere)
    func `a failed unit that somebody else starts is told and not started`(
        change: @Sendable (inout UnitFacts) -> Void, who: String
    ) {
        let found = Self.found(Sample.failed(Sample.id, change))
        #expect(found.map(\.kind) == [.unitFailed] && found.map(\.severity) == [.warning])
        #expect(found.first?.prescription == Prescription.none)
        #expect(found.first?.summary.hasSuffix("It is not started here, because \(who).") == true)
        #expect(Self.found(Sample.inactive(Sample.id, change)).isEmpty, "and may be off")
    }

    @Test func `a target that wants it starts it only with the host`() {
        let wanted = Sample.failed { $0.starters = ["multi-user.target", "app.service"] }
        #expect(Self.found(wanted).map(\.severity) == [.critical])
    }

    @Test func `an outage of one that somebody else starts is nobody's to mend, whatever its cause`() {
        let seen = Sample.failed {
            $0.triggeredBy = ["coder.timer"]
            $0.exitStatus = 78
            $0.result = "start-limit-hit"
        }
        #expect(Self.found(seen).map(\.severity) == [.warning])
    }

    // MARK: Conditions

    @Test func `a unit whose condition was not met is told with it, and not started`() {
        let found = Self.found(Sample.inactive { $0.unmetConditions = ["ConditionPathExists=/srv/a", "X=\u{1b}"] })
        #expect(found.map(\.kind) == [.unitCondition] && found.map(\.severity) == [.warning])
        #expect(found.first?.prescription == Prescription.none)
        #expect(
            found.first?.summary
                == "openclaw-gateway-coder.service is enabled and not running, because ConditionPathExists=/srv/a, X=· was not met when it was to be started."
        )
        #expect(
            Self.found(Sample.inactive { $0.unmetConditions = [] }).first?.summary.contains(
                "because a condition was not")
                == true)
    }

    // MARK: Files of the unit

    @Test(arguments: ["bad-setting", "error"])
    func `a unit file that cannot be loaded is told, and nothing else of that unit is judged`(state: String) {
        let seen = Sample.failed {
            $0.loadState = state
            $0.loadError = "Invalid argument"
            $0.exitStatus = 78
        }
        let found = Self.found(seen)
        #expect(found.map(\.kind) == [.unitBadSetting] && found.map(\.severity) == [.critical])
        #expect(found.first?.prescription == Prescription.none)
        #expect(
            found.first?.summary
                == "The unit file of openclaw-gateway-coder.service cannot be loaded, so that it cannot be started. systemd says: Invalid argument"
        )
        let running = Self.found(Sample.running { $0.loadState = state })
        #expect(running.map(\.severity) == [.warning])
        #expect(running.first?.summary.hasSuffix("so that it cannot be started again.") == true)
    }

    @Test func `files that were changed and not loaded are a remark`() {
        let found = Self.found(Sample.running { $0.needsReload = true })
        #expect(found.map(\.kind) == [.unitReloadNeeded] && found.map(\.severity) == [.info])
        #expect(found.first?.summary.hasSuffix("begins with `systemctl daemon-reload`.") == true)
        #expect(Self.found(Sample.running { $0.needsReload = false }).isEmpty)
    }
}
