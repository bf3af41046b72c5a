import ConfigText
import Testing

struct SchemaCheckTests {
    private static let schema = """
        {
          "type": "object",
          "required": ["gateway"],
          "properties": {
            "gateway": {"type": "object", "properties": {
              "port": {"type": "integer", "minimum": 1, "maximum": 65535},
              "mode": {"enum": ["local", "remote"]},
              "auth": {"type": "object", "properties": {"token": {"enum": ["x"]}, "kind": {"const": "token"}}},
              "ratio": {"type": "number", "exclusiveMaximum": 1e-7, "multipleOf": 0.01}
            }, "additionalProperties": false},
            "agents": {"type": "object", "properties": {
              "list": {"type": "array", "uniqueItems": true, "items": {"$ref": "#/definitions/agent"}}
            }},
            "channel": {"anyOf": [
              {"type": "object", "required": ["token"], "properties": {"kind": {"const": "telegram"}, "token": {"type": "string"}}},
              {"type": "object", "required": ["url"], "properties": {"kind": {"const": "webhook"}, "url": {"type": "string"}}},
              {"type": "string"}
            ]},
            "level": {"anyOf": [{"const": "debug"}, {"const": "info"}, {"type": "integer"}]},
            "never": false
          },
          "patternProperties": {"^x-": {"type": "string", "minLength": 2, "pattern": "^[a-z]+$"}},
          "additionalProperties": false,
          "definitions": {"agent": {
            "type": "object", "required": ["name"], "additionalProperties": false,
            "properties": {"name": {"type": "string"}, "thinkingDefault": {"type": ["string", "null"]},
              "compaction": {"properties": {"mode": {"enum": ["default", "safeguard"]}}}}
          }}
        }
        """

    private func sentences(_ text: String, schema: String = schema) throws -> [String] {
        let check = try SchemaCheck.read(Array(schema.utf8)).get()
        return try check.check(try tree(text)).get().findings.map(\.description)
    }

    private static let files: [(text: String, findings: [String])] = [
        ("{gateway: {port: 18789}}", []),
        ("{}", ["1:1: The file lacks the key \"gateway\", which the schema requires; add it."]),
        (
            "{gateway: {},\n agents: {list: [{name: 'a', compaction: {mode: 'auto'}}]}}",
            [
                "2:49: The value of \"agents.list[0].compaction.mode\" is \"auto\", which is not one of \"default\" and "
                    + "\"safeguard\"; write one of them."
            ]
        ),
        (
            "{gateway: {},\n agents: {list: [{name: 'a', compaction: {mode: 'safegard'}}]}}",
            [
                "2:49: The value of \"agents.list[0].compaction.mode\" is \"safegard\", which is not one of \"default\" and "
                    + "\"safeguard\"; did you mean \"safeguard\"?"
            ]
        ),
        (
            "{gateway: {prot: 1}}",
            ["1:12: The key \"prot\" is not known to the schema in \"gateway\"; did you mean \"port\"?"]
        ),
        (
            "{gateway: {zzzzzz: 1}}",
            [
                "1:12: The key \"zzzzzz\" is not known to the schema in \"gateway\"; remove it. Known are \"auth\", "
                    + "\"mode\", \"port\" and \"ratio\"."
            ]
        ),
        (
            "{gateway: {}, agents: {list: [{name: 'é', thinking: 'x'}]}}",
            [
                "1:43: The key \"thinking\" is not known to the schema in \"agents.list[0]\"; did you mean "
                    + "\"thinkingDefault\"?"
            ]
        ),
        (
            "{gateway: {port: '1'}}",
            ["1:18: The value of \"gateway.port\" must be a whole number, and it is a text."]
        ),
        (
            "{gateway: {port: 1.5}}",
            ["1:18: The value of \"gateway.port\" must be a whole number, and it is a number with a fraction."]
        ),
        (
            "{gateway: {port: 70000}}",
            ["1:18: The value of \"gateway.port\" must be at most 65535, and it is 70000."]
        ),
        ("{gateway: {port: 0x0}}", ["1:18: The value of \"gateway.port\" must be at least 1, and it is 0x0."]),
        (
            "{gateway: {ratio: NaN}}",
            [
                "1:19: The value of \"gateway.ratio\" must be a number, and it is NaN or infinity, which JSON does not have."
            ]
        ),
        (
            "{gateway: {}, 'x-a': 'B'}",
            [
                "1:22: The value of \"x-a\" does not have the form that the schema asks for.",
                "1:22: The value of \"x-a\" must have at least 2 characters.",
            ]
        ),
        ("{gateway: {}, never: 1}", ["1:22: The value of \"never\" must not be there; remove it."]),
        (
            "{gateway: {}, agents: {list: [{name: 'a'}, {name: 'b'}, {name: 'a'}]}}",
            ["1:30: The value of \"agents.list\" has equal elements (number 1 and number 3); remove one of them."]
        ),
        (
            "{gateway: {}, channel: {kind: 'telegram'}}",
            ["1:24: The value of \"channel\" lacks the key \"token\", which the schema requires; add it."]
        ),
        (
            "{gateway: {}, channel: {kind: 'webhook', url: 7}}",
            ["1:47: The value of \"channel.url\" must be a text, and it is a number."]
        ),
        (
            "{gateway: {}, channel: 7}",
            ["1:24: The value of \"channel\" must be an object or a text, and it is a number."]
        ),
        (
            "{gateway: {}, level: 'debg'}",
            [
                "1:22: The value of \"level\" is \"debg\", which is not one of \"debug\", \"info\" and a whole number; "
                    + "did you mean \"debug\"?"
            ]
        ),
        (
            "{gateway: {auth: {token: 'sk-abc123', kind: 'tokne'}}}",
            [
                "1:26: The value of \"gateway.auth.token\" is a text, which is not \"x\"; write that.",
                "1:45: The value of \"gateway.auth.kind\" is a text, which is not \"token\"; did you mean \"token\"?",
            ]
        ),
        ("[]", ["1:1: The file must be an object, and it is a list."]),
        (
            "{gateway: {port: 1e999}}",
            [
                "1:18: The number here is greater than any that programs can hold; write a smaller one."
            ]
        ),
    ]

