import ConfigText
import Testing

struct TomlTests {
    private static let text = """
        title = "é" # ü
        [a.b]
        c.d = 0x1F
        "q k" = [1, {x = 2_000}]
        when = 1979-05-27T07:32:00Z
        ж = 3.14
        [[list]]
        n = -inf
        [[list]]
        s = \"""
        x
        \"""
        t = true
        """

    @Test func `a TOML file is read with its values as they stand`() throws {
        let read = try tree(Self.text.replacing("ж", with: "\"ж\""), .toml)
        #expect(
            JSONText(read).text == """
                {"a":{"b":{"c":{"d":31},"q k":[1,{"x":2000}],"when":"1979-05-27T07:32:00Z","ж":3.14}},\
                "list":[{"n":null},{"s":"x\\u000a","t":true}],"title":"é"}
                """)
    }

    @Test func `keys and values have their places, in the order of the file`() throws {
        let read = try tree("\"ж\" = \"é\"\nb = {x = 1, \"é\" = [2]}\n[a.c]\nd.e = 3\n[[l]]\n[[l]]\n", .toml)
        #expect(
            places(read) == [
                " 1:1", "ж 1:1", "/ж 1:7", "b 2:1", "/b 2:5", "x 2:6", "/b/x 2:10", "é 2:13", "/b/é 2:19",
                "/b/é/0 2:20", "a 3:2", "/a 3:1", "c 3:4", "/a/c 3:1", "d 4:1", "/a/c/d 4:1", "e 4:3", "/a/c/d/e 4:7",
                "l 5:3", "/l 5:1", "/l/0 5:1", "/l/1 6:1",
            ])
    }

    @Test func `a mistake is told with its place, and without the value`() throws {
        for text in ["a = 1\ntoken = sk-abc123\n", "a = 1\na = 2\n", "a = \"sk-abc123\n", "= 1", "[a\n", "a = 1 b = 2"]
        {
            let found = try problem(text, .toml)
            #expect(found.sentence.hasPrefix("This is not TOML: "), "\(found)")
            #expect(!found.sentence.contains("abc123"), "\(found)")
        }
        #expect(try problem("a = 1\na = 2\n", .toml).line == 2)
        #expect(try problem("a = 1\nb = " + String(repeating: "x", count: 9000), .toml).line == 2)
        #expect(try problem("a = " + String(repeating: "[", count: 100_000), .toml).line == 1)
        #expect(
            try problem("a = " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40), .toml).line == 1
        )
    }
}
