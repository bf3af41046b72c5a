import Commands
import Diagnosing
import FixturesTests
import FoundationEssentials
import Model
import Testing

extension CommandsTests {
    struct ExplainTests {
        private let session: Session

        init() throws {
            session = try Session()
            session.now = nil
        }

        @Test func `a kind is explained with its rule, its reason, what is done, and what happens otherwise`() {
            #expect(session.run("explain", "unit-kill-mode") == .well)
            #expect(
                session.output == """
                    unit-kill-mode (warning): Children of the agent outlive a restart.

                    When:  KillMode of the unit is process or none (or mixed, with kill_mode_strict).
                    Why:   With these settings a stop ends the main process only. What it started goes on in the unit's cgroup and may keep polling the same bot token, which is answered with 409 Conflict.
                    Then:  The watchdog writes the drop-in 90-agent-watchdog.conf with KillMode=control-group and has the manager reload its units; nothing is restarted. To take it back: delete that file and run `systemctl daemon-reload`; it is not written again.
                    Else:  The next restart leaves a second poller behind.

                    """)
        }

        @Test func `without a kind all are listed, in the order of the rule book`() {
            #expect(session.run("explain") == .well)
            let lines = session.output.split(separator: "\n")
            #expect(lines.map { String($0.prefix { $0 != " " }) } == RuleBook.rules.map(\.kind.rawValue))
            #expect(lines.first == "unit-not-run                The program of the unit was never run")
        }

        @Test(arguments: FindingKind.allCases)
        func `each kind can be explained, to people and to programs`(kind: FindingKind) throws {
            #expect(session.run("explain", kind.rawValue) == .well)
            #expect(session.output.hasPrefix("\(kind.rawValue) ("))
            #expect(session.run("explain", "--json", kind.rawValue) == .well)
            let value = try JSONDecoder().decode(JSONValue.self, from: Data(session.output.utf8))
            #expect(value["schema"] == .integer(1))
            #expect(value["kind"]?.text == kind.rawValue)
            #expect(value["rule"]?.text == RuleBook.rule(kind)?.rule)
        }

        @Test func `for programs the keys are sorted and nothing else is printed`() throws {
            #expect(session.run("explain", "fleet-wide", "--json") == .well)
            #expect(session.output.hasPrefix("{\"advice\":\""))
            #expect(session.output.hasSuffix("}\n"))
            let rest = ["advice", "consequence", "kind", "reason", "rule", "schema", "severity", "title"]
            let places = rest.compactMap { session.output.firstRange(of: "\"\($0)\":")?.lowerBound }
            #expect(places.count == rest.count && places == places.sorted())
            #expect(session.complaints.isEmpty)
        }

        @Test func `the whole rule book is one value for programs, with its schema`() throws {
            #expect(session.run("explain", "--json") == .well)
            let value = try JSONDecoder().decode(JSONValue.self, from: Data(session.output.utf8))
            #expect(value["schema"] == .integer(1))
            #expect(value["rules"]?.array?.count == FindingKind.allCases.count)
        }
    }
}
