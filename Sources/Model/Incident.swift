/// One outage or defect of one agent, from the pass that found it to the pass that saw it gone.
package struct Incident: Hashable, Sendable {
    package let id: Int64
    /// `nil`: of the host.
    package let agent: AgentID?
    package let opened: Timestamp
    package var kinds: [FindingKind]
    package var severity: Severity
    package var summary: String
    package var tried: [Rung]
    /// When a person was asked to take over; the ladder ends there.
    package var escalated: Timestamp?
    /// What a person was last told, so that nothing is told twice.
    package var told: Notice.Event?

    package init(
        id: Int64, agent: AgentID?, opened: Timestamp, kinds: [FindingKind], severity: Severity, summary: String,
        tried: [Rung] = [], escalated: Timestamp? = nil, told: Notice.Event? = nil
    ) {
        self.id = id
        self.agent = agent
        self.opened = opened
        self.kinds = kinds
        self.severity = severity
        self.summary = summary
        self.tried = tried
        self.escalated = escalated
        self.told = told
    }
}

/// Something worth telling the ops channel.
package struct Notice: Hashable, Sendable {
    package enum Event: String, Hashable, Sendable { case opened, healed, escalated }
    package let event: Event
    package let incident: Int64
    package let host: String
    /// The agent's name; empty for the host.
    package let agent: String
    package let unit: String
    package let kinds: [FindingKind]
    package let severity: Severity
    /// One line.
    package let title: String
    /// The whole message, several lines, without any secret.
    package let text: String
    package let at: Timestamp

    package init(
        event: Event, incident: Int64, host: String, agent: String, unit: String, kinds: [FindingKind],
        severity: Severity, title: String, text: String, at: Timestamp
    ) {
        self.event = event
        self.incident = incident
        self.host = host
        self.agent = agent
        self.unit = unit
        self.kinds = kinds
        self.severity = severity
        self.title = title
        self.text = text
        self.at = at
    }
}

/// How an agent, or the whole fleet, stands after a pass.
package enum Verdict: String, Hashable, Sendable {
    case healthy
    /// Was broken in this pass, and is proven to work again.
    case healed
    /// Works, but not as it should.
    case degraded
    case failing
    /// Looked at and left alone: an operator's wish, or too early to judge.
    case held
    /// Could not be observed.
    case unknown
}

/// What earlier passes know of an agent.
package struct AgentHistory: Sendable {
    package var lastSeen: Timestamp?
    /// The restart counter then.
    package var restarts: UInt32?
    package var cursor: String?
    /// Kinds that held at the end of the last pass.
    package var kinds: Set<FindingKind> = []
    /// Since when the agent was found healthy with the very config files whose digests these are, and in how many passes.
    package var healthySince: Timestamp?
    package var healthyPasses = 0
    package var healthyConfig = ""
    package var incident: Incident?
    /// Steps that a pass which died had still to do, or was doing.
    package var interrupted: [InterruptedStep] = []
    /// When plans were carried out, within the window of the budget.
    package var actions: [Timestamp] = []
    /// The newest known-good version of each config file; read only for agents that may need it.
    package var knownGood: [ConfigVersion] = []

    package init() {}
}

/// What the ledger says of a step that was written down and never closed.
package struct InterruptedStep: Hashable, Sendable {
    package let id: Int64
    package let rung: Rung
    package let remedy: String
    package let began: Bool

    package init(id: Int64, rung: Rung, remedy: String, began: Bool) {
        self.id = id
        self.rung = rung
        self.remedy = remedy
        self.began = began
    }
}
