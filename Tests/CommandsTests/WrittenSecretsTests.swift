import FixturesTests
import Model
import Testing

@testable import Commands

/// What is masked of a config before anybody sees it.
struct WrittenSecretsTests {
    private func masked(_ text: String, _ path: String) -> String {
        ShownConfig.masked(Sample.config(text, path: path))
    }

    @Test(arguments: [
        (#"{"tokens": ["hidden-one", "hidden-two"]}"#, "/a.json"),
        (#"{"headers": {"Authorization": "Bearer hiddenletters"}, "Cookie": "sid=hidden;x"}"#, "/a.json"),
        (#"{"token2": {"value": "hidden-below"}, "secrets": {"openai": "hidden-there"}}"#, "/a.json"),
        (#"{"env": {"OPENAI": "hidden12345678"}, "auth": "hidden12345678"}"#, "/a.json"),
        (#"{"list": [{"name": "API_KEY", "value": "hidden-value"}]}"#, "/a.json"),
        (#"{ apiKey: 'hidden, with: odd # signs } in it' }"#, "/a.json5"),
        ("[auth.token]\nvalue = \"hidden-in-table\"\n[secrets]\na = \"hidden-too\"\n", "/a.toml"),
        ("api_keys = [\"hidden-one\", \"hidden-two\"]\n", "/a.toml"),
        ("password: hidden horse battery staple\ntoken: hidden#rest\n", "/a.yaml"),
        ("private_key: |\n  hidden-first-line\n  hidden-second\nname: coder\n", "/a.yaml"),
        ("apiKeys: {a: hidden-flow, b: [hidden-list]}\n", "/a.yaml"),
        ("DB_PASSWORD=hidden words\nSESSION_SECRET=hidden#rest\nSIGNING_KEY=hidden,rest\n", "/a.env"),
        ("SECRET_KEY=hidden-part\\\nhidden-rest\n", "/a.env"),
    ])
    func `no secret is shown, wherever it stands`(text: String, path: String) {
        let shown = masked(text, path)
        #expect(!shown.contains("hidden"), "\(shown)")
        #expect(!shown.contains("rest"), "\(shown)")
        #expect(shown.contains("[secret "))
    }

    @Test(arguments: [
        (#"{"botToken": "${TELEGRAM_BOT_TOKEN}", "model": "claude-sonnet-4-5", "maxTokens": 200000}"#, "/a.json"),
        (#"{"token": {"source": "env", "provider": "default", "id": "GATEWAY_TOKEN"}}"#, "/a.json"),
        (#"{"env": {"NODE_ENV": "production", "HTTP_PROXY": "http://proxy.example:3128"}}"#, "/a.json"),
        (#"{"auth": {"mode": "password"}, "session": {"dmScope": "per-channel-peer"}}"#, "/a.json"),
    ])
    func `what only names a secret, or is none, stays readable`(text: String, path: String) {
        #expect(masked(text, path) == text)
    }

    @Test func `a config that does not parse is masked by its text`() {
        #expect(!masked(#"{ "botToken": "hidden-token", "#, "/a.json").contains("hidden"))
    }
}
