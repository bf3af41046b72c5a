/// What can be wrong, by its stable code. Alerts, incidents and other programs go by it, never by a sentence.
package enum FindingKind: String, CaseIterable, Hashable, Sendable {
    case unitFailed = "unit-failed"
    case unitInactive = "unit-inactive"
    case unitConfigExit = "unit-config-exit"
    case unitCrashLoop = "unit-crash-loop"
    case unitStartLimit = "unit-start-limit"
    case unitKillMode = "unit-kill-mode"
    case unitNotRun = "unit-not-run"
    case unitBadSetting = "unit-bad-setting"
    case unitReloadNeeded = "unit-reload-needed"
    case unitCondition = "unit-condition"
    case unitStuck = "unit-stuck"
    case instanceRunning = "instance-running"
    case portInUse = "port-in-use"
    case outOfMemory = "out-of-memory"
    case diskFull = "disk-full"
    case moduleMissing = "module-missing"
    case processLeftover = "process-leftover"
    case processStray = "process-stray"
    case pollerConflict = "poller-conflict"
    case pollerDuplicateToken = "poller-duplicate-token"
    case pollerWebhook = "poller-webhook"
    case secretMissing = "secret-missing"
    case secretEmpty = "secret-empty"
    case secretRejected = "secret-rejected"
    case probeFailed = "probe-failed"
    case configMissing = "config-missing"
    case configSyntax = "config-syntax"
    case configInvisibleCharacter = "config-invisible-character"
    case configSchema = "config-schema"
    case configRedacted = "config-redacted"
    case configUndone = "config-undone"
    case fleetWide = "fleet-wide"
    case watchdogIncomplete = "watchdog-incomplete"
}

package enum Severity: String, Comparable, Hashable, Sendable {
    /// Worth a line, not worth a message.
    case info
    /// The agent works, but something will break.
    case warning
    /// The agent does not work.
    case critical

    package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .critical: 2
        }
    }
}

/// A fact and where it was read.
package struct Evidence: Hashable, Sendable {
    package let source: String
    package let text: String

    package init(_ source: String, _ text: String) {
        self.source = source
        self.text = text
    }
}

/// What a rule prescribes, before it is known what this agent has to do it with.
package enum Prescription: Hashable, Sendable {
    /// The rule names the trouble, and knows no remedy.
    case none
    /// It may be over already, which only time tells: till then nothing is touched.
    case wait
    case start
    case resetAndStart
    case restart
    case restoreConfig
    case enforceKillMode
    case end([EndOrder])
}

package struct Finding: Hashable, Sendable {
    package let kind: FindingKind
    package let severity: Severity
    /// One sentence.
    package let summary: String
    package let evidence: [Evidence]
    package let prescription: Prescription

    package init(
        kind: FindingKind, severity: Severity, summary: String, evidence: [Evidence], prescription: Prescription = .none
    ) {
        self.kind = kind
        self.severity = severity
        self.summary = summary
        self.evidence = evidence
        self.prescription = prescription
    }
}

/// A condition of the rule book, as data.
package struct Rule: Sendable {
    package let kind: FindingKind
    package let title: String
    package let severity: Severity
    /// Kinds that say nothing more once this one holds: they are its consequences.
    package let silences: Set<FindingKind>
    /// What holds, why it matters, what is done about it, what happens otherwise.
    package let rule: String
    package let reason: String
    package let advice: String
    package let consequence: String

    package init(
        kind: FindingKind, title: String, severity: Severity, silences: Set<FindingKind> = [], rule: String,
        reason: String, advice: String, consequence: String
    ) {
        self.kind = kind
        self.title = title
        self.severity = severity
        self.silences = silences
        self.rule = rule
        self.reason = reason
        self.advice = advice
        self.consequence = consequence
    }
}
