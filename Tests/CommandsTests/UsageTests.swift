import Commands
import FixturesTests
import Model
import Testing

extension CommandsTests {
    /// Words that are no command, or not quite one.
    struct UsageTests {
        private let session: Session
        private static let commands = [
            "run", "doctor", "status", "incidents", "explain", "config check", "config history", "config diff",
            "config show", "config apply", "config confirm", "config waiting", "config rollback", "paths", "lock",
            "help",
        ]

        init() throws {
            session = try Session()
            session.now = nil
        }

        private static let overview = """
            watchdog keeps AI agents under systemd alive: it finds what is broken, mends it, proves it, and tells.

            Usage: watchdog COMMAND [OPTIONS]

              run              Make one pass: find what is broken, mend it, prove it, tell
              doctor           Look at everything, touch nothing, and say what to do
              status           Show how the fleet stood after the last pass
              incidents        Show what happened, what was done and what came of it
              explain          Explain a kind of finding: the rule, its reason, what is done about it
              config check     Look for what an agent would stumble over in a config file
              config history   List the stored versions of an agent's config
              config diff      Show what differs between versions of an agent's config, secrets masked
              config show      Print a stored version of an agent's config, secrets masked
              config apply     Give an agent a new config, prove that it works, or put the old one back
              config confirm   Keep a config that was applied with --confirm
              config waiting   List the changes of a config that have not come to their end
              config rollback  Put a stored version of an agent's config back, and prove that it works
              paths            Show where its settings, its state and the secrets that they name lie
              lock             Start COMMAND only if no other agent on this host has its bot token
              help             Show what the program can do, or one command's help

            Exit status: 0 all well or healed, 1 degraded, 2 an agent is failing, 3 the watchdog could not do its
            job, 64 wrong usage, 75 another pass is running.

            """

        @Test func `without a command the overview is a complaint`() {
            #expect(session.run([]) == .usage)
            #expect(session.complaints == Self.overview)
            #expect(session.output.isEmpty)
        }

        @Test(arguments: [["help"], ["--help"], ["-h"]])
        func `who asks for help gets the overview`(words: [String]) {
            #expect(session.run(words) == .well)
            #expect(session.output == Self.overview)
            #expect(session.complaints.isEmpty)
        }

        @Test func `help of a command names its options and operands`() {
            #expect(session.run("help", "incidents") == .well)
            #expect(
                session.output == """
                    Show what happened, what was done and what came of it.

                    Usage: watchdog incidents [OPTIONS] [ID]

                    Without an id, the newest twenty; with one, everything about it, an advisor's question and answer included.

                    Options:
                      --config FILE  Read the settings from FILE
                      --json         Print one JSON value and nothing else
                      --help         Show the help of this command

                    """)
        }

        @Test(arguments: commands)
        func `each command helps, however it is asked`(command: String) {
            let name = command.split(separator: " ").map(String.init)
            #expect(session.run(["help"] + name) == .well)
            let help = session.output
            #expect(help.contains("\nUsage: watchdog \(command) [OPTIONS]"))
            for words in [["--help"], ["-h"]] {
                #expect(session.run(name + words) == .well)
                #expect(session.output == help)
                #expect(session.complaints.isEmpty)
            }
        }

        private static let wrong: [(words: [String], sentence: String)] = [
            (["restart"], "watchdog: restart is no command. `watchdog help` lists them."),
            ([""], "watchdog:  is no command. `watchdog help` lists them."),
            (["help", "restart"], "watchdog: restart is no command. `watchdog help` lists them."),
            (
                ["status", "--force"],
                "watchdog status: --force is no option of this command. See `watchdog help status`."
            ),
            (["status", "-x"], "watchdog status: -x is no option of this command. See `watchdog help status`."),
            (
                ["status", "--json", "--agent", "a"],
                "watchdog status: --agent is no option of this command. See `watchdog help status`."
            ),
            (
                ["explain", "unit-failed", "--force"],
                "watchdog explain: --force is no option of this command. See `watchdog help explain`."
            ),
            (
                ["status", "--json=yes"],
                "watchdog status: --json=yes is no option of this command. See `watchdog help status`."
            ),
            (["run", "--config"], "watchdog run: --config needs a value. See `watchdog help run`."),
            (["run", "--json", "--agent"], "watchdog run: --agent needs a value. See `watchdog help run`."),
            (["status", "coder"], "watchdog status: coder is one word too many. See `watchdog help status`."),
            (["explain", "a", "b"], "watchdog explain: b is one word too many. See `watchdog help explain`."),
            (["incidents", "0"], "watchdog incidents: 0 is no id of an incident; ids are whole numbers from 1."),
            (
                ["incidents", "first"],
                "watchdog incidents: first is no id of an incident; ids are whole numbers from 1."
            ),
            (["incidents", "1.5"], "watchdog incidents: 1.5 is no id of an incident; ids are whole numbers from 1."),
            (
                ["incidents", "--", "-1"],
                "watchdog incidents: -1 is no id of an incident; ids are whole numbers from 1."
            ),
            (
                ["incidents", "9223372036854775808"],
                "watchdog incidents: 9223372036854775808 is no id of an incident; ids are whole numbers from 1."
            ),
            (
                ["explain", "unit-broken"],
                "watchdog: there is no finding of the kind unit-broken. `watchdog explain` lists them."
            ),
            (
                ["explain", "--json", "--", "--json"],
                "watchdog: there is no finding of the kind --json. `watchdog explain` lists them."
            ),
        ]

        @Test(arguments: wrong)
        func `wrong words are told on standard error, and nothing is done`(words: [String], sentence: String) {
            #expect(session.run(words) == .usage)
            #expect(session.complaints == sentence + "\n")
            #expect(session.output.isEmpty)
            #expect(session.folder.names() == ["state", "watchdog.toml"])
        }

        @Test func `of several short options that are grown together the whole word is named`() {
            #expect(session.run("status", "-xyz") == .usage)
            #expect(
                session.complaints
                    == "watchdog status: -xyz is no option of this command. See `watchdog help status`.\n")
        }

        @Test func `one call leaves nothing behind for the next`() {
            for _ in 0..<3 {
                #expect(session.run("explain", "--json", "unit-failed") == .well)
                #expect(session.run("explain", "unit-failed", "--bogus") == .usage)
                #expect(session.run("explain") == .well)
                #expect(session.output.hasPrefix("unit-not-run "))
            }
        }

        @Test func `the exit status is what monitoring plugins expect`() {
            let statuses: [Status] = [.well, .degraded, .failing, .unable, .usage, .busy]
            #expect(statuses.map(\.rawValue) == [0, 1, 2, 3, 64, 75])
        }
    }
}
