import Model
import Testing

/// Values that stand where a secret belongs and are none.
struct SecretValueTests {
    @Test(arguments: [
        ("", "is empty"), ("  \t", "holds nothing but spaces"), ("\n", "holds nothing but spaces"),
        ("\"\"", "holds quotes and nothing in them"), ("''", "holds quotes and nothing in them"),
        ("***", "holds a mask, not the value"), (" ******** ", "holds a mask, not the value"),
        ("[REDACTED]", "holds a placeholder, not the value"), ("ChangeMe", "holds a placeholder, not the value"),
        ("change-me", "holds a placeholder, not the value"),
        ("${TELEGRAM_BOT_TOKEN}", "holds a reference that nothing expands"),
        ("$GROQ_API_KEY", "holds a reference that nothing expands"),
    ])
    func `what is no secret is named`(value: String, fault: String) {
        #expect(SecretValue.fault(value) == fault)
    }

    @Test func `a word is a placeholder only where a secret belongs`() {
        #expect(SecretValue.fault("todo", isSecret: false) == nil)
        #expect(SecretValue.fault("", isSecret: false) == "is empty")
    }

    @Test(arguments: [
        "x", "0", "hunter2", "123456789:AAabc", "$", "${", "${}", "${lower}", "$1abc", "$2b$12$abcdefgh", "a ${B}",
        "changeme2", "**a**", "null-island", "pa ss", "*", "**",
    ])
    func `what may be a secret is let be`(value: String) {
        #expect(SecretValue.fault(value) == nil)
    }
}
