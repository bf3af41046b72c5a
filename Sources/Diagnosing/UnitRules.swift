internal import AgentKinds
internal import Model

/// Conditions that the unit's own state shows.
enum UnitRules {
    static func findings(_ seen: AgentObservation, history: AgentHistory, policy: Policy) -> [Finding] {
        let unit = seen.unit
        let name = seen.agent.id.unit
        if ["bad-setting", "error"].contains(unit.loadState) { return [unloadable(seen)] }
        var findings: [Finding] = []
        if unit.needsReload ?? false {
            findings.append(
                Finding(
                    kind: .unitReloadNeeded, severity: .info,
                    summary:
                        "The files of \(name) have changed since \(seen.agent.id.scope.manager) read them; what they say now begins with \(seen.agent.id.scope.systemctl("daemon-reload").inSentence).",
                    evidence: [Evidence("unit property NeedDaemonReload", "true")]))
        }
        let loop = crashLoop(seen, history: history)
        let isGone = unit.isDown || unit.awaitsRestart || loop?.prescription == Prescription.none
        if isGone, let notRun = notRun(seen) { findings.append(notRun) }
        if isGone, !(unit.isDown && isKept(seen)), let cause = OutageCause.finding(seen) { findings.append(cause) }
        if case .exited(78)? = unit.mainEnd ?? (unit.exitStatus == 78 ? .exited(78) : nil),
            unit.isDown || unit.awaitsRestart
        {
            findings.append(
                Finding(
                    kind: .unitConfigExit, severity: .critical,
                    summary: "\(name) ended with status 78: it refused its configuration.",
                    evidence: [state(unit), Evidence("unit property ExecMainStatus", "78")] + lastWords(seen),
                    prescription: .restoreConfig))
        }
        if unit.activeState == "failed", let proof = startLimit(seen) {
            findings.append(
                Finding(
                    kind: .unitStartLimit, severity: .critical,
                    summary: "\(name) failed so often that systemd refuses to start it.",
                    evidence: [state(unit), proof] + lastWords(seen), prescription: .resetAndStart))
        }
        if let loop { findings.append(loop) }
        if unit.activeState == "failed", let failed = failed(seen, policy) { findings.append(failed) }
        if let inactive = inactive(seen, policy) { findings.append(inactive) }
        if let stuck = StuckRule.finding(seen) { findings.append(stuck) }
        // What somebody else starts, and what may have been stopped, is told, and its outage is nobody's to mend here.
        return unit.isDown && isKept(seen) ? findings.filter { $0.severity < .critical } : findings
    }

    /// It is down, and not the watchdog's to start.
    private static func isKept(_ seen: AgentObservation) -> Bool {
        if startsElsewhere(seen.unit) != nil { return true }
        switch seen.journal.end {
        case .byItself: return false
        case .requested, .unknown, nil: return true
        }
    }

    /// Who starts it, as a clause: a timer, a socket, another service.
    private static func startsElsewhere(_ unit: UnitFacts) -> String? {
        if !unit.triggeredBy.isEmpty { return unit.triggeredBy.joined(separator: ", ") + " starts it" }
        let own = unit.starters.contains { $0.hasSuffix(".target") }
        if !unit.starters.isEmpty, !own { return unit.starters.joined(separator: ", ") + " starts it" }
        if unit.type == "oneshot" { return "it is a one-shot, which somebody starts when its work is due" }
        return ["transient"].contains(unit.unitFileState) ? "it was made for one run" : nil
    }

