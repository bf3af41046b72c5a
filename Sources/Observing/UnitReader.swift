internal import Model
internal import Systemd

extension Observer.FoundUnit {
    init(_ scope: Scope, _ listed: ListedUnit, _ answer: Result<UnitProperties, SystemdError>) {
        var unit = UnitFacts()
        unit.loadState = listed.loadState
        unit.activeState = listed.activeState
        unit.subState = listed.subState
        var gap: Gap?
        var properties = UnitProperties()
        switch answer {
        case .success(let read): properties = read
        case .failure(let error): gap = Gap(source: "units", sentence: error.description)
        }
        unit.unitFileState = properties.unitFileState
        unit.killMode = properties.killMode
        unit.mainPID = Int32(truncatingIfNeeded: properties.mainPID)
        unit.restarts = properties.restarts
        unit.result = properties.result
        unit.exitStatus = properties.exitStatus
        unit.invocationID = properties.invocationID
        unit.activeSince = Timestamp(systemd: properties.activeEnter)
        unit.activationBegan = Timestamp(systemd: properties.inactiveExit)
        unit.stateSince = Timestamp(systemd: properties.stateChange)
        unit.mainStarted = Timestamp(systemd: properties.mainStarted)
        unit.controlGroup = properties.controlGroup
        unit.user = properties.user
        unit.type = properties.type
        unit.restartPolicy = properties.restart
        unit.triggeredBy = properties.triggeredBy
        unit.fragmentPath = properties.fragmentPath
        unit.dropInPaths = properties.dropInPaths
        unit.timeoutStart = Self.duration(properties.timeoutStart)
        unit.timeoutStop = Self.duration(properties.timeoutStop)
        unit.hasJob = properties.job != 0
        // A user's manager may say anything; a cgroup outside of that user's slice is not one that it governs.
        if let uid = scope.uid, !unit.controlGroup.isEmpty,
            !unit.controlGroup.hasPrefix("/user.slice/user-\(uid).slice/")
        {
            gap = Gap(
                source: "units",
                sentence:
                    "\(listed.name) of \(scope.manager) claims the cgroup \(unit.controlGroup), which is not that user's. Nothing is done to it."
            )
            unit.controlGroup = ""
        }
        self.init(
            id: AgentID(scope: scope, unit: listed.name), unit: unit, environment: properties.environment,
            environmentFiles: properties.environmentFiles, unset: properties.unsetEnvironment, gap: gap)
    }

    /// `nil` for "infinity" and for a property that was not asked for.
    private static func duration(_ microseconds: UInt64) -> Duration? {
        guard microseconds > 0, let value = Int64(exactly: microseconds) else { return nil }
        return .microseconds(value)
    }
}
