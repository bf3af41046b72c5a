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
    /// When what it is about was last seen to hold.
    package var lastHeld: Timestamp?
    /// Meanings of the config files that stood there when the agent broke, by hexadecimal digits: what came later did not
    /// break it. `nil` while it has not broken.
    package var suspects: Set<String>?

    package init(
        id: Int64, agent: AgentID?, opened: Timestamp, kinds: [FindingKind], severity: Severity, summary: String,
        tried: [Rung] = [], escalated: Timestamp? = nil, told: Notice.Event? = nil,
        lastHeld: Timestamp? = nil
    ) {
        self.lastHeld = lastHeld
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
