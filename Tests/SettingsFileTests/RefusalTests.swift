import Testing

/// What is refused, word for word: the place, what stands there, what was expected.
struct RefusalTests {
    private static let settle =
        #"and a duration from 1 s to 600 s, such as "10s", "4min" or "6h", was expected."#

    private static let values: [(text: String, sentence: String)] = [
        ("[policy]\nsettle = 5\n", "2:10: policy.settle is 5, \(settle)"),
        ("[policy]\nsettle = \"5\"\n", #"2:10: policy.settle is "5", \#(settle)"#),
        ("[policy]\nsettle = \"0s\"\n", #"2:10: policy.settle is "0s", \#(settle)"#),
        ("[policy]\nsettle = \"601s\"\n", #"2:10: policy.settle is "601s", \#(settle)"#),
        ("[policy]\nsettle = \"-5s\"\n", #"2:10: policy.settle is "-5s", \#(settle)"#),
        ("[policy]\nsettle = \"1h 5min\"\n", #"2:10: policy.settle is "1h 5min", \#(settle)"#),
        ("[policy]\nsettle = \"5 weeks\"\n", #"2:10: policy.settle is "5 weeks", \#(settle)"#),
        (
            "[policy]\nsettle = \"99999999999999999999s\"\n",
            #"2:10: policy.settle is "99999999999999999999s", \#(settle)"#
        ),
        ("[policy]\nsettle = 1979-05-27\n", "2:10: policy.settle is a date or time, \(settle)"),
        ("[policy]\nsettle = [1]\n", "2:10: policy.settle is a list, \(settle)"),
        ("[policy]\nsettle = {}\n", "2:10: policy.settle is a table, \(settle)"),
        (
            "[policy]\nactions_per_agent = -1\n",
            "2:21: policy.actions_per_agent is -1, and a whole number from 0 to 100 was expected."
        ),
        (
            "[policy]\nactions_per_agent = 1.5\n",
            "2:21: policy.actions_per_agent is 1.5, and a whole number from 0 to 100 was expected."
        ),
        (
            "[policy]\nactions_per_agent = \"3\"\n",
            #"2:21: policy.actions_per_agent is "3", and a whole number from 0 to 100 was expected."#
        ),
        ("[policy]\nbrake_share = 0\n", "2:15: policy.brake_share is 0, and a share above 0 and up to 1 was expected."),
        (
            "[policy]\nbrake_share = 1.1\n",
            "2:15: policy.brake_share is 1.1, and a share above 0 and up to 1 was expected."
        ),
        (
            "[policy]\nbrake_share = true\n",
            "2:15: policy.brake_share is true, and a share above 0 and up to 1 was expected."
        ),
        (
            "[policy]\nkill_mode = \"process\"\n",
            #"2:13: policy.kill_mode is "process", and one of "control-group", "mixed" was expected."#
        ),
        ("[policy]\nkill_mode_strict = 1\n", "2:20: policy.kill_mode_strict is 1, and true or false was expected."),
        ("[fleet]\nunits = \"x\"\n", #"2:9: fleet.units is "x", and a list of texts was expected."#),
        ("[fleet]\nunits = [\"a\", 1]\n", "2:15: fleet.units is 1, and a list of texts was expected."),
        ("[fleet]\nunits = [\"\"]\n", #"2:10: fleet.units is "", and a list of texts was expected."#),
        ("[state]\ndirectory = 3\n", "2:13: state.directory is 3, and an absolute path was expected."),
        (
            "[telegram]\napi = 5\n",
            "2:7: telegram.api is 5, and an address beginning with http:// or https:// was expected."
        ),
        (
            "[advisor]\ncalls_per_day = 10001\n",
            "2:17: advisor.calls_per_day is 10001, and a whole number from 0 to 10000 was expected."
        ),
        ("[[agent]]\nunit = \"a.service\"\nuser = 5\n", "3:8: agent.user is 5, and a text was expected."),
        (
            "[[agent]]\nunit = \"a.service\"\nkind = \"openclaws\"\n",
            #"3:8: agent.kind is "openclaws", and one of "openclaw", "plain" was expected."#
        ),
        (
            "[[agent]]\nunit = \"a.service\"\ntelegram_token = \"123456:AAAA\"\n",
            "3:18: agent.telegram_token is a text, and { file = \"…\" } or { env = \"…\" } was expected: secrets do not stand in the settings themselves."
        ),
        (
            "[[agent]]\nunit = \"a.service\"\ntelegram_token = { file = \"token\" }\n",
            #"3:27: agent.telegram_token.file is "token", and an absolute path was expected."#
        ),
        (
            "[[agent]]\nunit = \"a.service\"\ntelegram_token = {}\n",
            #"3:18: agent.telegram_token is a table, and either { file = "…" } or { env = "…" } was expected."#
        ),
        (
            "[[agent]]\nunit = \"a.service\"\ntelegram_token = { file = \"/t\", env = \"T\" }\n",
            #"3:18: agent.telegram_token is a table, and either { file = "…" } or { env = "…" } was expected."#
        ),
        (
            "[[channel]]\nkind = \"slack\"\n",
            #"2:8: channel.kind is "slack", and one of "webhook", "telegram" was expected."#
        ),
        (
            "[[channel]]\nkind = \"telegram\"\ntoken = { env = \"A\" }\nchat = -100\n",
            "4:8: channel.chat is -100, and a text was expected."
        ),
    ]

    @Test(arguments: values)
    func `a value of the wrong kind or size is refused`(text: String, sentence: String) {
        #expect(refusal(text) == "watchdog.toml:\(sentence)")
    }

    private static let shapes: [(text: String, sentence: String)] = [
        ("policy = 3\n", "1:10: policy is a number, and a table was expected."),
        ("agent = [1]\n", "1:10: agent is a number, and a table was expected."),
        (
            "[agent]\nunit = \"a.service\"\n",
            "1:1: agent is a table, and a list of tables, written as [[agent]], was expected."
        ),
        (
            "[advisor]\nprovider = 3\n",
            "2:12: advisor.provider is 3, and a list of tables, written as [[advisor.provider]], was expected."
        ),
        (
            "[[agent]]\nname = \"coder\"\n",
            "1:1: agent has no unit, and the name of its unit, such as \"coder.service\", was expected."
        ),
        (
            "[[advisor.provider]]\nmodel = \"m\"\n",
            "1:1: advisor.provider has no url, and the address of an OpenAI-compatible API was expected."
        ),
        (
            "[[advisor.provider]]\nurl = \"http://x\"\n",
            "1:1: advisor.provider has no model, and the name of a model was expected."
        ),
        ("\n[[channel]]\n", "2:1: channel has no kind, and \"webhook\" or \"telegram\" was expected."),
        (
            "[[channel]]\nkind = \"webhook\"\n",
            "1:1: channel has no url, and an address, or { file = \"…\" } that holds one, was expected."
        ),
        (
            "[[channel]]\nkind = \"telegram\"\nchat = \"1\"\n",
            "1:1: channel has no token, and { file = \"…\" } or { env = \"…\" } was expected."
        ),
        (
            "[[channel]]\nkind = \"telegram\"\ntoken = { env = \"A\" }\n",
            "1:1: channel has no chat, and the id of a chat, as a text, was expected."
        ),
    ]

    @Test(arguments: shapes)
    func `what is missing, or stands as something else, is refused`(text: String, sentence: String) {
        #expect(refusal(text) == "watchdog.toml:\(sentence)")
    }

    private static let keys: [(text: String, sentence: String)] = [
        ("[polcy]\n", "1:1: unknown key polcy. Did you mean policy?"),
        ("[policy]\nsettl = \"5s\"\n", "2:9: unknown key policy.settl. Did you mean policy.settle?"),
        ("[policy]\nwarmup = \"5s\"\n", "2:10: unknown key policy.warmup. Did you mean policy.warm_up?"),
        (
            "[[agent]]\nunit = \"a.service\"\nheatlh = []\n",
            "3:10: unknown key agent.heatlh. Did you mean agent.health?"
        ),
        (
            "[[agent]]\nunit = \"a.service\"\ncolour = \"red\"\n",
            "3:10: unknown key agent.colour. Known here: config, health, kind, name, schema, secrets, telegram_token, unit, user, validate."
        ),
        (
            "entirely_else = 1\n",
            "1:17: unknown key entirely_else. Known here: advisor, agent, channel, fleet, policy, state, telegram."
        ),
        (
            "[[channel]]\nkind = \"webhook\"\nurl = \"http://x\"\nchat = \"1\"\n",
            "4:8: unknown key channel.chat. Known here: kind, url."
        ),
        ("[fleet]\nb_first = 1\na_second = 2\n", "2:11: unknown key fleet.b_first. Known here: units."),
    ]

    @Test(arguments: keys)
    func `a key that is not known is refused, with the nearest one that is`(text: String, sentence: String) {
        #expect(refusal(text) == "watchdog.toml:\(sentence)")
    }

    @Test func `a long value is not repeated whole`() throws {
        let sentence = try #require(refusal("[policy]\nsettle = \"\(String(repeating: "x", count: 100_000))\"\n"))
        #expect(sentence.count < 300)
    }

    @Test func `a number that is none is not called a date`() {
        #expect(refusal("[policy]\nbrake_share = nan\n")?.contains("date") == false)
    }

    @Test(arguments: [
        "[[agent]]\nunit = \"/\u{338}.service\"\n", "[[agent]]\nunit = \"\\u0000.service\"\n",
        "[[agent]]\nunit = \"a.service\"\nconfig = [\"/a\\u0000b\"]\n", "[state]\ndirectory = \"/a\\nb\\u001b[31m\"\n",
    ])
    func `what no name and no path can hold is refused, and repeated without control characters`(text: String) throws {
        let sentence = try #require(refusal(text))
        #expect(sentence.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
    }
}
