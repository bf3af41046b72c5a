/// What earlier passes know of an agent.
package struct AgentHistory: Hashable, Sendable {
    /// What it was called.
    package var name = ""
    package var lastSeen: Timestamp?
    /// The restart counter then.
    package var restarts: UInt32?
    /// When this pass last did something to the agent: what was said before that is no news.
    package var acted: Timestamp?
    package var cursor: String?
    /// Kinds that held at the end of the last pass.
    package var kinds: Set<FindingKind> = []
    package var verdict = ""
    /// Since when the agent was found healthy with config files of these very meanings, and in how many passes.
    /// Meanings without a time: these files have become the last-known-good ones already.
    package var healthySince: Timestamp?
    package var healthyPasses = 0
    package var healthyConfig = ""
    package var lastConfig: ConfigMemory?
    /// Names the config files and the schema that were checked together and found to be well.
    package var checkedConfig: String?
    /// The last process that was found to work, and with what.
    package var worked: WorkingRun?
    /// When the newest known-good versions proved themselves; read only together with those.
    package var knownGoodSince: Timestamp?
    /// Since when the unit is down by a request to its manager.
    package var stopped: Timestamp?
    package var incident: Incident?
    /// What its main process ran when that was last looked at.
    package var program: String?
    /// Whether a pass has ever written a drop-in for its KillMode. If that is gone and KillMode unsafe again, a person
    /// took it away.
    package var wroteKillMode = false
    /// Steps that a pass which died had still to do, or was doing.
    package var interrupted: [InterruptedStep] = []
    /// When plans were carried out, within the window of the budget.
    package var actions: [Timestamp] = []
    /// The newest known-good version of each config file; read only for agents that may need it.
    package var knownGood: [ConfigVersion] = []
    /// Every rollback that a pass has ever carried out for it; read together with those.
    package var rollbacks: Set<ConfigPair> = []

    package init() {}
}

/// A main process that was found healthy.
package struct WorkingRun: Hashable, Sendable {
    package let started: Timestamp
    /// Of the config files that it had read, by hexadecimal digits; empty where that is not certain.
    package let meanings: Set<String>

    package init(started: Timestamp, meanings: Set<String>) {
        self.started = started
        self.meanings = meanings
    }
}

/// What the ledger says of a step that was written down and never closed.
package struct InterruptedStep: Hashable, Sendable {
    package let id: Int64
    package let rung: Rung
    package let remedy: String
    package let began: Bool
    /// Of a restore: the digest that the file was to have.
    package let restoring: Digest?

    package init(id: Int64, rung: Rung, remedy: String, began: Bool, restoring: Digest? = nil) {
        self.id = id
        self.rung = rung
        self.remedy = remedy
        self.began = began
        self.restoring = restoring
    }
}
