import Model
import Testing

struct SecretNamesTests {
    @Test(arguments: [
        "TELEGRAM_BOT_TOKEN", "botToken", "token", "TOKEN", "apiKey", "api-key", "API_KEY", "OPENAI_API_KEY", "apikey",
        "password", "dbPassword", "passwd", "passphrase", "client_secret", "secretKey",
        "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "privateKey", "signing-key", "encryption_key", "authKey",
        "credentials", "bearer", "DATABASE_URL", "SLACK_WEBHOOK_URL", "redis.url", "webhookUri", "hooks.token",
        "GROQ_KEY", "my_key", "token2", "BOT_TOKEN_2", "password1",
    ])
    func `a name under which secrets are kept is known`(name: String) {
        #expect(SecretNames.looksSecret(name))
    }

    @Test(arguments: ["PGPASSWORD", "MYSQL_PWD", "npm_config_authtoken"])
    func `a name in which the word for a secret is grown together with another is known`(name: String) {
        #expect(SecretNames.looksSecret(name))
    }

    @Test(arguments: [
        "", "name", "MONKEY", "tokens", "maxTokens", "max_tokens", "tokenizer", "keyboard", "key", "keys", "url",
        "baseUrl", "HOMEPAGE_URL", "model", "author", "passage", "bypass", "secretary", "keyPath_x", "authority",
        "compaction.mode", "PORT", "PATH",
    ])
    func `an ordinary name is none`(name: String) {
        #expect(!SecretNames.looksSecret(name))
    }

    @Test func `values are found in JSON, JSON5, TOML, YAML and env files`() {
        #expect(SecretNames.values(in: #"{"botToken": "123456:abcdef", "port": 18789}"#) == ["123456:abcdef"])
        #expect(SecretNames.values(in: "{ botToken: 'single quoted', // c\n }") == ["single quoted"])
        #expect(SecretNames.values(in: "bot_token = \"in toml\"  # comment") == ["in toml"])
        #expect(SecretNames.values(in: "  api_key: unquoted-yaml\n  name: coder") == ["unquoted-yaml"])
        #expect(SecretNames.values(in: "export API_KEY=plain-env-value\nPORT=1\n") == ["plain-env-value"])
        #expect(SecretNames.values(in: "API_KEY='quoted env' # x") == ["quoted env"])
    }

    @Test func `values are found on one long line, and nested`() {
        let text = #"{"a":{"token":"first-one"},"b":[1,2],"c":{"d":{"password":"second-one"}},"name":"no"}"#
        #expect(SecretNames.values(in: text) == ["first-one", "second-one"])
    }

    @Test func `values are found in a config that does not parse`() {
        let text = """
            { "telegram": { "botToken": "still-a-secret"
              "mode": auto" ,,,
              apiKey: another-secret
            """
        #expect(SecretNames.values(in: text) == ["still-a-secret", "another-secret"])
    }

    @Test func `of a name with dots the last part says what it is`() {
        #expect(SecretNames.values(in: "gateway.auth.token = \"of-the-gateway\"") == ["of-the-gateway"])
        #expect(SecretNames.values(in: "token.owner = \"somebody-else\"").isEmpty)
    }

    @Test func `a name that is only mentioned does not hide the next one`() {
        #expect(SecretNames.values(in: "# the token goes below\npassword = \"below-it\"\n") == ["below-it"])
    }

    @Test func `a value with a backslash is known as it is written and as it is meant`() {
        #expect(Set(SecretNames.values(in: #"{"password": "back\\\\slash"}"#)) == [#"back\\\\slash"#, #"back\\slash"#])
    }

    @Test func `a value may hold what elsewhere separates`() {
        #expect(SecretNames.values(in: #""password": "a:b=c#d}e""#) == ["a:b=c#d}e"])
    }

    /// Half a secret is a secret: a mask that knows only its beginning lets the rest through.
    private static let hard = [
        #"{"password": "before,after-it"}"#,
        #"{"password": "before{after-it"}"#,
        #"{"password": "be\"fore-after-it"}"#,
        "{\n  \"password\":\n    \"before-after-it\"\n}",
        "password = \"\"\"before\nafter-it\"\"\"",
    ]

    @Test(arguments: hard)
    func `a config that is masked with its own values shows no part of them`(text: String) {
        #expect(!Redactor(secrets: SecretNames.values(in: text)).mask(text).contains("after-it"))
    }

    @Test func `what is too short to be a secret, or is no secret's, is left`() {
        #expect(SecretNames.values(in: #"{"token": "short", "name": "long enough", "apiKey": ""}"#).isEmpty)
        #expect(SecretNames.values(in: "token\npassword\n").isEmpty)
        #expect(SecretNames.values(in: "").isEmpty)
    }
}
