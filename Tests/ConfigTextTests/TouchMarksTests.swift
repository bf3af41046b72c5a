import ConfigText
import Testing

/// What an agent writes into its own config on each start.
struct TouchMarksTests {
    private static let keys = TouchKeys(time: "lastTouchedAt", release: "lastTouchedVersion")

    private func rest(_ text: String) -> String? {
        TouchMarks(Array(text.utf8), Self.keys).rest.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `two files that differ in their marks alone have the same rest`() {
        let first = rest(
            #"{"meta": {"lastTouchedAt": "2026-09-01T03:15:00Z", "lastTouchedVersion": "2026.9.1"}, "a": 1}"#)
        let second = rest(
            #"{"meta": {"lastTouchedAt": "2026-10-01T00:00:00.1Z", "lastTouchedVersion": "2026.10.0"}, "a": 1}"#)
        #expect(first == second)
        #expect(first == #"{"meta": {"lastTouchedAt": "", "lastTouchedVersion": ""}, "a": 1}"#)
    }

    @Test func `anything else that differs is still told`() {
        let one = rest(#"{"meta": {"lastTouchedAt": "x"}, "a": 1}"#)
        #expect(one != rest(#"{"meta": {"lastTouchedAt": "x"}, "a": 2}"#))
        #expect(one != rest(#"{"meta": {"lastTouchedAt": "x"}, "a":  1}"#))
    }

    @Test(arguments: [
        #"{ meta: { lastTouchedAt: 'x' } }"#, "{\"lastTouchedAt\"\n:\n\"x\"}", #"{"lastTouchedAt":"x", broken"#,
    ])
    func `a mark is found in JSON5 and in a file that does not parse`(text: String) {
        #expect(rest(text) == text.replacing("x", with: ""))
    }

    @Test(arguments: [
        "", "{}", "lastTouchedAt", #"{"lastTouchedAt": 5}"#, #"{"lastTouchedAt""#, #"{"lastTouchedAt": "never closed"#,
        #"{"lastTouchedAt": "with \" in it"}"#,
    ])
    func `what is no mark is left as it is`(text: String) {
        #expect(rest(text) == nil)
    }

    @Test func `a value that is too long for a mark is part of what somebody has set`() {
        #expect(rest(#"{"lastTouchedAt": "\#(String(repeating: "a", count: 65))"}"#) == nil)
        #expect(rest(#"{"lastTouchedAt": "\#(String(repeating: "a", count: 64))"}"#) != nil)
    }

    @Test func `the release that wrote the file last is known`() {
        #expect(
            TouchMarks(Array(#"{"meta": {"lastTouchedVersion": "2026.9.1"}}"#.utf8), Self.keys).release == "2026.9.1")
        #expect(TouchMarks(Array(#"{"meta": {"lastTouchedVersion": ""}}"#.utf8), Self.keys).release == nil)
        #expect(TouchMarks(Array(#"{"meta": {"lastTouchedAt": "x"}}"#.utf8), Self.keys).release == nil)
    }
}
