internal import Model

/// Conditions that keep an agent from receiving its bot's messages while it runs.
enum PollerRules {
    static func findings(_ seen: AgentObservation, history: AgentHistory, policy: Policy) -> [Finding] {
        [
            conflict(seen, history: history, policy: policy), duplicate(seen),
            webhook(seen, history: history, policy: policy),
            rejected(seen),
        ].compactMap { $0 }
    }

    // MARK: 409

    /// The API answers the older of two pending polls with 409. That alone does not prove a second process here: the
    /// number of live holders of the token decides (an agent has been seen to conflict with itself, too).
    private static func conflict(_ seen: AgentObservation, history: AgentHistory, policy: Policy) -> Finding? {
        let lines = fresh(seen, history).filter { isConflict($0.text) }
        guard let last = lines.last else { return nil }
        let certain = lines.filter { ConflictLine.isPollers($0.text) }
        var evidence = [Evidence("journal, \(last.at.rfc3339)", last.text)]
        if lines.count > 1 { evidence.append(Evidence("journal", "\(lines.count) such lines")) }
        let leftovers = ProcessRules.leftovers(seen)
        let judged = seen.outsiders.filter { !$0.tokens.isEmpty }.map { ($0, StrayRule.judge($0, of: seen)) }
        // A second copy may just be waiting before it polls again.
        let others = judged.filter { $0.1 != .none && ($0.1 != .idle || $0.0.program == .agents) }
        // Of several tokens, as in a file that a fleet shares, it is not known whose poll this is.
        let running = seen.twins.filter(\.isRunning)
        let twins = seen.tokens.count > 1 ? [] : running
        evidence += leftovers.map { Evidence("/proc/\($0.id.pid)", "\($0.command), of an earlier start of this unit") }
        evidence += others.prefix(Listing.most).map { StrayRule.evidence($0.0) }
        evidence += twins.map { Evidence("fleet", "\($0.name) has the same bot token") }
        let name = seen.agent.name

        guard leftovers.isEmpty, others.isEmpty, twins.isEmpty else {
            let names =
                leftovers.map { "\($0.command) (PID \($0.id.pid))" }
                + others.map { StrayRule.name($0.0) } + Set(twins.map(\.name)).sorted()
            let orders =
                leftovers.filter { !$0.isAttended }.map(ProcessRules.order)
                + others.compactMap { if case .end(let order) = $0.1 { order } else { nil } }
            let more =
                others.contains { $0.1 == .tooYoung }
                ? " What is younger than a minute is judged in the next pass." : ""
            return Finding(
                kind: .pollerConflict, severity: .warning,
                summary:
                    "Polls of \(name) end with 409 Conflict: its bot token is held by \(Listing.of(names)) as well.\(more)",
                evidence: evidence, prescription: orders.isEmpty ? .none : .end(orders))
        }
        guard !certain.isEmpty else {
            return Finding(
                kind: .pollerConflict, severity: .info,
                summary:
                    "A line of \(name) speaks of 409 and getUpdates, and does not read as if a poll of its own had ended so: nothing is done.",
                evidence: evidence)
        }
        if seen.tokens.count > 1, !running.isEmpty {
            let names = Listing.of(Set(running.map(\.name)).sorted())
            return Finding(
                kind: .pollerConflict, severity: isSustained(certain, history) ? .warning : .info,
                summary:
                    "Polls of \(name) end with 409 Conflict, and \(names) has one of its \(seen.tokens.count) bot tokens as well. Two that poll with one token take messages from each other, and a restart does not end that: give each agent a bot of its own.",
                evidence: evidence + running.map { Evidence("fleet", "\($0.name) has a bot token of this agent") })
        }
        let whom =
            seen.seesOtherUsers ? "process on this host" : "process that this user can see (root's watchdog sees all)"
        if seen.tokens.isEmpty {
            return Finding(
                kind: .pollerConflict, severity: .warning,
                summary:
                    "Polls of \(name) end with 409 Conflict. Its bot token is not known here, so that nobody can be named who holds it as well: stop whatever else polls with it, or rotate the token (@BotFather, /revoke). To have the other one looked for, name the place of the token in the settings, as `telegram_token` of its [[agent]].",
                evidence: evidence)
        }
        // A remedy is for what is so now: a conflict that has been quiet for so long has ended, whatever ended it.
        if let latest = certain.last, seen.taken - latest.at >= policy.conflictQuiet {
            return Finding(
                kind: .pollerConflict, severity: .info,
                summary:
                    "Polls of \(name) ended with 409 Conflict until \((seen.taken - latest.at).inWords) ago, and not since: nothing is done.",
                evidence: evidence)
        }
        if seen.unit.isRunning {
            guard isSustained(certain, history) else {
                return Finding(
                    kind: .pollerConflict, severity: .info,
                    summary:
                        "A poll of \(name) ended with 409 Conflict, and no other \(whom) holds its bot token in its environment. That is ordinary after a restart; if it goes on, the agent is restarted once.",
                    evidence: evidence)
            }
            return Finding(
                kind: .pollerConflict, severity: .warning,
                summary:
                    "Polls of \(name) end with 409 Conflict, and no other \(whom) holds its bot token in its environment. A restart ends a conflict of an agent with itself; if it goes on after that, \(elsewhere)",
                evidence: evidence, prescription: .restart)
        }
        return Finding(
            kind: .pollerConflict, severity: .warning,
            summary:
                "Polls of \(name) end with 409 Conflict, and no live \(whom) is known to hold its bot token: \(elsewhere)",
            evidence: evidence)
    }

