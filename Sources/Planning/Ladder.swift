package import Model

/// What comes next for a broken agent: what the rule prescribes, what the advisor proposes, the last-known-good
/// config, a person. Pure: the same facts give the same step.
package enum Ladder {
    package enum Step: Hashable, Sendable {
        case nothing
        /// Broken, and deliberately left for now; the reason as a sentence.
        case wait(String)
        /// The advisor is to be asked before the ladder can go on.
        case ask
        case act(Plan)
        case escalate(String)
    }

    package struct Facts {
        package var seen: AgentObservation
        package var findings: [Finding]
        package var history: AgentHistory
        package var tried: [Rung]
        /// The advisor's answer in this incident, once there is one.
        package var advice: Diagnosis?
        package var advisorAvailable: Bool
        package var policy: Policy
        /// What was found in this incident, also where it cannot be seen any more.
        package var found: Set<FindingKind>
        /// Meanings of the config files that stood there when the agent broke.
        package var suspects: Set<String>

        package init(
            seen: AgentObservation, findings: [Finding], history: AgentHistory, tried: [Rung], advice: Diagnosis?,
            advisorAvailable: Bool, policy: Policy, found: Set<FindingKind> = [], suspects: Set<String>? = nil
        ) {
            self.found = found.union(findings.map(\.kind))
            self.suspects = suspects ?? Rollback.suspects(seen, policy)
            self.policy = policy
            self.seen = seen
            self.findings = findings
            self.history = history
            self.tried = tried
            self.advice = advice
            self.advisorAvailable = advisorAvailable
        }
    }

    package static func next(_ facts: Facts) -> Step {
        let outages = facts.findings.filter { $0.severity == .critical }
        guard let outage = outages.first else { return upkeep(facts) }
        if let double = facts.seen.double {
            return .escalate("\(outage.summary) Nothing is done, because \(double.name) is this very agent.")
        }
        if let rung = unfinished(facts) {
            let reason = "A pass that ended early had still to start the unit."
            return .act(Plan(agent: facts.seen.agent.id, rungs: [rung], steps: start(facts.seen.unit), reason: reason))
        }
        if outages.allSatisfy({ $0.prescription == .wait }) {
            return .wait("It runs, and somebody may have mended it: it is left alone until it has held.")
        }
        let ends = ends(facts)
        var editedLately: String?
        for finding in outages where !facts.tried.contains(.rule(finding.kind)) {
            switch steps(finding.prescription, facts) {
            case .steps(let steps):
                let reason = finding.summary
                return .act(
                    Plan(
                        agent: facts.seen.agent.id, rungs: ends.rungs + [.rule(finding.kind)],
                        steps: ends.steps + steps, reason: reason))
            case .start(let steps) where !facts.tried.contains(.rule(.unitFailed)):
                return .act(
                    Plan(
                        agent: facts.seen.agent.id, rungs: ends.rungs + [.rule(.unitFailed)],
                        steps: ends.steps + steps, reason: finding.summary))
            case .editedLately(let sentence): editedLately = sentence
            case .none, .refused, .start: break
            }
        }
        if let editedLately { return .wait(editedLately) }
        if !ends.steps.isEmpty {
            return .act(
                Plan(
                    agent: facts.seen.agent.id, rungs: ends.rungs, steps: ends.steps + start(facts.seen.unit),
                    reason: "A second copy of the agent is in its way."))
        }
        // A cause that is named leaves nothing open.
        let isOpen = Rollback.otherCauses.isDisjoint(with: facts.found)
        if facts.advisorAvailable, isOpen, !facts.tried.contains(.advisor) {
            guard let advice = facts.advice else { return .ask }
            if let plan = advised(advice, facts) { return .act(plan) }
        }
        if !facts.tried.contains(.lastKnownGood), !hasRestored(facts) {
            switch restoring(facts) {
            case .steps(let steps):
                let reason = "Nothing else helped, and the config differs from the last one that is known to work."
                return .act(Plan(agent: facts.seen.agent.id, rungs: [.lastKnownGood], steps: steps, reason: reason))
            case .editedLately(let sentence): return .wait(sentence)
            case .none, .refused, .start: break
            }
        }
        return .escalate(exhausted(outage, facts))
    }

    /// A stray may hold what the agent needs, such as its port: while one is there, no start could hold, and no config
    /// is to blame.
    private static func ends(_ facts: Facts) -> (rungs: [Rung], steps: [Remedy]) {
        let strays = facts.findings.filter { $0.kind == .processStray && !facts.tried.contains(.rule($0.kind)) }
        let orders = strays.flatMap { finding -> [EndOrder] in
            if case .end(let orders) = finding.prescription { return orders }
            return []
        }
        return (orders.isEmpty ? [] : [.rule(.processStray)], orders.map { .endProcess($0) })
    }

    /// The rung whose start a pass that died did not come to, though everything before it was done.
    private static func unfinished(_ facts: Facts) -> Rung? {
        let steps = facts.history.interrupted.filter { $0.rung != .undo && !facts.tried.contains($0.rung) }
        let present = facts.seen.config.compactMap(\.version?.digest)
        guard steps.compactMap(\.restoring).allSatisfy(present.contains) else { return nil }
        return steps.first { $0.remedy == "startUnit" || $0.remedy == "restartUnit" }?.rung
    }

    private enum Answer {
        case none
        case steps([Remedy])
        /// The agent has not met what stands there now: that is tried first.
        case start([Remedy])
        case editedLately(String)
        /// There is one, and it is for a person to decide; the reason as a sentence.
        case refused(String)
    }

    /// Nothing is down: only what would break later is mended, all of it at once and without a restart.
    private static func upkeep(_ facts: Facts) -> Step {
        var steps: [Remedy] = []
        var rungs: [Rung] = []
        var reasons: [String] = []
        for finding in facts.findings where !facts.tried.contains(.rule(finding.kind)) {
            guard case .steps(let more) = self.steps(finding.prescription, facts) else { continue }
            // Two findings may prescribe the end of the same process.
            steps += more.filter { !steps.contains($0) }
            rungs.append(.rule(finding.kind))
            reasons.append(finding.summary)
        }
        if !steps.isEmpty {
            return .act(
                Plan(agent: facts.seen.agent.id, rungs: rungs, steps: steps, reason: reasons.joined(separator: " ")))
        }
        let stuck = facts.findings.first { $0.prescription != .none && facts.tried.contains(.rule($0.kind)) }
        return stuck.map { .escalate("\($0.summary) What the rule prescribes was done and did not last.") } ?? .nothing
    }

    private static func steps(_ prescription: Prescription, _ facts: Facts) -> Answer {
        switch prescription {
        case .none, .wait: return .none
        case .start: return .steps([.startUnit])
        case .resetAndStart: return .steps([.resetFailed, .startUnit])
        case .restart: return .steps([.restartUnit])
        case .enforceKillMode: return .steps([.writeKillMode(facts.policy.killMode)])
        case .end(let processes): return .steps(processes.map { .endProcess($0) })
        case .restoreConfig:
            let answer = restoring(facts)
            if case .none = answer, hasBeenMended(facts) { return .steps(start(facts.seen.unit)) }
            return answer
        }
    }

    /// The good config is in place already, and came there after the agent had refused another one: by a pass that
    /// died before the start, or by a person who forgot it.
    private static func hasBeenMended(_ facts: Facts) -> Bool {
        guard let down = facts.seen.unit.stateSince, !facts.history.knownGood.isEmpty else { return false }
        return facts.history.knownGood.allSatisfy { good in
            facts.seen.config.contains { $0.version?.meaning == good.meaning && $0.path == good.path }
        } && facts.seen.config.contains { $0.version.map { $0.changed > down } ?? false }
    }

    /// The last-known-good config and a start, where it differs from what is there: all of its files, or none.
    private static func restoring(_ facts: Facts) -> Answer {
        var steps: [Remedy] = []
        for good in facts.history.knownGood {
            guard let file = facts.seen.config.first(where: { $0.path == good.path }) else { continue }
            switch file.state {
            case .present(let version) where version.meaning != good.meaning:
                if let age = facts.seen.editing(
                    version, after: facts.history.lastConfig, grace: facts.policy.editGrace)
                {
                    return .editedLately(
                        "\(good.path) was changed \(age.inWords) ago, so somebody may still be at it; it is left alone until it has been still for \(facts.policy.editGrace.inWords)."
                    )
                }
                if let refusal = refusal(of: good, in: version, facts) { return .refused(refusal) }
                switch Rollback.objection(to: good, inPlaceOf: version, facts) {
                case .notMet where facts.seen.unit.isDown: return .start(start(facts.seen.unit))
                case let objection?: return .refused(objection.sentence)
                case nil: break
                }
                // A file that was closed to everybody else since is not opened to them again.
                let closed = good.with(
                    mode: good.mode & (version.mode | 0o770), uid: good.uid,
                    gid: version.uid == good.uid ? version.gid : good.gid)
                steps.append(.restoreConfig(ConfigRestore(version: closed, replacing: version.digest)))
            case .missing:
                if let objection = Rollback.objection(to: good, inPlaceOf: nil, facts) {
                    return .refused(objection.sentence)
                }
                steps.append(.restoreConfig(ConfigRestore(version: good, replacing: nil)))
            case .present: break
            // Without it the set would not be whole.
            case .refused: return .none
            }
        }
        return steps.isEmpty ? .none : .steps(steps + start(facts.seen.unit))
    }

    /// Why a rollback that could be made is a person's to decide.
    private static func refusal(of good: ConfigVersion, in version: ConfigVersion, _ facts: Facts) -> String? {
        let byHand = ShellCommand("watchdog", "config", "rollback", facts.seen.agent.name).inSentence
        if facts.history.rollbacks.contains(ConfigPair(path: good.path, old: version.meaning, new: good.meaning)) {
            return
                "\(good.path) was rolled back from this very version (\(version.digest.short)) to the last-known-good one (\(good.digest.short)) before, and that is never done twice; to do it yourself: \(byHand)."
        }
        return nil
    }

    /// Whether a config can be put back at all: what an advisor may be offered.
    package static func canRestore(_ facts: Facts) -> Bool {
        if hasRestored(facts) { return false }
        if case .steps = restoring(facts) { return true }
        return false
    }

    private static func hasRestored(_ facts: Facts) -> Bool {
        facts.tried.contains(.rule(.unitConfigExit)) || facts.tried.contains(.undo)
    }

    private static func start(_ unit: UnitFacts) -> [Remedy] {
        unit.isDown ? [.resetFailed, .startUnit] : [.restartUnit]
    }

    private static func advised(_ advice: Diagnosis, _ facts: Facts) -> Plan? {
        let steps: [Remedy]
        switch advice.proposal {
        case .restartUnit: steps = start(facts.seen.unit)
        case .restoreConfig:
            guard !hasRestored(facts), case .steps(let restore) = restoring(facts) else { return nil }
            steps = restore
        case .escalate, nil: return nil
        }
        return Plan(agent: facts.seen.agent.id, rungs: [.advisor], steps: steps, reason: advice.cause)
    }

    private static func exhausted(_ outage: Finding, _ facts: Facts) -> String {
        let refusals = facts.seen.config.compactMap { file in
            if case .refused(let sentence) = file.state { return sentence }
            return nil
        }
        var decision: [String] = []
        if case .refused(let reason) = restoring(facts) { decision.append(reason) }
        let tried = facts.tried.map(\.text)
        let done =
            tried.isEmpty
            ? decision.isEmpty
                ? "There is no remedy in the rule book, and no other config to go back to."
                : "There is no remedy in the rule book."
            : "Tried without success: \(tried.joined(separator: ", "))."
        return ([outage.summary, done] + refusals + decision).joined(separator: " ")
    }
}
