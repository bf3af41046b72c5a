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
    /// New lines of a healthy agent that are read; older ones of a storm are passed over.
    private static let newLines = 200

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

    /// `undisturbed`: the agent runs and has not been restarted, so that only what it said since `cursor` is new.
    func read(
        into observation: inout AgentObservation, after cursor: String?, managerStarted: Timestamp?, undisturbed: Bool
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
            let mine = try search(Self.tail, [own(id)])
            let managers = try search(Self.tail, [manager(id)])
            observation.journal.cursor = mine.cursor ?? cursor
            let new = cursor == nil ? mine : try search(Self.newLines, [own(id)], after: cursor)
            observation.journal.fresh = new.entries.map { line($0, .unit) }
            let lines = mine.entries.map { line($0, .unit) } + managers.entries.map { line($0, .manager) }
            observation.journal.lines = Array(lines.sorted { $0.at < $1.at }.suffix(Self.tail))
            // A stop of an earlier boot, or with the end of the whole manager, was not about this unit.
            if let request = try lastRequest(id), request.at >= managerStarted ?? request.at {
                observation.journal.lastRequest = request
            }
        } catch {
            observation.gaps.append(Gap(source: "journal", sentence: error.description))
        }
    }

    private func search(
        _ most: Int, _ alternatives: [[JournalMatch]], after cursor: String? = nil
    ) throws(SystemdError) -> JournalSlice {
        guard journal != nil else { return JournalSlice() }
        return try journal?.newest(most, matching: alternatives, after: cursor) ?? JournalSlice()
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

    /// What the unit's own processes logged.
    private func own(_ id: AgentID) -> [JournalMatch] {
        switch id.scope {
        case .system: [JournalMatch("_SYSTEMD_UNIT", id.unit)]
        case .user(let uid, _): [JournalMatch("_SYSTEMD_USER_UNIT", id.unit), JournalMatch("_UID", String(uid))]
        }
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
            text: entry.message.printable,
            messageID: entry.messageID)
    }
}

/// Of systemd's message catalog.
private enum MessageID {
    static let starting = "7d4958e842da4a758f6c1cdc7b36dcc5"
    static let started = "39f53479d3a045ac8e11786248231fbf"
    static let startFailed = "be02cf6855d2428ba40df7e9d022f03d"
    static let stopping = "de5b426a63be47a7b6ac3eaac82e2f6f"
    static let stopped = "9d1aaa27d60140bd96365438aad20286"
}
