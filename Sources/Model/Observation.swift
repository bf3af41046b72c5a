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
    /// A remark that people are told of before it matters.
    package let isWorthTelling: Bool

    package init(source: String, sentence: String, blinding: Bool = true, isWorthTelling: Bool = false) {
        self.source = source
        self.sentence = sentence
        self.blinding = blinding
        self.isWorthTelling = isWorthTelling
    }
}

package struct AgentObservation: Sendable {
    package var agent: Agent
    package var taken: Timestamp
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
    /// Another watchdog, which acts on this agent, as a clause; this one only looks.
    package var owner: String?
    /// Its config was not looked at in this pass: nothing is found of it, and nothing is over.
    package var isConfigSkipped = false
    /// Why what stands at the path of its config may not be what the agent reads, as a clause.
    package var elsewhere: String?
    /// Another unit that is this very agent: it has the same config.
    package var double: AgentDouble?
    /// Other agents that read one of its config files, too.
    package var sharers: [String] = []
    /// When the files of its program were last changed on the disk; `nil` where that cannot be told.
    package var programChanged: Timestamp?
    /// Whether anybody listens on the agent's port; `nil` where nobody looked.
    package var portIsHeld: Bool?
    /// Who that is, where it is none of its own.
    package var portHolder: String?
    /// Who holds the agent's port where the process itself may not be looked at: a user's name.
    package var hiddenPortOwner: String?
    /// Where the unit's KillMode comes from; `nil` where nobody looked.
    package var killModeOrigin: SettingOrigin?
    /// Values that must not leave this machine's memory, for masking.
    package var secretValues: [String] = []
    /// Why its main process does not run on although it is there, as a clause, and the command that lets it.
    package var suspended: Suspension?

    package init(agent: Agent, taken: Timestamp, unit: UnitFacts) {
        self.agent = agent
        self.taken = taken
        self.unit = unit
    }
}

/// Somebody has stopped an agent's processes in their course, to look at them for instance.
package struct Suspension: Hashable, Sendable {
    package let clause: String
    package let command: ShellCommand

    package init(_ clause: String, _ command: ShellCommand) {
        self.clause = clause
        self.command = command
    }
}

extension AgentObservation {
    /// Whether the agent has written a file itself, or what prepares it has, when it was started last.
    package func hasWritten(_ version: ConfigVersion) -> Bool {
        version.isWritten(byStart: unit.mainStarted) || version.isWritten(byStart: unit.activationBegan)
    }

    /// Its last main process ended in a way that the unit itself calls a success, or a restart that is wanted.
    package var wasEndDeclared: Bool {
        guard let declared = unit.declared else { return false }
        if let end = unit.mainEnd { return declared.hold(end) }
        return declared.hold(journal.managers.last(where: \.isMainExit)?.mainEnd)
    }
}

/// Something about a config file that a rollback will meet.
package struct Obstacle: Hashable, Sendable {
    package let sentence: String
    /// It cannot be put back at all; otherwise something of it is lost.
    package let isTotal: Bool

    package init(_ sentence: String, isTotal: Bool) {
        self.sentence = sentence
        self.isTotal = isTotal
    }
}

/// Another unit that is the same agent.
package struct AgentDouble: Hashable, Sendable {
    package let agent: AgentID
    package let name: String
    /// It is up, or on its way.
    package let isUp: Bool
    /// What both have.
    package let path: String

    package init(agent: AgentID, name: String, isUp: Bool, path: String) {
        self.agent = agent
        self.name = name
        self.isUp = isUp
        self.path = path
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

package struct ProbeFacts: Hashable, Sendable {
    package enum Answer: Hashable, Sendable {
        case healthy
        case unhealthy(String)
        /// Answered, but not with health: an older release, which proves nothing.
        case unsupported
        /// It could not be asked, for a reason that lies with the watchdog and its host; as a sentence.
        case notAsked(String)
    }

    package let probe: HealthProbe
    package var answer: Answer
    /// Why the address is no more than a guess, as a clause: what it answers proves nothing then.
    package var doubt: String?

    package init(probe: HealthProbe, answer: Answer, doubt: String? = nil) {
        self.probe = probe
        self.answer = answer
        self.doubt = doubt
    }

    /// What a failure that the agent has to answer for says.
    package var failure: String? {
        if doubt == nil, case .unhealthy(let sentence) = answer { return sentence }
        return nil
    }
}
