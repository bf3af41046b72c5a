import Commands
import FixturesTests
import Model
import Recording
import Testing

extension CommandsTests {
    struct ConfigWaitingTests {
        private let session: Session

        init() throws { session = try Session() }

        /// A change of ann's that is proven and has its time, or not.
        private func change(_ text: String, deadline: Timestamp?) throws {
            let ledger = try Ledger.open(in: session.state, at: Sample.now)
            try ledger.remember(Sample.agent(), AgentHistory())
            let id = try ledger.begin(
                ConfigRestore(version: Sample.config(text), replacing: Sample.digest("old")),
                replacing: Sample.config("old"), of: Sample.id, by: "ann", at: Sample.now - .seconds(60))
            if let deadline { try ledger.awaitConfirmation(change: id, until: deadline) }
        }

        private func waiting(_ words: String...) -> Status {
            session.run(["config", "waiting"] + session.settings + words)
        }

        @Test func `without a change nothing is waiting, and a ledger that is not there is no answer`() throws {
            #expect(waiting() == .unable)
            #expect(session.output.isEmpty)
            _ = try Ledger.open(in: session.state, at: Sample.now)
            #expect(waiting() == .well)
            #expect(session.output == "No change is waiting.\n")
            #expect(waiting("--json") == .well)
            #expect(session.output == "{\"changes\":[],\"schema\":1}\n")
        }

        @Test func `a change that has to be confirmed is told with the time and the command`() throws {
            let deadline = Sample.now + .seconds(60)
            try change("new", deadline: deadline)
            #expect(waiting() == .degraded)
            #expect(
                session.output
                    == "coder: \(Sample.configPath), by ann, has to be confirmed by \(deadline.rfc3339): "
                    + "`watchdog config confirm coder` keeps it; without that the old one comes back then.\n")
            #expect(waiting("--json") == .degraded)
            #expect(session.output.contains(#""agent":"coder","author":"ann","began":"#))
            #expect(session.output.contains(#""deadline":"\#(deadline.rfc3339)""#))
        }

        @Test func `one whose time is over, and one that was never proven, are waiting for a pass`() throws {
            try change("late", deadline: Sample.now)
            try change("left", deadline: nil)
            #expect(waiting() == .degraded)
            let lines = session.output.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(
                lines.first?.hasSuffix("was not confirmed by \(Sample.now.rfc3339): the next pass takes it back.")
                    == true)
            #expect(lines.last?.hasSuffix("and is not proven: the next pass settles it.") == true)
        }
    }
}
