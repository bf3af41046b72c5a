import ConfigText
import FixturesTests
import Testing

struct JSON5Tests {
    /// All that the opening example of the specification shows, in other words.
    @Test func `the features that JSON5 is known for are read`() throws {
        let text = """
            {
              // a comment
              bare: 'single quotes, and "double" ones inside',
              pair: "a backslash carries a text \\
            over the line",
              hex: 0xBEEF,
              before: .5, after: 5.,
              signed: +3,
              last: ['in a list',], andLast: 'in an object',
              "plain": "JSON still", /* another comment */
            }
            """
        let read = try tree(text)
        #expect(
            JSONText(read).text == """
                {"after":5,"andLast":"in an object","bare":"single quotes, and \\"double\\" ones inside",\
                "before":0.5,"hex":48879,"last":["in a list"],\
                "pair":"a backslash carries a text over the line","plain":"JSON still","signed":3}
                """)
        #expect(read.remarks.isEmpty)
    }

    private static let valid: [(text: String, json: String)] = [
        ("null", "null"), ("true", "true"), ("[]", "[]"), ("{}", "{}"), ("''", #""""#), ("[1,]", "[1]"),
        ("\u{FEFF}{}", "{}"), ("\u{A0}{\u{2003}}\u{2028}", "{}"), ("\t\u{0B}\u{0C}1", "1"),
        ("{ünïcode: 1}", #"{"ünïcode":1}"#), ("{$_: 1}", #"{"$_":1}"#), (#"{\u0061b: 1}"#, #"{"ab":1}"#),
        ("{a\u{200D}b: 1}", "{\"a\u{200D}b\":1}"), ("{null: 1, if: 2}", #"{"if":2,"null":1}"#),
        ("0x1f", "31"), ("-0XFF", "-255"), ("0xFFFFFFFFFFFFFFFFFF", "4.722366482869645213695e21"),
        ("-.5e-3", "-0.0005"),
        ("1.E2", "100"), ("-0", "0"), ("1e21", "1e21"), ("100000000000000000000", "100000000000000000000"),
        ("1e-7", "1e-7"), ("0.000001", "0.000001"), ("12.50", "12.5"), ("1e99999999999999999999", "1e1000000000000"),
        ("NaN", "null"), ("-Infinity", "null"), ("+Infinity", "null"),
        (#"'\x41\u00e9\0\v\q\''"#, #""Aé\u0000\u000bq'""#), (#""\ud83d\ude00""#, #""😀""#), ("'a\\\r\nb'", #""ab""#),
        ("'a\\\u{2029}b'", #""ab""#), ("'\u{2028}'", "\"\u{2028}\""), ("[1,/**/2//x\n]", "[1,2]"),
        ("{'': 1}", #"{"":1}"#),
    ]

    @Test(arguments: valid)
    func `a text of JSON5 is read, and means what it says`(text: String, json: String) throws {
        #expect(JSONText(try tree(text)).text == json)
    }

    private static let broken: [(text: String, place: String, words: String)] = [
        ("", "1:1", "The file is empty"), ("// only\n", "2:1", "The file is empty"),
        ("{mode: 'a' other: 1}", "1:12", "Expected a comma or } after the value of \"mode\""),
        ("{\n  a: 1,,\n}", "2:8", "Expected a key or }, but found ,."),
        ("[1 2]", "1:4", "Expected a comma or ] after element 1 of the list"),
        ("[,]", "1:2", "found a comma"), ("{a 1}", "1:4", "Expected a colon after the key \"a\""),
        ("{a: }", "1:5", "Expected a value of \"a\", but found }."),
        ("{a: safeguard}", "1:5", "a word without quotes; put it in quotes"),
        ("{a: True}", "1:5", "a word of Python"), ("{a: \"x\n\"}", "1:7", "is not closed on its line"),
        ("{a: 'x", "1:5", "never closed; end it with a single quote"),
        ("{a: {b: [1, 2}", "1:14", "Expected a comma or ] after element 2 of the list of \"b\""),
        ("{\n a: {\n  b: 1\n", "4:1", "ends inside the object of \"a\" that was opened on line 2, column 5"),
        ("{} {}", "1:4", "Expected the end of the file"), ("/* x", "1:1", "never closed; end it with */"),
        ("/ x", "1:1", "A single /"), ("010", "1:2", "must not begin with 0"),
        ("0x", "1:3", "hexadecimal digits after 0x"),
        ("1e", "1:3", "digits after the e"), (".", "1:2", "Expected digits"), ("+", "1:2", "Expected digits"),
        ("12abc", "1:3", "goes on with a word"), ("1.2.3", "1:4", "goes on with ."),
        (#"'\x4'"#, "1:5", "2 hexadecimal"),
        (#"'\1'"#, "1:3", "before the digit 1"), (#"'\012'"#, "1:3", "several digits"),
        (#"{\x: 1}"#, "1:3", "backslash in a key"),
        (#"{\u0030: 1}"#, "1:2", "no letter for a key"), ("{1a: 1}", "1:2", "Expected a key or }, but found a number"),
        ("{\u{200B}a: 1}", "1:2", "U+200B (zero width space)"),
        ("{“a”: 1}", "1:2", "U+201C (left double quotation mark)"),
        ("{é😀: 1}", "1:3", "U+1F600"), ("\0", "1:1", "U+0000"), ("{a:\0}", "1:4", "U+0000"),
    ]

    @Test(arguments: broken)
    func `a mistake is told with its place and in plain words`(text: String, place: String, words: String) throws {
        let found = try problem(text)
        #expect(found.place.description == place, "\(found)")
        #expect(found.sentence.contains(words), "\(found)")
        #expect(found.sentence.hasSuffix(".") && found.sentence.first?.isUppercase == true, "\(found)")
    }

    @Test func `no mistake repeats a value of the file, which may be a secret`() throws {
        for text in ["{token: sk-abc123}", "{token: 'sk-abc123' x}", "{token: 'sk-abc123", "{token: \"sk-abc123\n\"}"] {
            #expect(!(try problem(text).description.contains("abc123")))
        }
    }

    @Test func `every key and value has its place, counted in characters`() throws {
        let text = "{\n  \"ключ\": \"é😀\", b: [1,\r\n\t{c: null}],\n}\n"
        #expect(
            places(try tree(text)) == [
                " 1:1", "ключ 2:3", "/ключ 2:11", "b 2:17", "/b 2:20", "/b/0 2:21", "/b/1 3:2", "c 3:3", "/b/1/c 3:6",
            ])
    }

    @Test func `a key that stands twice is kept twice, told, and the last one counts`() throws {
        let read = try tree("{a: 1, b: 2,\n a: 3}")
        #expect(JSONText(read).text == #"{"a":3,"b":2}"#)
        #expect(read.value(at: "/a")?.place == TextPlace(line: 2, column: 5))
        #expect(
            read.remarks.map(\.description) == [
                "2:2: The key \"a\" stands here for the second time; line 1 has it first, and this one wins. "
                    + "Remove one of them."
            ])
    }

    @Test func `keys that only look equal are two keys`() throws {
        let read = try tree("{\"\u{E9}\": 1, \"e\u{301}\": 2}")
        #expect(read.remarks.isEmpty)
        #expect(read.value(at: "/\u{E9}").map { JSONText($0).text } == "1")
    }

    @Test func `half of a surrogate pair is read as JavaScript does, and remarked`() throws {
        for text in [#"'\ud800'"#, #"'\udc00x'"#, #"'\ud800\ud800'"#, #"'\ud83d\n'"#] {
            let read = try tree(text)
            #expect(!read.remarks.isEmpty)
            #expect(JSONText(read).text.contains("\u{FFFD}"))
        }
    }

    @Test func `lists as deep as the limit are read, deeper ones refused, and none ends the program`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try tree(nested(ConfigTree.deepest))
        for depth in [ConfigTree.deepest + 2, 1_000_000] {
            #expect(try problem(nested(depth)).sentence.contains("deep"))
        }
        _ = try problem(String(repeating: "{a:", count: 500_000))
    }

    @Test func `a file beyond the size given is refused, not cut`() {
        let result = ConfigTree.parse(Array("[1, 2]".utf8), as: .json5, most: 5)
        guard case .failure(let problem) = result else {
            Issue.record("it was read")
            return
        }
        #expect(problem.sentence.hasPrefix("The file has 6 bytes, more than the 5 that are read"))
    }

    private static let noText: [(bytes: [UInt8], place: String)] = [
        ([0xFF], "1:1"), (Array("{a: \"é".utf8) + [0xC3, 0x22, 0x7D], "1:7"), ([0x0A, 0x20, 0xC0, 0x80], "2:2"),
        ([0xED, 0xA0, 0x80], "1:1"), ([0xF5, 0x80, 0x80, 0x80], "1:1"), ([0x5B, 0xE2, 0x82], "1:2"),
    ]

    @Test(arguments: noText)
    func `bytes that are not UTF-8 are told with their place`(bytes: [UInt8], place: String) throws {
        for syntax in ConfigSyntax.allCases {
            let found = try problem(bytes, syntax)
            #expect(found.place.description == place)
            #expect(found.sentence.contains("is not UTF-8"))
        }
    }

    @Test func `numbers of any length are kept as they stand`() throws {
        let digits = String(repeating: "123456789", count: 20_000)
        let read = try tree("[\(digits), 0x\(digits)]")
        #expect(JSONText(read).text == "[\(digits.first ?? "0").\(digits.dropFirst())e179999,null]")
    }

    /// Cuts, swaps and strange bytes: an answer each time, with a place inside of the file.
    @Test func `ten thousand damaged files are each read or refused with a sentence`() throws {
        let sound = Array(
            "{a: [1, 0x2, .5e3], \"b\": 'x\\u00e9\\\n', // c\n ключ: {d: null, /* */ e: -Infinity,},}".utf8)
        let strange: [UInt8] = Array("{}[],:'\"\\/*+-.0xeE\n\r".utf8) + [0, 0xFF, 0xC3, 0xE2, 0x80]
        var random = SeededGenerator(seed: 5)
        for _ in 0..<10_000 {
            var bytes = sound
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = bytes.indices.randomElement(using: &random) ?? 0
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.remove(at: index)
                case 1: bytes[index] = strange.randomElement(using: &random) ?? 0
                default: bytes.insert(strange.randomElement(using: &random) ?? 0, at: index)
                }
            }
            switch ConfigTree.parse(bytes, as: .json5) {
            case .success(let read): _ = JSONText(read)
            case .failure(let found):
                #expect(found.line >= 1 && found.line <= 8 && found.column >= 1 && found.column <= bytes.count + 1)
            }
        }
    }
}
