/// A command for a person to type. Its words may come from anybody: a unit, a cgroup or a path can be called as its owner
/// likes. So each is quoted for the shell here, and nowhere else; with a word that cannot be typed there is no command.
package struct ShellCommand: Hashable, Sendable {
    private let words: [String]

    package init(_ words: String...) { self.words = words }
    package init(_ words: [String]) { self.words = words }

    /// `nil` where a word holds what nobody can type, or cannot see.
    package var line: String? {
        guard words.allSatisfy({ $0 == $0.printable && !$0.contains("\u{FFFD}") && $0.utf8.count <= 4096 }) else {
            return nil
        }
        return words.map(Self.quoted).joined(separator: " ")
    }

    /// For the middle of a sentence.
    package var inSentence: String {
        line.map { "`\($0)`" } ?? "no command is given here, because a name in it cannot be typed"
    }

    /// What no shell takes for anything but itself (POSIX, "Quoting"); a tilde and an equals sign mean something at some
    /// places only, and are quoted there.
    private static func quoted(_ word: String) -> String {
        let plain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_./:@%+=,".utf8.contains(byte)
            }
        }
        if plain, !word.isEmpty, !word.hasPrefix("=") { return word }
        return "'" + word.replacing("'", with: #"'\''"#) + "'"
    }
}
