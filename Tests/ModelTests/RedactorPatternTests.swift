import Model
import Testing

/// What gives itself away by its form, and what only looks like it.
struct RedactorPatternTests {
    private static let token = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"

    @Test(arguments: [
        ("https://api.telegram.org/bot\(token)/getUpdates", "https://api.telegram.org/[masked]/getUpdates"),
        ("token=\(token)", "token=[masked]"),
        ("(\(token))", "([masked])"),
        ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer [masked]"),
        ("authorization: bearer abcdefgh12345678", "authorization: bearer [masked]"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "Authorization: Basic [masked]=="),
        ("key sk-abcdefghijklmnop", "key [masked]"),
        ("sk-or-v1-0123456789abcdef", "[masked]"),
        ("sk-ant-oat01-0123456789abcdef", "[masked]"),
        ("GROQ=gsk_abcdefghijklmnop1234", "GROQ=[masked]"),
        ("ghp_abcdefghijklmnopqrst", "[masked]"),
        ("github_pat_11ABCDEFG0123456789", "[masked]"),
        ("xoxb-1234567890-abcdefghij", "[masked]"),
        ("AKIAIOSFODNN7EXAMPLE", "[masked]"),
    ])
    func `what has the form of a secret is masked, whoever it belongs to`(text: String, masked: String) {
        #expect(Redactor(secrets: []).mask(text) == masked)
    }

    @Test(arguments: [
        "Sep 01 03:15:00 host systemd[1]: openclaw-gateway-coder.service: Main process exited, code=exited, status=78/n/a",
        "Started openclaw-gateway-coder.service - OpenClaw gateway.",
        "listen EADDRINUSE: address already in use 127.0.0.1:18789",
        "gateway already running (pid 4711); lock timeout after 5000ms",
        "2026-09-01T03:15:00Z", "0123456789abcdef0123456789abcdef",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "https://docs.example.org/bots/123456789/page?x=1#top", "ws://127.0.0.1:18789",
        "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/usr/lib/node_modules/openclaw/dist/run-main-Bk2x.js'",
        "- agents.list.11: Unrecognized key: \"thinking\"", "sk-short", "risk-free-trial-of-the-day", "gsk_",
        "the bearer of bad news", "a basic fact", "12345678:short", "bot started",
        "s=5b1b;i=1a2;b=0c;m=55;t=6;x=7", "~/.openclaw-coder/openclaw.json:12:8",
        "git@github.com:org/repo.git", "time 12:30:45@home", "--token-file /etc/token", "max_tokens=4096",
    ])
    func `ordinary words, addresses, numbers, hashes and units are not touched`(text: String) {
        #expect(Redactor(secrets: []).mask(text) == text)
    }

    @Test func `a bot's token has at least six digits and thirty characters`() {
        func isMasked(_ id: String, _ key: Int) -> Bool {
            let text = "\(id):\(String(repeating: "A", count: key))"
            return Redactor(secrets: []).mask("see \(text) here") == "see [masked] here"
        }
        #expect(isMasked("123456", 30) && isMasked("1234567890", 60))
        #expect(!isMasked("12345", 30) && !isMasked("123456", 29) && !isMasked("12345x", 30))
    }

    @Test(arguments: ["sk-", "gsk_", "ghp_", "github_pat_", "xoxb-", "xoxp-", "AKIA"])
    func `a known beginning makes a secret of twelve more characters, not of fewer`(beginning: String) {
        let redactor = Redactor(secrets: [])
        let long = beginning + "abcdefghijkl"
        #expect(redactor.mask("x \(long) y") == "x [masked] y")
        #expect(redactor.mask("x \(long.dropLast()) y") == "x \(long.dropLast()) y")
    }

    /// What an OpenClaw gateway says of secrets that are missing or refused: the very lines that name a cause.
    @Test(arguments: [
        #"Telegram bot token missing for account "default" (botToken/tokenFile or TELEGRAM_BOT_TOKEN for default)."#,
        "HTTP 401 Invalid bearer token", "getMe returned 401", "context token limit: 200000",
        #"Missing env var "OPENAI_API_KEY" - feature using this value will be unavailable"#,
        #"SecretRefResolutionError: Environment variable "TELEGRAM_BOT_TOKEN" is missing or empty."#,
        #"Telegram polling already active for bot token 0123456789abcdef on account "a""#,
        "HTTP 429 rate_limit_error: This request would exceed your rate limit",
        "- channels.telegram.botToken: Invalid input", "gateway.auth.token: expected string, received number",
        "gateway.auth.token: Required", "apiKey=undefined", "token=null", "password: incorrect", "secret: none",
        #"password authentication failed for user "postgres""#,
    ])
    func `what is said of a secret without telling it is not touched`(text: String) {
        #expect(Redactor(secrets: []).mask(text) == text)
    }

    @Test(arguments: [
        (#"{"token":"abcdef123456","name":"coder"}"#, "abcdef123456"),
        (#"{\"token\":\"abcdef123456\"}"#, "abcdef123456"),
        (#"{ "apiKey" : "abcdef123456" }"#, "abcdef123456"),
        ("X-Api-Key: abcdef123456", "abcdef123456"),
        ("password: hunter22secret", "hunter22secret"),
        ("https://user:pa%20ss22word@example.org/x", "pa%20ss22word"),
    ])
    func `a value behind its name and a colon is masked`(text: String, secret: String) {
        #expect(!Redactor(secrets: []).mask(text).contains(secret))
    }

    @Test func `a signed token is masked, whatever it is for`() {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
        #expect(!Redactor(secrets: []).mask("cookie session=\(token);").contains("dozjgNryP4J3j"))
    }

    @Test(arguments: [
        ("postgres://fleet:hunter22secret@db.example.org/x", "hunter22secret"),
        ("Authorization: Bearer abcdefgh.ijklmnop.qrstuvwx", "ijklmnop"),
        ("curl -H 'Authorization: Basic dXNl/cjpwYXNzd29yZA=='", "cjpwYXNzd29yZA"),
        (#"{"authorization":"Bearer:abcdefgh12345678"}"#, "abcdefgh12345678"),
        ("TELEGRAM_BOT_TOKEN=hunter22secret", "hunter22secret"),
        ("run --token 0123456789abcdef0123456789abcdef --port 1", "0123456789abcdef0123456789abcdef"),
    ])
    func `forms that common scanners miss are masked whole`(text: String, secret: String) {
        #expect(!Redactor(secrets: []).mask(text).contains(secret))
    }
}
