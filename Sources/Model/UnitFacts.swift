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
    /// Of the last main process, where it has ended; 0 where there was none, or nobody asked.
    package var lastPID: Int32 = 0
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
    /// What the job that is queued is to do: `start`, `stop`, `restart`; empty where there is none or nobody asked.
    package var jobType = ""
    /// How the last main process ended; `nil` where it has not, or nobody asked.
    package var mainEnd: MainEnd?
    package var mainExited: Timestamp?
    /// What the unit itself declares as a success or as a restart that is wanted (SuccessExitStatus=,
    /// RestartForceExitStatus=); `nil` where nobody asked.
    package var declared: DeclaredEnds?
    /// Conditions of it that were not met when it was to be started last; `nil` where all were.
    package var unmetConditions: [String]?
    /// Its files have changed since the manager read them; `nil` where nobody asked.
    package var needsReload: Bool?
    /// Why the manager could not load it.
    package var loadError = ""
    /// Units that start it: what wants, needs or upholds it.
    package var starters: [String] = []
    /// Units with which it is stopped, of which one is down: what a stop may come from.
    package var lostPartners: [String] = []
    package var hasDynamicUser = false
    /// Where it finds other files than the rest of the host does, or the same in spite of that, as far as its settings
    /// say.
    package var ownMounts: [OwnMount] = []
    /// The level above which neither it nor its manager about it logs anything (LogLevelMax=); `nil` for none, and where
    /// nobody asked.
    package var logLevelMax: Int32?

    package init() {}

    package var isRunning: Bool { activeState == "active" && subState == "running" }

    /// When the present activation began, in ticks as processes have them, from when its main process did; less two,
    /// since both are rounded. `nil` where the host's clock was set in between, or nobody knows.
    package func activationTicks(_ main: UInt64) -> UInt64? {
        guard let began = activationBegan, let started = mainStarted, began - started < .seconds(5),
            started - began < .seconds(3600)
        else { return nil }
        // USER_HZ is 100 on every machine that this runs on (time(7)).
        // Where nothing comes before the main process, systemd notes its start a moment before that of the unit.
        let ticks = UInt64(max(0, (started - began).microseconds) / 10_000) + 2
        return main > ticks ? main - ticks : nil
    }

    /// systemd is about to do something to it that ends with its start: a restart whose old process still ends, too.
    package var isBeingStarted: Bool {
        hasJob && ["start", "restart", "try-restart", "reload-or-start"].contains(jobType)
    }
    /// It runs, or it is of the kind that has done its work and stays active (`Type=oneshot` with `RemainAfterExit=`).
    package var holds: Bool { isRunning || (type == "oneshot" && activeState == "active" && subState == "exited") }
    /// systemd is about to start it again by itself.
    package var awaitsRestart: Bool { activeState == "activating" && subState.hasPrefix("auto-restart") }
    /// Gone, and not on its way back: failed or inactive.
    package var isDown: Bool { activeState == "failed" || activeState == "inactive" }
}

/// A place at which a unit's own settings mount something (systemd.exec(5), "Sandboxing").
package struct OwnMount: Hashable, Sendable {
    package let place: String
    /// The same files stand there for it as for everybody.
    package let isSame: Bool

    package init(_ place: String, isSame: Bool = false) {
        self.place = place
        self.isSame = isSame
    }

    /// Whether these mounts put another file at a path: the innermost decides.
    package static func hide(_ path: String, _ mounts: [OwnMount]) -> Bool {
        let above = mounts.filter { $0.place == "/" || path == $0.place || path.hasPrefix($0.place + "/") }
        let innermost = above.map(\.place.utf8.count).max()
        let deciding = above.filter { $0.place.utf8.count == innermost }
        return !deciding.isEmpty && !deciding.contains(where: \.isSame)
    }
}

/// How a main process ended (waitid(2)).
package enum MainEnd: Hashable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)
    /// With a core dump.
    case dumped(signal: Int32)
}

/// Exit statuses and signals that are no failure of a unit.
package struct DeclaredEnds: Hashable, Sendable {
    package var statuses: Set<Int32>
    package var signals: Set<Int32>
    /// What its stop sends (KillSignal=, RestartKillSignal=): an end by one of them proves nothing.
    package var stopSignals: Set<Int32>

    package init(statuses: Set<Int32> = [], signals: Set<Int32> = [], stopSignals: Set<Int32> = [15]) {
        self.statuses = statuses
        self.signals = signals
        self.stopSignals = stopSignals
    }

    package func hold(_ end: MainEnd?) -> Bool {
        switch end {
        case .exited(let status): statuses.contains(status)
        case .killed(let signal), .dumped(let signal): signals.contains(signal)
        case nil: false
        }
    }
}