    /// One line proves little: an agent that was just deployed anew meets its own last poll, and users write of 409, too.
    private static let shortestConflict: Duration = .seconds(20)

    /// Whether it goes on, or goes on again in a pass after one that has seen it: a single one in each of two passes, a
    /// quarter of an hour apart, does not say so.
    private static func isSustained(_ lines: [JournalLine], _ history: AgentHistory) -> Bool {
        guard let first = lines.first, let last = lines.last else { return false }
        let lasted = last.at - first.at
        if lasted >= shortestConflict { return true }
        let isOpen = history.incident?.kinds.contains(.pollerConflict) ?? false
        return history.kinds.contains(.pollerConflict) && (isOpen || lasted >= .seconds(1))
    }

    private static let elsewhere =
        "the token is polled somewhere else. Stop the other host, or rotate the token (@BotFather, /revoke) and set the new one here."

    /// `409` as a number of its own together with `getUpdates`, or the API's own sentence. A webhook is another matter.
    static func isConflict(_ line: String) -> Bool {
        if ConflictLine.isPollers(line) { return true }
        let text = line.lowercased()
        guard !speaksOfWebhook(text), !isQuoted(text) else { return false }
        if text.contains("terminated by other getupdates request") { return true }
        return text.contains("getupdates") && hasNumber409(text)
    }

    /// What somebody wrote to the bot, and the agent only repeats.
    private static func isQuoted(_ text: String) -> Bool {
        let start = [text.firstRange(of: "getupdates"), text.firstRange(of: "409")].compactMap { $0?.lowerBound }.min()
        guard let start else { return false }
        let before = text[..<start]
        return before.count { $0 == "\"" } % 2 == 1 || before.contains("inbound") || before.contains("from @")
            || before.contains("user:")
    }

    /// What a poll is answered with while a webhook is set, and at the moment in which one is being set.
    private static func speaksOfWebhook(_ text: String) -> Bool {
        text.contains("webhook is active") || text.contains("terminated by setwebhook request")
    }

    private static func hasNumber409(_ text: String) -> Bool {
        text.ranges(of: "409").contains { range in
            let before = range.lowerBound > text.startIndex ? text[text.index(before: range.lowerBound)] : " "
            let after = range.upperBound < text.endIndex ? text[range.upperBound] : " "
            return !before.isNumber && !after.isNumber
        }
    }

    /// What the present main process said since the last pass, or since this one did something to it. Where nobody has
    /// looked before, what is older than the time between two passes is no news.
    private static func fresh(_ seen: AgentObservation, _ history: AgentHistory) -> [JournalLine] {
        let oldest = history.cursor == nil ? seen.taken - Policy.interval : nil
        let start = [oldest, history.acted, seen.unit.mainStarted].compactMap { $0 }.max()
        return seen.journal.fresh.filter { $0.at > start ?? seen.taken }
    }

    // MARK: One token, two holders

