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

/// A message that is still to be delivered to one channel.
package struct OutgoingNotice: Sendable {
    package let id: Int64
    package let channel: String
    package let notice: Notice
    package let attempts: Int

    package init(id: Int64, channel: String, notice: Notice, attempts: Int) {
        self.id = id
        self.channel = channel
        self.notice = notice
        self.attempts = attempts
    }
}
