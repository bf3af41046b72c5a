internal import Glibc
internal import Model
internal import Systemd

/// The journal of each agent, over one handle.
final class JournalReader {
    private let journal: Journal?
    /// Why the journal is dark, if it is.
    let gap: Gap?

    /// The newest entry of the whole journal when this pass began.
    let tail: String?
    /// Units that have logged anything since the last pass; `nil` where that is not known.
    private let speakers: Set<String>?

    /// A busier journal is searched agent by agent.
    private static let mostScanned = 10_000
    /// Lines of an agent in trouble that are read, and shown to an advisor.
    private static let tail = 50
    /// New lines of a healthy agent that are read, as far as `newBytes` go; older ones of a storm are passed over. One poll
    /// that fails may take a traceback of a hundred lines, and whether it goes on failing takes several.
    private static let newLines = 2000
    private static let newBytes = 256 << 10

    /// `lastTail`: `tail` of the pass before.
    init(lastTail: String?) {
        var opened: Journal?
        var tail: String?
        var speakers: Set<String>?
        var sentence: String?
        do throws(SystemdError) {
            let journal = try Journal.open()
            tail = try journal.tail()
            if let lastTail, tail != nil {
                let units = ["_SYSTEMD_UNIT", "_SYSTEMD_USER_UNIT"]
                speakers = try journal.values(of: units, after: lastTail, most: Self.mostScanned)
            }
            opened = consume journal
        } catch {
            sentence = "\(error) Nothing that agents log is seen in this pass."
        }
        if sentence == nil, tail == nil {
            sentence =
                "The journal holds no entry that this user may read. Join the group systemd-journal, or see whether journald runs and keeps anything (journald.conf(5), Storage=)."
        }
        journal = opened
        self.tail = tail
        self.speakers = speakers
        gap = sentence.map { Gap(source: "journal", sentence: $0) }
    }

    /// `hidden`: why a stop would not be seen here, as a clause.
    /// `undisturbed`: the agent runs and has not been restarted, so that only what it said since `cursor` is new.
    func read(
        into observation: inout AgentObservation, after cursor: String?, managerStarted: Timestamp?, hidden: String?,
        undisturbed: Bool
    ) {
        if let gap {
            // A unit that is down without a journal may have been stopped on purpose: that is not to be guessed.
            if !undisturbed { observation.gaps.append(gap) }
            return
        }
        let id = observation.agent.id
        do throws(SystemdError) {
            if undisturbed {
                if let cursor, let speakers, !speakers.contains(id.unit) {
                    observation.journal.cursor = cursor
                    return
                }
                let slice = try search(Self.newLines, [own(id)], after: cursor)
                observation.journal.lines = slice.entries.map { line($0, .unit) }
                observation.journal.fresh = observation.journal.lines
                observation.journal.cursor = slice.cursor ?? cursor
                return
            }
            let mine = try said(by: observation, Self.tail)
            let managers = try search(Self.tail, [manager(id)])
            observation.journal.cursor = mine.cursor ?? cursor
            let new = cursor == nil ? mine : try said(by: observation, Self.newLines, after: cursor)
            observation.journal.fresh = new.entries.map { line($0, .unit) }
            observation.journal.managers = managers.entries.map { line($0, .manager) }
            let lines = mine.entries.map { line($0, .unit) } + observation.journal.managers
            let first = firstWord(ofRun: observation.unit, in: mine.entries)
            observation.journal.lines = Array(Self.inOrder(lines, firstOfRun: first).suffix(Self.tail))
            // A stop of an earlier boot, or with the end of the whole manager, was not about this unit.
            if let request = try lastRequest(id), request.at >= managerStarted ?? request.at {
                observation.journal.lastRequest = request
            }
            if observation.unit.isDown { observation.journal.end = try end(of: observation, hidden) }
        } catch {
            observation.gaps.append(Gap(source: "journal", sentence: error.description))
        }
    }

    /// Of a unit that runs: whether a stop of it would be seen.
    func readStart(into observation: inout AgentObservation, hidden: String?) {
        if let hidden {
            observation.journal.stopWouldBeHidden = hidden
            return
        }
        do throws(SystemdError) {
            let run = observation.unit.invocationID
            let ids = [MessageID.starting, MessageID.started].map { JournalMatch("MESSAGE_ID", $0) }
            let slice = try search(1, [manager(observation.agent.id, run) + ids])
            if slice.entries.isEmpty {
                observation.journal.stopWouldBeHidden = "the journal has no entry of its present start (any more)"
            }
        } catch {
            observation.journal.stopWouldBeHidden = "the journal cannot be read. \(error)"
        }
    }

