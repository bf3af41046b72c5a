internal import Model
internal import Planning
internal import Recording

/// One agent on its way through a pass: what was seen, found, done.
final class AgentCase {
    let agent: Agent
    var seen: AgentObservation
    var findings: [Finding]
    /// What was found before anything was done.
    var found: [Finding] = []
    /// All that was found in this pass, and in its incident before.
    var everFound: Set<FindingKind> = []
    /// The config files that stood there when it broke; `nil` while it has not.
    private(set) var suspects: Set<String>?
    var history: AgentHistory
    /// The history as the ledger has it, without what this pass has changed in its copy.
    let remembered: AgentHistory
    var incident: Incident?
    var diagnosis: Diagnosis?
    /// The advisor's accepted answer of this incident.
    var advice: Diagnosis?
    var actions: [ActionOutcome] = []
    /// What earlier passes have done in this incident, where this one did nothing.
    var earlier: [ActionRecord] = []
    var hold: Hold?
    /// Why it is still broken, or why nothing was done, as a sentence.
    var reason: String?
    /// Set when the ladder has ended with a person.
    var escalation: String?
    /// A plan was proven to have helped in this pass.
    var healed = false
    /// The last plan did not help, although the present observation shows nothing wrong.
    var unproven = false
    /// Versions that a restore replaced, and by what, until it is known whether it helped.
    var replaced: [Ladder.Replaced] = []
    /// Whether the agent was started after those restores of earlier passes, so that it has judged them.
    var replacedBeforeStart = true
    /// Stored versions that a rollback of this pass replaced for good.
    var rejected: [Int64] = []
    /// The secrets in each version that was looked through.
    private var written: [Digest: [String]] = [:]
    /// Masked, for people.
    var diff: [String] = []

    init(seen: AgentObservation, history: AgentHistory) {
        agent = seen.agent
        self.seen = seen
        self.history = history
        remembered = history
        incident = history.incident
        findings = []
        everFound = Set(history.incident?.kinds ?? [])
        suspects = history.incident?.suspects
    }

    /// What is found now. The first time that it is broken decides which files can have broken it.
    func find(_ found: [Finding], _ policy: Policy) {
        findings = found
        everFound.formUnion(found.map(\.kind))
        if suspects == nil, isBroken { suspects = Rollback.suspects(seen, policy) }
    }

    /// Findings that make an incident: all but remarks, and but a failed probe that nothing has confirmed yet.
    var worthy: [Finding] {
        // One failed answer is no outage; a process that is held is seen to be so.
        findings.filter {
            $0.severity > .info && ($0.kind != .probeFailed || $0.severity == .critical || seen.suspended != nil)
        }
    }

    /// What a report shows: what is so now, and what the actions were for.
    var reported: [Finding] {
        guard actions.contains(where: { $0.result != .planned }) else { return findings }
        return findings + found.filter { earlier in !findings.contains { $0.kind == earlier.kind } }
    }

    /// Between two crashes nothing is wrong to see: what an unsuccessful plan was for is still what is wrong.
    func keep(_ earlier: [Finding]) {
        if unproven, worthy.isEmpty { findings = earlier }
    }

    var isBroken: Bool { findings.contains { $0.severity == .critical } || unproven }

    var verdict: Verdict {
        if seen.gaps.contains(where: \.blinding) { return .unknown }
        switch hold {
        case .wish? where isBroken || !seen.unit.isRunning || !worthy.isEmpty: return .held
        // What is on its way up after an outage has not proven itself yet.
        case .moment? where incident?.severity == .critical: return .failing
        case .moment? where !isBroken && !findings.contains(where: { $0.kind == .unitStuck }): return .held
        default: break
        }
        if isBroken { return .failing }
        if findings.contains(where: { $0.severity > .info }) { return .degraded }
        if !seen.unit.isRunning { return .held }
        return healed ? .healed : .healthy
    }

    /// As the ledger keeps it.
    var maskedDiagnosis: Diagnosis? {
        diagnosis.map {
            Diagnosis(
                cause: redactor.mask($0.cause), origin: $0.origin, confidence: $0.confidence, lines: $0.lines,
                proposal: $0.proposal)
        }
    }

    /// Masks this agent's own secrets, those of its config files included.
    var redactor: Redactor { redactor(and: []) }

    /// And those of a text that is not its config yet.
    func redactor(and more: [String]) -> Redactor {
        let configs = seen.config.compactMap(\.version) + history.knownGood + replaced.map(\.version)
        for version in configs where written[version.digest] == nil {
            written[version.digest] = WrittenSecrets.values(in: version)
        }
        return Redactor(secrets: seen.secretValues + configs.flatMap { written[$0.digest] ?? [] } + more)
    }
}
