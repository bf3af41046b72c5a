import FixturesTests
import Model
import Testing

@testable import Commands

extension CommandsTests {
    /// `watchdog lock` up to the lock itself: what is wrong is told, and nothing is started.
    struct LockTests {
        private let session: Session

        init() throws {
            session = try Session()
            session.now = nil
        }

        private static let wrong: [(words: [String], sentence: String)] = [
            ([], "it needs a command to become. See `watchdog help lock`."),
            (["--token-env", "T"], "it needs a command to become. See `watchdog help lock`."),
            (["--token-env", "T", "--"], "it needs a command to become. See `watchdog help lock`."),
            (["--", "/bin/true"], "it needs --token-env NAME or --token-file FILE. See `watchdog help lock`."),
            (["/bin/true"], "it needs --token-env NAME or --token-file FILE. See `watchdog help lock`."),
            (["--token-env"], "--token-env needs a value. See `watchdog help lock`."),
            (["--token", "x", "/bin/true"], "--token is no option of this command. See `watchdog help lock`."),
            (["--json", "/bin/true"], "--json is no option of this command. See `watchdog help lock`."),
        ]

        @Test(arguments: wrong)
        func `wrong words are told, and nothing is started`(words: [String], sentence: String) {
            #expect(session.run(["lock"] + words) == .usage)
            #expect(session.complaints == "watchdog lock: \(sentence)\n")
            #expect(session.output.isEmpty)
        }

        @Test(arguments: ["", "10", "-1s", "1h 5min", "2d", "86401s", "soon"])
        func `a time that is none, or too long, is told`(time: String) {
            #expect(session.run("lock", "--token-env", "T", "--wait", time, "--", "/bin/true") == .usage)
            #expect(
                session.complaints
                    == "watchdog lock: --wait is \"\(time)\", and a time up to a day was expected, such as 10s or 2min.\n"
            )
        }

        @Test(arguments: [[:], ["T": ""], ["T": " \n\t"]] as [[String: String]])
        func `without a token there is nothing to lock, and nothing is started`(variables: [String: String]) {
            session.variables = variables
            #expect(session.run("lock", "--token-env", "T", "--", "/bin/true") == .unable)
            #expect(
                session.complaints
                    == "watchdog lock: the variable T is not set, or empty, so there is no bot token to lock.\n")
        }

        @Test func `a file that has no token is told`() throws {
            session.variables = [:]
            let empty = try session.folder.write("token", "\n \n")
            let none = session.folder["none"]
            for words in [["--token-file", empty], ["--token-env", "T", "--token-file", empty]] {
                #expect(session.run(["lock"] + words + ["--", "/bin/true"]) == .unable)
                #expect(session.complaints == "watchdog lock: The file \(empty) is empty.\n")
            }
            #expect(session.run("lock", "--token-file", none, "/bin/true") == .unable)
            #expect(session.complaints == "watchdog lock: Reading \(none): No such file or directory.\n")
        }

        @Test func `help is the watchdog's before the command and the command's own behind it`() throws {
            #expect(session.run("lock", "--help") == .well)
            #expect(session.output.contains("\nUsage: watchdog lock [OPTIONS] -- COMMAND…\n"))
            session.variables = [:]
            #expect(session.run("lock", "--token-env", "T", "agent", "--help") == .unable)
            #expect(session.output.isEmpty)
        }

        @Test func `each failure has a status of its own`() {
            let statuses: [Status] = [.commandNotStarted, .commandMissing, .busy, .unable, .usage]
            #expect(statuses.map(\.rawValue) == [126, 127, 75, 3, 64])
        }
    }

    /// Words that are another program's are left as they are.
    struct InvocationTests {
        private func parse(_ words: String...) throws -> (options: [String: String], operands: [String]) {
            let command = try #require(CommandTable.find(["lock"])?.command)
            let invocation = try Invocation(["lock"] + words, of: command)
            return (invocation.values, invocation.operands)
        }

        @Test func `what follows two dashes is the command line, whatever it looks like`() throws {
            let found = try parse("--token-env", "T", "--", "agent", "--token-env", "X", "-h", "--", "--help")
            #expect(found.options == ["token-env": "T"])
            #expect(found.operands == ["agent", "--token-env", "X", "-h", "--", "--help"])
        }

        @Test func `the first word that is no option begins the command line`() throws {
            let found = try parse("--wait=5s", "--token-env", "T", "agent", "--wait", "9s", "--", "x")
            #expect(found.options == ["wait": "5s", "token-env": "T"])
            #expect(found.operands == ["agent", "--wait", "9s", "--", "x"])
        }

        @Test func `empty words, and a single dash, are words`() throws {
            #expect(try parse("--", "", "-", " ").operands == ["", "-", " "])
            #expect(try parse("-", "--json").operands == ["-", "--json"])
            #expect(try parse("--token-env", "", "--", "agent").options == ["token-env": ""])
        }

        @Test func `a command that begins with a dash needs the two before it`() throws {
            #expect(try parse("--", "--agent").operands == ["--agent"])
            #expect(throws: CommandFailure.self) { try parse("--agent") }
        }

        @Test func `thousands of words arrive`() throws {
            let words = (0..<5_000).map { "--word-\($0)" }
            let command = try #require(CommandTable.find(["lock"])?.command)
            #expect(try Invocation(["lock", "--"] + words, of: command).operands == words)
        }
    }
}
