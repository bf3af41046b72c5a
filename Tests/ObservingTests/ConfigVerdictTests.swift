import ConfigText
import FixturesTests
import Model
import Testing

@testable import Observing

/// Who has the last word on a config: our reading, the schema, the agent's own validator.
struct ConfigVerdictTests {
    private static let schema = #"{"properties": {"mode": {"enum": ["default", "safeguard"]}}}"#

    private func verdict(
        _ text: String, held: Bool = true, ask: @escaping () -> ValidatorAnswer? = { nil }
    ) throws -> ConfigChecks.Verdict {
        let schema = try SchemaCheck.read(Array(Self.schema.utf8)).get()
        return ConfigChecks.verdict(
            Array(text.utf8), path: "/a.json", schema: held ? schema : nil, references: true, ask: ask)
    }

    private func lines(_ verdict: ConfigChecks.Verdict) -> [String] {
        verdict.faults.map { "\($0.line):\($0.column) \($0.kind.rawValue)" }
    }

    private func issue(_ path: String) -> ValidatorIssue {
        ValidatorIssue(parts: path.split(separator: ".").map(String.init), sentence: "It is wrong.")
    }

    @Test func `without a validator the schema counts`() throws {
        let found = try verdict(#"{"mode": "auto"}"#)
        #expect(lines(found) == ["1:10 config-schema"])
        #expect(found.faults[0].sentence.contains("safeguard"))
        #expect(found.remarks.isEmpty)
    }

    @Test func `a validator that accepts what the schema refuses wins, and that is said`() throws {
        let found = try verdict(#"{"mode": "auto"}"#) { .valid }
        #expect(found.faults.isEmpty)
        #expect(found.remarks.count == 1)
        #expect(found.remarks[0].contains("its word counts"))
        #expect(found.remarks[0].contains("column 10"))
    }

    @Test func `a validator that reads what we cannot parse wins, too`() throws {
        let found = try verdict(#"{"mode": #odd}"#) { .valid }
        #expect(found.faults.isEmpty)
        #expect(found.remarks[0].contains("does not parse here"))
    }

    @Test func `a validator that refuses what the schema accepts wins, with the place of what it names`() throws {
        let text = "{\n  \"agents\": {\n    \"list\": [ 1, {\"thinking\": true} ]\n  }\n}"
        let found = try verdict(text) { .invalid([issue("agents.list.1.thinking"), issue("agents.gone.deep")]) }
        #expect(lines(found) == ["2:13 config-schema", "3:31 config-schema"])
        #expect(found.remarks.count == 1)
        #expect(found.remarks[0].contains("The schema accepts"))
    }

    @Test func `where both refuse, the validator's words are told, and no disagreement`() throws {
        let found = try verdict(#"{"mode": "auto"}"#) { .invalid([issue("mode")]) }
        #expect(found.faults.map(\.sentence) == ["It is wrong."])
        #expect(found.remarks.isEmpty)
    }

    @Test func `a validator that says nothing leaves the word to the schema, and that is said`() throws {
        let found = try verdict(#"{"mode": "auto"}"#) { .silent("It hung.") }
        #expect(lines(found) == ["1:10 config-schema"])
        #expect(found.remarks == ["It hung."])
    }

    @Test func `what a validator accepts may hold invisible characters and masks all the same`() throws {
        let found = try verdict("{\"mo\u{200b}de\": \"***\"}", held: false) { .valid }
        #expect(found.faults.map(\.kind) == [.configInvisibleCharacter, .configRedacted])
    }

    @Test(arguments: [
        ("{\n  a: { $include: 5 } }", "2:18"), ("{ a: { $include: ['b.json', {}] } }", "1:29"),
        ("{ token: {source: 'env', provider: 'default', id: 'bot-token'} }", "1:10"),
    ])
    func `what was meant as an include or a secret reference, and is none, is told`(text: String, place: String) throws
    {
        let found = try verdict(text)
        #expect(lines(found) == ["\(place) config-schema"])
        #expect(try verdict(text) { .valid }.faults.isEmpty)
        #expect(try verdict(text, held: false) { .valid }.remarks.first?.contains("it looks wrong here") == true)
    }

    @Test func `values have to be ASCII only where that is asked for`() {
        let bytes = Array("{\"a\": \"ü\"}".utf8)
        #expect(ConfigChecks.verdict(bytes, path: "/a.json", schema: nil, references: true).faults.isEmpty)
        #expect(
            ConfigChecks.verdict(bytes, path: "/a.json", schema: nil, ascii: true, references: true).faults.count == 1)
    }

    @Test(arguments: [
        (0, "", "valid"), (0, "Config OK\n", "valid"), (0, #"{"valid": true}"#, "valid"),
        (0, #"note: {"valid": true, "issues": []}"#, "valid"),
        (0, #"{"valid": false}"#, "The agent's own validator refuses it with status 0, and says: {\"valid\": false}."),
        (1, "", "The agent's own validator refuses it with status 1, and says: nothing."),
        (1, "bad\u{1b}[2J\nworse", "The agent's own validator refuses it with status 1, and says: bad·[2J / worse."),
        (1, #"{"issues": [{"path": "a.b", "message": "no"}]}"#, "a.b: no (the agent's own validator)."),
        (1, #"{"errors": [{"path": ["a", 3], "message": "no"}]}"#, "a.3: no (the agent's own validator)."),
        (1, #"{"issues": [{"path": "a[3].b", "message": "no"}]}"#, "a.3.b: no (the agent's own validator)."),
        (1, #"{"issues": ["just words"]}"#, "just words (the agent's own validator)."),
        (2, #"{"issues": 5}"#, "The agent's own validator refuses it with status 2, and says: {\"issues\": 5}."),
    ])
    func `a validator's answer is understood by its status, and by its JSON if it has any`(
        status: Int32, output: String, said: String
    ) {
        switch ConfigValidator.answer(status: status, output) {
        case .valid: #expect(said == "valid")
        case .invalid(let issues): #expect(issues.map(\.sentence) == [said])
        case .silent(let sentence): Issue.record("silent: \(sentence)")
        }
    }

    @Test(arguments: [
        "error: unknown command 'validate'", "\nusage: openclaw\nopenclaw: error: invalid choice: 'config'",
        "error: unknown option '--json'",
    ])
    func `a program that does not know the command has said nothing of the config`(output: String) {
        guard case .silent(let sentence) = ConfigValidator.answer(status: 1, output) else {
            Issue.record("it counts as a verdict")
            return
        }
        #expect(sentence.contains("`validate` in the settings"))
    }

    @Test func `a schema that cannot be used says nothing of the config, and that is told`() throws {
        let schema = try SchemaCheck.read(Array(#"{"$ref": "https://example.net/schema.json"}"#.utf8)).get()
        let found = ConfigChecks.verdict(Array("{}".utf8), path: "/a.json", schema: schema, references: true)
        #expect(found.faults.isEmpty)
        #expect(found.remarks.first?.contains("was not held to the schema") == true)
    }

    @Test func `what would be a malformed include is a text in a config of a kind that has none`() {
        let bytes = Array(#"{ "$include": 5 }"#.utf8)
        for (references, count) in [(true, 1), (false, 0)] {
            let found = ConfigChecks.verdict(bytes, path: "/a.json", schema: nil, references: references)
            #expect(found.faults.count == count)
        }
    }
}
