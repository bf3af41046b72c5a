import ConfigText
import Testing

struct YamlTests {
    private static let valid: [(text: String, json: String)] = [
        ("", "null"), ("# only\n", "null"), ("a: 1\nb:\n  - x\n  - y: null\n", #"{"a":1,"b":["x",{"y":null}]}"#),
        (
            "a: [yes, Off, ~, 0x10, 0o17, 017, 1_000, 1.5e3, .inf, '1', \"yes\", 08]",
            #"{"a":[true,false,null,16,15,15,1000,1500,null,"1","yes",8]}"#
        ),
        ("a: 1:30\nb: 2001-01-01\nc: 1.2.3\nd: -x\n", #"{"a":"1:30","b":"2001-01-01","c":"1.2.3","d":"-x"}"#),
        ("a: !!str 1\n", #"{"a":"1"}"#),
        ("a: |\n  x\n  y\nb: >\n  p\n  q\n", #"{"a":"x\u000ay\u000a","b":"p q\u000a"}"#),
        ("base: &b {x: 1, y: 2}\nt:\n  <<: *b\n  y: 3\n", #"{"base":{"x":1,"y":2},"t":{"x":1,"y":3}}"#),
        ("a: &x [1]\nb: *x\n", #"{"a":[1],"b":[1]}"#), ("1: a\ntrue: b\n", #"{"1":"a","true":"b"}"#),
        ("---\na: 1\n...\n", #"{"a":1}"#), ("\u{FEFF}a: 1\n", #"{"a":1}"#),
    ]

    @Test(arguments: valid)
    func `a YAML file is read as agents read it`(text: String, json: String) throws {
        #expect(JSONText(try tree(text, .yaml)).text == json)
    }

    @Test func `keys and values have their places`() throws {
        let read = try tree("# ü\nключ: \"é😀\"\nb:\r\n  - {x: é, y: 2}\n  - |\n    t\n", .yaml)
        #expect(
            places(read) == [
                " 2:1", "ключ 2:1", "/ключ 2:7", "b 3:1", "/b 4:3", "/b/0 4:5", "x 4:6", "/b/0/x 4:9", "y 4:12",
                "/b/0/y 4:15", "/b/1 5:5",
            ])
    }

    private static let broken: [(text: String, place: String, words: String)] = [
        ("a: [1\nb: 2\n", "2:2", "This is not YAML"), ("a:\n\tb: 1\n", "2:1", "This is not YAML"),
        ("a: 1\n---\nb: 2\n", "2:1", "A second document"), ("a: *x\n", "1:4", "no anchor &x"),
        ("a: &x [*x]\n", "1:8", "inside of what it stands for"), ("? [1]\n: 2\n", "1:3", "A key must be a text"),
        ("a: 'x\n", "2:1", "This is not YAML"), ("a: \u{7}\n", "1:4", "This is not YAML"),
        ("é: @x\n", "1:4", "This is not YAML"),
    ]

    @Test(arguments: broken)
    func `a mistake is told with its place`(text: String, place: String, words: String) throws {
        let found = try problem(text, .yaml)
        #expect(found.place.description == place && found.sentence.contains(words), "\(found)")
    }

    @Test func `a few lines that stand for billions of values are refused at once`() throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let alias = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(alias)]\n"
        }
        #expect(try problem(text, .yaml).sentence.contains("With its aliases written out"))
        let long = "a: &a \"" + String(repeating: "x", count: 500_000) + "\"\nb: ["
        #expect(
            try problem(long + String(repeating: "*a,", count: 500_000) + "]\n", .yaml).sentence.contains("aliases"))
        var merges = "m0: &m0 {a: 1}\n"
        for level in 1...60 { merges += "m\(level): &m\(level) {<<: [*m\(level - 1), *m\(level - 1)], k\(level): 1}\n" }
        _ = ConfigTree.parse(Array(merges.utf8), as: .yaml)
    }

    @Test func `nesting beyond the limit is refused`() throws {
        #expect(try problem(String(repeating: "[", count: 100_000), .yaml).sentence.contains("deep"))
        #expect(try problem(String(repeating: "- ", count: 5_000) + "x", .yaml).sentence.contains("deep"))
    }

    @Test func `a key that stands twice is told`() throws {
        #expect(try tree("a: 1\nb: 2\na: 3\n", .yaml).remarks.map(\.place.description) == ["3:1"])
    }
}
