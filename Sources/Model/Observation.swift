/// Everything that was seen at one moment. Nothing in it is judged.
package struct Snapshot: Sendable {
    package let taken: Timestamp
    package var agents: [AgentObservation]
    /// What could not be observed of the host as a whole.
    package var gaps: [Gap]
    /// The managers whose units were really listed: only of these it is known what they do not have.
    package var listed: Set<Scope>
    /// What the Bot API said just now, to be remembered.
    package var tokenChecks: [TokenCheck] = []

    package init(taken: Timestamp, agents: [AgentObservation], gaps: [Gap], listed: Set<Scope> = []) {
        self.taken = taken
        self.agents = agents
        self.gaps = gaps
        self.listed = listed
    }
}

/// Something that could not be observed: never taken for health.
package struct Gap: Hashable, Sendable {
    /// The part that is dark: `bus`, `journal`, `units`, `config`, `processes`.
    package let source: String
    /// What was tried, what came back, what to do.
    package let sentence: String
    /// Whether the watchdog cannot do its job because of it; otherwise it is a remark.
    package let blinding: Bool

    package init(source: String, sentence: String, blinding: Bool = true) {
        self.source = source
        self.sentence = sentence
        self.blinding = blinding
    }
}

package struct AgentObservation: Sendable {
    package var agent: Agent
    package let taken: Timestamp
    package var unit: UnitFacts
    package var processes: [ProcessFacts] = []
    package var journal = JournalFacts()
    package var config: [ConfigFile] = []
    /// The agent's release, as its unit or its config has it.
    package var release: String?
    /// Some config file was changed so lately that somebody may still be at it.
    package var isInEdit = false
    /// Names of the variables that its config files refer to.
    package var references: [String] = []
    /// Of the variables that the settings or those files ask for.
    package var secretFaults: [SecretFault] = []
    /// Names the files and the schema, if all of them are well; `nil` where they are not, or were not looked at.
    package var checkedConfig: String?
    package var probes: [ProbeFacts] = []
    package var gaps: [Gap] = []
    /// The bot tokens that the agent has, wherever they were found.
    package var tokens: [HeldToken] = []
    /// Values of the unit's environment that are addresses.
    package var addresses: [String] = []
    /// The key of what its main process runs (`ProgramName`); while it is down, of what the last one ran.
    package var program: String?
    /// Other agents that have one of them, too.
    package var twins: [TokenTwin] = []
    /// What the Bot API last said of them.
    package var tokenChecks: [TokenCheck] = []
    /// Processes outside every agent's unit that have something of this one.
    package var outsiders: [Outsider] = []
    /// Whether the processes of other users can be looked at, too.
    package var seesOtherUsers = true
    /// Who holds the agent's port where the process itself may not be looked at: a user's name.
    package var hiddenPortOwner: String?
    /// Where the unit's KillMode comes from; `nil` where nobody looked.
    package var killModeOrigin: SettingOrigin?
    /// Values that must not leave this machine's memory, for masking.
    package var secretValues: [String] = []

    package init(agent: Agent, taken: Timestamp, unit: UnitFacts) {
        self.agent = agent
        self.taken = taken
        self.unit = unit
    }
}

/// What a manager says of a unit, in its own words.
package struct UnitFacts: Hashable, Sendable {
    package var loadState = ""
    package var activeState = ""
    package var subState = ""
    package var unitFileState = ""
    package var killMode = ""
    package var mainPID: Int32 = 0
    package var restarts: UInt32 = 0
    package var result = ""
    package var exitStatus: Int32 = 0
    package var invocationID = ""
    package var activeSince: Timestamp?
    package var activationBegan: Timestamp?
    package var stateSince: Timestamp?
    package var mainStarted: Timestamp?
    package var controlGroup = ""
    package var user = ""
    package var type = ""
    package var restartPolicy = ""
    package var triggeredBy: [String] = []
    package var fragmentPath = ""
    package var dropInPaths: [String] = []
    package var hasKillModeDropIn: Bool { dropInPaths.contains { $0.hasSuffix("/\(Policy.killModeDropIn)") } }
    package var timeoutStart: Duration?
    package var timeoutStop: Duration?
    package var hasJob = false

    package init() {}

    package var isRunning: Bool { activeState == "active" && subState == "running" }
    /// It runs, or it is of the kind that has done its work and stays active (`Type=oneshot` with `RemainAfterExit=`).
    package var holds: Bool { isRunning || (type == "oneshot" && activeState == "active" && subState == "exited") }
    /// systemd is about to start it again by itself.
    package var awaitsRestart: Bool { activeState == "activating" && subState.hasPrefix("auto-restart") }
    /// Gone, and not on its way back: failed or inactive.
    package var isDown: Bool { activeState == "failed" || activeState == "inactive" }
}

