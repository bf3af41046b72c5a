import Testing

/// What is refused for its content, and where it is said to stand.
struct PlaceTests {
    private static let provider = "[[advisor.provider]]\nurl = \"http://x\"\nmodel = \"m\"\n"

    private static let contents: [(text: String, place: String, sentence: String)] = [
        ("[state]\ndirectory = \"x\"\n", "2:13", #"state.directory is "x", and an absolute path was expected."#),
        (
            "[[agent]]\nunit = \"coder\"\n", "2:8",
            #"agent.unit is "coder", and the full name of a service unit, ending in .service, was expected."#
        ),
        (
            "[[agent]]\nunit = \"a/b.service\"\n", "2:8",
            #"agent.unit is "a/b.service", and the full name of a service unit, ending in .service, was expected."#
        ),
        (
            "[[agent]]\nunit = \"a.service\"\nconfig = [\"x\"]\n", "3:11",
            #"agent.config of agent a is "x", and an absolute path was expected."#
        ),
        (
            "[[agent]]\nunit = \"a.service\"\nhealth = [\"ftp://x\"]\n", "3:11",
            #"agent.health of agent a is "ftp://x", and an address beginning with http:// or https:// was expected."#
        ),
        (
            "[telegram]\napi = \"ftp://x\"\n", "2:7",
            #"telegram.api is "ftp://x", and an address beginning with http:// or https:// was expected."#
        ),
        (
            "[[channel]]\nkind = \"webhook\"\nurl = \"x\"\n", "3:7",
            #"channel.url is "x", and an address beginning with http:// or https:// was expected."#
        ),
        (
            provider + "key = { file = \"a\" }\n", "4:16",
            #"advisor.provider.key.file is "a", and an absolute path was expected."#
        ),
        (
            provider + provider, "4:1",
            "[[advisor.provider]] stands 2 times, and this release asks one provider."
        ),
    ]

    @Test(arguments: contents)
    func `a value that cannot be is refused with what was expected`(text: String, place: String, sentence: String) {
        #expect(refusal(text)?.hasPrefix("watchdog.toml:") == true)
        #expect(refusal(text)?.hasSuffix(" \(sentence)") == true)
    }

    @Test(arguments: contents)
    func `a value that cannot be is refused with its place`(text: String, place: String, sentence: String) {
        #expect(refusal(text) == "watchdog.toml:\(place): \(sentence)")
    }

    private static let secretsExpected =
        "and { file = \"…\" } or { env = \"…\" } was expected: secrets do not stand in the settings themselves."
    private static let secrets: [(text: String, sentence: String)] = [
        (provider + "key = \"gsk_the-secret\"\n", "4:7: advisor.provider.key is a text, \(secretsExpected)"),
        (
            "[[channel]]\nkind = \"telegram\"\ntoken = \"123456:the-secret\"\nchat = \"1\"\n",
            "3:9: channel.token is a text, \(secretsExpected)"
        ),
        (
            provider + "key = { file = \"/a\", env = \"B\" }\n",
            "4:7: advisor.provider.key is a table, and either { file = \"…\" } or { env = \"…\" } was expected."
        ),
        (
            provider + "key = {}\n",
            "4:7: advisor.provider.key is a table, and either { file = \"…\" } or { env = \"…\" } was expected."
        ),
        (
            provider + "key = { fil = \"/a\" }\n",
            "4:15: unknown key advisor.provider.key.fil. Did you mean advisor.provider.key.file?"
        ),
    ]

    @Test(arguments: secrets)
    func `a secret does not stand in the settings, and is not repeated when it does`(text: String, sentence: String) {
        #expect(refusal(text) == "watchdog.toml:\(sentence)")
        #expect(refusal(text)?.contains("the-secret") == false)
    }

    @Test(arguments: ["http://", "https:///path", "http:// a b"])
    func `an address without a host is none`(address: String) {
        #expect(refusal("[telegram]\napi = \"\(address)\"\n") != nil)
    }

    @Test func `a deadline in which nothing could be proven is refused`() {
        #expect(refusal("[policy]\nsettle = \"60s\"\ndeadline = \"121s\"\n") == nil)
        #expect(
            refusal("[policy]\nsettle = \"60s\"\ndeadline = \"120s\"\n")
                == "watchdog.toml:1:1: policy.settle is 60 s and policy.deadline 2 min; "
                + "a deadline of more than twice settle was expected, or nothing could be proven in time.")
    }
}
