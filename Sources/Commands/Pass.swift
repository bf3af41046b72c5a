internal import Diagnosing
internal import Files
internal import Model
internal import Observing
internal import Planning
internal import Recording

/// One pass over the fleet: observe → diagnose → plan → act → verify → record → alert.
final class Pass {
    let environment: Environment
    let settings: Settings
    let ledger: Ledger?
    let dryRun: Bool
    let agentName: String?
    let managers: Managers
    let observer: Observer
    let started: Timestamp
    /// For fingerprints of bot tokens.
    let key: FingerprintKey

    /// What the Bot API said of tokens: in earlier passes, and in this one.
    var tokenChecks: [TokenFingerprint: TokenCheck] = [:]
    /// Of this pass alone: still to be remembered.
    var newTokenChecks: [TokenCheck] = []
    var hostFindings: [Finding] = []
    /// Most of the fleet is broken at once.
    var braked = false
    /// What could not be written down after it had been done.
    var ledgerProblem: LedgerError?
    /// Channels that did not take their messages, each with the reason as a sentence.
    var undelivered: [String: String] = [:]
    /// Whether anything was done or is worth telling.
    var changedSomething = false
    /// Agents whose units do not exist any more.
    var gone: [AgentID: AgentHistory] = [:]
    /// Agents with a change that is not decided yet: what runs now has proven nothing.
    var undecided: Set<AgentID> = []
    /// Operators' changes that this pass has taken back, and why.
    var takenBack: [(each: AgentCase, change: ConfigChange, reason: String)] = []
    /// Changes that nobody can take back, because the file is another by now.
    var overtaken: [(each: AgentCase, change: ConfigChange)] = []
    private var plans = 0

    /// Without a ledger nothing can be done: only a dry run goes without.
    init(
        _ environment: Environment, _ settings: Settings, ledger: Ledger?, key: FingerprintKey, dryRun: Bool,
        agentName: String?
    ) throws(LedgerError) {
        self.key = key
        self.environment = environment
        self.settings = settings
        self.ledger = ledger
        self.dryRun = dryRun
        self.agentName = agentName
        started = environment.now()
        managers = Managers.connect()
        observer = Observer(managers: managers, settings: settings, journalTail: try ledger?.journalTail(), key: key)
    }

    var policy: Policy { settings.policy }
    var deadline: Timestamp { started + policy.deadline }

    func run() throws(LedgerError) -> PassReport {
        let cases = diagnose(try observe())
        applyBrake(cases)
        try recover(cases)
        try settleChanges(cases)
        try treat(cases)
        let report = PassReport(self, cases)
        if !dryRun {
            try record(cases, report)
            try alert()
        }
        return report
    }

    /// `killModes`: find out where each unit's KillMode comes from, which is more reading than a pass needs.
    /// `asksBotAPI`: whether what the API says can be remembered.
    func observe(killModes: Bool = false, asksBotAPI: Bool = true) throws(LedgerError) -> [AgentCase] {
        let histories = try ledger?.histories(actionsSince: started - policy.actionsWindow) ?? [:]
        var request = Observer.Request()
        request.known = histories.keys.filter { histories[$0]?.verdict != "gone" }
        request.cursors = histories.compactMapValues(\.cursor)
        request.restarts = histories.compactMapValues(\.restarts)
        request.checked = histories.compactMapValues(\.checkedConfig)
        request.programs = histories.compactMapValues(\.program)
        request.lastConfig = histories.compactMapValues(\.lastConfig)
        request.name = agentName
        tokenChecks = try ledger?.tokenChecks() ?? [:]
        request.tokenChecks = tokenChecks
        // What cannot be remembered would be asked again and again.
        request.asksBotAPI = asksBotAPI && !dryRun
        request.killModeOrigins = killModes
        let snapshot = observer.observe(request, at: environment.now())
        newTokenChecks = snapshot.tokenChecks
        for check in newTokenChecks { tokenChecks[check.token] = check }
        hostFindings = Rules.findings(ofHost: snapshot)
        if agentName == nil { missing(histories, snapshot) }
        return snapshot.agents.map { seen in
            let history = histories[seen.agent.id] ?? AgentHistory()
            var seen = seen
            // A stop holds for as long as the unit stays down, also when the journal has forgotten who asked for it.
            if seen.journal.lastRequest == nil, seen.unit.isDown, let stopped = history.stopped,
                seen.unit.stateSince == stopped
            {
                seen.journal.lastRequest = OperatorRequest(verb: .stop, at: stopped, line: "seen in an earlier pass")
            }
            return AgentCase(seen: seen, history: history)
        }
    }

    /// Agents of earlier passes that are not there: their units were removed, or their whole manager is not running.
    private func missing(_ histories: [AgentID: AgentHistory], _ snapshot: Snapshot) {
        let seen = Set(snapshot.agents.map(\.agent.id))
        let absent = histories.filter { !seen.contains($0.key) && $0.value.verdict != "gone" }
        gone = absent.filter { snapshot.listed.contains($0.key.scope) }
        let dark = Dictionary(grouping: absent.keys.filter { managers.manager(of: $0.scope) == nil }, by: \.scope)
        for (scope, agents) in dark.sorted(by: { $0.key.manager < $1.key.manager }) where !managers.connected.isEmpty {
            let names = agents.map(\.derivedName).sorted().joined(separator: ", ")
            let advice = scope.userName.map { " Start it for good with `loginctl enable-linger \($0)`." } ?? ""
            let sentence =
                "\(scope.manager) is not running or cannot be reached, so \(names) cannot be watched.\(advice)"
            hostFindings.append(
                Finding(
                    kind: .watchdogIncomplete, severity: .warning, summary: sentence,
                    evidence: [Evidence("ledger", "known from earlier passes: \(names)")]))
        }
    }

    func diagnose(_ cases: [AgentCase]) -> [AgentCase] {
        for each in cases {
            each.findings = Rules.findings(each.seen, history: each.history, policy: policy)
            each.found = each.findings
            each.hold = Intent.hold(each.seen)
            each.diagnosis = each.findings.first { $0.severity == .critical }.map {
                Diagnosis(cause: $0.summary, origin: .rule($0.kind), confidence: 1)
            }
        }
        return cases
    }

    private func applyBrake(_ cases: [AgentCase]) {
        let fleet = cases.filter { $0.hold == nil && $0.incident?.escalated == nil }
        let broken = fleet.filter(\.isBroken)
        braked = Brake.holds(broken: broken.count, fleet: fleet.count, share: policy.brakeShare)
        guard braked else { return }
        let names = broken.map(\.agent.name).joined(separator: ", ")
        hostFindings.append(
            Finding(
                kind: .fleetWide, severity: .critical,
                summary:
                    "\(broken.count) of \(fleet.count) agents broke at once (\(names)): one cause is behind it, and nothing is restarted.",
                evidence: broken.flatMap { each in each.findings.prefix(1).map { Evidence(each.agent.name, $0.summary) }
                }))
    }

    /// A number for each plan of this pass, by which the ledger keeps its steps together.
    func nextPlanNumber() -> Int {
        plans += 1
        return plans
    }
}
