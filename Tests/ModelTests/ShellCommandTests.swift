import FixturesTests
import Model
import Testing

/// Commands for people to type, of words that anybody may have chosen.
struct ShellCommandTests {
    @Test(arguments: [
        ("plain-_./:@%+=,09AZ", "plain-_./:@%+=,09AZ"), ("", "''"), ("a b", "'a b'"),
        ("$(reboot)", "'$(reboot)'"), ("`reboot`", "'`reboot`'"), ("a;b&c|d>e<f", "'a;b&c|d>e<f'"),
        ("it's", #"'it'\''s'"#), ("''", #"''\'''\'''"#), (#""quoted""#, #"'"quoted"'"#), (#"a\b"#, #"'a\b'"#),
        ("~root", "'~root'"), ("=ls", "'=ls'"), ("a=~", "'a=~'"), ("!!", "'!!'"), ("*", "'*'"), ("{a,b}", "'{a,b}'"),
        ("#x", "'#x'"), ("ü", "'ü'"), ("sport = :18789", "'sport = :18789'"),
    ])
    func `a word is typed as it stands, or quoted`(word: String, typed: String) {
        #expect(ShellCommand(word).line == typed)
        #expect(ShellCommand("kill", word).line == "kill \(typed)")
    }

    @Test(arguments: [
        "a\nreboot", "a\rb", "\u{1b}[2K", "a\tb", "a\u{0}", "\u{7f}", "a\u{202e}b", "a\u{200b}b", "\u{FFFD}",
        String(repeating: "a", count: 4097),
    ])
    func `with a word that nobody can type, or see, there is no command`(word: String) {
        #expect(ShellCommand("systemctl", "start", word).line == nil)
        #expect(
            ShellCommand(word).inSentence == "no command is given here, because a name in it cannot be typed")
    }

    @Test func `in a sentence it stands between backquotes`() {
        #expect(ShellCommand("kill", "7").inSentence == "`kill 7`")
    }

    @Test func `the manager of a unit is addressed as its user's`() {
        #expect(Scope.system.systemctl("daemon-reload").line == "systemctl daemon-reload")
        #expect(Sample.user.systemctl("daemon-reload").line == "systemctl --user -M fleet@ daemon-reload")
        let odd = AgentID(scope: .user(uid: 7, name: "a b"), unit: "x$y.service")
        #expect(odd.systemctl("disable", "--now").line == "systemctl --user -M 'a b@' disable --now 'x$y.service'")
    }

    /// Quoted as it is, each word reaches a program as it was: read back by the rules of a shell.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `whatever the words are, a shell hands over the very same`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let letters = Array(#"ab'"\$`(){}[]*?!~=#&|;<>% ü🦞-"#)
        let words = (0..<4).map { _ in
            String(
                (0..<Int.random(in: 0...8, using: &random)).compactMap { _ in letters.randomElement(using: &random) })
        }
        #expect(ShellCommand(words).line.map(Self.split) == words)
    }

    /// POSIX, "Quoting": between apostrophes everything is itself; a backslash outside of them guards one character.
    private static func split(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        var isGuarded = false
        for character in line {
            if isGuarded {
                word = (word ?? "") + String(character)
                isGuarded = false
            } else if character == "'" {
                isQuoted.toggle()
                word = word ?? ""
            } else if isQuoted {
                word = (word ?? "") + String(character)
            } else if character == "\\" {
                isGuarded = true
            } else if character == " " {
                words.append(word ?? "")
                word = nil
            } else {
                // What means anything to a shell must not stand here.
                word = (word ?? "") + ("$`\"(){}[]*?!~#&|;<>".contains(character) ? "BARE" : String(character))
            }
        }
        return words + [word ?? ""]
    }
}
