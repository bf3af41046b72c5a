internal import Alerting
internal import Model
internal import Observing
internal import Planning
internal import Recording

/// Record and alert: what the pass learnt and did becomes durable in one transaction, its messages included.
extension Pass {
    func record(_ cases: [AgentCase], _ report: PassReport) throws(LedgerError) {
        guard let ledger else { return }
        let channels = settings.channels.map(\.name)
        var notices: [Notice] = []
        do throws(LedgerError) {
            try ledger.together { () throws(LedgerError) -> Void in
                for each in cases {
                    if let notice = try conclude(each, ledger) { notices.append(notice) }
                    try remember(each, ledger)
                }
                for (agent, history) in gone {
                    try ledger.forget(agent, closing: history.incident, at: environment.now())
                }
                notices += try concludeChanges(ledger)
                notices += try concludeHost(ledger)
                for check in newTokenChecks { try ledger.remember(check) }
                for notice in notices { try ledger.post(notice, to: channels) }
                try ledger.finishPass(
                    report.verdict, agents: cases.count, journalTail: agentName == nil ? observer.journalTail : nil,
                    at: environment.now())
                // Once a day is often enough for what is measured in months.
                if try ledger.passID() % 96 == 0 { try ledger.prune(at: environment.now()) }
            }
        } catch {
            // The ledger is the way that alerts are kept; where it fails they are sent at least once from here.
            let outgoing = notices.flatMap { notice in
                channels.map { OutgoingNotice(id: 0, channel: $0, notice: notice, attempts: 0) }
            }
            _ = Delivery.send(outgoing, to: environment.destinations(settings).usable)
            throw error
        }
        changedSomething = !notices.isEmpty || cases.contains { !$0.actions.isEmpty }
        if let ledgerProblem { throw ledgerProblem }
    }

    /// Opens, moves on or closes the agent's incident. Returns what there is to tell.
    private func conclude(_ each: AgentCase, _ ledger: Ledger) throws(LedgerError) -> Notice? {
        // The watchdog that owns the agent tells of its troubles; what this one has opened before is over when they are.
        if each.seen.owner != nil, each.actions.isEmpty {
            guard let incident = each.incident, each.worthy.isEmpty, each.seen.unit.isRunning else { return nil }
            return try end(incident, each, ledger)
        }
        if case .wish? = each.hold, !isForgottenStop(each) {
            return try each.incident.flatMap { incident throws(LedgerError) in try leave(incident, each, ledger) }
        }
        if each.worthy.isEmpty, !each.unproven {
            // An agent that is just starting is not well yet.
            guard each.hold == nil, let incident = each.incident else { return nil }
            if isJudgedLater(incident, each) { return nil }
            if try stillQuietening(incident, each, ledger) { return nil }
            return try end(incident, each, ledger)
        }
        // One cause, one alert: while the brake holds, the host's incident speaks for all.
        if isBraked(each), each.incident == nil, each.actions.isEmpty { return nil }
        return try moveOn(try ensureIncident(each), each, ledger)
    }

    /// It is down by a request, for so long that people are told of it once.
    private func isForgottenStop(_ each: AgentCase) -> Bool {
        each.seen.journal.lastRequest?.verb == .stop && each.seen.owner == nil && !each.worthy.isEmpty
            && !each.isBroken && each.seen.unit.unitFileState.hasPrefix("enabled") && each.seen.unit.isDown
            && policy.isForgotten(stoppedSince: each.seen.unit.stateSince, at: environment.now())
    }

    /// It is somebody's wish that it stays as it is. What was done before, and has not been told, is told all the same.
    private func leave(_ incident: Incident, _ each: AgentCase, _ ledger: Ledger) throws(LedgerError) -> Notice? {
        let now = environment.now()
        var incident = incident
        let done = each.actions.contains { $0.result == .done || $0.result == .pending }
        if !done, incident.told == nil, !incident.tried.isEmpty {
            each.earlier = try ledger.incidents(id: incident.id).first?.actions ?? []
        }
        let tells = done || !each.earlier.isEmpty
        if tells {
            incident.told = .escalated
            for replaced in each.replaced {
                if let id = try ledger.configID(replaced.version, of: each.agent.id) { each.rejected.append(id) }
            }
        }
        each.incident = incident
        try ledger.update(incident, diagnosis: each.maskedDiagnosis, reason: each.reason.map(each.redactor.mask))
        try ledger.close(incident, outcome: "held", at: now)
        return tells ? NoticeText.notice(.escalated, each, incident, host: environment.hostName, at: now) : nil
    }

