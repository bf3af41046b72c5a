import Diagnosing
import FixturesTests
import Model
import Testing

/// Two units that are one agent.
struct DuelTests {
    private static let users = AgentID(scope: Sample.user, unit: Sample.unit)

    /// As one of the two sees it.
    private static func found(_ id: AgentID, isUp: Bool, otherIsUp: Bool) -> [Finding] {
        var seen = isUp ? Sample.running(id) : Sample.failed(id) { $0.exitStatus = 78 }
        seen.double = AgentDouble(
            agent: id == Sample.id ? users : Sample.id, name: "the other", isUp: otherIsUp, path: Sample.configPath)
        return Rules.findings(seen, history: AgentHistory(), policy: Policy())
    }

    @Test func `the one that is down tells it, and what else is wrong with it plays no part`() {
        let down = Self.found(Self.users, isUp: false, otherIsUp: true)
        #expect(down.map(\.kind) == [.instanceRunning])
        #expect(down.map(\.severity) == [.warning] && down[0].prescription == .none)
        #expect(
            down[0].summary
                == "openclaw-gateway-coder.service of the user manager of fleet and openclaw-gateway-coder.service of the system manager are one agent: both read /srv/coder/openclaw.json. The other one serves. Neither is touched. Keep one of them; to take openclaw-gateway-coder.service of the user manager of fleet away: `systemctl --user -M fleet@ disable --now openclaw-gateway-coder.service`."
        )
        #expect(down[0].evidence.last?.text == "the other is up and has the same config, /srv/coder/openclaw.json")
    }

    @Test func `the one that serves has only a remark, and is not the one to be taken away`() {
        let up = Self.found(Sample.id, isUp: true, otherIsUp: false)
        #expect(up.map(\.kind) == [.instanceRunning] && up.map(\.severity) == [.info])
        #expect(up[0].summary.contains("This one serves."))
        #expect(
            up[0].summary.hasSuffix("`systemctl --user -M fleet@ disable --now openclaw-gateway-coder.service`."))
    }

    @Test(arguments: [true, false])
    func `of two that are both up, or both down, the user's tells it`(isUp: Bool) {
        #expect(Self.found(Self.users, isUp: isUp, otherIsUp: isUp).map(\.severity) == [.warning])
        #expect(Self.found(Sample.id, isUp: isUp, otherIsUp: isUp).map(\.severity) == [.info])
        #expect(!Self.found(Sample.id, isUp: isUp, otherIsUp: isUp)[0].summary.contains("serves."))
    }

    @Test func `of two of one manager each tells it`() {
        var seen = Sample.running()
        seen.double = AgentDouble(
            agent: AgentID(scope: .system, unit: "b.service"), name: "b", isUp: true, path: Sample.configPath)
        let found = Rules.findings(seen, history: AgentHistory(), policy: Policy())
        #expect(found.map(\.severity) == [.warning])
    }
}
