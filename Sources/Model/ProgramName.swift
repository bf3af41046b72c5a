/// What a process runs, as far as its words tell one program from another: an interpreter runs anything.
package struct ProgramName: Hashable, Sendable {
    /// The program's file name, and for an interpreter the end of the path of what it runs: `node dist/index.js`. An
    /// update may move both to another folder.
    package let key: String
    /// What a person would look for: the path of the script, or of the program.
    package let file: String

    private static let interpreters = [
        "node", "nodejs", "bun", "deno", "python", "ruby", "perl", "php", "bash", "dash", "sh", "zsh", "java", "tclsh",
    ]

    /// `nil` where nothing says what it runs, as for `python3 -c …`. `executable` is the link /proc/PID/exe, `words` the
    /// whole of /proc/PID/cmdline (proc(5)).
    package init?(executable: String, words: [String]) {
        // What was replaced on the disk is marked so behind its path.
        let path = executable.hasSuffix(" (deleted)") ? String(executable.dropLast(10)) : executable
        guard let name = path.split(separator: "/").last.map(String.init) else { return nil }
        let isInterpreter = Self.interpreters.contains(String(name.prefix { $0.isLetter }))
        // A title that was written over the words (setproctitle) leaves one.
        if words.count == 1, let title = words.first?.split(separator: " ").first, isInterpreter {
            // A login shell has a dash before its name.
            guard title.drop(while: { $0 == "-" }) != name[...], !title.hasSuffix("/\(name)") else { return nil }
            key = "\(name) \(title.split(separator: "/").suffix(2).joined(separator: "/"))"
            file = String(title)
            return
        }
        guard isInterpreter else {
            key = name
            file = path
            return
        }
        for (index, word) in words.enumerated().dropFirst() {
            if ["-c", "-e", "--eval", "-p", "--print", "-"].contains(word) { return nil }
            if word == "-m" || word == "-jar", index + 1 < words.count {
                key = "\(name) \(word) \(words[index + 1])"
                file = words[index + 1]
                return
            }
            if word.hasPrefix("-") { continue }
            key = "\(name) \(word.split(separator: "/").suffix(2).joined(separator: "/"))"
            file = word
            return
        }
        return nil
    }
}
