/// A change of a config file that an operator has ordered, as the ledger has it until it has ended.
package struct ConfigChange: Hashable, Sendable {
    package enum Outcome: String, Hashable, Sendable {
        /// The new file stands: it was proven, and confirmed where that was asked for.
        case kept
        /// The old file is back.
        case undone
        /// Somebody has changed the file since: it is theirs.
        case overtaken
        /// Nothing was written.
        case refused
    }

    package let id: Int64
    package let old: ConfigVersion
    package let new: ConfigIdentity
    package let author: String
    package let began: Timestamp
    /// When the agent's restart was about to begin; `nil` where it never came to that.
    package let restarted: Timestamp?
    /// Until when somebody has to confirm it; `nil` while it is not proven, or where nobody has to.
    package let deadline: Timestamp?

    package init(
        id: Int64, old: ConfigVersion, new: ConfigIdentity, author: String, began: Timestamp, restarted: Timestamp?,
        deadline: Timestamp?
    ) {
        self.id = id
        self.old = old
        self.new = new
        self.author = author
        self.began = began
        self.restarted = restarted
        self.deadline = deadline
    }
}
