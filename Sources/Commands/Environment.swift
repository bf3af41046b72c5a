package import Model

/// Everything that a command needs from outside: the clock, the terminal, who and where it is. Only `main` makes the
/// real one; a test hands over each effect that it uses.
package struct Environment {
    /// Goes on evenly, whatever is done to the host's clock meanwhile.
    package var now: () -> Timestamp
    package var pause: (Duration) -> Void
    /// Standard output.
    package var write: (String) -> Void
    /// Standard error.
    package var complain: (String) -> Void
    /// Whether standard output is a terminal: somebody is reading.
    package var isTerminal: Bool
    package var colour: Bool
    package var uid: UInt32
    package var home: String
    package var hostName: String
    /// The absolute path of this program.
    package var program: String
    /// The folder that relative paths begin at.
    package var folder: String
    package var variable: (String) -> String?
    /// Turns this process into another program; comes back only where that failed.
    package var become: ([String]) -> StartProblem

    /// Why a program could not be started.
    package struct StartProblem {
        package let isMissing: Bool
        /// A clause.
        package let sentence: String

        package init(isMissing: Bool, sentence: String) {
            self.isMissing = isMissing
            self.sentence = sentence
        }
    }

    package init(
        now: @escaping () -> Timestamp, pause: @escaping (Duration) -> Void, write: @escaping (String) -> Void,
        complain: @escaping (String) -> Void, isTerminal: Bool, colour: Bool, uid: UInt32, home: String,
        hostName: String, program: String, folder: String,
        variable: @escaping (String) -> String?, become: @escaping ([String]) -> StartProblem
    ) {
        self.become = become
        self.now = now
        self.pause = pause
        self.write = write
        self.complain = complain
        self.isTerminal = isTerminal
        self.colour = colour
        self.uid = uid
        self.home = home
        self.hostName = hostName
        self.program = program
        self.folder = folder
        self.variable = variable
    }

    /// Prints lines for people. What others have written into them can neither begin a line of its own nor move a cursor.
    func show(_ lines: [String]) { if !lines.isEmpty { write(printed(lines)) } }

    func show(_ line: String) { show([line]) }

    /// The same, to standard error.
    func say(_ lines: [String]) { if !lines.isEmpty { complain(printed(lines)) } }

    func say(_ line: String) { say([line]) }

    private func printed(_ lines: [String]) -> String {
        lines.map { Style.rendered($0, colour: colour) + "\n" }.joined()
    }

    var settingsPath: String {
        uid == 0 ? "/etc/agent-watchdog/watchdog.toml" : "\(home)/.config/agent-watchdog/watchdog.toml"
    }

    var stateDirectory: String {
        uid == 0 ? "/var/lib/agent-watchdog" : "\(home)/.local/state/agent-watchdog"
    }
}

/// As monitoring plugins have it; 64 and 75 are EX_USAGE and EX_TEMPFAIL of sysexits.h.
package enum ExitStatus: Int32, Sendable {
    case well = 0
    case degraded = 1
    case failing = 2
    /// The watchdog could not do its job.
    case unable = 3
    case usage = 64
    /// Of `lock`, as a shell has it: the command is there and cannot be started; there is no such command.
    case commandNotStarted = 126
    case commandMissing = 127
    case busy = 75

    init(_ verdict: Verdict) {
        switch verdict {
        case .healthy, .healed, .held: self = .well
        case .degraded: self = .degraded
        case .failing: self = .failing
        case .unknown: self = .unable
        }
    }
}

/// A command ends early with a sentence and a status.
struct CommandFailure: Error {
    let status: ExitStatus
    let lines: [String]
    var sentence: String { lines.joined(separator: " ") }

    init(_ status: ExitStatus, _ sentence: String) { self.init(status, lines: [sentence]) }

    init(_ status: ExitStatus, lines: [String]) {
        self.status = status
        self.lines = lines
    }
}
