/// A process outside every agent's unit that has something of an agent's: its bot token, or its port.
package struct Outsider: Hashable, Sendable {
    /// Under whose care systemd has put it.
    package enum Place: Hashable, Sendable {
        /// A login session's scope: somebody is logged in there.
        case session(String)
        /// Another service; `governs`: it is that unit's main process or descends from it, or that is not known.
        case service(String, governs: Bool)
        case container(String)
        /// Any other scope, or the cgroup alone.
        case loose(String)
    }

    /// Its program, beside that of the agent's main process: the present one, or the last that was seen.
    package enum Program: Hashable, Sendable {
        case agents, other
        /// Of one of the two it is not known what it runs.
        case unknown
    }

    /// A process above it, and what that is.
    package struct Ancestor: Hashable, Sendable {
        package enum Role: Hashable, Sendable {
            case ordinary
            /// PID 1 or a user's manager: whoever has it for a parent was left by its own.
            case manager
            case agentUnit
            /// Itself an outsider of the same agent.
            case outsider
        }

        package let id: ProcessID
        package let command: String
        package let role: Role
        /// It has started others, too, as a supervisor has.
        package var hasOthers = false

        package init(id: ProcessID, command: String, role: Role) {
            self.id = id
            self.command = command
            self.role = role
        }
    }

    package let process: ProcessFacts
    package let owner: String
    /// The nearest first, up to a manager.
    package var ancestors: [Ancestor] = []
    package var place: Place = .loose("")
    /// When it started.
    package let started: Timestamp
    package var executable = ""
    /// Bounded and printable; masked before it is shown.
    package var arguments: [String] = []
    package var hasTerminal = false
    /// Whether it listens on TCP, or is connected to anything but the agent itself; `nil` where that cannot be seen.
    package var hasSocket: Bool?
    package var listening: [UInt16] = []
    /// Of the agent's tokens, those in its environment.
    package var tokens: [TokenFingerprint] = []
    /// It has bot tokens that are none of the agent's.
    package var hasOtherTokens = false
    /// It was started with another config, state folder or profile than the agent.
    package var isOfAnotherConfig = false
    /// It is not of the agent's user.
    package var isOtherUsers = false
    /// The agent's own port, where it listens on that.
    package var port: UInt16?
    package var program = Program.unknown
    /// The path of its script or program; empty where that is not known.
    package var programFile = ""
    /// The tokens come from the user's manager, which gives them to everything that it starts.
    package var isGivenToken = false
    /// Of a service: its main process.
    package var isServiceMain = true
    /// It carries the mark of some agent's present start.
    package var isOfPresentStart = false
    /// The watchdog itself, or a process above it.
    package var isWatchdog = false
    /// Whether this watchdog has the right to end it.
    package var mayBeEnded = true

    package init(process: ProcessFacts, owner: String, started: Timestamp) {
        self.process = process
        self.owner = owner
        self.started = started
    }
}

/// A process that is to be ended, and what proves that it may be: checked again while it is held.
package struct EndOrder: Hashable, Sendable {
    package enum Proof: Hashable, Sendable {
        /// In the unit's cgroup, and of an earlier start than the present one.
        case earlierStart
        /// It has this token in its environment.
        case token(TokenFingerprint)
        /// It listens on this port.
        case port(UInt16)
    }

    package let process: ProcessID
    package let cgroup: String
    package let uid: UInt32
    package let proof: Proof

    package init(process: ProcessID, cgroup: String, uid: UInt32, proof: Proof) {
        self.process = process
        self.cgroup = cgroup
        self.uid = uid
        self.proof = proof
    }
}
