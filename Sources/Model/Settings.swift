/// What the operator has set, complete: every absent key has its default here.
package struct Settings: Hashable, Sendable {
    /// Shell patterns of unit names.
    package var units: [String]
    /// The kinds of agents that an entry may name.
    package var kinds: [String]
    package var stateDirectory: String
    package var policy = Policy()
    package var agents: [AgentEntry] = []
    package var advisor: AdvisorSettings?
    package var channels: [Channel] = []

    package init(stateDirectory: String, units: [String] = [], kinds: [String] = []) {
        self.stateDirectory = stateDirectory
        self.units = units
        self.kinds = kinds
    }
}

package struct Policy: Hashable, Sendable {
    /// How long a healed agent must hold before it counts.
    package var settle: Duration = .seconds(10)
    /// How long after its start an agent's probes are not judged.
    package var warmUp: Duration = .seconds(240)
    package var knownGoodAfter: Duration = .seconds(600)
    package var actionsPerAgent = 3
    package var actionsWindow: Duration = .seconds(6 * 3600)
    /// Share of a fleet; more than that broken at once is one cause, and nothing is restarted.
    package var brakeShare = 0.5
    package var killMode = "control-group"
    package var killModeStrict = false
    /// Whether a config may be put back that is of another release of the agent.
    package var rollbackAcrossReleases = false
    /// Where the Bot API is: one's own server has its own webhooks.
    package var telegramAPI = "https://api.telegram.org"
    /// Whether it is asked about the agents' tokens at all.
    package var asksTelegram = true
    /// Of a whole pass.
    package var deadline: Duration = .seconds(600)
    /// A config that somebody changed so lately is still being edited.
    package var editGrace: Duration = .seconds(120)
    /// After so long an enabled agent that is down by a request is told of once.
    package var stoppedReminder: Duration = .seconds(86_400)

    /// Whether children of an agent with this KillMode outlive a restart of it, or may and are not to.
    package func isUnsafe(killMode: String) -> Bool {
        killMode == "process" || killMode == "none" || (killModeStrict && killMode == "mixed")
    }

    /// Whether a stop has lasted so long that whoever asked for it may have forgotten.
    package func isForgotten(stoppedSince: Timestamp?, at now: Timestamp) -> Bool {
        stoppedSince.map { now - $0 >= stoppedReminder } ?? false
    }

    /// Polls come and go in a rhythm of up to half a minute, which grows with each refusal: for so long no conflict must
    /// have been seen before one is over.
    package var conflictQuiet: Duration { settle * 12 }

    /// How often cron starts a pass.
    package static let interval: Duration = .seconds(15 * 60)

    /// Fewer agents than this are no fleet that a brake could protect.
    package static let smallestFleet = 4
    /// So many automatic restarts between two passes are a loop.
    package static let crashLoopRestarts: UInt32 = 3
    /// A main process that has held so long is out of its loop.
    package static let crashLoopOver: Duration = .seconds(300)

    /// The name of the drop-in that the watchdog writes; drop-ins apply in the order of their names.
    package static let killModeDropIn = "90-agent-watchdog.conf"

    package init() {}
}

package struct AgentEntry: Hashable, Sendable {
    /// `nil`: as its kind names it after its unit.
    package var name: String?
    package var unit: String
    /// `nil`: as it is recognised.
    package var kind: KindName?
    /// `nil`: the system manager.
    package var user: String?
    package var config: [String]?
    /// Of those, the ones whose values have to be ASCII, too.
    package var asciiConfig: Set<String> = []
    /// An absolute path.
    package var schema: String?
    /// The agent's own validator, word by word; empty for none.
    package var validate: [String] = []
    package var health: [String]?
    package var secrets: [String] = []
    /// Where the agent's bot token stands; `nil`: wherever one is found.
    package var telegramToken: SecretSource?

    /// For sentences.
    package var shownName: String { name ?? AgentID(scope: .system, unit: unit).bareUnit }

    package init(name: String?, unit: String, user: String? = nil) {
        self.name = name
        self.unit = unit
        self.user = user
    }
}

/// Where a secret is found; the secret itself is read when it is needed.
package enum SecretSource: Hashable, Sendable {
    /// It stands in the settings: only for addresses, which need not be secret.
    case text(String)
    case env(String)
    case file(String)
}

package struct AdvisorSettings: Hashable, Sendable {
    package var callsPerDay = 20
    package var name: String
    /// Without the trailing `/chat/completions`.
    package var url: String
    package var model: String
    package var key: SecretSource?

    package init(name: String, url: String, model: String) {
        self.name = name
        self.url = url
        self.model = model
    }
}

package struct Channel: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case webhook(url: SecretSource)
        case telegram(token: SecretSource, chat: String)
    }

    /// Tells it from its siblings in the outbox: its kind and its place among them, e.g. `telegram 2`.
    package let name: String
    package let kind: Kind

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}
