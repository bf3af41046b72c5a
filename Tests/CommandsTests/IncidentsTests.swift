import Commands
import FixturesTests
import Model
import Recording
import Testing

extension CommandsTests {
    struct IncidentsTests {
        private let session: Session

        init() throws { session = try Session() }

        private func incidents(_ words: String...) -> Status {
            session.run(["incidents"] + session.settings + words)
        }

        /// One that was healed, with what was asked and done, and one of the host that is still open.
        private func write() throws {
            let ledger = try Ledger.open(in: session.state, at: Sample.now)
            try ledger.remember(Sample.agent(), AgentHistory())
            let incident = try ledger.openIncident(
                Sample.id, kinds: [.unitCrashLoop, .unitKillMode], severity: .critical, summary: "It crashes.",
                at: Sample.now)
            let diagnosis = Diagnosis(
                cause: "A port was taken.", origin: .advisor("groq"), confidence: 0.5, proposal: .restartUnit)
            try ledger.record(
                Consultation(
                    agent: Sample.id, provider: "groq", asked: "{\"a\":\n1}", answered: "b\u{1b}[2J",
                    outcome: .accepted(diagnosis)), incident: incident, at: Sample.now + .seconds(1))
            let plan = Plan(agent: Sample.id, rungs: [.advisor], steps: [.restartUnit], reason: "")
            let ids = try ledger.plan(
                plan, targets: [Sample.unit], incident: incident, number: 1, at: Sample.now + .seconds(2))
            let done = ActionOutcome(remedy: "restartUnit", target: Sample.unit, result: .done, reason: "Job: done.")
            for id in ids { try ledger.end(action: id, done, at: Sample.now + .seconds(3)) }
            try ledger.update(incident, diagnosis: diagnosis, reason: nil)
            try ledger.close(incident, outcome: "healed", at: Sample.now + .seconds(200))
            let host = try ledger.openIncident(
                nil, kinds: [.watchdogIncomplete], severity: .warning, summary: "The journal is dark.", at: Sample.now)
            try ledger.update(host, diagnosis: nil, reason: "Nobody may read it.")
        }

        @Test func `before anything has happened that is said`() throws {
            _ = try Ledger.open(in: session.state, at: Sample.now)
            #expect(incidents() == .well)
            #expect(session.output == "No incident has happened yet.\n")
            #expect(incidents("--json") == .well)
            #expect(session.output == #"{"incidents":[],"schema":1}"# + "\n")
        }

        @Test func `without a ledger there is nothing to show`() {
            #expect(incidents() == .unable)
            #expect(session.complaints.hasPrefix("watchdog: There is no ledger in \(session.state)"))
        }

        @Test func `the newest comes first, with what was done and what came of it`() throws {
            try write()
            #expect(incidents() == .well)
            #expect(
                session.output == """
                    2  2026-09-01T03:15:00Z  host  watchdog-incomplete  open
                        The journal is dark.
                        why    Nobody may read it.
                    1  2026-09-01T03:15:00Z  coder  unit-crash-loop, unit-kill-mode  healed, over after 3 min
                        It crashes.
                        cause  A port was taken. (advisor:groq)
                        2026-09-01T03:15:02Z  advisor: restartUnit of openclaw-gateway-coder.service, done. Job: done.

                    """)
        }

        @Test func `one alone is shown with what an advisor was asked and answered, harmlessly`() throws {
            try write()
            #expect(incidents("1") == .well)
            #expect(
                session.output.hasSuffix(
                    """
                        asked groq at 2026-09-01T03:15:01Z: restartUnit: A port was taken.
                          question: {"a":·1}
                          answer:   b·[2J

                    """))
            #expect(!session.output.contains("watchdog-incomplete"))
        }

        @Test func `for programs it is one value with sorted keys, whole where one is asked for`() throws {
            try write()
            #expect(incidents("--json", "1") == .well)
            #expect(
                session.output
                    == #"{"incidents":[{"actions":[{"at":"2026-09-01T03:15:02Z","outcome":"done","#
                    + #""reason":"Job: done.","remedy":"restartUnit","rung":"advisor","#
                    + #""target":"openclaw-gateway-coder.service"}],"agent":"coder","cause":"A port was taken.","#
                    + #""closed":"2026-09-01T03:18:20Z","consultations":[{"accepted":true,"answered":"b\u001b[2J","#
                    + #""asked":"{\"a\":\n1}","at":"2026-09-01T03:15:01Z","provider":"groq","#
                    + #""result":"restartUnit: A port was taken."}],"id":1,"#
                    + #""kinds":["unit-crash-loop","unit-kill-mode"],"opened":"2026-09-01T03:15:00Z","#
                    + #""origin":"advisor:groq","severity":"critical","state":"healed","summary":"It crashes.","#
                    + #""unit":"openclaw-gateway-coder.service"}],"schema":1}"# + "\n")
            #expect(incidents("--json") == .well)
            #expect(!session.output.contains("consultations"))
        }

        @Test func `an incident that there is none of is told as such`() throws {
            try write()
            #expect(incidents("3") == .unable)
            #expect(session.complaints == "watchdog: the ledger has no incident 3.\n")
            #expect(session.output.isEmpty)
        }
    }
}
