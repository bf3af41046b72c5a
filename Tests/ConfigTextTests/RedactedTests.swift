import ConfigText
import Testing

struct RedactedTests {
    @Test(arguments: [
        "***", "*****", "[redacted]", "<redacted>", "[REDACTED]", "REDACTED", "(redacted)", "{redacted}",
        "__OPENCLAW_REDACTED__", "__REDACTED__", "sk-***", "sk-ant-***abcd", "xoxb-REDACTED", "Bearer ***",
        "Bearer [redacted]",
        "••••••", "●●●●●●●●", "[hidden]", "<masked>", "123456:***", " *** ", "xxxxxxxx", "XXXXXXXX", "abcd****wxyz",
        "a***", "[secret 1]", "Bearer [secret 12]", "postgres://u:[secret 3]@host/db", "[masked]",
        "https://u:[masked]@host/",
    ])
    func `a mask in the place of a value is found, with its place`(mask: String) throws {
        let read = try tree("{a: {note: 'x',\n  k: \(JSONText.quoted(mask))}}")
        let found = Redacted.all(in: read)
        #expect(found.map(\.pointer) == ["/a/k"])
        #expect(found.first?.place == TextPlace(line: 2, column: 6))
    }

    @Test(arguments: [
        "Be **bold** and ***very bold***.", "src/**/*.ts", "**", "*", "* * * * *", "*/5 * * * *", "hidden", "masked",
        "redacted", "Never show [redacted] texts to users.", "my-redacted-token-v2", "***bold***", "xxx", "xx",
        "Write *** between the parts of the answer, and go on.", "", "-----BEGIN PRIVATE KEY-----", "1*2*3",
        "foo/***/bar", "[secret]s are [secret agents]", "What is [masked] here?", "${TOKEN}", "https://example.org/x",
    ])
    func `stars and words that mean something else are left alone`(text: String) throws {
        let found = Redacted.all(in: try tree("{prompt: \(JSONText.quoted(text))}"))
        #expect(found.isEmpty, "\(found)")
    }

    @Test func `under a key that names a secret small letters are a mask as well`() throws {
        #expect(Redacted.all(in: try tree("{botToken: 'redacted', apiKey: 'sk-redacted'}")).count == 2)
    }

    @Test func `what is to be put in place of secrets is a setting, but not what this program prints`() throws {
        #expect(Redacted.all(in: try tree("{logging: {censor: '[Redacted]', mask: '***', redactWith: 'x'}}")).isEmpty)
        #expect(Redacted.all(in: try tree("{logging: {censor: '[secret 1]'}}")).count == 1)
    }

    @Test func `the sentence says where and what to do`() throws {
        let found = Redacted.all(in: try tree("A=***\n", .env))
        #expect(
            found.map(\.sentence) == [
                "The value of \"/A\" is the mask \"***\" that some program shows in place of a secret; put the real "
                    + "value back."
            ])
    }
}
