/// Everything that the watchdog can do to an agent. Arguments come from what was observed or stored, never from text.
package enum Remedy: Hashable, Sendable {
    case restartUnit
    case startUnit
    case resetFailed
    case endProcess(EndOrder)
    /// Writes the drop-in that sets this KillMode, and has the manager read it.
    case writeKillMode(String)
    case restoreConfig(ConfigRestore)

    package var isEnd: Bool {
        if case .endProcess = self { return true }
        return false
    }

    package var name: String {
        switch self {
        case .restartUnit: "restartUnit"
        case .startUnit: "startUnit"
        case .resetFailed: "resetFailed"
        case .endProcess: "endProcess"
        case .writeKillMode: "writeKillMode"
        case .restoreConfig: "restoreConfig"
        }
    }
}

/// One file is to hold one stored version again.
package struct ConfigRestore: Hashable, Sendable {
    package let version: ConfigVersion
    /// What the file holds now, so that nothing newer is replaced unseen; `nil` where it is missing.
    package let replacing: Digest?

    package init(version: ConfigVersion, replacing: Digest?) {
        self.version = version
        self.replacing = replacing
    }
}

/// A step of the ladder. None is climbed twice in an incident.
package enum Rung: Hashable, Sendable {
    case rule(FindingKind)
    case advisor
    case lastKnownGood
    /// A restored config did not help: the file that it replaced comes back.
    case undo
    /// An operator's own change of a config, and what takes it back.
    case change

    package var text: String {
        switch self {
        case .rule(let kind): "rule:\(kind.rawValue)"
        case .advisor: "advisor"
        case .lastKnownGood: "last-known-good"
        case .undo: "undo"
        case .change: "change"
        }
    }

    package init?(text: String) {
        switch text {
        case "advisor": self = .advisor
        case "last-known-good": self = .lastKnownGood
        case "undo": self = .undo
        case "change": self = .change
        default:
            guard text.hasPrefix("rule:"), let kind = FindingKind(rawValue: String(text.dropFirst(5))) else {
                return nil
            }
            self = .rule(kind)
        }
    }
}

/// What is to be done to one agent, in order.
package struct Plan: Hashable, Sendable {
    package let agent: AgentID
    /// What it climbs: one rung, or several small repairs of the rule book that need no restart.
    package let rungs: [Rung]
    package let steps: [Remedy]
    /// One sentence.
    package let reason: String

    package init(agent: AgentID, rungs: [Rung], steps: [Remedy], reason: String) {
        self.agent = agent
        self.rungs = rungs
        self.steps = steps
        self.reason = reason
    }

    /// Whether the unit is started or restarted by it; otherwise it must go on running untouched.
    package var startsUnit: Bool {
        steps.contains { $0 == .startUnit || $0 == .restartUnit }
    }

    /// Whether a manager has to read its units anew after it.
    package var writesDropIn: Bool {
        steps.contains { step in
            if case .writeKillMode = step { return true }
            return false
        }
    }

    /// Whether it counts against the agent's budget: what ends a process outside the unit may be undone by whoever
    /// started that, and must not go on for ever.
    package var isHealing: Bool {
        startsUnit
            || steps.contains { step in
                guard case .endProcess(let order) = step else { return false }
                return order.proof != .earlierStart
            }
    }

    package var restores: [ConfigRestore] {
        steps.compactMap { step in
            if case .restoreConfig(let restore) = step { return restore }
            return nil
        }
    }
}

/// A plan that the gate let pass. It cannot be copied, and acting on it consumes it: one approval, one execution.
///
/// Only `Gate` makes one; `scripts/check` refuses a build in which anything else does.
package struct Approved: ~Copyable {
    package let plan: Plan

    package init(byGate plan: Plan) { self.plan = plan }

    package consuming func spend() -> Plan { plan }
}

/// What became of one step.
package struct ActionOutcome: Hashable, Sendable {
    package enum Result: String, Sendable {
        case done, failed, refused, planned
        /// It was begun, and is not over when the pass is: the next one looks.
        case pending
    }
    package let remedy: String
    /// What it was done to: a unit, a file, a process.
    package let target: String
    package let result: Result
    /// One sentence.
    package let reason: String
    /// Refused because somebody else has moved the unit since the plan was made: nothing speaks against the plan.
    package let isOvertaken: Bool

    package init(remedy: String, target: String, result: Result, reason: String, isOvertaken: Bool = false) {
        self.isOvertaken = isOvertaken
        self.remedy = remedy
        self.target = target
        self.result = result
        self.reason = reason
    }

    /// It has to do with the unit as such: a start or restart, or what comes directly before it.
    package var isUnitJob: Bool {
        [Remedy.startUnit, .restartUnit, .resetFailed].contains { $0.name == remedy }
    }
}
