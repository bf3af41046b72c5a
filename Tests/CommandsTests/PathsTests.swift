import Commands
import FixturesTests
import Testing

extension CommandsTests {
    struct PathsTests {
        private let session: Session

        init() throws {
            session = try Session()
            session.now = nil
        }

        private func paths(_ words: String...) -> Status { session.run(["paths"] + session.settings + words) }

        @Test func `settings and state are named, and every secret's file once`() throws {
            try session.folder.write(
                "watchdog.toml",
                """
                [state]
                directory = "\(session.state)"
                [[channel]]
                kind = "telegram"
                token = { file = "/etc/agent-watchdog/ops.token" }
                chat = "1"
                [[channel]]
                kind = "telegram"
                token = { file = "/etc/agent-watchdog/ops.token" }
                chat = "2"
                [[channel]]
                kind = "webhook"
                url = "https://hooks.example.org/ops"
                [[advisor.provider]]
                url = "https://model.example.org/v1"
                model = "small"
                key = { file = "/srv/keys/model" }
                """)
            #expect(paths() == .well)
            #expect(
                session.output == """
                    settings  \(session.folder["watchdog.toml"])
                    state     \(session.state)
                    secret    /etc/agent-watchdog/ops.token
                    secret    /srv/keys/model

                    """)
            #expect(paths("--json") == .well)
            #expect(
                session.output.hasPrefix(#"{"schema":1,"secrets":["/etc/agent-watchdog/ops.token","/srv/keys/model"],"#)
            )
        }

        @Test func `settings that are wrong are refused, as a new program would refuse them`() throws {
            try session.folder.write("watchdog.toml", "[policy]\nsettel = \"1s\"\n")
            #expect(paths() == .unable)
            #expect(session.output.isEmpty)
            #expect(session.complaints.contains("watchdog.toml:2:"))
        }
    }
}
