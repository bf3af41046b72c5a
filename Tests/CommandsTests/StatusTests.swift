import Commands
import FixturesTests
import Model
import Recording
import Testing

extension CommandsTests {
    struct StatusTests {
        private let session: Session

        init() throws { session = try Session() }

        /// A pass that ended two minutes ago, with an agent that is well and one that is not.
        private func pass(_ verdict: Verdict, ago: Duration = .seconds(120)) throws {
            let ledger = try Ledger.open(in: session.state, at: Sample.now - ago)
            var history = AgentHistory()
            history.verdict = "healthy"
            try ledger.remember(Sample.agent(), history)
            try ledger.keep(Sample.config("good"), of: Sample.id, as: .knownGood, at: Sample.now - ago)
            let sales = AgentID(scope: Sample.user, unit: "openclaw-gateway-sales.service")
            history.verdict = "failing"
            history.kinds = [.unitCrashLoop]
            try ledger.remember(Sample.agent(sales), history)
            _ = try ledger.openIncident(
                sales, kinds: [.unitCrashLoop], severity: .critical, summary: "It crashes.", at: Sample.now - ago)
            try ledger.finishPass(verdict, agents: 2, journalTail: nil, at: Sample.now - ago)
        }

        private func status(_ words: String...) -> Status { session.run(["status"] + session.settings + words) }

        @Test func `without a ledger it is said that no pass has run, and none is made`() {
            for words in [[], ["--json"]] {
                #expect(session.run(["status"] + session.settings + words) == .unable)
                #expect(
                    session.complaints
                        == "watchdog: There is no ledger in \(session.state) that this user can open: no pass has run yet "
                        + "(`watchdog run` makes one), or another user ran it.\n")
                #expect(session.output.isEmpty)
            }
            #expect(session.folder.names(in: "state").isEmpty)
        }

        @Test func `the fleet is listed with one verdict, last`() throws {
            try pass(.failing)
            #expect(status() == .failing)
            #expect(
                session.output == """
                    coder  healthy   openclaw-gateway-coder.service  system  \

                    sales  failing   openclaw-gateway-sales.service  user fleet  unit-crash-loop, no known-good config yet, incident 1
                    failing: last pass 2 min ago

                    """)
            #expect(session.complaints.isEmpty)
        }

        @Test func `for programs it is one value with sorted keys`() throws {
            try pass(.failing)
            #expect(status("--json") == .failing)
            #expect(
                session.output
                    == #"{"agents":[{"findings":[],"knownGood":true,"name":"coder","#
                    + #""unit":"openclaw-gateway-coder.service","verdict":"healthy"},"#
                    + #"{"findings":["unit-crash-loop"],"incident":1,"knownGood":false,"name":"sales","#
                    + #""unit":"openclaw-gateway-sales.service","user":"fleet","verdict":"failing"}],"#
                    + #""lastPass":"2026-09-01T03:13:00Z","schema":1,"undelivered":0,"verdict":"failing"}"# + "\n")
            #expect(session.complaints.isEmpty)
        }

        @Test(arguments: [
            (Verdict.healthy, Status.well), (.healed, .well), (.held, .well), (.degraded, .degraded),
            (.failing, .failing), (.unknown, .unable),
        ])
        func `the exit status follows the verdict`(verdict: Verdict, expected: Status) throws {
            try pass(verdict)
            #expect(status() == expected)
            #expect(session.output.hasSuffix("\n\(verdict.rawValue): last pass 2 min ago\n"))
        }

        @Test func `a verdict that is too old is none any more`() throws {
            try pass(.healthy, ago: .seconds(2_701))
            #expect(status() == .unable)
            #expect(
                session.output.hasSuffix(
                    "\nunknown: last pass 45 min ago, which is too long ago: is the cron entry there?\n"))
        }

        @Test func `a verdict of three quarters of an hour ago still counts`() throws {
            try pass(.healthy, ago: .seconds(2_700))
            #expect(status() == .well)
        }

        @Test func `a ledger in which no pass has ended says nothing of the fleet`() throws {
            _ = try Ledger.open(in: session.state, at: Sample.now)
            #expect(status() == .unable)
            #expect(session.output == "unknown: no pass has finished yet\n")
        }

        @Test func `messages that do not go out are told with the reason`() throws {
            try pass(.healthy)
            let ledger = try Ledger.open(in: session.state, at: Sample.now)
            let notice = Notice(
                event: .opened, incident: 1, host: "", agent: "", unit: "", kinds: [], severity: .info, title: "",
                text: "", at: Sample.now)
            try ledger.post(notice, to: ["webhook", "telegram"])
            try ledger.postpone(1, until: Sample.now, problem: "Nobody is there.")
            #expect(status() == .well)
            #expect(session.output.contains("\n2 messages are not delivered yet. Nobody is there.\n"))
            #expect(status("--json") == .well)
            #expect(session.output.contains(#""problem":"Nobody is there.","schema":1,"undelivered":2"#))
        }

        @Test func `a terminal gets colours, and columns stay where they are`() throws {
            try pass(.failing)
            session.colour = true
            #expect(status() == .failing)
            let coloured = session.output
            #expect(coloured.contains("\u{1b}[31mfailing\u{1b}[0m: last pass"))
            #expect(coloured.contains("coder  \u{1b}[32mhealthy\u{1b}[0m   openclaw"))
            session.colour = false
            _ = status()
            let plain = coloured.split(separator: "\u{1b}").map { piece in
                piece.hasPrefix("[") ? String(piece.drop { $0 != "m" }.dropFirst()) : String(piece)
            }
            #expect(plain.joined() == session.output)
        }
    }
}
