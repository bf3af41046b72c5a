import Diagnosing
import FixturesTests
import Model
import Testing

/// Polls that end with 409: who else holds the token decides what is done.
struct ConflictTests {
    private static let line = Sample.line("[telegram] 409: Conflict: terminated by other getUpdates request")
    private static let sustained = [Sample.line(line.text, at: line.at - .seconds(20)), line]

    private func conflict(
        _ outsiders: [Outsider] = [], lines: [JournalLine] = sustained, history: AgentHistory = AgentHistory(),
        _ change: (inout AgentObservation) -> Void = { _ in }
    ) -> Finding? {
        let seen = StrayTests.seen(outsiders) {
            $0.journal.fresh = lines
            change(&$0)
        }
        return Rules.findings(seen, history: history, policy: Policy()).first { $0.kind == .pollerConflict }
    }

    @Test(arguments: [
        "409: Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        "TERMINATED BY OTHER GETUPDATES REQUEST", "getUpdates failed: 409", "error_code=409 method=getUpdates",
        "GETUPDATES -> 409 Conflict", "Call to 'getUpdates' failed! (409: Conflict: …)", "getupdates:409",
        "409getupdates",
    ])
    func `a line of a conflict is one however it is written`(text: String) {
        #expect(conflict(lines: [Sample.line(text)]) != nil)
    }

    @Test(arguments: [
        "409 Conflict", "getUpdates timed out", "getUpdates failed: 4090", "getUpdates failed after 1409 ms",
        "getUpdates: 502 Bad Gateway",
        "409: Conflict: can't use getUpdates method while webhook is active; use deleteWebhook",
        "409: Conflict: terminated by setWebhook request (getUpdates)", "",
    ])
    func `another line is none`(text: String) {
        #expect(conflict(lines: [Sample.line(text)]) == nil)
    }

    // MARK: New or known

    @Test func `only what was said in the present start counts`() {
        let started = Sample.now - .seconds(300)
        func at(_ moment: Timestamp) -> Finding? {
            conflict(lines: [Sample.line(Self.line.text, at: moment)]) { $0.unit.mainStarted = started }
        }
        #expect(at(started) == nil)
        #expect(at(started + .microseconds(1)) != nil)
    }

    @Test func `what an earlier pass has read, or was said before this one acted, is no news`() {
        let known = conflict { seen in
            seen.journal.lines = Self.sustained
            seen.journal.fresh = []
        }
        #expect(known == nil)
        var history = AgentHistory()
        history.cursor = "s=1"
        history.acted = Self.line.at - .microseconds(1)
        #expect(conflict(history: history) != nil)
        history.acted = Self.line.at
        #expect(conflict(history: history) == nil)
    }

    @Test func `a first pass does not dig up what is older than a quarter of an hour, and a later one reads on`() {
        let old = [Sample.line(Self.line.text, at: Sample.now - .seconds(901))]
        #expect(conflict(lines: old) == nil)
        #expect(conflict(lines: [Sample.line(Self.line.text, at: Sample.now - .seconds(899))]) != nil)
        var history = AgentHistory()
        history.cursor = "s=1"
        #expect(conflict(lines: old, history: history) != nil)
    }

    @Test func `the newest line is evidence, with the number of them`() throws {
        let lines = (1...3).map { Sample.line("getUpdates 409 #\($0)", at: Sample.now - .seconds(10 - Int64($0))) }
        let found = try #require(conflict(lines: lines))
        #expect(found.evidence.first?.text == "getUpdates 409 #3")
        #expect(found.evidence.dropFirst().first == Evidence("journal", "3 such lines"))
    }

    // MARK: Who else

    @Test func `an agent that is alone with its token is restarted`() throws {
        let found = try #require(conflict())
        #expect(found.prescription == .restart && found.severity == .warning)
        #expect(found.summary.contains("no other process on this host holds its bot token in its environment"))
        #expect(found.summary.contains("@BotFather, /revoke"))
    }

    @Test func `one line, or several within a moment, restart nobody; several in a second pass do`() throws {
        var history = AgentHistory()
        history.kinds = [.pollerConflict]
        let several = [Sample.line(Self.line.text, at: Self.line.at - .milliseconds(19_999)), Self.line]
        for lines in [[Self.line], several] {
            let found = try #require(conflict(lines: lines))
            #expect(found.prescription == .none && found.severity == .info)
        }
        #expect(conflict(lines: several, history: history)?.prescription == .restart)
        // Two that are a quarter of an hour apart, one in each pass.
        #expect(conflict(lines: [Self.line], history: history)?.severity == .info)
    }

    @Test(arguments: [
        "[telegram] getUpdates conflict: Call to 'getUpdates' failed! (409: Conflict: terminated by other getUpdates request; make sure that only one bot instance is running); retrying in 30s.",
        "telegram.error.Conflict: Conflict: terminated by other getUpdates request; make sure that only one",
        "2026-11-27 05:00:01,123 telegram.ext.Updater ERROR Error while getting Updates: Conflict: terminated by other getUpdates request",
        "2026-11-27T05:00:01.123Z [gateway] error: [polling_error] {\"code\":\"ETELEGRAM\",\"message\":\"ETELEGRAM: 409 Conflict: terminated by other getUpdates request",
        "GrammyError: Call to 'getUpdates' failed! (409: Conflict: terminated by other getUpdates request",
        "ERROR:aiogram.dispatcher: Failed to fetch updates - TelegramConflictError: Telegram server says - Conflict: terminated by other getUpdates request",
        "A request to the Telegram API was unsuccessful. Error code: 409. Description: Conflict: terminated by other getUpdates request",
    ])
    func `a poller's own words of it are believed`(text: String) {
        let lines = [Sample.line(text, at: Self.line.at - .seconds(20)), Sample.line(text, at: Self.line.at)]
        #expect(conflict(lines: lines)?.prescription == .restart)
    }

