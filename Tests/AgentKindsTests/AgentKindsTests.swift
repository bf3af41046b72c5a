import AgentKinds
import FixturesTests
import Model
import Testing

struct AgentKindsTests {
    @Test(arguments: [
        ("openclaw-gateway-coder.service", "coder"),
        ("clawdbot-gateway-sales.service", "sales"),
        ("openclaw-gateway.service", "openclaw-gateway"),
        ("openclaw-gateway-.service", "openclaw-gateway-"),
        ("openclaw-gateway-a-b.service", "a-b"),
        ("mybot.service", "mybot"),
        ("mybot", "mybot"),
        ("openclaw-gateway-x.service.service", "x.service"),
    ])
    func `an agent that the settings do not name is named after what its unit alone has`(unit: String, name: String) {
        #expect(AgentKinds.name(of: AgentID(scope: .system, unit: unit)) == name)
    }

    @Test func `of a plain unit nothing is assumed`() {
        let plain = AgentKinds.plain
        #expect(AgentKinds.recognise(Views.unit("bot.service", command: ["/usr/bin/bot", "bot"])).name == .plain)
        #expect(plain.config == nil && plain.healthPath == nil && plain.configVariable == nil)
        var dialect = plain.dialect
        #expect(
            dialect.marks != nil, "what a gateway marks anew in its config is no change, under whatever name it runs")
        dialect.marks = nil
        #expect(dialect == ConfigDialect())
        #expect(!plain.runsForEver && !plain.isOnePerConfig && !plain.readsDotEnvBesideConfig)
        #expect(plain.port(AddressView(command: ["--port", "1"], find: { _ in .unknown }, config: [])) == nil)
    }

    @Test func `no two kinds share a name, and each has one that the settings can give`() {
        let names = AgentKinds.names
        #expect(Set(names).count == names.count)
        #expect(names.last == "plain")
        for name in names { #expect(AgentKinds.of(KindName(rawValue: name)).name.rawValue == name) }
        #expect(AgentKinds.of(KindName(rawValue: "unheard-of")).name == .plain)
    }

    @Test func `units are searched for by what all kinds call theirs`() {
        #expect(AgentKinds.units == ["openclaw-gateway*.service", "clawdbot-gateway*.service"])
    }
}
