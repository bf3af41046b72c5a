import FixturesTests
import Model
import Testing

@testable import Observing

/// Whether a unit is a gateway of OpenClaw's, and where that gateway answers.
struct GatewayTests {
    private func isOne(
        _ name: String = Sample.unit, lines: [String] = [], command: [String] = [],
        _ change: (inout UnitFacts) -> Void = { _ in }
    ) -> Bool {
        let (found, environment) = ConfigPlaceTests.unit(.system, name, lines: lines, command: command, change)
        return OpenClawGateway.isOne(found, environment)
    }

    @Test func `its installer's mark says so, whatever it is called`() {
        #expect(isOne("bot.service", lines: ["OPENCLAW_SERVICE_KIND=gateway"]))
        #expect(isOne("bot.service", lines: ["OPENCLAW_SERVICE_MARKER=openclaw"]))
        #expect(!isOne(lines: ["OPENCLAW_SERVICE_KIND=node", "OPENCLAW_CONFIG_PATH=/a"]))
        #expect(!isOne("bot.service", lines: ["OPENCLAW_SERVICE_MARKER=openclaw", "OPENCLAW_SERVICE_KIND=node"]))
    }

    @Test func `a name alone says nothing`() {
        #expect(!isOne())
        #expect(!isOne("openclaw-gateway-backup.service", command: ["/usr/bin/rsync", "rsync", "-a"]))
    }

    @Test(arguments: [
        "OPENCLAW_GATEWAY_PORT=1", "OPENCLAW_CONFIG_PATH=/a", "OPENCLAW_PROFILE=a", "OPENCLAW_STATE_DIR=/a",
    ])
    func `with a name, a variable that only gateways are given says so`(line: String) {
        #expect(isOne(lines: [line]))
        #expect(!isOne("bot.service", lines: [line]))
        #expect(!isOne(lines: [line]) { $0.type = "oneshot" })
        #expect(!isOne(lines: [line]) { $0.triggeredBy = ["x.timer"] })
    }

    @Test(arguments: [
        ["/usr/bin/node", "node", "/opt/openclaw/dist/index.js", "gateway", "--port", "18789"],
        ["/usr/bin/openclaw", "openclaw", "gateway"], ["/x", "openclaw-gateway"], ["/x", "clawdbot gateway"],
    ])
    func `with a name, what it is started with says so`(command: [String]) {
        #expect(isOne(command: command))
        #expect(!isOne("bot.service", command: command))
    }

    @Test(arguments: [["/usr/bin/openclaw", "openclaw", "status"], ["/usr/bin/gateway", "gateway"], []])
    func `another command does not`(command: [String]) {
        #expect(!isOne(command: command))
    }

    // MARK: Where it answers

    private static let config = #"{ gateway: { port: 18001, bind: "lan" } }"#

    private static func present(_ text: String?) -> [ConfigFile] {
        text.map { [Sample.present(Sample.config($0))] } ?? []
    }

    private func port(_ words: [String] = [], _ lines: [String] = [], _ config: String? = config) -> UInt16? {
        let (_, environment) = ConfigPlaceTests.unit(lines: lines)
        return OpenClawGateway.port(words, environment, Self.present(config))
    }

    @Test func `its port is told by its environment, its command, or its config`() {
        #expect(port() == 18_001)
        #expect(port(["gateway", "--port", "18002"]) == 18_002)
        #expect(port(["gateway", "--port=18003", "--port=18004"]) == 18_004)
        #expect(port(["gateway", "--port=18003"], ["OPENCLAW_GATEWAY_PORT=18005"]) == 18_005)
    }

    @Test func `a port that is none is none`() {
        #expect(port([], ["OPENCLAW_GATEWAY_PORT=0"]) == nil)
        #expect(port([], ["OPENCLAW_GATEWAY_PORT=99999"]) == nil)
        #expect(port(["--port", "x"]) == nil)
        #expect(port([], [], "{ gateway: { port: 0 } }") == nil)
        #expect(port([], [], nil) == nil)
        #expect(port([], [], "{ gateway: { port: 18001, $include: 'g.json' } }") == nil)
    }

    private func doubt(
        _ words: [String] = [], _ lines: [String] = [], _ config: String? = config, isOld: Bool = true
    ) -> String? {
        let (_, environment) = ConfigPlaceTests.unit(lines: lines)
        return OpenClawGateway.doubt(words, environment, Self.present(config), isOld: isOld)
    }

    @Test func `its address is certain where its config says so`() {
        #expect(doubt() == nil)
        #expect(doubt([], [], "{}") == nil)
        #expect(doubt([], [], #"{ gateway: { bind: "loopback", tls: { enabled: false } } }"#) == nil)
        #expect(doubt(["--bind", "loopback"], [], #"{ gateway: { bind: "tailnet" } }"#) == nil)
    }

    @Test func `otherwise it is a guess, and why is said`() {
        #expect(doubt([], [], nil) == "its config cannot be read")
        #expect(doubt([], [], "{") == "its config cannot be read")
        #expect(doubt(isOld: false) == "its config was changed after it had started")
        #expect(doubt(["--bind", "tail\u{1b}net"]) == "gateway.bind is tail·net")
        #expect(doubt([], [], #"{ gateway: { bind: "auto" } }"#) == "gateway.bind is auto")
        #expect(doubt([], [], "{ gateway: { tls: {} } }") == "gateway.tls is set")
        #expect(doubt(["gateway", "--tls"]) == "gateway.tls is set")
        #expect(doubt(["--port", "1"], ["OPENCLAW_GATEWAY_PORT=2"]) == "its unit names two ports")
    }
}
