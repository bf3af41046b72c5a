import FixturesTests
import FoundationEssentials
import Model
import SettingsFile
import Testing

/// What a settings file may say.
struct SettingsReaderTests {
    @Test func `every key is taken over`() throws {
        let settings = try CompleteSettings.read(CompleteSettings.text)
        var expected = Settings(stateDirectory: "/srv/watchdog", kinds: ["openclaw", "plain"])
        expected.units = ["openclaw-gateway*.service", "mybot.service"]
        expected.policy.settle = .seconds(20)
        expected.policy.warmUp = .seconds(300)
        expected.policy.knownGoodAfter = .seconds(3600)
        expected.policy.actionsPerAgent = 5
        expected.policy.actionsWindow = .seconds(172_800)
        expected.policy.brakeShare = 0.25
        expected.policy.killMode = "mixed"
        expected.policy.killModeStrict = true
        expected.policy.rollbackAcrossReleases = true
        expected.policy.deadline = .seconds(480)
        expected.policy.editGrace = .seconds(180)
        expected.policy.stoppedReminder = .seconds(43_200)
        var coder = AgentEntry(name: "coder", unit: "openclaw-gateway-coder.service", user: "fleet")
        coder.config = ["/home/fleet/.openclaw-coder/openclaw.json", "/home/fleet/.env"]
        coder.asciiConfig = ["/home/fleet/.env"]
        coder.schema = "/etc/agent-watchdog/openclaw.schema.json"
        coder.validate = ["openclaw", "config", "validate", "--json"]
        coder.health = ["http://127.0.0.1:48520/readyz", "https://coder.example.org/healthz"]
        coder.secrets = ["TELEGRAM_BOT_TOKEN"]
        coder.telegramToken = .env("TELEGRAM_BOT_TOKEN")
        coder.kind = KindName(rawValue: "openclaw")
        var sales = AgentEntry(name: nil, unit: "openclaw-gateway-sales.service")
        sales.telegramToken = .file("/srv/sales/token")
        expected.agents = [coder, sales]
        expected.policy.telegramAPI = "http://127.0.0.1:9000"
        expected.policy.asksTelegram = false
        var advisor = AdvisorSettings(
            name: "groq", url: "https://api.groq.com/openai/v1", model: "openai/gpt-oss-20b")
        advisor.callsPerDay = 7
        advisor.key = .file("/etc/agent-watchdog/groq.key")
        expected.advisor = advisor
        expected.channels = [
            Channel(name: "telegram", kind: .telegram(token: .env("OPS_TOKEN"), chat: "-1001234567890")),
            Channel(name: "webhook", kind: .webhook(url: .text("https://hooks.example.org/ops"))),
            Channel(
                name: "telegram 2", kind: .telegram(token: .file("/etc/agent-watchdog/second.token"), chat: "42")),
            Channel(name: "webhook 2", kind: .webhook(url: .file("/etc/agent-watchdog/webhook.url"))),
        ]
        #expect(settings == expected)
    }

    @Test(arguments: ["", "\n", "# nothing\n", "[fleet]\n", "\u{feff}[policy]\n"])
    func `what a file does not say has its default`(text: String) throws {
        #expect(try CompleteSettings.read(text) == CompleteSettings.defaults)
    }

    @Test func `the defaults are those that the design names`() {
        let settings = CompleteSettings.defaults
        #expect(settings.policy.settle == .seconds(10))
        #expect(settings.policy.warmUp == .seconds(240))
        #expect(settings.policy.knownGoodAfter == .seconds(600))
        #expect(settings.policy.actionsPerAgent == 3)
        #expect(settings.policy.actionsWindow == .seconds(21_600))
        #expect(settings.policy.brakeShare == 0.5)
        #expect(settings.policy.killMode == "control-group")
        #expect(!settings.policy.killModeStrict)
        #expect(settings.policy.deadline == .seconds(600))
        #expect(settings.policy.telegramAPI == "https://api.telegram.org")
        #expect(settings.policy.asksTelegram)
    }

