/// Everything that was seen at one moment. Nothing in it is judged.
package struct Snapshot: Sendable {
    package let taken: Timestamp
    package var agents: [AgentObservation]
    /// What could not be observed of the host as a whole.
    package var gaps: [Gap]
    /// The managers whose units were really listed: only of these it is known what they do not have.
    package var listed: Set<Scope>

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
    package let agent: Agent
    package let taken: Timestamp
    package var unit: UnitFacts
    package var processes: [ProcessFacts] = []
    package var journal = JournalFacts()
    package var config: [ConfigFile] = []
    package var probes: [ProbeFacts] = []
    package var gaps: [Gap] = []
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
    package var timeoutStart: Duration?
    package var timeoutStop: Duration?
    package var hasJob = false

    package init() {}

    package var isRunning: Bool { activeState == "active" && subState == "running" }
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

/// A process in a unit's cgroup.
package struct ProcessFacts: Hashable, Sendable {
    package let id: ProcessID
    package let parent: Int32
    /// As the kernel has it, at most 15 bytes.
    package let command: String
    package let uid: UInt32
    /// From its environment; `nil` where that could not be read or does not say.
    package let invocationID: String?

    package init(id: ProcessID, parent: Int32, command: String, uid: UInt32, invocationID: String?) {
        self.id = id
        self.parent = parent
        self.command = command
        self.uid = uid
        self.invocationID = invocationID
    }
}

package struct JournalFacts: Sendable {
    /// The newest lines of the unit, and of its manager about it, oldest first.
    package var lines: [JournalLine] = []
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
