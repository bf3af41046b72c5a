import ConfigText
import Testing

struct EnvTests {
    /// What systemd 252 and newer give a unit for each file, `NAME=value` in the order of the file.
    private static let files: [(text: String, variables: [String])] = [
        ("A=1\nB=2\n", ["A=1", "B=2"]), ("A=1", ["A=1"]), ("A=\n", ["A="]), ("A\n", []), ("A = b c \t\n", ["A=b c"]),
        ("  A=1\n", ["A=1"]), ("A='x y'\n", ["A=x y"]), ("A=\"x y\"\n", ["A=x y"]), ("A=\"x\"y\n", ["A=xy"]),
        ("A='x' \"y\" z\n", ["A=xyz"]), ("A=x'y'\n", ["A=x'y'"]), ("A=x # no comment\n", ["A=x # no comment"]),
        ("# A=1\n; B=2\nC=3\n", ["C=3"]), ("A=x\\\ny\n", ["A=xy"]), ("A=x\\\r\ny\n", ["A=x"]),
        ("A=\"x\\\ny\"\n", ["A=xy"]), ("A=\"x\ny\"\n", ["A=x\ny"]), ("A='x\\\ny'\n", ["A=x\\\ny"]),
        (#"A="a\"b\\c\$d\`e\nf""# + "\n", [#"A=a"b\c$d`e\nf"#]), (#"A=a\"b\nc"# + "\n", [#"A=a"bnc"#]),
        ("A=x\\ \n", ["A=x "]), ("A=$B ${C}\n", ["A=$B ${C}"]), ("A=b=c\n", ["A=b=c"]),
        ("A=1\r\nB=2\r\n", ["A=1", "B=2"]),
        ("A='x", ["A=x"]), ("A=x\\", ["A=x"]), ("A=é😀\n", ["A=é😀"]), ("\n\n", []), ("export A=1\n", ["export A=1"]),
        ("# c \\\nA=1\n", ["A=1"]), ("A=  \n", ["A="]), ("A=\" \"\n", ["A= "]), ("A=x \\\n\n", ["A=x "]),
    ]

    @Test(arguments: files)
    func `an environment file is read as systemd reads it`(text: String, variables: [String]) throws {
        guard case .object(let members) = try tree(text, .env).root.value else { throw Unexpected("no object") }
        #expect(members.map { "\($0.key)=\($0.node.value.string ?? "")" } == variables)
    }

    @Test func `names and values have their places`() throws {
        let read = try tree("# ü\n  TOKEN = 'é'\nB=\nC=x\n", .env)
        #expect(places(read) == [" 1:1", "TOKEN 2:3", "/TOKEN 2:11", "B 3:1", "/B 3:3", "C 4:1", "/C 4:3"])
    }

    private static let remarks: [(text: String, remarks: [String])] = [
        (
            "A=1\nA=2\n",
            [
                "2:1: The key \"A\" stands here for the second time; line 1 has it first, and this one wins. "
                    + "Remove one of them."
            ]
        ),
        (
            "\nnonsense\n",
            ["2:1: This line has no = sign, and systemd ignores it; write NAME=value, or # before a comment."]
        ),
        (
            "export A=1\n",
            ["1:1: systemd does not know export and ignores this line; write the name alone before the = sign."]
        ),
        (
            "1A=x\n",
            [
                "1:1: \"1A\" is no name of a variable, and systemd ignores it; use letters, digits and _ only, "
                    + "with no digit first."
            ]
        ),
        (
            "B=1\nA=\"x\nC=2\n",
            [
                "2:3: The quote that begins here is never closed, and systemd takes all that follows for "
                    + "one value; close it."
            ]
        ),
        (
            "# c \\\nA=1\n",
            [
                "1:6: This comment ends with a backslash: systemd before version 254 takes the next line for "
                    + "comment too. Take the backslash away."
            ]
        ),
        (
            "\u{FEFF}A=1\n",
            [
                "1:1: \"\\u{feff}A\" is no name of a variable, and systemd ignores it; use letters, digits and "
                    + "_ only, with no digit first."
            ]
        ),
    ]

    @Test(arguments: remarks)
    func `what systemd ignores or nobody meant is remarked`(text: String, remarks: [String]) throws {
        #expect(try tree(text, .env).remarks.map(\.description) == remarks)
    }

    @Test func `a zero byte makes systemd refuse the file, and so it is told`() throws {
        let found = try problem("A=1\nB=\0\n", .env)
        #expect(found.description.hasPrefix("2:3: A zero byte"))
    }

    @Test func `a very long file of quotes and backslashes is read`() throws {
        for piece in ["A='", "\\\n", "\"", "A=\"\\", "#\\\n"] {
            _ = try tree(String(repeating: piece, count: 200_000), .env)
        }
    }
}
