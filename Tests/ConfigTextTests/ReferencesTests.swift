import ConfigText
import Testing

struct ReferencesTests {
    private func names(_ value: String) throws -> [String] {
        References(try tree("{k: \(JSONText.quoted(value))}")).variables.map {
            $0.name + ($0.isWhole ? " whole" : "") + ($0.isShorthand ? " short" : "")
        }
    }

    private static let values: [(value: String, names: [String])] = [
        ("${TOKEN}", ["TOKEN whole"]), ("${BASE}/v1/${_X9}", ["BASE", "_X9"]), ("$${TOKEN}", []), ("$$${A}", []),
        ("a $${A} ${B}", ["B"]), ("${lower}", []), ("${9A}", []), ("${}", []), ("${A", []), ("$A", ["A whole short"]),
        ("$A b", []), ("x$A", []), ("${A}${A}", ["A", "A"]), ("${A:-x}", []), ("$", []), ("", []),
        ("$${lower} ${A}", ["A"]),
        ("$${", []), ("$$", []), ("costs $5 ${É}", []), ("${A}$", ["A"]),
    ]

    @Test(arguments: values)
    func `variables are found as OpenClaw finds them`(value: String, names: [String]) throws {
        #expect(try self.names(value) == names)
    }

    @Test func `each has its place and pointer`() throws {
        let found = References(try tree("{\n  a: [\"x\", \"${A}\"],\n  \"b\": \"é ${B}\"}"))
        #expect(found.variables.map { "\($0.pointer) \($0.place)" } == ["/a/1 2:12", "/b 3:8"])
        #expect(References(try tree("A: ${B}\n", .yaml)).variables.map(\.name) == ["B"])
    }

    @Test func `secret references are told from what only looks like one`() throws {
        let found = References(
            try tree(
                """
                {models: {openai: {apiKey: {source: "env", provider: "default", id: "OPENAI_API_KEY"}}},
                 old: {source: 'env', id: 'X'}, f: {source: 'file', provider: 'p', id: '/a/b'},
                 secrets: {providers: {default: {source: "env"}, v: {source: 'exec', command: '/x', args: []}}},
                 no: {source: 'env', id: 'A', provider: 'p', more: 1}, n: {source: 1, id: 'A'}, e: {source: 'env', id: ''},
                 bad: {source: 'env', provider: 'default', id: 'lower'}}
                """))
        #expect(
            found.secrets.map { "\($0.pointer) \($0.source) \($0.provider ?? "-") \($0.id) \($0.place)" } == [
                "/models/openai/apiKey env default OPENAI_API_KEY 1:28", "/old env - X 2:7", "/f file p /a/b 2:36",
                "/bad env default lower 5:7",
            ])
        #expect(found.problems.map(\.place.description) == ["5:7"])
    }

    @Test func `includes are found wherever they stand, alone or in a list`() throws {
        let found = References(
            try tree(
                "{\"$include\": './base.json5', agents: {$include: ['a.json', 7, './b.json'],\n x: 1}, c: {$include: {}}}"
            ))
        #expect(
            found.includes.map { "\($0.pointer)|\($0.path) \($0.place)" } == [
                "|./base.json5 1:14", "/agents|a.json 1:50", "/agents|./b.json 1:63",
            ])
        #expect(found.problems.map(\.place.description) == ["1:60", "2:23"])
    }

    @Test func `of a key that stands twice in a secret reference the last one counts`() throws {
        let tree = try ConfigTree.parse(Array(#"{a: {source: "env", id: "A", id: "B"}}"#.utf8), as: .json5).get()
        #expect(References(tree).secrets.map(\.id) == ["B"])
    }
}
