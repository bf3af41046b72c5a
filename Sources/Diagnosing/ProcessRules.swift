internal import Model

/// Conditions that the unit's processes show, and the setting that lets them arise.
enum ProcessRules {
    static func findings(_ seen: AgentObservation, history: AgentHistory, policy: Policy) -> [Finding] {
        var findings: [Finding] = []
        if let unsafe = killMode(seen, history: history, policy: policy) { findings.append(unsafe) }
        let leftovers = leftovers(seen)
        if !leftovers.isEmpty {
            let list = Listing.of(leftovers.map { "\($0.command) (PID \($0.id.pid))" })
            let plural = leftovers.count == 1 ? "A process" : "\(leftovers.count) processes"
            let attended = leftovers.filter(\.isAttended)
            let orders = leftovers.filter { !$0.isAttended }.map(order)
            let told = attended.map { ShellCommand("kill", "\($0.id.pid)").inSentence }
            let left =
                attended.isEmpty
                ? ""
                : " \(Listing.of(attended.map { "PID \($0.id.pid)" })) is not ended, because it or what it runs has a terminal, where somebody may be at it. To end it: \(Listing.of(told))."
            findings.append(
                Finding(
                    kind: .processLeftover, severity: .warning,
                    summary: "\(plural) of an earlier start of \(seen.agent.id.unit) still there: \(list).\(left)",
                    evidence: leftovers.prefix(Listing.most).map { Self.evidence($0, seen.unit) },
                    prescription: orders.isEmpty ? .none : .end(orders)))
        }
        if let stray = StrayRule.finding(seen) { findings.append(stray) }
        return findings
    }

    private static func killMode(_ seen: AgentObservation, history: AgentHistory, policy: Policy) -> Finding? {
        let mode = seen.unit.killMode
        guard policy.isUnsafe(killMode: mode), mode != policy.killMode else { return nil }
        var summary = "KillMode of \(seen.agent.id.unit) is \(mode): what the agent starts outlives a restart."
        var prescription = Prescription.enforceKillMode
        var severity = Severity.warning
        var dropIn: (path: String, name: Substring)?
        if case .file(let path, _) = seen.killModeOrigin, path.contains(".d/"),
            let name = path.split(separator: "/").last
        {
            dropIn = (path, name)
        }
        let isEdited = dropIn?.name == Policy.killModeDropIn[...]
        if let dropIn, dropIn.name > Policy.killModeDropIn {
            // Drop-ins apply in the order of their names: ours would change nothing.
            summary += " \(dropIn.path) sets it and has the last word, so nothing is written; change it there."
            prescription = .none
        } else if isEdited || history.wroteKillMode, mode != "mixed" || !seen.unit.hasKillModeDropIn {
            // One of ours that was written for other settings says mixed.
            summary +=
                " The watchdog's drop-in that had made it safe was taken away or changed, so it is left as it is. To make it safe again, set KillMode=\(policy.killMode) in a drop-in of your own."
            prescription = .none
            severity = .info
        }
        return Finding(
            kind: .unitKillMode, severity: severity, summary: summary,
            evidence: [
                Evidence("unit property KillMode", mode + (seen.killModeOrigin.map { ", from \($0.text)" } ?? ""))
            ], prescription: prescription)
    }

    static func order(_ leftover: ProcessFacts) -> EndOrder {
        EndOrder(process: leftover.id, cgroup: leftover.cgroup, uid: leftover.uid, proof: .earlierStart)
    }

    /// In the cgroup, older than the main process and than the present activation, not its descendant, and not
    /// carrying the present start's invocation id. Judged only while the unit is plainly running, since control
    /// processes come and go while it starts and stops.
    static func leftovers(_ seen: AgentObservation) -> [ProcessFacts] {
        let unit = seen.unit
        guard unit.isRunning, !unit.hasJob, let main = seen.processes.first(where: { $0.id.pid == unit.mainPID }) else {
            return []
        }
        let parents = Dictionary(seen.processes.map { ($0.id.pid, $0.parent) }, uniquingKeysWith: { first, _ in first })
        return seen.processes.filter { process in
            guard process.id.startTicks < main.id.startTicks, process.id.pid > 1 else { return false }
            // The agent's own processes belong to its user; another's was put there by somebody else.
            if let uid = seen.agent.id.scope.uid, process.uid != uid { return false }
            if let theirs = process.invocationID, !theirs.isEmpty {
                guard theirs != unit.invocationID else { return false }
            } else if !isOlderThanStart(process, main, unit) {
                return false
            }
            return !descends(process.id.pid, from: main.id.pid, parents)
        }
    }

    /// A tool may give its children a fresh environment, without the mark of their start. One that is older than the
    /// present activation, and not only than its main process, belongs to an earlier one.
    private static func isOlderThanStart(_ process: ProcessFacts, _ main: ProcessFacts, _ unit: UnitFacts) -> Bool {
        guard process.wasRead, let ticks = unit.activationTicks(main.id.startTicks) else { return false }
        return process.id.startTicks < ticks
    }

    private static func descends(_ pid: Int32, from ancestor: Int32, _ parents: [Int32: Int32]) -> Bool {
        var current = pid
        // A chain cannot be longer than there are processes; PIDs that change hands could make a ring.
        for _ in 0...parents.count {
            if current == ancestor { return true }
            guard let parent = parents[current], parent > 1 else { return false }
            current = parent
        }
        return false
    }

    private static func evidence(_ process: ProcessFacts, _ unit: UnitFacts) -> Evidence {
        Evidence(
            "/proc/\(process.id.pid)",
            "\(process.command), parent \(process.parent), in \(process.cgroup), started before main process \(unit.mainPID), of invocation \(process.invocationID ?? "unknown") and not \(unit.invocationID)"
        )
    }
}

/// Names in a sentence: what can be many is cut.
enum Listing {
    static let most = 10

    static func of(_ names: [String]) -> String {
        let shown = names.prefix(most).joined(separator: ", ")
        return names.count > most ? "\(shown) and \(names.count - most) more" : shown
    }
}
