import Commands
import FixturesTests
import Model
import Testing

/// Told from the type of the same name that belongs to the testing library.
typealias Status = Commands.ExitStatus

/// All suites of commands run one test after the other: getopt_long(3) keeps its place in variables of the process.
@Suite(.serialized)
struct CommandsTests {}

/// One person at a terminal that is none: the words of a command go in, what it prints comes out.
///
/// Whatever a test has not handed over is an effect that its command must not have.
final class Session {
    let folder: ScratchFolder
    private(set) var output = ""
    private(set) var complaints = ""
    var colour = false
    var now: Timestamp? = Sample.now
    /// What may be read; `nil`: nothing may.
    var variables: [String: String]?

    init() throws {
        folder = try ScratchFolder()
        try folder.makeFolder("state", mode: 0o700)
        try folder.write("watchdog.toml", "[state]\ndirectory = \"\(folder["state"])\"\n")
    }

    var state: String { folder["state"] }
    var settings: [String] { ["--config", folder["watchdog.toml"]] }

    private var environment: Environment {
        Environment(
            now: { [now] in
                if let now { return now }
                Issue.record("the clock was read")
                return Sample.now
            },
            pause: { _ in Issue.record("the command paused") },
            write: { self.output += $0 },
            complain: { self.complaints += $0 },
            isTerminal: false, colour: colour, uid: 1000, home: folder["home"], hostName: "host.example.org",
            program: "/usr/local/bin/watchdog", folder: folder.path,
            variable: { [variables] name in
                if variables == nil { Issue.record("the variable \(name) was read") }
                return variables?[name]
            },
            become: { words in
                Issue.record("the command became \(words)")
                return Environment.StartProblem(isMissing: false, sentence: "a test becomes nothing")
            })
    }

    /// Runs one command; what an earlier one printed is forgotten.
    func run(_ words: String...) -> Status { run(words) }

    func run(_ words: [String]) -> Status {
        output = ""
        complaints = ""
        return Program.run(words, in: environment)
    }
}
