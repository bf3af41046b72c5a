import Commands
import Files
import FixturesTests
import Glibc
import Model
import Testing

extension CommandsTests {
    /// Passes that do not even begin, and so touch nothing.
    struct RunRefusalTests {
        private let session: Session

        init() throws { session = try Session() }

        private func refused(_ status: Status, _ words: [String], _ sentence: String) {
            #expect(session.run(words) == status)
            #expect(session.complaints == "watchdog: \(sentence)\n")
            #expect(session.output.isEmpty)
        }

        @Test func `a second pass is told that another one is running`() throws {
            let lock = try StateDirectory.lock(session.state)
            let held = lock != nil
            #expect(held)
            refused(
                .busy, ["run"] + session.settings,
                "another pass is running with the state directory \(session.state).")
            withExtendedLifetime(lock) {}
        }

        @Test func `a state directory that others may write to is refused`() throws {
            #expect(chmod(session.state, 0o777) == 0)
            refused(
                .unable, ["run"] + session.settings,
                "Opening the state directory \(session.state): it must be a folder of the user that runs the watchdog, "
                    + "and nobody else may write to it. Nothing was done.")
            #expect(session.folder.names(in: "state").isEmpty)
        }

        @Test func `a ledger that is no database is left as it is`() throws {
            let diary = String(repeating: "Dear diary. ", count: 100)
            try session.folder.write("state/ledger.db", diary)
            #expect(session.run(["run"] + session.settings) == .unable)
            #expect(session.complaints.contains("file is not a database"))
            #expect(session.complaints.contains("It was left as it is."))
            #expect(try session.folder.text("state/ledger.db") == diary)
        }

        @Test(arguments: ["run", "doctor", "status", "incidents"])
        func `settings that are not there, or wrong, stop every command that needs them`(command: String) throws {
            refused(
                .unable, [command, "--config", session.folder["none"]],
                "Reading \(session.folder["none"]): No such file or directory.")
            refused(
                .unable, [command, "--config", session.folder["state"]],
                "Reading \(session.folder["state"]): this is not a regular file.")
            let file = try session.folder.write("watchdog.toml", "[polcy]\n")
            refused(
                .unable, [command, "--json", "--config=\(file)"],
                "\(file):1:1: unknown key polcy. Did you mean policy?")
        }

        @Test func `settings in their own place are read without being asked for`() throws {
            for name in ["home", "home/.config", "home/.config/agent-watchdog"] { try session.folder.makeFolder(name) }
            let file = try session.folder.write("home/.config/agent-watchdog/watchdog.toml", "nonsense = 1\n")
            #expect(session.run("status") == .unable)
            #expect(session.complaints.hasPrefix("watchdog: \(file):1:12: unknown key nonsense."))
        }

        @Test func `without any settings the defaults of a user hold`() throws {
            #expect(session.run("status") == .unable)
            let state = session.folder["home"] + "/.local/state/agent-watchdog"
            #expect(session.complaints.hasPrefix("watchdog: There is no ledger in \(state) that this user can open"))
            #expect(session.folder.names() == ["state", "watchdog.toml"])
        }

        @Test func `of an option that stands twice the last one counts`() throws {
            refused(
                .unable, ["status", "--config", session.folder["none"]] + session.settings,
                "There is no ledger in \(session.state) that this user can open: no pass has run yet "
                    + "(`watchdog run` makes one), or another user ran it.")
        }
    }
}