    @Test(arguments: [
        "[telegram] message in chat 4711: what does 409 on getUpdates mean",
        "[coordinator] log of coder: [telegram] getUpdates conflict: Call to 'getUpdates' failed! (409: Conflict: terminated by other getUpdates request; make sure",
        "[telegram] anna writes Conflict: terminated by other getUpdates request",
        "[telegram] chat 12 Conflict: terminated by other getUpdates request", "getUpdates failed: 409",
    ])
    func `what may be somebody else's words restarts nobody, however often they come`(text: String) {
        let lines = [Sample.line(text, at: Self.line.at - .seconds(600)), Sample.line(text, at: Self.line.at)]
        var history = AgentHistory()
        history.kinds = [.pollerConflict]
        guard let found = conflict(lines: lines, history: history) else { return }
        #expect(found.prescription == .none && found.severity == .info)
    }

    @Test(arguments: [
        #"[telegram] inbound from @mallory: "hi! my bot prints 409 for getUpdates, what is that?""#,
        #"message: "Conflict: terminated by other getUpdates request""#, "user: why does getUpdates say 409?",
    ])
    func `what somebody wrote to the bot is no conflict`(text: String) {
        #expect(conflict(lines: [Sample.line(text)]) == nil)
    }

    @Test func `a second copy that is connected to nothing just now counts as a holder, and is not ended`() throws {
        let waiting = StrayTests.stray { $0.hasSocket = false }
        let found = try #require(conflict([waiting]))
        #expect(found.prescription == .none && found.severity == .warning)
        #expect(found.summary.contains("node (PID 77, user fleet)"))
    }

    @Test func `a watchdog that does not see everything says so`() {
        #expect(conflict { $0.seesOtherUsers = false }?.summary.contains("that this user can see") == true)
    }

    @Test func `where no process here is known to have the token it is told at once`() throws {
        let found = try #require(conflict { $0.unit.activeState = "deactivating" })
        #expect(found.prescription == .none && found.severity == .warning)
        #expect(found.summary.contains("the token is polled somewhere else"))
    }

    @Test func `where the agent's token is not known nobody is blamed, and it is said how to make it known`() throws {
        let found = try #require(conflict { $0.tokens = [] })
        #expect(found.prescription == .none && found.severity == .warning)
        #expect(
            found.summary
                == "Polls of coder end with 409 Conflict. Its bot token is not known here, so that nobody can be named who holds it as well: stop whatever else polls with it, or rotate the token (@BotFather, /revoke). To have the other one looked for, name the place of the token in the settings, as `telegram_token` of its [[agent]]."
        )
    }

    @Test func `a conflict that has been quiet for so long is over, and only a remark`() {
        func last(_ age: Duration) -> Finding? {
            conflict(lines: [
                Sample.line(Self.line.text, at: Sample.now - age - .seconds(30)),
                Sample.line(Self.line.text, at: Sample.now - age),
            ])
        }
        #expect(last(.milliseconds(119_999))?.prescription == .restart)
        #expect(last(.seconds(120))?.prescription == Prescription.none)
        #expect(last(.seconds(120))?.severity == .info)
        #expect(
            last(.seconds(120))?.summary
                == "Polls of coder ended with 409 Conflict until 2 min ago, and not since: nothing is done.")
    }

    @Test func `a stray that holds it is ended, and the agent goes on`() throws {
        let stray = StrayTests.stray()
        let found = try #require(conflict([stray]))
        #expect(found.prescription == .end([StrayTests.order(stray)]))
        #expect(found.summary.contains("its bot token is held by node (PID 77, user fleet) as well."))
    }

    @Test func `a leftover is ended as well`() throws {
        let found = try #require(
            conflict([StrayTests.stray(78)]) { seen in
                seen.processes = [
                    LeftoverTests.process(4711, ticks: 1000, invocation: Sample.invocation), LeftoverTests.process(70),
                ]
            })
        #expect(found.prescription == .end([Sample.order(70, ticks: 500), StrayTests.order(StrayTests.stray(78))]))
    }

    @Test func `one that may not be ended is named, and the agent is not restarted for it`() throws {
        let found = try #require(conflict([StrayTests.stray { $0.hasTerminal = true }]))
        #expect(found.prescription == .none)
        #expect(found.summary.contains("node (PID 77, user fleet)"))
    }

    @Test func `one that is younger than a minute is judged by the next pass`() throws {
        let found = try #require(conflict([StrayTests.stray(age: .seconds(20))]))
        #expect(found.prescription == .none)
        #expect(found.summary.hasSuffix("What is younger than a minute is judged in the next pass."))
    }

    @Test func `an agent with the same token that runs is named, and one that does not is not`() throws {
        func with(isRunning: Bool) -> Finding? {
            conflict {
                $0.twins = [
                    TokenTwin(
                        agent: AgentID(scope: .system, unit: "b.service"), name: "sales",
                        token: HeldToken(fingerprint: StrayTests.token, sources: ["x"]), isRunning: isRunning)
                ]
            }
        }
        #expect(with(isRunning: true)?.prescription == Prescription.none)
        #expect(with(isRunning: true)?.summary.contains("held by sales as well") == true)
        #expect(with(isRunning: false)?.prescription == .restart)
    }

    @Test func `a shell that merely has the token, and a process with only the port, polls nobody`() {
        let shell = StrayTests.stray {
            $0.hasSocket = false
            $0.program = .other
        }
        let server = StrayTests.stray(78) {
            $0.tokens = []
            $0.port = 18_789
        }
        #expect(conflict([shell, server])?.prescription == .restart)
    }
}