    private static func failed(_ seen: AgentObservation, _ policy: Policy) -> Finding? {
        let unit = seen.unit
        let name = seen.agent.id.unit
        let what = "\(name) has failed (result \(unit.result), status \(unit.exitStatus))."
        let evidence = [state(unit), Evidence("unit property Result", unit.result)] + lastWords(seen)
        if let starter = startsElsewhere(unit) {
            return Finding(
                kind: .unitFailed, severity: .warning, summary: "\(what) It is not started here, because \(starter).",
                evidence: evidence)
        }
        if let doubt = doubt(seen) {
            if isStillWished(seen, policy) { return nil }
            return Finding(kind: .unitFailed, severity: .warning, summary: "\(what) \(doubt)", evidence: evidence)
        }
        return Finding(
            kind: .unitFailed, severity: .critical, summary: what, evidence: evidence, prescription: .resetAndStart)
    }

    /// A stop that somebody asked for is told of only when it has lasted so long that it may be forgotten.
    private static func isStillWished(_ seen: AgentObservation, _ policy: Policy) -> Bool {
        seen.journal.lastRequest?.verb == .stop && seen.unit.lostPartners.isEmpty
            && !policy.isForgotten(stoppedSince: seen.unit.stateSince, at: seen.taken)
    }

    /// Why it is not started although it is down; `nil` where it is proven that it ended by itself.
    private static func doubt(_ seen: AgentObservation) -> String? {
        let start = seen.agent.id.systemctl("start").inSentence
        if !seen.unit.lostPartners.isEmpty, seen.journal.lastRequest?.verb == .stop {
            return
                "systemd stopped it together with \(seen.unit.lostPartners.joined(separator: ", ")), which it depends on and which is down: start that first. It is left alone."
        }
        switch seen.journal.end {
        case .byItself: return nil
        case .requested(let request):
            return
                "Its manager was asked to stop it at \(request.at.rfc3339); by whom is not recorded. It is left alone. To make it official: \(seen.agent.id.systemctl("disable").inSentence); or start it: \(start)."
        case .unknown(let why):
            return
                "Whether somebody stopped it cannot be told, because \(why). So it is left alone; to start it: \(start)."
        case nil: return "Whether somebody stopped it was not seen. So it is left alone; to start it: \(start)."
        }
    }

    private static func inactive(_ seen: AgentObservation, _ policy: Policy) -> Finding? {
        let unit = seen.unit
        let name = seen.agent.id.unit
        guard unit.activeState == "inactive", unit.unitFileState.hasPrefix("enabled"), startsElsewhere(unit) == nil,
            unit.mainEnd != .exited(78) || unit.mainEnd == nil && unit.exitStatus != 78
        else { return nil }
        let evidence =
            [state(unit), Evidence("unit property UnitFileState", unit.unitFileState)] + lastWords(seen)
        if let unmet = unit.unmetConditions {
            let list = unmet.isEmpty ? "a condition" : unmet.map(\.printable).joined(separator: ", ")
            return Finding(
                kind: .unitCondition, severity: .warning,
                summary: "\(name) is enabled and not running, because \(list) was not met when it was to be started.",
                evidence: evidence + [Evidence("unit property ConditionResult", "false")])
        }
        let what = "\(name) is enabled and not running."
        if let doubt = doubt(seen) {
            if isStillWished(seen, policy) { return nil }
            return Finding(kind: .unitInactive, severity: .warning, summary: "\(what) \(doubt)", evidence: evidence)
        }
        let isSuccess = unit.mainEnd == .exited(0) || unit.result == "success" && seen.wasEndDeclared
        if !AgentKinds.of(seen.agent.kind).runsForEver, isSuccess, unit.restartPolicy != "always" {
            return Finding(
                kind: .unitInactive, severity: .warning,
                summary:
                    "\(what) It ended with success, and may have finished its work, so it is left alone; to start it: \(seen.agent.id.systemctl("start").inSentence).",
                evidence: evidence)
        }
        return Finding(
            kind: .unitInactive, severity: .critical, summary: what, evidence: evidence, prescription: .start)
    }