    private static func duplicate(_ seen: AgentObservation) -> Finding? {
        var sentences: [String] = []
        var evidence: [Evidence] = []
        let name = seen.agent.name
        for twin in seen.twins {
            let mine = seen.tokens.first { $0.fingerprint == twin.token.fingerprint }?.sources ?? []
            evidence.append(
                Evidence("token \(twin.token.fingerprint.short)…", "\(name): \(mine.joined(separator: ", "))"))
            evidence.append(
                Evidence(
                    "token \(twin.token.fingerprint.short)…",
                    "\(twin.name): \(twin.token.sources.joined(separator: ", "))"))
        }
        let names = Set(seen.twins.map(\.name)).sorted().joined(separator: ", ")
        // Of several tokens, as in a file that a fleet shares, it is not known which one the agent polls with.
        let isAmbiguous = seen.tokens.count > 1
        if !names.isEmpty, !isAmbiguous {
            sentences.append(
                "\(name) has the same bot token as \(names): only one of them can poll, and each takes messages from the other. Give each agent a bot of its own."
            )
        }
        var idle: [String] = []
        var sharers: [String] = []
        for found in seen.outsiders {
            switch StrayRule.judge(found, of: seen) {
            case .sharer(let why, let advice):
                sharers.append(
                    "\(StrayRule.name(found)) holds the bot token of \(name), too. It is not ended, because \(why). If it polls: \(advice)."
                )
                if evidence.count < 2 * Listing.most { evidence.append(StrayRule.evidence(found)) }
            case .idle:
                idle.append(StrayRule.name(found))
                if evidence.count < 2 * Listing.most { evidence.append(StrayRule.evidence(found)) }
            default: continue
            }
        }
        sentences += sharers.prefix(Listing.most)
        if sharers.count > Listing.most { sentences.append("And \(sharers.count - Listing.most) more.") }
        guard sentences.isEmpty else {
            return Finding(
                kind: .pollerDuplicateToken, severity: .warning, summary: sentences.joined(separator: " "),
                evidence: evidence)
        }
        if !names.isEmpty {
            return Finding(
                kind: .pollerDuplicateToken, severity: .info,
                summary:
                    "\(name) has \(seen.tokens.count) bot tokens, and \(names) has one of them, too. Which one it polls with is not known: set `telegram_token` for \(name) in the settings.",
                evidence: evidence)
        }
        guard !idle.isEmpty else { return nil }
        return Finding(
            kind: .pollerDuplicateToken, severity: .info,
            summary:
                "The bot token of \(name) stands in the environment of \(Listing.of(idle)), which polls nobody as far as can be seen.",
            evidence: evidence)
    }

    // MARK: What the API says

    private static func webhook(_ seen: AgentObservation, history: AgentHistory, policy: Policy) -> Finding? {
        let set = seen.tokenChecks.first { !$0.webhookHost.isEmpty && !isOwn($0.webhookHost, seen) }
        let line = fresh(seen, history).last { line in
            let text = line.text.lowercased()
            return text.contains("conflict") && speaksOfWebhook(text) && !isQuoted(text)
        }
        guard set != nil || line != nil else { return nil }
        var evidence: [Evidence] = []
        if let set {
            evidence.append(
                Evidence(
                    "getWebhookInfo, \(set.at.rfc3339)",
                    "a webhook on \(set.webhookHost) is set; \(set.pending) updates are pending"))
        }
        if let line { evidence.append(Evidence("journal, \(line.at.rfc3339)", line.text)) }
        let place = set.map { " on \($0.webhookHost)" } ?? ""
        let origin = set == nil ? "" : ", which nothing in its config or environment names"
        return Finding(
            kind: .pollerWebhook, severity: .warning,
            summary:
                "A webhook\(place) is set for the bot of \(seen.agent.name)\(origin): while it is set, every poll is refused. If it is a remnant, remove it: `curl \"\(policy.telegramAPI)/bot$TELEGRAM_BOT_TOKEN/deleteWebhook\"`.",
            evidence: evidence)
    }

    /// An agent that has its updates pushed names the address somewhere.
    private static func isOwn(_ host: String, _ seen: AgentObservation) -> Bool {
        let texts = seen.config.compactMap(\.version).map { String(decoding: $0.bytes, as: UTF8.self) }
        return (texts + seen.addresses).contains { names(host, in: $0) }
    }

    /// The host's whole name: `example.net` is not named by `bots.example.net`, nor by `example.network`.
    private static func names(_ host: String, in text: String) -> Bool {
        text.ranges(of: host).contains { range in
            let before = range.lowerBound > text.startIndex ? text[text.index(before: range.lowerBound)] : " "
            let after = range.upperBound < text.endIndex ? text[range.upperBound] : " "
            return [before, after].allSatisfy { !($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") }
        }
    }

    private static func rejected(_ seen: AgentObservation) -> Finding? {
        guard let check = seen.tokenChecks.first(where: \.isRejected) else { return nil }
        let sources = seen.tokens.first { $0.fingerprint == check.token }?.sources ?? []
        return Finding(
            kind: .secretRejected, severity: .warning,
            summary:
                "The Bot API refuses the bot token of \(seen.agent.name) (401): it was revoked, or is not a token any more. Get the present one from @BotFather and set it in \(sources.first ?? "the agent's settings").",
            evidence: [
                Evidence(
                    "getMe and getWebhookInfo, \(check.at.rfc3339)", "401 Unauthorized, for token \(check.token.short)…"
                ),
                Evidence("token \(check.token.short)…", sources.joined(separator: ", ")),
            ])
    }
}