    /// How the last run ended. What the manager says of its start shows that what it says of a stop would be here, too:
    /// both are logged alike, and what is old is forgotten first.
    private func end(of seen: AgentObservation, _ hidden: String?) throws(SystemdError) -> RunEnd {
        if let request = seen.journal.lastRequest, request.verb == .stop { return .requested(request) }
        if let fact = EndFact.proof(seen) { return .byItself(fact) }
        if let hidden { return .unknown(hidden) }
        let run = seen.unit.invocationID
        guard !run.isEmpty else { return .unknown("it was not started since its manager began") }
        let entries = try search(Self.tail, [manager(seen.agent.id, run)]).entries
        let ids = entries.map(\.messageID)
        guard ids.contains(MessageID.started) || ids.contains(MessageID.starting) || ids.contains(MessageID.startFailed)
        else { return .unknown("the journal has no entry of its last start (any more)") }
        // Also one that was asked for together with a start, as a restart has it, of which nothing came.
        if let stop = entries.last(where: { $0.messageID == MessageID.stopping && $0.jobType == "stop" }) {
            let at = Timestamp(microseconds: Int64(clamping: stop.realtime))
            return .requested(OperatorRequest(verb: .stop, at: at, line: stop.message.printable))
        }
        let ends = [MessageID.mainExited, MessageID.failed, MessageID.succeeded]
        if let last = entries.last(where: { ends.contains($0.messageID) }) {
            let at = Timestamp(microseconds: Int64(clamping: last.realtime))
            return .byItself(Evidence("journal, \(at.rfc3339)", last.message.printable))
        }
        // A user's manager says nothing more of an end with success: then it takes a while in which nothing of a stop came.
        guard seen.agent.id.scope != .system, let start = entries.last else {
            return .unknown("the journal has no entry of its end")
        }
        guard let since = seen.unit.stateSince, seen.taken - since >= Self.arrival else { return .unknown(Self.tooNew) }
        if try hasDropped(seen.agent.id.scope, since: since) {
            return .unknown("the journal has dropped messages of its manager at that time, which wrote too many")
        }
        return .byItself(
            Evidence("journal, \(since.rfc3339)", "\(start.message.printable) Nothing of a stop has followed."))
    }

    /// journald(8) counts what it takes from a user's manager together with everything that this one runs, and says itself
    /// what it has dropped (journald.conf(5), `RateLimitBurst=`).
    private func hasDropped(_ scope: Scope, since: Timestamp) throws(SystemdError) -> Bool {
        guard let uid = scope.uid else { return false }
        let dropped = [JournalMatch("MESSAGE_ID", MessageID.dropped), JournalMatch("_TRANSPORT", "driver")]
        return try search(50, [dropped]).entries.contains { entry in
            Timestamp(microseconds: Int64(clamping: entry.realtime)) >= since - .seconds(60)
                && entry.message.hasSuffix("user@\(uid).service")
        }
    }

    /// What a manager says has come into the journal after so long, unless that is far behind.
    static let arrival: Duration = .seconds(2)
    static let tooNew = "it ended only just now"

    private func search(
        _ most: Int, _ alternatives: [[JournalMatch]], after cursor: String? = nil
    ) throws(SystemdError) -> JournalSlice {
        guard journal != nil else { return JournalSlice() }
        return try journal?.newest(most, matching: alternatives, after: cursor, bytes: Self.newBytes) ?? JournalSlice()
    }

    /// Who asked for what last. The manager logs `JOB_TYPE=stop` only where a stop was asked for; an exit, a crash
    /// and a restart leave other marks.
    private func lastRequest(_ id: AgentID) throws(SystemdError) -> OperatorRequest? {
        let ids = [
            MessageID.starting, MessageID.started, MessageID.startFailed, MessageID.stopping, MessageID.stopped,
        ]
        let slice = try search(20, [manager(id) + ids.map { JournalMatch("MESSAGE_ID", $0) }])
        for entry in slice.entries.reversed() {
            let at = Timestamp(microseconds: Int64(clamping: entry.realtime))
            switch entry.messageID {
            case MessageID.starting, MessageID.started, MessageID.startFailed:
                return OperatorRequest(verb: .start, at: at, line: entry.message.printable)
            default:
                if entry.jobType == "stop" {
                    return OperatorRequest(verb: .stop, at: at, line: entry.message.printable)
                }
            }
        }
        return nil
    }

    /// When the main process of the last run first said anything.
    private func firstWord(ofRun unit: UnitFacts, in entries: [JournalEntry]) -> Timestamp? {
        let main = unit.mainPID > 0 ? unit.mainPID : unit.lastPID
        guard main > 0, let started = unit.mainStarted else { return nil }
        return entries.lazy.filter { $0.pid == main }.map { Timestamp(microseconds: Int64(clamping: $0.realtime)) }
            .first { $0 >= started }
    }

    /// As they came, but for one thing: what a process says stands behind the manager's word that it was started, also where
    /// journald(8), which hears the two over different sockets, has heard it sooner.
    static func inOrder(_ all: [JournalLine], firstOfRun: Timestamp?) -> [JournalLine] {
        let lines = all.sorted { $0.at < $1.at }
        guard let firstOfRun, let first = lines.firstIndex(where: { $0.speaker == .unit && $0.at >= firstOfRun }) else {
            return lines
        }
        func isLate(_ line: JournalLine) -> Bool { line.isStart && line.at - firstOfRun < .seconds(1) }
        return lines[..<first] + lines[first...].filter(isLate) + lines[first...].filter { !isLate($0) }
    }

