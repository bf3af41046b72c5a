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
        guard let script = Self.script(words) else { return nil }
        key = "\(name) \(script.split(separator: "/").suffix(2).joined(separator: "/"))"
        file = script
    }

    /// What an interpreter was given to run: `-m MODULE` and `-jar FILE` with their option. Words that belong to an option
    /// are none, and a path or a script's suffix tells more than a bare word.
    private static func script(_ words: [String]) -> String? {
        var bare: String?
        var index = 1
        while index < words.count {
            let word = words[index]
            index += 1
            if ["-c", "-e", "--eval", "-p", "--print", "-"].contains(word) { return bare }
            if word == "-m" || word == "-jar" { return index < words.count ? "\(word) \(words[index])" : nil }
            if optionsWithValue.contains(word) {
                index += 1
            } else if !word.hasPrefix("-") {
                if word.contains("/") || suffixes.contains(where: word.hasSuffix) { return word }
                bare = bare ?? word
            }
        }
        return bare
    }

    private static let optionsWithValue: Set<String> = [
        "-W", "-X", "-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "-I",
        "-M",
        "-d", "-cp", "-classpath", "--class-path", "--env-file", "--config", "-O",
    ]

    private static let suffixes = [".js", ".mjs", ".cjs", ".ts", ".py", ".rb", ".pl", ".php", ".sh", ".jar"]
}
