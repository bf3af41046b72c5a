internal import Files
internal import Model
internal import Observing

/// One poller per bot token on this host: takes the token's lock, and becomes the agent.
enum LockCommand {
    private static let tokenEnv = Option(
        name: "token-env", value: "NAME", summary: "The token is the value of the variable NAME")
    private static let tokenFile = Option(
        name: "token-file", value: "FILE", summary: "The token stands in FILE, if the variable is not set")
    private static let wait = Option(
        name: "wait", value: "TIME", summary: "Wait this long for the lock, such as 10s or 2min; by default not at all")

    static var command: Command {
        Command(
            name: "lock", summary: "Start COMMAND only if no other agent on this host has its bot token",
            operands: "-- COMMAND…", options: [tokenEnv, tokenFile, wait],
            discussion: """
                For a unit: ExecStart=/usr/local/bin/watchdog lock --token-env TELEGRAM_BOT_TOKEN -- /usr/bin/agent. \
                The lock is named by the token's fingerprint and seen by all users of this host. The program then \
                becomes COMMAND: same PID, its own signals and exit status. The lock goes with that process and is \
                inherited by none of its children. If somebody else has it, the exit status is 75, and the message \
                names the PID, unit and owner.
                """, run: run)
    }

    private static func run(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> ExitStatus {
        guard !invocation.operands.isEmpty else {
            throw CommandFailure(.usage, "watchdog lock: it needs a command to become. See `watchdog help lock`.")
        }
        var patience = Duration.zero
        if let text = invocation[wait] {
            guard let duration = Duration(words: text), duration <= .seconds(86_400) else {
                throw CommandFailure(
                    .usage,
                    "watchdog lock: --wait is \"\(text)\", and a time up to a day was expected, such as 10s or 2min.")
            }
            patience = duration
        }
        let token = try self.token(invocation, environment)
        let subject = invocation[tokenEnv].map { "the bot token of \($0)" } ?? "the bot token"
        do {
            let name = try FingerprintKey.shared().fingerprint(token.utf8)
            let (folder, remark) = try TokenLock.place(runtimeDirectory: environment.variable("XDG_RUNTIME_DIR"))
            if let remark { environment.say("watchdog lock: \(remark)") }
            let end = environment.now() + patience
            while case .held(let holder) = try TokenLock.take(name, in: folder) {
                guard environment.now() < end else {
                    throw CommandFailure(.busy, "watchdog lock: \(subject) is in use by \(described(holder)).")
                }
                environment.pause(.milliseconds(100))
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.unable, "watchdog lock: \(error)")
        }
        let reason = environment.become(invocation.operands)
        throw CommandFailure(
            reason.isMissing ? .commandMissing : .commandNotStarted,
            "watchdog lock: starting \(invocation.operands[0].printable): \(reason.sentence).")
    }

    /// As the agent itself would find it: the variable first.
    private static func token(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> String {
        guard invocation[tokenEnv] != nil || invocation[tokenFile] != nil else {
            throw CommandFailure(
                .usage, "watchdog lock: it needs --token-env NAME or --token-file FILE. See `watchdog help lock`.")
        }
        if let name = invocation[tokenEnv] {
            let value = (environment.variable(name) ?? "").filter { !$0.isWhitespace }
            if !value.isEmpty { return value }
            guard invocation[tokenFile] != nil else {
                throw CommandFailure(
                    .unable,
                    "watchdog lock: the variable \(name) is not set, or empty, so there is no bot token to lock.")
            }
        }
        switch environment.secret(.file(invocation[tokenFile] ?? "")) {
        case .success(let token): return token.filter { !$0.isWhitespace }
        case .failure(let problem): throw CommandFailure(.unable, "watchdog lock: \(problem.sentence)")
        }
    }

    private static func described(_ holder: Int32?) -> String {
        guard let holder else { return "a process that cannot be seen from here" }
        guard let process = LiveProcess(pid: holder) else { return "process \(holder)" }
        let unit = process.unit.isEmpty ? "in no unit" : "unit \(process.unit)"
        return "process \(holder) (\(unit), user \(process.owner))"
    }
}
