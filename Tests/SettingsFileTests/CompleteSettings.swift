import Model
import SettingsFile

/// Every key that this release knows, with a value that is not its default.
enum CompleteSettings {
    static let text = """
        [fleet]
        units = ["openclaw-gateway*.service", "mybot.service"]

        [state]
        directory = "/srv/watchdog"

        [policy]
        settle = "20s"
        warm_up = "5min"
        known_good_after = "1h"
        actions_per_agent = 5
        actions_window = "2d"
        brake_share = 0.25
        kill_mode = "mixed"
        kill_mode_strict = true
        rollback_across_releases = true
        deadline = "8min"
        edit_grace = "3min"
        stopped_reminder = "12h"

        [[agent]]
        name = "coder"
        unit = "openclaw-gateway-coder.service"
        user = "fleet"
        config = ["/home/fleet/.openclaw-coder/openclaw.json", { path = "/home/fleet/.env", ascii = true }]
        schema = "/etc/agent-watchdog/openclaw.schema.json"
        validate = ["openclaw", "config", "validate", "--json"]
        health = ["http://127.0.0.1:48520/readyz", "https://coder.example.org/healthz"]
        secrets = ["TELEGRAM_BOT_TOKEN"]
        telegram_token = { env = "TELEGRAM_BOT_TOKEN" }
        kind = "openclaw"

        [[agent]]
        unit = "openclaw-gateway-sales.service"
        telegram_token = { file = "/srv/sales/token" }

        [telegram]
        api = "http://127.0.0.1:9000/"
        ask = false

        [advisor]
        calls_per_day = 7

        [[advisor.provider]]
        name = "groq"
        url = "https://api.groq.com/openai/v1/"
        model = "openai/gpt-oss-20b"
        key = { file = "/etc/agent-watchdog/groq.key" }

        [[channel]]
        kind = "telegram"
        token = { env = "OPS_TOKEN" }
        chat = "-1001234567890"

        [[channel]]
        kind = "webhook"
        url = "https://hooks.example.org/ops"

        [[channel]]
        kind = "telegram"
        token = { file = "/etc/agent-watchdog/second.token" }
        chat = "42"

        [[channel]]
        kind = "webhook"
        url = { file = "/etc/agent-watchdog/webhook.url" }

        """

    static let defaults = Settings(
        stateDirectory: "/var/lib/agent-watchdog", kinds: ["openclaw", "plain"])

    static func read(_ text: String) throws(SettingsError) -> Settings {
        try SettingsReader.read(Array(text.utf8), file: "watchdog.toml", defaults: defaults)
    }
}

/// The sentence with which a text is refused; `nil` where it is taken.
func refusal(_ text: String) -> String? {
    do throws(SettingsError) {
        _ = try CompleteSettings.read(text)
        return nil
    } catch {
        return error.description
    }
}