    /// What the unit's own processes logged, with the last words of a main process that had ended before journald(8) looked
    /// in which cgroup it was. For a unit of root's manager it takes that one's word then, and for a user's it leaves the
    /// unit out: of those lines the kernel's word on who wrote them is what there is.
    private func said(
        by seen: AgentObservation, _ most: Int, after cursor: String? = nil
    ) throws(SystemdError) -> JournalSlice {
        var slice = try search(most, [own(seen.agent.id)], after: cursor)
        guard let uid = seen.agent.id.scope.uid, seen.unit.mainPID <= 0, seen.unit.lastPID > 0,
            let started = seen.unit.mainStarted
        else { return slice }
        let lost = try search(
            most,
            [
                [
                    JournalMatch("_PID", String(seen.unit.lastPID)), JournalMatch("_UID", String(uid)),
                    JournalMatch("_TRANSPORT", "stdout"),
                ]
            ], after: cursor)
        let words = lost.entries.filter {
            $0.userUnit.isEmpty && Timestamp(microseconds: Int64(clamping: $0.realtime)) >= started
        }
        guard let last = words.last else { return slice }
        if slice.entries.last.map({ $0.realtime < last.realtime }) ?? true { slice.cursor = lost.cursor }
        slice.entries = (slice.entries + words).sorted { $0.realtime < $1.realtime }.suffix(most)
        return slice
    }

    /// What the unit's own processes logged.
    private func own(_ id: AgentID) -> [JournalMatch] {
        switch id.scope {
        case .system: [JournalMatch("_SYSTEMD_UNIT", id.unit)]
        case .user(let uid, _): [JournalMatch("_SYSTEMD_USER_UNIT", id.unit), JournalMatch("_UID", String(uid))]
        }
    }

    /// And that about one run of it alone.
    private func manager(_ id: AgentID, _ invocation: String) -> [JournalMatch] {
        manager(id) + [JournalMatch(id.scope == .system ? "INVOCATION_ID" : "USER_INVOCATION_ID", invocation)]
    }

    /// What its manager logged of it. Anybody may write `UNIT=`: the trusted field beside it says who did.
    private func manager(_ id: AgentID) -> [JournalMatch] {
        switch id.scope {
        case .system: [JournalMatch("_PID", "1"), JournalMatch("UNIT", id.unit)]
        case .user(let uid, _): [JournalMatch("_UID", String(uid)), JournalMatch("USER_UNIT", id.unit)]
        }
    }

    private func line(_ entry: JournalEntry, _ speaker: JournalLine.Speaker) -> JournalLine {
        JournalLine(
            at: Timestamp(microseconds: Int64(clamping: entry.realtime)), speaker: speaker,
            text: entry.message.printable, messageID: entry.messageID,
            exitStatus: speaker == .manager ? entry.exitStatus : nil,
            exitSignal: speaker == .manager ? entry.exitSignal : nil)
    }
}

/// What no stop produces.
enum EndFact {
    /// What an operator's `kill` or the end of a session sends, besides what the unit's own stop does.
    private static let ordinary: Set<Int32> = [SIGTERM, SIGKILL, SIGHUP, SIGINT]
    /// Of systemd's own, for a program that never ran (systemd.exec(5), "Process Exit Codes").
    private static let notRun: ClosedRange<Int32> = 200...243
    private static let results = ["oom-kill", "start-limit-hit", "watchdog", "resources"]

    static func proof(_ seen: AgentObservation) -> Evidence? {
        let unit = seen.unit
        if unit.activeState == "failed", results.contains(unit.result) {
            return Evidence("unit property Result", unit.result)
        }
        let began = unit.stateSince ?? seen.taken
        if let line = seen.journal.managers.last(where: { $0.isStartLimit && $0.at >= began - .seconds(5) }) {
            return Evidence("journal, \(line.at.rfc3339)", line.text)
        }
        // What the main process of an earlier run ended with says nothing of this one.
        if let exited = unit.mainExited, let activated = unit.activationBegan, exited < activated { return nil }
        let stops = ordinary.union(unit.declared?.stopSignals ?? [])
        switch unit.mainEnd {
        case .dumped(let signal) where !stops.contains(signal):
            return Evidence("unit property ExecMainStatus", "a core dump of signal \(signal)")
        case .killed(let signal) where !stops.contains(signal):
            return Evidence("unit property ExecMainStatus", "ended by signal \(signal)")
        case .exited(let status) where status == 78 || notRun.contains(status):
            return Evidence("unit property ExecMainStatus", "status \(status)")
        default: return nil
        }
    }
}
