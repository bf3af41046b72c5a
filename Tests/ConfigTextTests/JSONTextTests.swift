import ConfigText
import FixturesTests
import Testing

struct JSONTextTests {
    /// A random value as JSON5 with all its freedoms, and as canonical JSON.
    private struct Writer {
        var random: SeededGenerator

        mutating func value(_ depth: Int) -> (json5: String, json: String) {
            switch Int.random(in: 0..<(depth > 4 ? 4 : 6), using: &random) {
            case 0: return ["null", "true", "false"].randomElement(using: &random).map { ($0, $0) } ?? ("null", "null")
            case 1:
                let number = Int.random(in: -1_000_000...1_000_000, using: &random)
                let forms = [
                    "\(number)", "\(number).0", "\(number)e0", number < 0 ? "-0x" + hex(-number) : "+0x" + hex(number),
                ]
                return (forms.randomElement(using: &random) ?? "", "\(number)")
            case 2, 3:
                let text = text()
                return (JSONText.quoted(text), JSONText.quoted(text))
            case 4:
                var parts: [(json5: String, json: String)] = []
                for _ in 0..<Int.random(in: 0...4, using: &random) { parts.append(value(depth + 1)) }
                return (
                    "[" + parts.map { $0.json5 + space() + "," }.joined() + "]",
                    "[" + parts.map(\.json).joined(separator: ",") + "]"
                )
            default:
                var parts: [String: (json5: String, json: String)] = [:]
                for _ in 0..<Int.random(in: 0...4, using: &random) { parts[text()] = value(depth + 1) }
                let sorted = parts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                return (
                    "{" + parts.map { space() + JSONText.quoted($0) + ":" + $1.json5 }.joined(separator: ",") + "}",
                    "{" + sorted.map { JSONText.quoted($0) + ":" + $1.json }.joined(separator: ",") + "}"
                )
            }
        }

        private func hex(_ number: Int) -> String { String(number, radix: 16) }

        private mutating func space() -> String {
            ["", " ", "\n", "/* , */", "// }\n", "\u{FEFF}"].randomElement(using: &random) ?? ""
        }

        private mutating func text() -> String {
            let pieces = ["a", "B", "é", "\"", "\\", "\u{0}", "\n", "\u{2028}", "😀", "'", "~/", "\u{200D}"]
            var text = ""
            for _ in 0..<Int.random(in: 0...5, using: &random) { text += pieces.randomElement(using: &random) ?? "" }
            return text
        }
    }

    @Test func `a file and its canonical text say the same, and the canonical text is its own`() throws {
        var writer = Writer(random: SeededGenerator(seed: 11))
        for _ in 0..<3000 {
            let written = writer.value(0)
            let text = JSONText(try tree(written.json5)).text
            #expect(text == written.json)
            #expect(JSONText(try tree(text)).text == text)
        }
    }

    @Test func `equal numbers are written equally however they stand in the file`() throws {
        let groups = [
            ["16", "0x10", "16.0", "1.6e1", "160e-1", "+16.", "0.16e2"], ["0", "-0", "0.0", "0e5", "-.0", "0x0"],
            ["1e400", "10e399", "0.1e401"], ["0.1", ".1", "1e-1", "00.1".replacing("00", with: "0")],
        ]
        for group in groups {
            #expect(Set(try group.map { JSONText(try tree($0)).text }).count == 1, "\(group)")
        }
    }

    /// Found by fuzzing: an exponent at its limit was pushed over it by the digits before it.
    @Test func `an exponent beyond all measure is cut alike however often it is written`() throws {
        for text in [
            "111113331e33333333333333333", "0.00012e-99999999999999999", "1e1000000000000", "123e999999999999",
        ] {
            let canonical = JSONText(try tree(text)).text
            #expect(JSONText(try tree(canonical)).text == canonical)
        }
    }

    @Test func `a value is found by its pointer`() throws {
        let read = try tree(#"{"a/b": {"m~n": [10, {"": 7}]}, "0": "zero"}"#)
        func text(_ pointer: String) -> String? { read.value(at: pointer).map { JSONText($0).text } }
        #expect(text("/a~1b/m~0n/0") == "10")
        #expect(text("/a~1b/m~0n/1/") == "7")
        #expect(text("/0") == #""zero""#)
        #expect(text("") == JSONText(read).text)
        for pointer in ["/a~1b/m~0n/2", "/a~1b/m~0n/01", "/a~1b/m~0n/-1", "/a", "a", "/a~1b/m~0n/0/0", "/a~1b/m~0n/-"] {
            #expect(text(pointer) == nil, "\(pointer)")
        }
    }

    private static let suffixes: [(file: String, syntax: ConfigSyntax?)] = [
        ("/home/a/.openclaw/openclaw.json", .json5), ("a.json5", .json5), ("a.JSONC", .json5), ("c.toml", .toml),
        ("c.yaml", .yaml), ("c.yml", .yaml), (".env", .env), ("gateway.env", .env), (".env.local", .env),
        ("/etc/default/agent", nil), ("json", nil), ("a.txt", nil), ("/etc/x.d/env", .env), ("a.json/b", nil),
    ]

    @Test(arguments: suffixes)
    func `the suffix says how a file is written`(file: String, syntax: ConfigSyntax?) {
        #expect(ConfigSyntax(file: file) == syntax)
    }
}
