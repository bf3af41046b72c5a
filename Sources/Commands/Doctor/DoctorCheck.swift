internal import Alerting
internal import Files
internal import Model
internal import Observing
internal import Recording
internal import Systemd

/// One of the watchdog's own needs, looked at. Nothing is changed.
struct DoctorCheck: Encodable {
    enum State: String, Encodable { case ok, problem, skipped }

    /// Stable.
    let id: String
    let state: State
    let sentence: String

    static func observation(_ pass: Pass) -> [DoctorCheck] {
        let dark = pass.hostFindings.flatMap(\.evidence)
        func check(_ id: String, ok: String) -> DoctorCheck {
            let gap = dark.first { $0.source == id }
            return DoctorCheck(id: id, state: gap == nil ? .ok : .problem, sentence: gap?.text ?? ok)
        }
        let places = pass.managers.connected.map(\.scope.manager).joined(separator: ", ")
        return [check("bus", ok: "Connected to \(places)."), check("journal", ok: "The journal can be read.")]
    }

    static func ledger(_ ledger: Ledger?, _ environment: Environment) throws(LedgerError) -> DoctorCheck {
        let waiting = try ledger?.undelivered() ?? (count: 0, problem: nil)
        if waiting.count > 0 {
            return DoctorCheck(
                id: "ledger", state: .problem,
                sentence: "\(waiting.count) messages are not delivered yet. \(waiting.problem ?? "")")
        }
        guard let last = try ledger?.lastPass() else {
            return DoctorCheck(
                id: "ledger", state: .problem, sentence: "No pass has finished yet: run `watchdog run` once.")
        }
        return DoctorCheck(
            id: "ledger", state: .ok,
            sentence: "The last pass ended \((environment.now() - last.finished).inWords) ago: \(last.verdict).")
    }

    static func channels(_ environment: Environment, _ settings: Settings) -> [DoctorCheck] {
        guard !settings.channels.isEmpty else {
            return [
                DoctorCheck(
                    id: "channel", state: .problem,
                    sentence:
                        "No [[channel]] is set, so nobody is told of anything. Add one to \(environment.settingsPath).")
            ]
        }
        let (usable, unusable) = environment.destinations(settings)
        let silent = Delivery.problems(usable)
        return settings.channels.map { channel in
            let problem = unusable[channel.name] ?? silent[channel.name]
            return DoctorCheck(
                id: "channel", state: problem == nil ? .ok : .problem,
                sentence: problem.map { "Channel \(channel.name): \($0)" } ?? "Channel \(channel.name) answers.")
        }
    }

    /// What leaves this host for each agent, if it does.
    static func telegram(_ settings: Settings) -> DoctorCheck {
        guard settings.policy.asksTelegram else {
            return DoctorCheck(
                id: "telegram", state: .skipped,
                sentence:
                    "The Bot API is not asked about the agents' tokens (telegram.ask is false), so that a token that was revoked and a webhook are known from the agents' own lines alone."
            )
        }
        return DoctorCheck(
            id: "telegram", state: .ok,
            sentence:
                "A pass asks \(settings.policy.telegramAPI) about each agent's bot token, at most once an hour, by getMe and getWebhookInfo alone."
        )
    }

    static func advisor(_ environment: Environment, _ settings: Settings) -> DoctorCheck {
        guard let provider = settings.advisor else {
            return DoctorCheck(
                id: "advisor", state: .skipped,
                sentence: "No [[advisor.provider]] is set; everything else works without one.")
        }
        if let key = provider.key, case .failure(let problem) = environment.secret(key) {
            return DoctorCheck(
                id: "advisor", state: .problem,
                sentence: "The key of \(provider.name) cannot be had. \(problem.sentence)")
        }
        return DoctorCheck(
            id: "advisor", state: .ok,
            sentence:
                "\(provider.name) would be asked (\(provider.model)); asking costs a call, so it is not tried here.")
    }

    /// As root, the entry that `scripts/install` puts in place; a user's crontab is only readable through crontab(1).
    static func cron(_ environment: Environment, _ pass: Pass) -> DoctorCheck {
        guard environment.uid == 0 else {
            return DoctorCheck(
                id: "cron", state: .skipped, sentence: "See with `crontab -l` whether it starts `watchdog run`.")
        }
        let path = "/etc/cron.d/agent-watchdog"
        do throws(FileError) {
            let text = String(decoding: try readOwnFile(path, most: 64 * 1024), as: UTF8.self)
            let starts = text.split(whereSeparator: \.isNewline).contains {
                !$0.hasPrefix("#") && $0.contains("watchdog run")
            }
            guard starts else {
                return DoctorCheck(
                    id: "cron", state: .problem,
                    sentence: "\(path) does not start `watchdog run`. Run scripts/install again.")
            }
        } catch {
            return DoctorCheck(
                id: "cron", state: .problem,
                sentence: "\(error) Nobody starts the watchdog; scripts/install puts the entry there.")
        }
        do throws(SystemdError) {
            let daemons =
                try pass.managers.manager(of: .system)?.listUnits(names: [
                    "cron.service", "crond.service", "cronie.service",
                ]) ?? []
            guard daemons.contains(where: { $0.activeState == "active" }) else {
                return DoctorCheck(
                    id: "cron", state: .problem,
                    sentence: "\(path) is there, and no cron daemon is running: `systemctl enable --now cron`.")
            }
        } catch {
            return DoctorCheck(id: "cron", state: .problem, sentence: error.description)
        }
        return DoctorCheck(id: "cron", state: .ok, sentence: "\(path) starts the watchdog, and cron is running.")
    }
}
