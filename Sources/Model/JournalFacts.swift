/// How the last run of a unit that is down came to its end. A stop leaves an entry of the manager's; that there is none
/// says something only where it would have been seen.
package enum RunEnd: Hashable, Sendable {
    case requested(OperatorRequest)
    /// Nobody stopped it: what proves that.
    case byItself(Evidence)
    /// Neither is proven: why, as a clause.
    case unknown(String)
}

package struct JournalFacts: Sendable {
    /// The newest lines of the unit, and of its manager about it, oldest first.
    package var lines: [JournalLine] = []
    /// The newest of the manager's alone: an agent that says much must not push them out.
    package var managers: [JournalLine] = []
    /// Of the unit's own lines, those that no earlier pass has read; where none has read any, the newest.
    package var fresh: [JournalLine] = []
    /// Where reading ended: the next pass goes on there.
    package var cursor: String?
    /// The newest thing that somebody asked of the unit, where it was looked for.
    package var lastRequest: OperatorRequest?
    /// How its last run ended; `nil` while it is not down, or where nobody has looked.
    package var end: RunEnd?
    /// Why a stop of the present run would not be seen, as a clause; `nil` where it would, or nobody has looked.
    package var stopWouldBeHidden: String?

    package init() {}
}

package struct JournalLine: Hashable, Sendable {
    package enum Speaker: Hashable, Sendable { case unit, manager }
    package let at: Timestamp
    package let speaker: Speaker
    package let text: String
    /// 32 hexadecimal digits, or empty.
    package let messageID: String
    /// Of the manager's, where it says that a main process exited by itself.
    package let exitStatus: Int32?
    /// Or that a signal ended it.
    package let exitSignal: Int32?

    package init(
        at: Timestamp, speaker: Speaker, text: String, messageID: String, exitStatus: Int32? = nil,
        exitSignal: Int32? = nil
    ) {
        self.exitSignal = exitSignal
        self.at = at
        self.speaker = speaker
        self.text = text
        self.messageID = messageID
        self.exitStatus = exitStatus
    }

    /// Of a main process that has ended: how, as far as the manager says.
    package var mainEnd: MainEnd? {
        guard isMainExit else { return nil }
        return exitStatus.map { .exited($0) } ?? exitSignal.map { .killed(signal: $0) }
    }

    /// The manager starts the unit, or has done so.
    package var isStart: Bool { isManagers([MessageID.starting, MessageID.started]) }
    /// The unit failed; its main process exited.
    package var isFailure: Bool { isManagers([MessageID.failed]) || isMainExit }
    package var isMainExit: Bool { isManagers([MessageID.mainExited]) }
    /// The manager refuses to start it once more.
    package var isStartLimit: Bool { speaker == .manager && text.contains("Start request repeated too quickly") }
    /// An automatic restart was scheduled.
    package var isAutomaticRestart: Bool { isManagers([MessageID.restartScheduled]) }

    private func isManagers(_ ids: [String]) -> Bool { speaker == .manager && ids.contains(messageID) }
}

/// What the manager's journal says of who moved the unit last.
package struct OperatorRequest: Hashable, Sendable {
    package enum Verb: Hashable, Sendable { case start, stop }
    package let verb: Verb
    package let at: Timestamp
    package let line: String

    package init(verb: Verb, at: Timestamp, line: String) {
        self.verb = verb
        self.at = at
        self.line = line
    }
}