    @Test(
        arguments: [
            ("30s", 30), ("30sec", 30), ("90 s", 90), ("2min", 120), ("2m", 120), ("1h", 3600), ("0s", 0), ("007s", 7),
        ] as [(String, Int64)])
    func `a duration is a number and a unit`(text: String, seconds: Int64) throws {
        #expect(try CompleteSettings.read("[policy]\nwarm_up = \"\(text)\"\n").policy.warmUp == .seconds(seconds))
    }

    @Test func `a day is a unit as well`() throws {
        #expect(
            try CompleteSettings.read("[policy]\nactions_window = \"2d\"\n").policy.actionsWindow == .seconds(172_800))
    }

    @Test func `either end of a range may be set`() throws {
        let low = try CompleteSettings.read("[policy]\nsettle = \"1s\"\nactions_per_agent = 0\nbrake_share = 0.01\n")
        #expect(low.policy.settle == .seconds(1))
        #expect(low.policy.actionsPerAgent == 0)
        #expect(low.policy.brakeShare == 0.01)
        let high = try CompleteSettings.read(
            "[policy]\nsettle = \"10min\"\ndeadline = \"1h\"\nactions_per_agent = 100\nbrake_share = 1\n")
        #expect(high.policy.settle == .seconds(600))
        #expect(high.policy.actionsPerAgent == 100)
        #expect(high.policy.brakeShare == 1)
    }

    @Test func `a deadline that leaves no time to prove anything is refused`() {
        #expect(throws: SettingsError.self) {
            try CompleteSettings.read("[policy]\nsettle = \"10min\"\n")
        }
    }

    private static let ranges: [(key: String, taken: [String], refused: [String])] = [
        ("settle", ["1s", "299s"], ["0s", "601s"]),
        ("warm_up", ["0s", "3600s"], ["3601s"]),
        ("known_good_after", ["0s", "86400s"], ["86401s"]),
        ("actions_window", ["60s", "30d"], ["59s", "2592001s"]),
        ("deadline", ["30s", "3600s"], ["29s", "3601s"]),
    ]

    @Test(arguments: ranges)
    func `a duration is taken up to its bounds, and refused beyond`(key: String, taken: [String], refused: [String]) {
        for value in taken { #expect(refusal("[policy]\n\(key) = \"\(value)\"\n") == nil) }
        for value in refused {
            #expect(refusal("[policy]\n\(key) = \"\(value)\"\n")?.hasPrefix("watchdog.toml:2:") == true)
        }
    }

    @Test func `an agent whose token is not named has whatever is found`() throws {
        #expect(try CompleteSettings.read("[[agent]]\nunit = \"a.service\"\n").agents.first?.telegramToken == nil)
    }

    @Test func `an agent that looks after no health and no file says so with empty lists`() throws {
        let settings = try CompleteSettings.read("[[agent]]\nunit = \"a.service\"\nconfig = []\nhealth = []\n")
        #expect(settings.agents.first?.config == [])
        #expect(settings.agents.first?.health == [])
        #expect(try CompleteSettings.read("[[agent]]\nunit = \"a.service\"\n").agents.first?.config == nil)
    }

    @Test func `the settings that are shipped are taken, and every line in them that is an example as well`() throws {
        // Tests run in the folder of the package.
        let shipped = String(decoding: try Data(contentsOf: URL(filePath: "units/watchdog.toml")), as: UTF8.self)
        _ = try CompleteSettings.read(shipped)
        // An example is a comment that would be a key or a table.
        let examples = shipped.split(separator: "\n").map { line in
            let bare = line.drop { $0 == "#" || $0 == " " }
            let isExample = line.hasPrefix("#") && (bare.hasPrefix("[") || bare.contains(" = "))
            return isExample ? String(bare) : String(line)
        }
        let settings = try CompleteSettings.read(examples.joined(separator: "\n"))
        #expect(settings.agents.count == 1)
        #expect(settings.channels.map(\.name) == ["telegram", "webhook"])
        #expect(settings.advisor?.name == "groq")
        #expect(settings.policy == Policy(), "an example is a default, or says that it is not")
    }
}
