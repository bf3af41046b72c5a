internal import Acting
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
    /// Managers of whose agents most are broken at once.
    private var braked: Set<Scope> = []
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
        claim(cases)
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
        request.names = histories.filter { $0.value.verdict != "gone" }.mapValues(\.name)
        if managers.connected.contains(where: { $0.scope != .system }) { request.turn = try ledger?.turn() ?? 0 }
        tokenChecks = try ledger?.tokenChecks() ?? [:]
        request.tokenChecks = tokenChecks
        // What cannot be remembered would be asked again and again.
        request.asksBotAPI = asksBotAPI && !dryRun && policy.asksTelegram
        request.killModeOrigins = killModes
        let snapshot = observer.observe(request, at: environment.now())
        newTokenChecks = snapshot.tokenChecks
        for check in newTokenChecks { tokenChecks[check.token] = check }
        hostFindings = Rules.findings(ofHost: snapshot)
        if agentName == nil { missing(histories, snapshot) }
        if !dryRun { try ledger?.know(snapshot.agents.map(\.agent).filter { histories[$0.id] == nil }) }
        return snapshot.agents.map { seen in
            let history = histories[seen.agent.id] ?? AgentHistory()
            var seen = seen
            // A stop holds for as long as the unit stays down, also when the journal has forgotten who asked for it.
            if seen.journal.lastRequest == nil, seen.unit.isDown, let stopped = history.stopped,
                seen.unit.stateSince == stopped
            {
                let request = OperatorRequest(verb: .stop, at: stopped, line: "seen in an earlier pass")
                seen.journal.lastRequest = request
                seen.journal.end = .requested(request)
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
            let names = agents.compactMap { absent[$0]?.name }.sorted().joined(separator: ", ")
            let advice =
                scope.userName.map {
                    " Start it for good with \(ShellCommand("loginctl", "enable-linger", $0).inSentence)."
                } ?? ""
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
            each.find(Rules.findings(each.seen, history: each.history, policy: policy), policy)
            each.found = each.findings
            each.hold = Intent.hold(each.seen)
            each.diagnosis = each.findings.first { $0.severity == .critical }.map {
                Diagnosis(cause: $0.summary, origin: .rule($0.kind), confidence: 1)
            }
        }
        return cases
    }

    func isBraked(_ each: AgentCase) -> Bool { braked.contains(each.agent.id.scope) }

    private func applyBrake(_ cases: [AgentCase]) {
        let fleet = cases.filter { $0.hold == nil && $0.incident?.escalated == nil }
        braked = Brake.held(
            fleet.map { Brake.Member(scope: $0.agent.id.scope, isBroken: $0.isBroken) }, share: policy.brakeShare)
        guard !braked.isEmpty else { return }
        let held = fleet.filter(isBraked)
        let broken = held.filter(\.isBroken)
        let names = broken.prefix(20).map(\.agent.name).joined(separator: ", ")
        let more = broken.count > 20 ? " and \(broken.count - 20) more" : ""
        hostFindings.append(
            Finding(
                kind: .fleetWide, severity: .critical,
                summary:
                    "\(broken.count) of \(held.count) agents broke at once (\(names)\(more)): one cause is behind it, and nothing is restarted.",
                evidence: broken.prefix(100).flatMap { each in
                    each.findings.prefix(1).map { Evidence(each.agent.name, $0.summary) }
                }))
    }

    /// Root's watchdog says of which users' units it is the one that acts; their own watchdogs then only look.
    private func claim(_ cases: [AgentCase]) {
        guard !dryRun, agentName == nil, environment.uid == 0 else { return }
        let units = Dictionary(
            grouping: cases.map(\.agent.id).filter { $0.scope.uid != nil }, by: { $0.scope.uid ?? 0 })
        for (uid, ids) in units {
            do throws(FileError) {
                try RootsClaim.publish(ids.map(\.unit), of: uid)
            } catch {
                hostFindings.append(
                    Finding(
                        kind: .watchdogIncomplete, severity: .info,
                        summary:
                            "The watchdogs of users cannot be told that this one acts on their agents, so that both might. \(error)",
                        evidence: [Evidence("owner", error.description)]))
            }
        }
    }

    /// A round of acting, with one more look at each unit directly before its job. `isOrdered`: by an operator.
    func round(limit: Duration, isOrdered: Bool = false) -> Round {
        Round(
            limit: limit, key: key,
            lastLook: { [observer] jobs in
                let now = observer.glance(at: jobs.map(\.seen.agent.id))
                return jobs.map { job in
                    LastLook.judge(
                        job.remedy, planned: job.seen, now: now[job.seen.agent.id], isOrdered: isOrdered)
                }
            }, manager: { [managers] in managers.manager(of: $0) })
    }

    /// A number for each plan of this pass, by which the ledger keeps its steps together.
    func nextPlanNumber() -> Int {
        plans += 1
        return plans
    }
}