    /// Of a config that somebody is still at, or that nobody has looked at, nothing is found and nothing is over.
    private func isJudgedLater(_ incident: Incident, _ each: AgentCase) -> Bool {
        guard each.seen.isInEdit || each.seen.isConfigSkipped, each.actions.isEmpty else { return false }
        let ofContent: Set<FindingKind> = [.configSyntax, .configSchema, .configInvisibleCharacter, .configRedacted]
        let ofReferences: Set<FindingKind> = [.secretMissing, .secretEmpty]
        let refers = each.seen.references.contains { !each.agent.secrets.contains($0) }
        return !ofContent.isDisjoint(with: incident.kinds) || refers && !ofReferences.isDisjoint(with: incident.kinds)
    }

    /// Polls have a rhythm of their own: that a conflict is over is for a later pass to say.
    private func stillQuietening(
        _ incident: Incident, _ each: AgentCase, _ ledger: Ledger
    ) throws(LedgerError) -> Bool {
        guard incident.kinds.contains(.pollerConflict) || incident.tried.contains(.rule(.pollerConflict)) else {
            return false
        }
        let now = environment.now()
        var incident = incident
        if each.found.contains(where: { $0.kind == .pollerConflict }) { incident.lastHeld = now }
        guard let last = incident.lastHeld, now - last < policy.conflictQuiet else { return false }
        try ledger.update(incident, diagnosis: each.maskedDiagnosis, reason: nil)
        each.incident = incident
        return true
    }

    private func end(_ incident: Incident, _ each: AgentCase, _ ledger: Ledger) throws(LedgerError) -> Notice? {
        let now = environment.now()
        var incident = incident
        // What a pass that died has done is told as well: nobody has heard of it yet.
        let untold = incident.told == nil && !incident.tried.isEmpty
        // Nor what was still under way when the pass that did it ended.
        if each.actions.isEmpty, !incident.tried.isEmpty {
            let earlier = try ledger.incidents(id: incident.id).first?.actions ?? []
            if untold || earlier.contains(where: { $0.outcome == ActionOutcome.Result.pending.rawValue }) {
                each.earlier = earlier
            }
        }
        let tell = each.healed || incident.told != nil || untold
        if tell { incident.told = .healed }
        each.incident = incident
        for replaced in each.replaced {
            try ledger.keep(replaced.version, of: each.agent.id, as: .rejected, at: now)
            if let id = try ledger.configID(replaced.version, of: each.agent.id) { each.rejected.append(id) }
        }
        try ledger.update(incident, diagnosis: each.maskedDiagnosis, reason: nil)
        try ledger.close(incident, outcome: each.healed || untold ? "healed" : "recovered", at: now)
        return tell ? NoticeText.notice(.healed, each, incident, host: environment.hostName, at: now) : nil
    }

    private func moveOn(_ incident: Incident, _ each: AgentCase, _ ledger: Ledger) throws(LedgerError) -> Notice? {
        let now = environment.now()
        var incident = incident
        // One outage shows itself in several ways; each thing to be warned of is another one.
        let isNews =
            !each.isBroken && incident.severity == .warning
            && each.worthy.contains { !incident.kinds.contains($0.kind) }
        incident.kinds = each.worthy.isEmpty ? incident.kinds : each.worthy.map(\.kind)
        incident.severity = each.isBroken ? .critical : .warning
        incident.lastHeld = now
        incident.suspects = each.suspects
        incident.summary = each.worthy.first.map { each.redactor.mask($0.summary) } ?? incident.summary
        var event: Notice.Event?
        if each.escalation != nil, incident.escalated == nil {
            incident.escalated = now
            event = .escalated
        } else if incident.told == nil || isNews, !isBraked(each) {
            event = .opened
        }
        if let event { incident.told = event }
        each.incident = incident
        try ledger.update(incident, diagnosis: each.maskedDiagnosis, reason: each.reason.map(each.redactor.mask))
        return event.map { NoticeText.notice($0, each, incident, host: environment.hostName, at: now) }
    }