/// A process, pinned down by its start: a PID alone is reused.
package struct ProcessID: Hashable, Sendable {
    package let pid: Int32
    /// Clock ticks since boot: field 22 of /proc/PID/stat, see proc(5).
    package let startTicks: UInt64

    package init(pid: Int32, startTicks: UInt64) {
        self.pid = pid
        self.startTicks = startTicks
    }
}

/// A process that has to do with an agent.
package struct ProcessFacts: Hashable, Sendable {
    package let id: ProcessID
    package let parent: Int32
    /// As the kernel has it, at most 15 bytes.
    package let command: String
    package let cgroup: String
    package let uid: UInt32
    /// From its environment; `nil` where that could not be read or does not say.
    package let invocationID: String?
    /// It, or what descends from it, has a terminal.
    package var isAttended = false

    package init(id: ProcessID, parent: Int32, command: String, cgroup: String, uid: UInt32, invocationID: String?) {
        self.id = id
        self.parent = parent
        self.command = command
        self.cgroup = cgroup
        self.uid = uid
        self.invocationID = invocationID
    }
}

/// The place in a unit's files that a setting comes from.
package enum SettingOrigin: Hashable, Sendable {
    case file(String, line: Int)
    /// No file of the unit's sets it.
    case builtIn
    /// Why that could not be found out.
    case unknown(String)

    package var text: String {
        switch self {
        case .file(let path, let line): "\(path):\(line)"
        case .builtIn: "systemd's default"
        case .unknown(let why): why
        }
    }
}

package struct JournalFacts: Sendable {
    /// The newest lines of the unit, and of its manager about it, oldest first.
    package var lines: [JournalLine] = []
    /// Of the unit's own lines, those that no earlier pass has read; where none has read any, the newest.
    package var fresh: [JournalLine] = []
    /// Where reading ended: the next pass goes on there.
    package var cursor: String?
    /// The newest thing that somebody asked of the unit, where it was looked for.
    package var lastRequest: OperatorRequest?

    package init() {}
}

package struct JournalLine: Hashable, Sendable {
    package enum Speaker: Hashable, Sendable { case unit, manager }
    package let at: Timestamp
    package let speaker: Speaker
    package let text: String
    /// 32 hexadecimal digits, or empty.
    package let messageID: String

    package init(at: Timestamp, speaker: Speaker, text: String, messageID: String) {
        self.at = at
        self.speaker = speaker
        self.text = text
        self.messageID = messageID
    }

    // Of systemd's message catalog.

    /// The manager starts the unit, or has done so.
    package var isStart: Bool { isManagers(["7d4958e842da4a758f6c1cdc7b36dcc5", "39f53479d3a045ac8e11786248231fbf"]) }
    /// The unit failed; its main process exited.
    package var isFailure: Bool {
        isManagers(["d9b373ed55a64feb8242e02dbe79a49c", "98e322203f7a4ed290d09fe03c09fe15"])
    }
    /// An automatic restart was scheduled.
    package var isAutomaticRestart: Bool { isManagers(["5eb03494b6584870a536b337290809b3"]) }

    private func isManagers(_ ids: [String]) -> Bool { speaker == .manager && ids.contains(messageID) }
}

/// What the manager's journal says of who moved the unit last.
package struct OperatorRequest: Hashable, Sendable {
    package enum Verb: Hashable, Sendable { case start, stop }
    package let verb: Verb
    package let at: Timestamp
    package let line: String

    package init(verb: Verb, at: Timestamp, line: String) {
        self.verb = verb
        self.at = at
        self.line = line
    }
}

package struct ProbeFacts: Hashable, Sendable {
    package enum Answer: Hashable, Sendable {
        case healthy
        case unhealthy(String)
        /// Answered, but not with health: an older release, which proves nothing.
        case unsupported
    }

    package let probe: HealthProbe
    package let answer: Answer

    package init(probe: HealthProbe, answer: Answer) {
        self.probe = probe
        self.answer = answer
    }
}
