import Diagnosing
import FixturesTests
import Model
import Testing

/// One token in two places, a webhook that nobody wants, a token that is none any more.
struct TokenFindingTests {
    private func findings(
        _ outsiders: [Outsider] = [], history: AgentHistory = AgentHistory(),
        _ change: (inout AgentObservation) -> Void = { _ in }
    ) -> [Finding] {
        Rules.findings(StrayTests.seen(outsiders, change), history: history, policy: Policy())
    }

    // MARK: Duplicates

    private static let twin = TokenTwin(
        agent: AgentID(scope: .system, unit: "openclaw-gateway-sales.service"), name: "sales",
        token: HeldToken(fingerprint: StrayTests.token, sources: ["/srv/sales.env (variable T)"]), isRunning: false)

    @Test func `two agents with one token are told, with where each has it from`() throws {
        let found = findings { $0.twins = [Self.twin] }
        #expect(found.map(\.kind) == [.pollerDuplicateToken])
        #expect(found[0].severity == .warning && found[0].prescription == .none)
        #expect(
            found[0].summary
                == "coder has the same bot token as sales: only one of them can poll, and each takes messages from the other. "
                + "Give each agent a bot of its own.")
        #expect(
            found[0].evidence == [
                Evidence("token 0123456789ab…", "coder: the unit's variable TELEGRAM_BOT_TOKEN"),
                Evidence("token 0123456789ab…", "sales: /srv/sales.env (variable T)"),
            ])
    }

    private static let foreign: [(place: Outsider.Place, cgroup: String, advice: String)] = [
        (
            .service("other.service", governs: true), "/system.slice/other.service",
            "it belongs to other.service. If it polls: `systemctl stop other.service`."
        ),
        (
            .service("bridge.service", governs: true),
            "/user.slice/user-1000.slice/user@1000.service/app.slice/bridge.service",
            "it belongs to bridge.service. If it polls: `systemctl --user -M 1000@ stop bridge.service`."
        ),
        (
            .container("docker-1.scope"), "/system.slice/docker-1.scope",
            "it runs in the container of docker-1.scope. If it polls: stop that container, or give it a bot of its own."
        ),
        (
            .container(""), "/docker/1",
            "it runs in a container. If it polls: stop that container, or give it a bot of its own."
        ),
    ]

    @Test(arguments: foreign)
    func `another service or container with the token is told, and never ended`(
        place: Outsider.Place, cgroup: String, advice: String
    ) throws {
        var found = Outsider(
            process: ProcessFacts(
                id: ProcessID(pid: 77, startTicks: 500), parent: 1, command: "bridge", cgroup: cgroup, uid: 0,
                invocationID: nil), owner: "root", started: Sample.now - .seconds(90))
        found.tokens = [StrayTests.token]
        found.hasSocket = true
        found.place = place
        found.ancestors = [StrayTests.manager]
        let all = findings([found])
        #expect(all.map(\.kind) == [.pollerDuplicateToken])
        #expect(all[0].severity == .warning && all[0].prescription == .none)
        #expect(
            all[0].summary
                == "bridge (PID 77, user root) holds the bot token of coder, too. It is not ended, because \(advice)")
    }

    @Test func `of several tokens it is not known which one is polled with, and that is a remark`() throws {
        let found = findings {
            $0.tokens.append(HeldToken(fingerprint: TokenFingerprint(hex: "ff"), sources: ["/etc/fleet.env"]))
            $0.twins = [Self.twin]
        }
        #expect(found.map(\.kind) == [.pollerDuplicateToken] && found[0].severity == .info)
        #expect(found[0].summary.contains("set `telegram_token` for coder in the settings"))
    }

    @Test func `a shell with an exported variable is a remark and no more`() throws {
        let shell = StrayTests.stray {
            $0.hasSocket = false
            $0.hasTerminal = true
            $0.place = .session("session-3.scope")
        }
        let found = findings([shell])
        #expect(found.map(\.kind) == [.pollerDuplicateToken])
        #expect(found[0].severity == .info && found[0].prescription == .none)
        #expect(
            found[0].summary
                == "The bot token of coder stands in the environment of node (PID 77, user fleet), which polls nobody as far as can be seen."
        )
    }

    @Test func `whose sockets cannot be seen is not taken for idle`() {
        let hidden = StrayTests.stray {
            $0.hasSocket = nil
            $0.mayBeEnded = false
        }
        #expect(findings([hidden]).map(\.kind) == [.processStray])
    }

    // MARK: Webhook

    private func check(host: String = "", isRejected: Bool = false) -> TokenCheck {
        TokenCheck(
            token: StrayTests.token, at: Sample.now - .seconds(60), isRejected: isRejected, webhookHost: host,
            pending: 12)
    }

    @Test func `a webhook that the agent does not name is told with the command that removes it`() throws {
        let found = findings { $0.tokenChecks = [check(host: "old.example.org")] }
        #expect(found.map(\.kind) == [.pollerWebhook])
        #expect(found[0].severity == .warning && found[0].prescription == .none)
        #expect(found[0].summary.contains("A webhook on old.example.org is set for the bot of coder"))
        #expect(found[0].summary.contains("curl \"https://api.telegram.org/bot$TELEGRAM_BOT_TOKEN/deleteWebhook\""))
        #expect(found[0].evidence.first?.text == "a webhook on old.example.org is set; 12 updates are pending")
    }

    @Test func `a webhook of one's own Bot API server is removed there`() throws {
        var policy = Policy()
        policy.telegramAPI = "http://127.0.0.1:8081"
        let seen = StrayTests.seen([]) { $0.tokenChecks = [check(host: "old.example.org")] }
        let found = try #require(Rules.findings(seen, history: AgentHistory(), policy: policy).first)
        #expect(found.summary.hasSuffix("`curl \"http://127.0.0.1:8081/bot$TELEGRAM_BOT_TOKEN/deleteWebhook\"`."))
    }

    @Test func `a webhook of the agent's own is none of our business`() {
        #expect(
            findings {
                $0.tokenChecks = [check(host: "coder.example.org")]
                $0.addresses = ["https://coder.example.org/telegram"]
            }.isEmpty)
        #expect(
            findings {
                $0.tokenChecks = [check(host: "coder.example.org")]
                $0.config = [Sample.present(Sample.config(#"{"webhookUrl":"https://coder.example.org/t"}"#))]
            }.isEmpty)
        #expect(findings { $0.tokenChecks = [check()] }.isEmpty)
    }

    @Test(arguments: ["https://coder.example.org/", "https://bots.example.orga/", "https://my-example.org/"])
    func `an address that only resembles the webhook's is not the agent's own`(address: String) {
        let found = findings {
            $0.tokenChecks = [check(host: "example.org")]
            $0.addresses = [address]
        }
        #expect(found.map(\.kind) == [.pollerWebhook])
    }

    @Test func `a poll that a webhook refuses is told without having asked`() {
        let line = Sample.line("409: Conflict: can't use getUpdates method while webhook is active")
        let found = findings { $0.journal.fresh = [line] }
        #expect(found.map(\.kind) == [.pollerWebhook])
        #expect(found.first?.summary.hasPrefix("A webhook is set for the bot of coder") == true)
        var history = AgentHistory()
        history.acted = line.at
        #expect(findings(history: history) { $0.journal.fresh = [line] }.isEmpty)
    }

    // MARK: Rejected

    @Test func `a token that the API refuses is told with where to set the new one`() throws {
        let found = findings { $0.tokenChecks = [check(), check(isRejected: true)] }
        #expect(found.map(\.kind) == [.secretRejected])
        #expect(found[0].severity == .warning && found[0].prescription == .none)
        #expect(
            found[0].summary
                == "The Bot API refuses the bot token of coder (401): it was revoked, or is not a token any more. "
                + "Get the present one from @BotFather and set it in the unit's variable TELEGRAM_BOT_TOKEN.")
    }

    @Test func `no finding ever shows more of a fingerprint than twelve digits`() {
        let found = findings([StrayTests.stray(), StrayTests.stray(78) { $0.hasSocket = false }]) {
            $0.twins = [Self.twin]
            $0.tokenChecks = [check(host: "x.example.org", isRejected: true)]
        }
        #expect(found.count == 4)
        for text in found.flatMap({ [$0.summary] + $0.evidence.flatMap { [$0.source, $0.text] } }) {
            #expect(!text.contains(StrayTests.token.hex.prefix(13)))
        }
    }
}
