import ConfigText
import FixturesTests
import Testing

struct InvisibleCharactersTests {
    private func found(_ text: String, _ syntax: ConfigSyntax = .json5, ascii: Bool = false) -> [String] {
        InvisibleCharacters.findings(in: Array(text.utf8), as: syntax, ascii: ascii).map {
            "\($0.place) \($0.codePoint) \($0.kind) \($0.standing)" + ($0.isEscaped ? " escaped" : "")
        }
    }

    private func fixed(_ text: String, _ syntax: ConfigSyntax = .json5) -> String {
        String(decoding: InvisibleCharacters.fixed(Array(text.utf8), as: syntax), as: UTF8.self)
    }

    private static let json5: [(text: String, findings: [String])] = [
        ("{\"mo\u{200B}de\": 1}", ["1:5 U+200B zeroWidth key"]),
        ("{\"mode\": \"safe\u{200B}guard\"}", ["1:15 U+200B zeroWidth value"]),
        ("{\"mode\":\u{A0}1}", ["1:9 U+00A0 oddSpace between"]),
        ("\u{FEFF}{\"a\": 1}", ["1:1 U+FEFF byteOrderMark between"]),
        ("{\"a\": \"\u{FEFF}\"}", ["1:8 U+FEFF zeroWidth value"]),
        ("{\n\"a\": 1, // \u{202E}x\n}", ["2:12 U+202E bidirectional comment"]),
        ("{\"m\u{43E}de\": 1}", ["1:4 U+043E lookAlike key"]), ("{ключ: 1}", Array(repeating: "", count: 4)),
        ("{\"ｍode\": 1}", ["1:3 U+FF4D lookAlike key"]), ("{\"naïve\": 1}", ["1:5 U+00EF notASCII key"]),
        ("{\"👨\u{200D}👩\": 1}", Array(repeating: "", count: 3)),
        (#"{"mo\u200bde": 1}"#, ["1:2 U+200B zeroWidth key escaped"]), (#"{"mode": "\u200b"}"#, []),
        ("{a: \"x\u{E0041}\"}", ["1:7 U+E0041 tag value"]), ("{a: \"co\u{AD}op\"}", ["1:8 U+00AD softHyphen value"]),
        ("{a: \"b\u{FE0F}\"}", ["1:7 U+FE0F variationSelector value"]),
        ("{a: \"\u{1B}[0m\"}", ["1:6 U+001B control value"]),
        ("{\"mode\u{200B}\": \"a, }\" \u{2060}b: 1", ["1:7 U+200B zeroWidth key", "1:18 U+2060 zeroWidth between"]),
        ("{mo\u{200B}de: 1}", ["1:4 U+200B zeroWidth key"]), ("{\u{200B}mode: 1}", ["1:2 U+200B zeroWidth between"]),
    ]

    @Test(arguments: json5)
    func `what one cannot see is found with its place, and where it stands`(text: String, findings: [String]) {
        let found = found(text)
        #expect(findings.contains("") ? found.count == findings.count : found == findings, "\(found)")
    }

    /// Ordinary writing of the world, none of which may cry wolf.
    @Test(arguments: [
        "👨\u{200D}👩\u{200D}👧", "❤\u{FE0F}", "🏳\u{FE0F}\u{200D}🌈", "👩🏽\u{200D}💻", "1\u{FE0F}\u{20E3}", "☎\u{FE0E}",
        "می\u{200C}خواهم", "क्\u{200D}ष", "ಕ್\u{200C}ಷ", "ක්\u{200D}ර", "עברית\u{200E}, ok", "\u{200F}سلام",
        "ไทย\u{200B}ภาษา", "葛\u{E0100}", "「日本」\u{3000}語", "Bonjour\u{A0}!", "Prix\u{202F}: 10\u{202F}000\u{A0}€",
        "«\u{A0}oui\u{A0}»", "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", "ᠮᠣᠩᠭᠣᠯ\u{180E}ᠠ",
        "日本語 Ελληνικά русский ελληνικά naïve", "→\u{FE0E}",
    ])
    func `a value in any language, and pictures, are left in peace`(text: String) {
        let json = "{\"prompt\": \"\(text)\"} // \(text)\n"
        #expect(found(json).isEmpty)
        #expect(fixed(json) == json)
        #expect(found("prompt: \"\(text)\"\n", .yaml).isEmpty)
        #expect(found("PROMPT=\(text)\n", .env).isEmpty)
        #expect(!found(json, ascii: true).isEmpty)
    }

    @Test(arguments: [
        "a\u{200D}b", "sk-\u{200C}123", "x\u{200E}y", "👍\u{FE0F}\u{FE0F}", "\u{1F3F4}\u{E0041}\u{E007F}",
        "עברית\u{202E}",
        "a\u{A0}b", "\u{3000}abc", "\u{1F3F4}\u{E0067}\u{E0062}", "abc\u{2066}", "1\u{200D}2", "\u{200D}", "a\u{E0100}",
    ])
    func `the same characters where no language has them are found`(text: String) {
        #expect(!found("{\"a\": \"\(text)\"}").isEmpty)
    }

    private static let others: [(syntax: ConfigSyntax, text: String, findings: [String])] = [
        (.toml, "[polic\u{200B}y]\n", ["1:7 U+200B zeroWidth key"]),
        (
            .toml, "\"m\u{43E}\" = \"a\u{200B}\" # \u{2060}\n",
            ["1:3 U+043E lookAlike key", "1:10 U+200B zeroWidth value", "1:15 U+2060 zeroWidth comment"]
        ),
        (
            .yaml, "mo\u{200B}de: sa\u{AD}fe # é\u{2060}\n",
            ["1:3 U+200B zeroWidth key", "1:10 U+00AD softHyphen value", "1:17 U+2060 zeroWidth comment"]
        ),
        (.yaml, "a: |\n  x\u{200B}: y\n", ["2:4 U+200B zeroWidth value"]),
        (.yaml, "a: [1\nk\u{43E}: 2\n", ["2:2 U+043E lookAlike key"]),
        (.env, "TO\u{200B}KEN=a\u{200B}b # c\n", ["1:3 U+200B zeroWidth key", "1:9 U+200B zeroWidth value"]),
        (.env, "# \u{200B}\nA=\"b\u{A0}c\"\n", ["1:3 U+200B zeroWidth comment", "2:5 U+00A0 oddSpace value"]),
    ]

    @Test(arguments: others)
    func `keys and values are told apart in every syntax`(syntax: ConfigSyntax, text: String, findings: [String]) {
        #expect(found(text, syntax) == findings)
    }

    @Test func `a finding says what it is in words`() throws {
        func sentence(_ text: String) throws -> String {
            try #require(InvisibleCharacters.findings(in: Array(text.utf8), as: .json5).first).sentence
        }
        #expect(
            try sentence("{\"mo\u{200B}de\": 1}")
                == "The invisible character U+200B (zero width space) stands in a key; remove it.")
        #expect(
            try sentence("{\"m\u{43E}de\": 1}")
                == "The Cyrillic U+043E (cyrillic small letter o) stands in a key and looks like \"o\"; "
                + "type \"o\" in its place.")
        #expect(
            try sentence("{a:\u{A0}1}")
                == "The character U+00A0 (no-break space) stands outside of keys and values and looks like a space; "
                + "put a plain space in its place, or remove it.")
    }

    @Test func `a file that must be ASCII has every other character told`() {
        #expect(found("{a: 'é'} // ü", ascii: true) == ["1:6 U+00E9 notASCII value", "1:13 U+00FC notASCII comment"])
    }

    @Test func `fixing removes the invisible, makes odd spaces plain, and leaves all else`() {
        #expect(
            fixed("\u{FEFF}{\"mo\u{200B}de\":\u{A0}\"é\u{AD}👨\u{200D}👩\", \"m\u{43E}\": '\u{3000}x'}\r\n")
                == "{\"mode\": \"é👨\u{200D}👩\", \"m\u{43E}\": ' x'}\r\n")
    }

    /// Fuzzing joined the bytes around what was taken out to new invisible characters, again and again.
    @Test func `bytes that are no text are passed over, and such a file is left as it is`() {
        let bytes: [UInt8] = [0xFF, 0x7B, 0xE2, 0x80, 0x8B, 0x7D, 0xC3]
        #expect(InvisibleCharacters.findings(in: bytes, as: .json5).map(\.place.description) == ["1:3"])
        #expect(InvisibleCharacters.fixed(bytes, as: .json5) == bytes)
    }

    @Test func `fixing twice is fixing once, and touches nothing that is not reported`() {
        var random = SeededGenerator(seed: 21)
        let pieces = [
            "{", "}", "\"", "'", ":", ",", "a", "=", "#", "\n", " ", "\\", "//", "[", "]", "-", "\u{200B}", "\u{200D}",
            "\u{200C}", "\u{FE0F}", "👩", "💻", "\u{43E}", "ع", "\u{202E}", "\u{200E}", "\u{A0}", "\u{3000}", "日",
            "\u{FEFF}", "\u{E0041}", "\u{E007F}", "\u{1F3F4}", "\u{AD}", "\u{1B}", "1", "क", "é",
        ]
        for round in 0..<4000 {
            let syntax = ConfigSyntax.allCases[round % 4]
            var text = ""
            for _ in 0..<Int.random(in: 0...20, using: &random) { text += pieces.randomElement(using: &random) ?? "" }
            let bytes = Array(text.utf8)
            let fixed = InvisibleCharacters.fixed(bytes, as: syntax)
            #expect(InvisibleCharacters.fixed(fixed, as: syntax) == fixed)
            let left = InvisibleCharacters.findings(in: fixed, as: syntax)
            #expect(left.allSatisfy { !$0.kind.isFixable || $0.isEscaped })
            if InvisibleCharacters.findings(in: bytes, as: syntax).allSatisfy({ !$0.kind.isFixable || $0.isEscaped }) {
                #expect(fixed == bytes)
            }
            // Whatever is plainly visible is still there, in its order.
            func visible(_ bytes: [UInt8]) -> String {
                String(
                    String.UnicodeScalarView(
                        String(decoding: bytes, as: UTF8.self).unicodeScalars.filter {
                            $0.value > 0x20 && $0.properties.generalCategory != .format && !$0.properties.isWhitespace
                                && !$0.properties.isVariationSelector && $0.value != 0x1B
                        }))
            }
            #expect(visible(fixed) == visible(bytes))
        }
    }

    @Test func `a file full of them is told up to the limit, soon`() {
        let text = "{\"a\": \"" + String(repeating: "\u{200E}\u{200B}", count: 200_000) + "\"}"
        #expect(InvisibleCharacters.findings(in: Array(text.utf8), as: .json5).count == 1000)
        #expect(fixed(text) == "{\"a\": \"\"}")
    }
}