    private static func unloadable(_ seen: AgentObservation) -> Finding {
        let unit = seen.unit
        let why = unit.loadError.isEmpty ? "" : " systemd says: \(unit.loadError)"
        return Finding(
            kind: .unitBadSetting, severity: unit.isRunning ? .warning : .critical,
            summary:
                "The unit file of \(seen.agent.id.unit) cannot be loaded, so that it cannot be started\(unit.isRunning ? " again" : "").\(why)",
            evidence: [state(unit), Evidence("unit property LoadState", unit.loadState)])
    }

    /// systemd's own statuses for a program that was never run (systemd.exec(5), "Process Exit Codes").
    private static func notRun(_ seen: AgentObservation) -> Finding? {
        // A process that prepares the main one ends so, too, and leaves no property behind.
        let last = seen.journal.managers.last(where: \.isMainExit)?.exitStatus
        var statuses = [last].compactMap { $0 }
        if case .exited(let status)? = seen.unit.mainEnd { statuses.append(status) }
        guard let status = statuses.first(where: { (200...243).contains($0) }) else { return nil }
        let said = seen.journal.lines.last { $0.speaker == .manager && $0.text.contains("Failed") && !$0.isFailure }
        let words = said.map { " systemd says: \($0.text)" } ?? ""
        return Finding(
            kind: .unitNotRun, severity: .critical,
            summary: "The program of \(seen.agent.id.unit) was never run (status \(status)).\(words)",
            evidence: [state(seen.unit), Evidence("unit property ExecMainStatus", "\(status)")])
    }

    /// After the refusal, systemd 252 keeps the result of the last crash: the journal's line counts as well, if it is
    /// about the present failure.
    private static func startLimit(_ seen: AgentObservation) -> Evidence? {
        if seen.unit.result == "start-limit-hit" { return Evidence("unit property Result", "start-limit-hit") }
        let began = seen.unit.stateSince ?? seen.taken
        let line = seen.journal.managers.last {
            $0.isStartLimit && $0.at >= began - .seconds(5)
        }
        return line.map { Evidence("journal, \($0.at.rfc3339)", $0.text) }
    }

    private static func crashLoop(_ seen: AgentObservation, history: AgentHistory) -> Finding? {
        let unit = seen.unit
        let before = history.restarts.map { $0 <= unit.restarts ? $0 : 0 }
        let grown = before.map { unit.restarts - $0 } ?? 0
        // A user's manager logs nothing of an end with success, and a restart after one is no crash; nor is one that the
        // unit itself wants for such an end.
        let crashes = Int(grown) - plannedEnds(seen, since: history.lastSeen, of: Int(grown))
        let young = unit.mainStarted.map { seen.taken - $0 < Policy.crashLoopOver } ?? true
        let found = history.kinds.contains(.unitCrashLoop)
        let growing = crashes >= Int(Policy.crashLoopRestarts) && (unit.awaitsRestart || young)
        // What the counter has kept from long ago says nothing of the crash just now.
        let isNews = history.restarts == nil || history.acted != nil || found || crashes > 0
        let isPlanned = unit.awaitsRestart && (unit.declared?.hold(unit.mainEnd) ?? false)
        let pending = unit.awaitsRestart && unit.restarts >= Policy.crashLoopRestarts && isNews && !isPlanned
        // Between two crashes it looks well, and a pass that comes soon finds few restarts more. Once the pass has
        // acted, only what came after that counts.
        let lingering =
            history.acted == nil && found && before == history.restarts && unit.restarts >= Policy.crashLoopRestarts
            && young
        guard growing || pending || lingering, unit.activeState != "inactive", unit.activeState != "failed" else {
            return nil
        }
        let goesOn =
            pending || growing && !isMended(seen, history, found: found) && !hasOutlived(seen, history, Int(grown))
        var evidence = [state(unit), Evidence("unit property NRestarts", "\(unit.restarts)")]
        if grown > 0, let since = history.lastSeen {
            evidence.append(Evidence("ledger", "\(grown) restarts since the pass of \(since.rfc3339)"))
        }
        let name = seen.agent.id.unit
        return Finding(
            kind: .unitCrashLoop, severity: .critical,
            summary: goesOn
                ? "\(name) crashes and is restarted again and again (\(unit.restarts) restarts)."
                : "\(name) was in a crash loop (\(unit.restarts) restarts), and its main process has not held for five minutes yet.",
            evidence: evidence + lastWords(seen), prescription: goesOn ? .none : .wait)
    }

