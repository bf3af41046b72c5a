package import Model

/// Turns a settings file into settings. Everything in it is checked; what it does not say has its default.
package enum SettingsReader {
    /// `file` is for sentences; `defaults` carries what depends on the mode, such as the state directory.
    package static func read(_ bytes: [UInt8], file: String, defaults: Settings) throws(SettingsError) -> Settings {
        var settings = defaults
        var top = try TableReader(try TomlNode.parse(bytes, file: file), path: "", file: file)
        if var fleet = try top.table("fleet") {
            if let units = try fleet.texts("units") { settings.units = units }
            try fleet.finish()
        }
        if var state = try top.table("state") {
            if let directory = try absolutePath("directory", &state) { settings.stateDirectory = directory }
            try state.finish()
        }
        if var policy = try top.table("policy") {
            try read(&policy, into: &settings.policy)
        }
        for var agent in try top.tables("agent") {
            settings.agents.append(try self.agent(&agent, kinds: settings.kinds))
        }
        if var telegram = try top.table("telegram") {
            if let api = try address("api", &telegram) { settings.policy.telegramAPI = api }
            if let asks = try telegram.flag("ask") { settings.policy.asksTelegram = asks }
            try telegram.finish()
        }
        if var advisor = try top.table("advisor") { settings.advisor = try self.advisor(&advisor) }
        var counts: [String: Int] = [:]
        for var channel in try top.tables("channel") { settings.channels.append(try self.channel(&channel, &counts)) }
        try top.finish()
        return settings
    }

    private static func read(_ table: inout TableReader, into policy: inout Policy) throws(SettingsError) {
        let day = Duration.seconds(86_400)
        if let value = try table.duration("settle", .seconds(1)...(.seconds(600))) { policy.settle = value }
        if let value = try table.duration("warm_up", .zero...(.seconds(3600))) { policy.warmUp = value }
        if let value = try table.duration("known_good_after", .zero...day) { policy.knownGoodAfter = value }
        if let value = try table.integer("actions_per_agent", 0...100) { policy.actionsPerAgent = value }
        if let value = try table.duration("actions_window", .seconds(60)...(day * 30)) { policy.actionsWindow = value }
        if let value = try table.share("brake_share") { policy.brakeShare = value }
        if let value = try table.text("kill_mode", oneOf: ["control-group", "mixed"]) { policy.killMode = value }
        if let value = try table.flag("kill_mode_strict") { policy.killModeStrict = value }
        if let value = try table.flag("rollback_across_releases") { policy.rollbackAcrossReleases = value }
        if let value = try table.duration("deadline", .seconds(30)...(.seconds(3600))) { policy.deadline = value }
        if let value = try table.duration("edit_grace", .zero...day) { policy.editGrace = value }
        if let value = try table.duration("stopped_reminder", .seconds(1)...(day * 365)) {
            policy.stoppedReminder = value
        }
        guard policy.settle * 2 < policy.deadline else {
            let place = table.place
            throw SettingsError(
                "\(table.file):\(place.line):\(place.column): policy.settle is \(policy.settle.inWords) and policy.deadline \(policy.deadline.inWords); a deadline of more than twice settle was expected, or nothing could be proven in time."
            )
        }
        try table.finish()
    }

    private static func agent(_ table: inout TableReader, kinds: [String]) throws(SettingsError) -> AgentEntry {
        let unitExpected = "the full name of a service unit, ending in .service,"
        guard
            let unit = try table.text(
                "unit", expected: unitExpected,
                where: { $0.hasSuffix(".service") && !$0.utf8.contains(UInt8(ascii: "/")) })
        else {
            throw table.missing("unit", expected: "the name of its unit, such as \"coder.service\",")
        }
        var entry = AgentEntry(name: try table.text("name"), unit: unit, user: try table.text("user"))
        if let kind = try table.text("kind", oneOf: kinds) { entry.kind = KindName(rawValue: kind) }
        let owner = " of agent \(entry.shownName)"
        try config(&table, owner, into: &entry)
        entry.schema = try absolutePath("schema", &table)
        entry.validate = try table.texts("validate") ?? []
        entry.health = try table.texts("health", of: owner, expected: addressExpected, where: isAddress)
        entry.secrets = try table.texts("secrets") ?? []
        entry.telegramToken = try secret("telegram_token", &table)
        try table.finish()
        return entry
    }

    /// Each a path, or `{ path = "…", ascii = true }`.
    private static func config(
        _ table: inout TableReader, _ owner: String, into entry: inout AgentEntry
    ) throws(SettingsError) {
        guard let node = table.take("config") else { return }
        guard case .array(let elements) = node.content else {
            throw table.error(node, "config", expected: "a list of paths")
        }
        entry.config = []
        for element in elements {
            switch element.content {
            case .text(let path) where path.hasPrefix("/") && TableReader.isPlain(path): entry.config?.append(path)
            case .table:
                var file = try TableReader(element, path: table.name("config"), file: table.file)
                guard let path = try absolutePath("path", &file) else {
                    throw file.missing("path", expected: pathExpected)
                }
                entry.config?.append(path)
                if try file.flag("ascii") ?? false { entry.asciiConfig.insert(path) }
                try file.finish()
            default: throw table.error(element, "config", of: owner, expected: pathExpected)
            }
        }
    }

    private static func advisor(_ table: inout TableReader) throws(SettingsError) -> AdvisorSettings? {
        let calls = try table.integer("calls_per_day", 0...10_000)
        var providers = try table.tables("provider")
        if providers.count > 1 {
            let second = providers[1].place
            throw SettingsError(
                "\(table.file):\(second.line):\(second.column): [[advisor.provider]] stands \(providers.count) times, and this release asks one provider."
            )
        }
        var settings: AdvisorSettings?
        for index in providers.indices {
            guard let url = try address("url", &providers[index]) else {
                throw providers[index].missing("url", expected: "the address of an OpenAI-compatible API")
            }
            guard let model = try providers[index].text("model") else {
                throw providers[index].missing("model", expected: "the name of a model")
            }
            let name = try providers[index].text("name") ?? "advisor"
            settings = AdvisorSettings(name: name, url: url, model: model)
            settings?.key = try secret("key", &providers[index])
            try providers[index].finish()
        }
        if let calls { settings?.callsPerDay = calls }
        try table.finish()
        return settings
    }

    private static func channel(_ table: inout TableReader, _ counts: inout [String: Int]) throws(SettingsError)
        -> Channel
    {
        guard let kind = try table.text("kind", oneOf: ["webhook", "telegram"]) else {
            throw table.missing("kind", expected: "\"webhook\" or \"telegram\"")
        }
        counts[kind, default: 0] += 1
        let number = counts[kind] ?? 1
        let name = number == 1 ? kind : "\(kind) \(number)"
        let result: Channel
        if kind == "webhook" {
            guard let url = try webhookAddress(&table) else {
                throw table.missing("url", expected: "an address, or { file = \"…\" } that holds one,")
            }
            result = Channel(name: name, kind: .webhook(url: url))
        } else {
            guard let token = try secret("token", &table) else {
                throw table.missing("token", expected: "{ file = \"…\" } or { env = \"…\" }")
            }
            guard let chat = try table.text("chat") else {
                throw table.missing("chat", expected: "the id of a chat, as a text,")
            }
            result = Channel(name: name, kind: .telegram(token: token, chat: chat))
        }
        try table.finish()
        return result
    }

    /// An address may be public, or its path may be the secret: both forms are taken.
    private static func webhookAddress(_ table: inout TableReader) throws(SettingsError) -> SecretSource? {
        if case .text? = table.peek("url")?.content { return try address("url", &table).map { .text($0) } }
        return try secret("url", &table)
    }

    /// `{ file = "…" }` or `{ env = "…" }`: a secret itself does not belong into settings.
    private static func secret(_ key: String, _ parent: inout TableReader) throws(SettingsError) -> SecretSource? {
        guard let node = parent.take(key) else { return nil }
        guard case .table = node.content else {
            throw SettingsError(
                "\(parent.file):\(node.line):\(node.column): \(parent.name(key)) is \(node.kind), and { file = \"…\" } or { env = \"…\" } was expected: secrets do not stand in the settings themselves."
            )
        }
        var table = try TableReader(node, path: parent.name(key), file: parent.file)
        let file = try absolutePath("file", &table)
        let env = try table.text("env")
        try table.finish()
        switch (file, env) {
        case (let file?, nil): return .file(file)
        case (nil, let env?): return .env(env)
        default: throw parent.error(node, key, expected: "either { file = \"…\" } or { env = \"…\" }")
        }
    }

    private static let pathExpected = "an absolute path"
    private static let addressExpected = "an address beginning with http:// or https://"

    private static func absolutePath(_ key: String, _ table: inout TableReader) throws(SettingsError) -> String? {
        try table.text(key, expected: pathExpected) { $0.hasPrefix("/") }
    }

    private static func address(_ key: String, _ table: inout TableReader) throws(SettingsError) -> String? {
        guard let url = try table.text(key, expected: addressExpected, where: isAddress) else { return nil }
        return url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    /// A scheme, a host, and no space anywhere.
    private static func isAddress(_ text: String) -> Bool {
        for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
            let host = text.dropFirst(scheme.count).prefix { $0 != "/" }
            return !host.isEmpty && !text.contains(where: \.isWhitespace)
        }
        return false
    }
}