    private func remember(_ each: AgentCase, _ ledger: Ledger) throws(LedgerError) {
        let isHealthy = each.verdict == .healthy || each.verdict == .healed
        let good =
            each.seen.isConfigSkipped
            ? KnownGood.unseen(each.history)
            : KnownGood.judge(
                each.seen, healthy: isHealthy && !undecided.contains(each.agent.id), history: each.history,
                policy: policy)
        if good.promote {
            // At one moment: what proves itself together goes back together.
            let now = environment.now()
            for version in each.seen.config.compactMap(\.version) {
                try ledger.keep(version, of: each.agent.id, as: .knownGood, at: now)
            }
        }
        var next = each.remembered
        next.name = each.agent.name
        next.verdict = each.verdict.rawValue
        next.restarts = each.seen.unit.restarts
        next.program = each.seen.program
        let writing = Remedy.writeKillMode(policy.killMode).name
        // A pass that died may have written it, too.
        next.wroteKillMode =
            next.wroteKillMode || next.interrupted.contains { $0.remedy == writing && $0.began }
            || each.actions.contains { $0.remedy == writing && $0.result != .refused && $0.result != .planned }
        next.cursor = each.seen.journal.cursor
        // What could not be asked, or only by a guess, confirms nothing in the next pass.
        next.kinds = Set(each.findings.filter { $0.kind != .probeFailed || $0.severity > .info }.map(\.kind))
        next.worked = KnownGood.workingRun(each.seen, healthy: isHealthy, history: each.remembered, policy: policy)
        next.checkedConfig = each.seen.isConfigSkipped ? next.checkedConfig : each.seen.checkedConfig
        next.healthySince = good.healthySince
        next.healthyPasses = good.passes
        next.healthyConfig = good.config
        if !each.seen.isConfigSkipped {
            next.lastConfig = ConfigMemory(each.seen, after: each.remembered.lastConfig)
        }
        next.stopped =
            each.seen.unit.isDown && each.seen.journal.lastRequest?.verb == .stop ? each.seen.unit.stateSince : nil
        // A healthy agent of which there is nothing new costs no write.
        if next != each.remembered { try ledger.remember(each.agent, next) }
    }

    /// The host has one incident per thing that is wrong; of a broken fleet the sentence changes with its agents.
    private func concludeHost(_ ledger: Ledger) throws(LedgerError) -> [Notice] {
        let now = environment.now()
        var notices: [Notice] = []
        let open = try ledger.openIncidents().filter { $0.agent == nil }
        let worthy = hostFindings.filter { $0.severity > .info }
        func tells(_ incident: Incident, of finding: Finding) -> Bool {
            incident.kinds == [finding.kind] && (finding.kind == .fleetWide || incident.summary == finding.summary)
        }
        for incident in open where !worthy.contains(where: { tells(incident, of: $0) }) {
            // A pass over one agent alone says nothing of the host's other troubles.
            guard agentName == nil else { continue }
            try ledger.close(incident, outcome: "recovered", at: now)
            notices.append(NoticeText.hostNotice(.healed, incident, host: environment.hostName, at: now))
        }
        for finding in worthy where !open.contains(where: { tells($0, of: finding) }) {
            var incident = try ledger.openIncident(
                nil, kinds: [finding.kind], severity: finding.severity, summary: finding.summary, at: now)
            incident.told = .opened
            try ledger.update(incident, diagnosis: nil, reason: nil)
            notices.append(NoticeText.hostNotice(.opened, incident, host: environment.hostName, at: now))
        }
        return notices
    }

    // MARK: Alert

    /// Empties the outbox as far as the channels take it; what is left waits for the next pass.
    func alert() throws(LedgerError) {
        guard let ledger else { return }
        try ledger.dropMessages(exceptFor: settings.channels.map(\.name), at: environment.now())
        let waiting = try ledger.waiting(at: environment.now())
        guard !waiting.isEmpty else { return }
        let (usable, problems) = environment.destinations(settings)
        for delivery in Delivery.send(waiting, to: usable) {
            guard let sent = waiting.first(where: { $0.id == delivery.id }) else { continue }
            let now = environment.now()
            switch delivery.result {
            case .delivered: try ledger.delivered(delivery.id, at: now)
            case .failed(let reason, let retryAfter):
                let sentence = problems[sent.channel] ?? reason
                try ledger.postpone(delivery.id, until: now + (retryAfter ?? .zero), problem: sentence)
                undelivered[sent.channel] = sentence
            }
        }
    }
}