    @Test(arguments: files)
    func `each thing wrong is told with its place and what to do`(text: String, findings: [String]) throws {
        let found = try sentences(text)
        #expect(found == findings, "\(found)")
    }

    @Test func `all errors are told, not the first`() throws {
        let text = "{\n gateway: {port: 0, mode: 'x', y: 1},\n agents: {list: [1, {nam: 'a'}]},\n z: 1}"
        let found = try sentences(text)
        #expect(found.map { $0.prefix(4) } == ["2:18", "2:27", "2:32", "3:18", "3:21", "3:22", "4:2:"], "\(found)")
    }

    /// valijson leaves an allOf at the first branch that fails, patternProperties at the first member that fails (and
    /// takes the rest for unknown), and tells one unknown key.
    @Test func `all errors are told of all branches, of members by pattern, and of unknown keys`() throws {
        let schema = ##"""
            {"allOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {"type": "string"}}},
              {"$ref": "#/definitions/c"}, {"anyOf": [{"required": ["k"]}, {"required": ["l"]}]}],
             "definitions": {"c": {"properties": {"c": {"allOf": [{"minimum": 5}, {"multipleOf": 2}]}}}},
             "properties": {"o": {"patternProperties": {"^x": {"type": "string"}, "y$": {"minLength": 2}},
               "properties": {"p": {"$ref": "#/allOf/0/properties/a"}}, "additionalProperties": false}}}
            """##
        let found = try sentences("{a: 1, b: 2, c: 3, o: {xa: 1, xb: 2, xy: 'z', q: 1, p: 7, r: 1}}", schema: schema)
        #expect(
            found == [
                "1:1: The file lacks the key \"k\", which the schema requires; add it.",
                "1:5: The value of \"a\" must be a text, and it is a number.",
                "1:11: The value of \"b\" must be a text, and it is a number.",
                "1:17: The value of \"c\" must be a multiple of 2, and it is 3.",
                "1:17: The value of \"c\" must be at least 5, and it is 3.",
                "1:28: The value of \"o.xa\" must be a text, and it is a number.",
                "1:35: The value of \"o.xb\" must be a text, and it is a number.",
                "1:42: The value of \"o.xy\" must have at least 2 characters.",
                "1:47: The key \"q\" is not known to the schema in \"o\"; \"p\", which is there already, is the nearest. "
                    + "Remove this one.",
                "1:56: The value of \"o.p\" must be a text, and it is a number.",
                "1:59: The key \"r\" is not known to the schema in \"o\"; \"p\", which is there already, is the nearest. "
                    + "Remove this one.",
            ], "\(found.joined(separator: "\n"))")
    }

    @Test func `an error beside alternatives is told as well as the nearest alternative`() throws {
        let schema = ##"""
            {"anyOf": [{"allOf": [{"required": ["a"]}, {"properties": {"t": {"const": "one"}}}]},
              {"allOf": [{"required": ["b"]}, {"properties": {"t": {"const": "two"}}}]}],
             "oneOf": [{"type": "string"}, {"properties": {"n": {"type": "number"}}}],
             "allOf": [{"required": ["z"]}], "propertyNames": {"maxLength": 3}}
            """##
        #expect(
            try sentences("{t: 'two', n: ''}", schema: schema) == [
                "1:1: The file lacks the key \"b\", which the schema requires; add it.",
                "1:1: The file lacks the key \"z\", which the schema requires; add it.",
                "1:15: The value of \"n\" must be a number, and it is a text.",
            ])
        #expect(
            try sentences("{q: {long: 1}}", schema: ##"{"properties": {"q": {"propertyNames": {"maxLength": 3}}}}"##)
                == ["1:5: The value of \"q\" has a key whose name the schema does not allow."])
    }

    @Test func `a format is asked of texts only`() throws {
        let schema = #"{"additionalProperties": {"format": "date"}}"#
        #expect(try sentences("{a: {}, b: 1, c: [], d: '2026-01-31'}", schema: schema) == [])
        #expect(
            try sentences("{a: '2026-02-30'}", schema: schema) == ["1:5: The value of \"a\" must be a valid date-time."]
        )
    }

    @Test func `other syntaxes are checked alike`() throws {
        let check = try SchemaCheck.read(Array(Self.schema.utf8)).get()
        let toml = try check.check(try tree("[gateway]\nmode = \"lokal\"\n", .toml)).get().findings
        #expect(toml.map(\.place.description) == ["2:8"])
        let yaml = try check.check(try tree("gateway:\n  mode: lokal\n", .yaml)).get().findings
        #expect(yaml.first?.sentence.hasSuffix("did you mean \"local\"?") == true)
    }

    @Test func `no more findings are told than asked for, and that there are more`() throws {
        let check = try SchemaCheck.read(Array(#"{"items": {"type": "string"}}"#.utf8)).get()
        let many = try tree("[" + String(repeating: "1,", count: 5000) + "]")
        let report = try check.check(many, limits: .init(findings: 10)).get()
        #expect(report.findings.count == 10 && report.more)
        #expect(report.findings.last?.pointer == "/9")
    }

    private static let unusable: [(schema: String, words: String)] = [
        (#"{"type": 7}"#, "The schema cannot be used"), (#"{"$ref": "http://127.0.0.1/x"}"#, "nothing is fetched"),
        (##"{"$ref": "#/no/such"}"##, "The schema cannot be used"), ("[]", "The schema cannot be used"),
        (##"{"$ref": "#"}"##, "refers to itself"), (##"{"allOf": [{"$ref": "#"}]}"##, "refers to itself"),
        (##"{"properties": {"a": {"$ref": "#/properties/b"}, "b": {"$ref": "#/properties/a"}}}"##, "refers to itself"),
    ]

    @Test(arguments: unusable)
    func `a schema that cannot be used is told as such, and ends nothing but the check`(schema: String, words: String)
        throws
    {
        let result = try SchemaCheck.read(Array(schema.utf8)).get().check(try tree("{a: {a: 1}}"))
        guard case .failure(let failure) = result else {
            Issue.record("it was used: \(result)")
            return
        }
        #expect(failure.sentence.contains(words), "\(failure)")
    }

    /// std::regex goes back without bound and recurses once for each character.
    @Test func `a pattern without end is given up in time, and one of great depth ends nothing but the check`() throws {
        let slow = try SchemaCheck.read(Array(#"{"pattern": "^(a+)+$"}"#.utf8)).get()
        let text = try tree("'" + String(repeating: "a", count: 40) + "b'")
        let clock = ContinuousClock()
        let start = clock.now
        guard case .failure(let given) = slow.check(text, limits: .init(milliseconds: 300)) else {
            Issue.record("it was answered")
            return
        }
        #expect(given.kind == .limit && given.sentence.contains("300 ms"))
        #expect(clock.now - start < .seconds(20))
        let deep = try SchemaCheck.read(Array(#"{"pattern": "^(a|b)*$"}"#.utf8)).get()
        let long = try tree("'" + String(repeating: "a", count: 1_000_000) + "'")
        guard case .failure(let ended) = deep.check(long) else {
            Issue.record("it was answered")
            return
        }
        #expect(ended.kind == .limit)
    }

    @Test func `a pattern that the validator does not know is left out, and that is said`() throws {
        let schema =
            #"{"properties": {"a": {"pattern": "(?<=x)y", "type": "string"}}, "patternProperties": {"\\p{L}": {}}}"#
        let report = try SchemaCheck.read(Array(schema.utf8)).get().check(try tree("{a: 1, é: 2}")).get()
        #expect(report.findings.map(\.place.description) == ["1:5"])
        #expect(report.unchecked.count == 2, "\(report.unchecked)")
        #expect(report.unchecked.contains { $0.contains("\"/properties/a/pattern\"") })
    }

    @Test func `schemas that refer to their own parts by address are used`() throws {
        let schema = """
            {"$id": "https://example.org/agent.json", "properties": {"a": {"$ref": "#/definitions/n"},
             "b": {"$ref": "https://example.org/agent.json#/definitions/n"}, "c": {"$ref": "other.json"},
             "d": {"$ref": "#named"}, "$ref": {"type": "string"}},
             "definitions": {"n": {"type": "number"}, "o": {"$id": "other.json", "type": "number"},
             "p": {"$id": "#named", "type": "number"}}}
            """
        #expect(try sentences("{a: '', b: '', c: '', d: ''}", schema: schema).count == 4)
        #expect(try sentences("{a: 1, b: 2, c: 3, d: 4}", schema: schema) == [])
    }

    @Test func `neither a deep nor a great configuration ends anything but the check`() throws {
        let recursive = try SchemaCheck.read(
            Array(##"{"items": {"$ref": "#"}, "additionalProperties": {"$ref": "#"}}"##.utf8)
        ).get()
        let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        #expect(try recursive.check(try tree(deep)).get().isValid)
        let great = try tree("[" + String(repeating: "{a:[1,'x']},", count: 20_000) + "]")
        _ = recursive.check(great, limits: .init(milliseconds: 5000, bytes: 64 << 20))
    }
}
