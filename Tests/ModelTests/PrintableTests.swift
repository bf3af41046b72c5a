import Model
import Testing

struct PrintableTests {
    @Test(arguments: [
        ("plain words, ümläute, 漢字 and 🦞", "plain words, ümläute, 漢字 and 🦞"),
        ("a\tb", "a b"),
        ("a\nb\r\nc", "a·b··c"),
        ("\u{1b}[31mred\u{1b}[0m", "·[31mred·[0m"),
        ("\u{0}nul", "·nul"),
        ("\u{7f}delete", "·delete"),
        ("\u{9b}31m", "·31m"),
        ("left\u{202e}thgir", "left·thgir"),
        ("isolate\u{2066}x\u{2069}", "isolate·x·"),
        ("zero\u{200b}width\u{feff}", "zero·width·"),
        ("line\u{2028}paragraph\u{2029}", "line·paragraph·"),
        ("\u{85}next line", "·next line"),
        ("soft\u{ad}hyphen\u{61c}\u{180e}", "soft·hyphen··"),
        ("tag\u{e0041} variant\u{e0100} private\u{e000}\u{f0000}", "tag· variant· private··"),
        ("painted\u{10FFF0}\u{10FFF3}\u{10FFFF}", "painted···"),
        ("", ""),
    ])
    func `what a process wrote moves no cursor, breaks no line and hides no text`(raw: String, shown: String) {
        #expect(raw.printable == shown)
    }

    @Test func `an accent that follows its letter stays on it`() {
        #expect("e\u{301}".printable == "e\u{301}")
    }
}
