internal import Model

/// Conditions that the unit's own state shows.
enum UnitRules {
    static func findings(_ seen: AgentObservation, history: AgentHistory) -> [Finding] {
        var findings: [Finding] = []
        let unit = seen.unit
        let name = seen.agent.id.unit
        if unit.exitStatus == 78, unit.isDown || unit.awaitsRestart {
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
        if let loop = crashLoop(seen, history: history) { findings.append(loop) }
        if unit.activeState == "failed" {
            findings.append(
                Finding(
                    kind: .unitFailed, severity: .critical,
                    summary: "\(name) has failed (result \(unit.result), status \(unit.exitStatus)).",
                    evidence: [state(unit), Evidence("unit property Result", unit.result)] + lastWords(seen),
                    prescription: .resetAndStart))
        }
        if isForgotten(unit), seen.journal.lastRequest?.verb != .stop {
            findings.append(
                Finding(
                    kind: .unitInactive, severity: .critical,
                    summary: "\(name) is enabled and not running.",
                    evidence: [state(unit), Evidence("unit property UnitFileState", unit.unitFileState)]
                        + lastWords(seen),
                    prescription: .start))
        }
        return findings
    }

    /// After the refusal, systemd 252 keeps the result of the last crash: the journal's line counts as well, if it is
    /// about the present failure.
    private static func startLimit(_ seen: AgentObservation) -> Evidence? {
        if seen.unit.result == "start-limit-hit" { return Evidence("unit property Result", "start-limit-hit") }
        let began = seen.unit.stateSince ?? seen.taken
        let line = seen.journal.lines.last {
            $0.speaker == .manager && $0.text.contains("Start request repeated too quickly")
                && $0.at >= began - .seconds(5)
        }
        return line.map { Evidence("journal, \($0.at.rfc3339)", $0.text) }
    }

    private static func crashLoop(_ seen: AgentObservation, history: AgentHistory) -> Finding? {
        let unit = seen.unit
        let before = history.restarts.map { $0 <= unit.restarts ? $0 : 0 }
        let grown = before.map { unit.restarts - $0 } ?? 0
        // An agent that ends well to be started anew, as after an update, does not crash.
        let crashes = Int(grown) - cleanEnds(seen, since: history.lastSeen)
        let young = unit.mainStarted.map { seen.taken - $0 < Policy.crashLoopOver } ?? true
        let found = history.kinds.contains(.unitCrashLoop)
        let growing = crashes >= Int(Policy.crashLoopRestarts) && (unit.awaitsRestart || young)
        // What the counter has kept from long ago says nothing of the crash just now.
        let isNews = history.restarts == nil || history.acted != nil || found || crashes > 0
        let pending = unit.awaitsRestart && unit.restarts >= Policy.crashLoopRestarts && isNews
        // Between two crashes it looks well, and a pass that comes soon finds few restarts more. Once the pass has
        // acted, only what came after that counts.
        let lingering =
            history.acted == nil && found && before == history.restarts && unit.restarts >= Policy.crashLoopRestarts
            && young
        guard growing || pending || lingering, unit.activeState != "inactive", unit.activeState != "failed" else {
            return nil
        }
        let goesOn = pending || growing && !isMended(seen, history, found: found)
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

    /// Automatic restarts after an end with success, of which a user's manager logs nothing more.
    private static func cleanEnds(_ seen: AgentObservation, since last: Timestamp?) -> Int {
        var hasFailed = false
        var count = 0
        for line in seen.journal.lines {
            if line.isFailure { hasFailed = true }
            if line.isStart { hasFailed = false }
            if line.isAutomaticRestart, !hasFailed, line.at > last ?? seen.taken { count += 1 }
        }
        return count
    }

    /// An agent that writes its config anew at each start is mended only if it has come this far since.
    private static let outlived: Duration = .seconds(20)

    /// Whether what runs now has a config that came after the last crash: this one has not crashed yet. An agent that
    /// writes its config anew at each start has the same one in the pass after this.
    private static func isMended(_ seen: AgentObservation, _ history: AgentHistory, found: Bool) -> Bool {
        guard history.acted == nil, seen.unit.isRunning, !seen.unit.awaitsRestart,
            let started = seen.unit.mainStarted, seen.taken - started >= outlived,
            let crash = seen.journal.lines.last(where: \.isFailure)?.at
        else { return false }
        if found, history.lastConfig?.meanings == ConfigMemory.meanings(of: seen.config) { return false }
        return seen.config.contains { $0.version.map { $0.changed > crash } ?? false }
    }

    /// Enabled, not running, and not of a kind that something else starts when it is needed.
    private static func isForgotten(_ unit: UnitFacts) -> Bool {
        unit.activeState == "inactive" && unit.unitFileState.hasPrefix("enabled") && unit.type != "oneshot"
            && unit.triggeredBy.isEmpty && unit.exitStatus != 78
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