    /// Automatic restarts after an end with success, of which a user's manager logs nothing more, and after one that the
    /// unit calls a success or a wanted restart. Where it calls any end so, and it cannot be seen how these were, none is
    /// taken for a crash.
    private static func plannedEnds(_ seen: AgentObservation, since last: Timestamp?, of grown: Int) -> Int {
        let declared = seen.unit.declared ?? DeclaredEnds()
        var hasFailed = false
        var isPlanned = false
        var planned = 0
        var counted = 0
        for line in seen.journal.managers {
            if let end = line.mainEnd {
                isPlanned = declared.hold(end)
                hasFailed = !isPlanned
            } else if line.isFailure, !isPlanned {
                hasFailed = true
            }
            if line.isStart {
                hasFailed = false
                isPlanned = false
            }
            guard line.isAutomaticRestart, line.at > last ?? seen.taken else { continue }
            counted += 1
            if !hasFailed { planned += 1 }
        }
        let unseen = max(0, grown - counted)
        let isSilent = declared.statuses.subtracting([0]).isEmpty && declared.signals.isEmpty
        return isSilent ? planned : planned + unseen
    }

    /// An agent that writes its config anew at each start is mended only if it has come this far since.
    private static let outlived: Duration = .seconds(20)

    /// Whether the process that runs now has lived twice as long as any that crashed: the loop may be over, whoever has
    /// mended it, and nothing is done to what may be well.
    private static func hasOutlived(_ seen: AgentObservation, _ history: AgentHistory, _ grown: Int) -> Bool {
        guard seen.unit.isRunning, !seen.unit.awaitsRestart, let started = seen.unit.mainStarted,
            seen.taken - started >= outlived
        else { return false }
        var longest = Duration.zero
        var began: Timestamp?
        for line in seen.journal.managers {
            if line.isStart { began = line.at }
            if line.isFailure, let start = began { longest = max(longest, line.at - start) }
        }
        // Where the journal shows no whole life of one, the counter tells how long they were on average.
        if longest == .zero, grown > 0, let last = history.lastSeen { longest = (seen.taken - last) / grown }
        return longest > .zero && seen.taken - started >= longest * 2
    }

    /// Whether what runs now has a config that came after the last crash: this one has not crashed yet. An agent that
    /// writes its config anew at each start has the same one in the pass after this.
    private static func isMended(_ seen: AgentObservation, _ history: AgentHistory, found: Bool) -> Bool {
        guard history.acted == nil, seen.unit.isRunning, !seen.unit.awaitsRestart,
            let started = seen.unit.mainStarted, seen.taken - started >= outlived,
            let crash = seen.journal.managers.last(where: \.isFailure)?.at
        else { return false }
        if found, history.lastConfig?.meanings == ConfigMemory.meanings(of: seen.config) { return false }
        return seen.config.contains { $0.version.map { $0.changed > crash } ?? false }
    }

    static func state(_ unit: UnitFacts) -> Evidence {
        let since = unit.stateSince.map { " since \($0.rfc3339)" } ?? ""
        return Evidence("unit property ActiveState", "\(unit.activeState) (\(unit.subState))\(since)")
    }

    /// What the agent itself said before it went.
    static func lastWords(_ seen: AgentObservation) -> [Evidence] {
        seen.journal.lines.filter { $0.speaker == .unit }.suffix(5).map {
            Evidence("journal, \($0.at.rfc3339)", $0.text)
        }
    }
}
