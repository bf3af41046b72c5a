import AgentKinds
import FixturesTests
import Model
import Testing

/// Whether a unit is a gateway of OpenClaw's, where its config lies, and where it answers.
struct OpenClawTests {
    private let kind = AgentKinds.of(KindName(rawValue: "openclaw"))

    private func isOne(
        _ name: String = Sample.unit, lines: [String] = [], command: [String] = [], running: [String] = [],
        isJob: Bool = false
    ) -> Bool {
        let unit = Views.unit(name, lines: lines, command: command, running: running, isJob: isJob)
        return AgentKinds.recognise(unit).name == kind.name
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
        #expect(!isOne(lines: [line], isJob: true))
    }

    @Test(arguments: [
        ["/usr/bin/node", "node", "/opt/openclaw/dist/index.js", "gateway", "--port", "18789"],
        ["/usr/bin/openclaw", "openclaw", "gateway"], ["/x", "openclaw-gateway"], ["/x", "clawdbot gateway"],
    ])
    func `with a name, what it is started with says so`(command: [String]) {
        #expect(isOne(command: command))
        #expect(isOne(running: Array(command.dropFirst())))
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
        kind.port(AddressView(command: words, find: Views.find(lines), config: Self.present(config)))
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
        kind.doubt(AddressView(command: words, find: Views.find(lines), config: Self.present(config), isOld: isOld))
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

    // MARK: Its files

    private func place(_ lines: String..., started: [String]? = nil, home: String? = "/home/fleet") -> ConfigPlace? {
        kind.config?(Views.unit(lines: lines, started: started, home: home))
    }

    @Test func `its config lies where its unit says, and else in its home`() {
        #expect(place() == .at("/home/fleet/.openclaw/openclaw.json", isRoots: true))
        #expect(place("OPENCLAW_PROFILE=b") == .at("/home/fleet/.openclaw-b/openclaw.json", isRoots: true))
        #expect(place("OPENCLAW_PROFILE=default") == place())
        #expect(place("OPENCLAW_PROFILE=../../etc") == .nowhere)
        #expect(place("OPENCLAW_STATE_DIR=/srv/s") == .at("/srv/s/openclaw.json", isRoots: true))
        #expect(place("OPENCLAW_CONFIG_PATH=~/a.json") == .at("/home/fleet/a.json", isRoots: true))
        #expect(place("OPENCLAW_CONFIG_PATH=a.json") == .unknown("its OPENCLAW_CONFIG_PATH is no absolute path"))
        #expect(place(home: nil) == .nowhere)
    }

    @Test func `a process that was started with another one makes it unknown`() {
        #expect(place(started: ["HOME=/home/fleet"]) == place())
        #expect(place(started: ["OPENCLAW_STATE_DIR=/home/fleet/.openclaw"]) == place())
        #expect(
            place(started: ["OPENCLAW_STATE_DIR=/srv"])
                == .unknown("process 77 of it was started with another OPENCLAW_STATE_DIR"))
        let own = place("OPENCLAW_CONFIG_PATH=/a.json", started: ["OPENCLAW_CONFIG_PATH=/b.json"])
        #expect(own == .at("/a.json", isRoots: true), "the unit's own line is what it was given")
    }

    @Test func `variables of another config, folder or profile are another agent's`() {
        func isAnothers(_ line: String, own: [String] = [], config: String? = "/srv/a.json") -> Bool {
            kind.isAnothers(Variables([line]), { Variables(own)[$0] }, config)
        }
        #expect(isAnothers("OPENCLAW_CONFIG_PATH=/srv/b.json"))
        #expect(!isAnothers("OPENCLAW_CONFIG_PATH=/srv/a.json"))
        #expect(isAnothers("OPENCLAW_PROFILE=b"))
        #expect(!isAnothers("OPENCLAW_PROFILE=b", own: ["OPENCLAW_PROFILE=b"]))
        #expect(!isAnothers("OPENCLAW_PROFILE=default"))
        #expect(!isAnothers("OPENCLAW_STATE_DIR="))
        #expect(!isAnothers("HOME=/elsewhere"))
    }

    @Test func `it looks for its env file beside its config first, and in its home last`() {
        let view = DotEnvView(
            configFolder: "/srv/c", workingDirectory: "/srv/w", home: "/home/fleet",
            variables: Variables(["OPENCLAW_STATE_DIR=/srv/s"]))
        #expect(kind.dotEnvFolders(view) == ["/srv/c", "/srv/s", "/srv/w", "/home/fleet/.openclaw"])
        #expect(kind.readsDotEnvBesideConfig)
        for (value, asks) in [("1", true), ("true", true), ("0", false)] {
            #expect(kind.asksShell(Variables(["OPENCLAW_LOAD_SHELL_ENV=\(value)"])) == asks)
        }
        #expect(!kind.asksShell(Variables([])))
    }

    @Test func `its command is asked for where nothing else tells what it is or where it answers`() {
        let marked = ["OPENCLAW_SERVICE_KIND=gateway"]
        #expect(kind.needsCommand("bot.service", Variables(marked)))
        #expect(!kind.needsCommand("bot.service", Variables(marked + ["OPENCLAW_GATEWAY_PORT=1"])))
        #expect(kind.needsCommand(Sample.unit, Variables([])))
        #expect(!kind.needsCommand("bot.service", Variables([])))
    }
}
