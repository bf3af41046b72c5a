internal import Glibc
internal import Model
internal import Processes
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
        unit.lastPID = Int32(truncatingIfNeeded: properties.lastPID)
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
        if let uid = scope.uid, let lie = UserClaim(unit, listed.name, of: uid).lie {
            gap = Gap(
                source: "units",
                sentence: "\(listed.name) of \(scope.manager) claims \(lie). Nothing of that is believed, or touched.")
            unit.controlGroup = ""
            unit.mainPID = 0
        }
        self.init(
            id: AgentID(scope: scope, unit: listed.name), unit: unit, environment: properties.environment,
            environmentFiles: properties.environmentFiles, unset: properties.unsetEnvironment,
            command: properties.execStart, job: properties.job, gap: gap)
        takeDetails(properties)
    }

    /// What is asked of a unit that is not plainly running, or in a second question.
    mutating func takeDetails(_ properties: UnitProperties) {
        unit.mainExited = Timestamp(systemd: properties.mainExited)
        switch properties.mainCode {
        case Int32(CLD_EXITED): unit.mainEnd = .exited(properties.exitStatus)
        case Int32(CLD_KILLED): unit.mainEnd = .killed(signal: properties.exitStatus)
        case Int32(CLD_DUMPED): unit.mainEnd = .dumped(signal: properties.exitStatus)
        default: unit.mainEnd = nil
        }
        unit.unmetConditions = properties.conditionResult ? nil : properties.conditions
        unit.loadError = properties.loadError
        unit.starters =
            properties.wantedBy + properties.requiredBy + properties.upheldBy + properties.boundBy
            + properties.onFailureOf + properties.onSuccessOf
        partners = Array(Set(properties.bindsTo + properties.partOf + properties.requires))
        takeExits(properties)
        takeRoots(properties)
    }

    mutating func takeExits(_ properties: UnitProperties) {
        // Never 0, unless it was not asked for.
        guard properties.killSignal != 0 else { return }
        unit.declared = DeclaredEnds(
            statuses: Set(properties.restartForce.codes + properties.success.codes),
            signals: Set(properties.restartForce.signals + properties.success.signals),
            stopSignals: [properties.killSignal, properties.restartKillSignal])
    }

    mutating func takeRoots(_ properties: UnitProperties) {
        unit.needsReload = properties.needDaemonReload
        unit.hasDynamicUser = properties.dynamicUser
        unit.logLevelMax = properties.logLevelMax >= 0 ? properties.logLevelMax : nil
        let roots = [properties.rootDirectory, properties.rootImage].filter { !$0.isEmpty && $0 != "/" }
        let homes = ["yes", "tmpfs"].contains(properties.protectHome) ? ["/home", "/root", "/run/user"] : []
        unit.ownMounts =
            ((roots.isEmpty ? [] : ["/"]) + homes + properties.temporaryFileSystem).map { OwnMount($0) }
            + (properties.bindPaths + properties.bindReadOnlyPaths).map { bind in
                OwnMount(bind.place, isSame: bind.place == bind.source)
            }
    }

    /// `nil` for "infinity" and for a property that was not asked for.
    private static func duration(_ microseconds: UInt64) -> Duration? {
        guard microseconds > 0, let value = Int64(exactly: microseconds) else { return nil }
        return .microseconds(value)
    }
}

/// What a user's manager says of a unit is that user's word. The kernel knows in which cgroup a process is, and whose.
struct UserClaim {
    /// What is not so, as a clause; `nil` where nothing contradicts it.
    let lie: String?

    init(_ unit: UnitFacts, _ name: String, of uid: UInt32) {
        let group = unit.controlGroup
        let own = "/user.slice/user-\(uid).slice/user@\(uid).service/"
        // systemd escapes a name that the kernel has for itself by a `_` before it.
        guard group.isEmpty || group.hasPrefix(own) && ["/\(name)", "/_\(name)"].contains(where: group.hasSuffix),
            !group.contains("/../")
        else {
            lie = "the cgroup \(group), which is not that unit's"
            return
        }
        // One that has ended meanwhile is no lie.
        guard unit.mainPID > 0, let present = ProcessTable.cgroup(of: unit.mainPID) else {
            lie = nil
            return
        }
        guard !group.isEmpty, present == group || present.hasPrefix(group + "/"),
            ProcessTable.owner(of: unit.mainPID).map({ $0 == uid }) ?? true
        else {
            lie = "process \(unit.mainPID), which the kernel has in \(present)"
            return
        }
        lie = nil
    }
}
