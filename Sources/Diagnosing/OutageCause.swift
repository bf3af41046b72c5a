internal import Model

/// What an agent's last lines, or systemd, name as the cause of an outage that no config has. It is looked for only where
/// the agent went away; a line counts where it says so itself, and not where it repeats somebody's words.
enum OutageCause {
    private static let phrases: [(FindingKind, [String])] = [
        (
            .instanceRunning,
            [
                "gateway already running (pid", "another gateway instance is already", "gateway is already running",
            ]
        ),
        (.portInUse, ["eaddrinuse", "address already in use", "is already in use"]),
        (.outOfMemory, ["javascript heap out of memory", "reached heap limit", "memoryerror"]),
        (.diskFull, ["enospc", "no space left on device"]),
        (.moduleMissing, ["err_module_not_found", "cannot find module", "modulenotfounderror: no module named"]),
    ]

    /// So many of a run's last lines may name it.
    private static let mostLines = 12
    /// Runs of one loop come one after the other within this.
    private static let loop: Duration = .seconds(120)
    /// So far into a line its own statement begins.
    private static let mostPrefix = 70

    static func finding(_ seen: AgentObservation) -> Finding? {
        let unit = seen.unit
        let name = seen.agent.id.unit
        if unit.result == "oom-kill" {
            return Finding(
                kind: .outOfMemory, severity: .critical, summary: "\(name) was ended because the memory had run out.",
                evidence: [UnitRules.state(unit), Evidence("unit property Result", "oom-kill")]
                    + UnitRules.lastWords(seen), prescription: unit.activeState == "failed" ? .resetAndStart : .none)
        }
        let lines = lastRun(seen)
        for (kind, words) in phrases {
            guard let line = lines.last(where: { line in words.contains { states($0, line.text) } }) else { continue }
            return Finding(
                kind: kind, severity: .critical, summary: sentence(kind, seen),
                evidence: [UnitRules.state(unit), Evidence("journal, \(line.at.rfc3339)", line.text)],
                prescription: prescription(kind, seen))
        }
        return nil
    }

    /// What its last run said, the newest lines of it. systemd's own entries part one run from the next, where they are seen.
    /// What the last run of a loop said may be lost, as journald(8) has no unit for what had ended before it looked: then it
    /// is the run before that.
    private static func lastRun(_ seen: AgentObservation) -> [JournalLine] {
        let lines = seen.journal.lines
        // An entry of a start stands behind the end of the run before.
        var end = lines.lastIndex { $0.isFailure } ?? lines.endIndex
        let newest = lines[..<end].last { $0.isStart }?.at
        while true {
            let start = lines[..<end].lastIndex { $0.isStart }
            let first = start.map { $0 + 1 } ?? lines.startIndex
            let isSilent = !lines[first..<end].contains { $0.speaker == .unit }
            guard isSilent, let start, let before = lines[..<start].lastIndex(where: \.isFailure),
                let newest, newest - lines[before].at < loop
            else { return lines[first...].filter { $0.speaker == .unit }.suffix(mostLines) }
            end = before
        }
    }

    private static func states(_ phrase: String, _ line: String) -> Bool {
        let text = line.lowercased()
        guard let found = text.firstRange(of: phrase) else { return false }
        let before = text[..<found.lowerBound]
        return before.utf8.count <= mostPrefix && !before.contains { "\"“”«»`".contains($0) }
    }

    private static func prescription(_ kind: FindingKind, _ seen: AgentObservation) -> Prescription {
        guard seen.unit.activeState == "failed" else { return .none }
        switch kind {
        case .outOfMemory: return .resetAndStart
        // Whoever held it has gone.
        case .portInUse where seen.portIsHeld == false: return .resetAndStart
        default: return .none
        }
    }

    private static func sentence(_ kind: FindingKind, _ seen: AgentObservation) -> String {
        let name = seen.agent.id.unit
        switch kind {
        case .instanceRunning: return "\(name) ended because another instance of it is running already."
        case .portInUse:
            let port = seen.agent.port.map { "port \($0)" } ?? "the port"
            let holder = seen.portHolder.map { ", held by \($0)" } ?? ""
            let now = seen.portIsHeld == false ? ", which is free again now" : holder
            return "\(name) ended because \(port) that it needs was in use\(now)."
        case .outOfMemory: return "\(name) ended because its memory had run out."
        case .diskFull: return "\(name) ended because a disk is full."
        case .moduleMissing: return "\(name) ended because a part of its program is missing; a restart cannot help."
        default: return "\(name) ended."
        }
    }
}
