/// What a process runs, as far as its words tell one program from another: an interpreter runs anything.
package struct ProgramName: Hashable, Sendable {
    /// The program's file name, and for an interpreter the end of the path of what it runs: `node openclaw/dist/index.js`. An
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
        guard let script = Self.script(words, interpreter: String(name.prefix { $0.isLetter })) else { return nil }
        key = "\(name) \(Self.tail(script))"
        file = script
    }

    /// The end of a path that an update leaves as it is: of `dist/index.js`, which many have, one folder more.
    private static func tail(_ path: String) -> String {
        let parts = path.split(separator: "/")
        let isCommon = parts.dropLast().last.map { commonFolders.contains(String($0)) } ?? false
        return parts.suffix(isCommon ? 3 : 2).joined(separator: "/")
    }

    private static let commonFolders: Set<String> = ["dist", "build", "bin", "src", "lib", "out", "app", "scripts"]

    /// The path that an interpreter was given to run, or `-m MODULE`. `nil` where the words do not say for certain: code
    /// in the words themselves, a name without a folder, a launcher that runs something else.
    private static func script(_ words: [String], interpreter: String) -> String? {
        var index = 1
        while index < words.count {
            let word = words[index]
            index += 1
            if word == "-m", interpreter == "python" { return index < words.count ? "-m \(words[index])" : nil }
            if word == "-jar", interpreter == "java" { continue }
            if word.hasPrefix("-") {
                if optionsWithValue[interpreter]?.contains(word) ?? false {
                    index += 1
                } else if holdsCode(word) {
                    return nil
                }
                continue
            }
            let name = word.split(separator: "/").last.map(String.init) ?? ""
            return word.contains("/") && !launchers.contains(name) ? word : nil
        }
        return nil
    }

    /// `-c`, `-e`, `-p`, also grown together with others as in `-lc`, and their long forms.
    private static func holdsCode(_ word: String) -> Bool {
        if word == "-" || ["--eval", "--print"].contains(where: word.hasPrefix) { return true }
        return !word.hasPrefix("--") && word.last.map { "cep".contains($0) } ?? false
    }

    private static let optionsWithValue: [String: Set<String>] = [
        "python": ["-W", "-X"],
        "node": [
            "-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--env-file",
            "--env-file-if-exists", "--title", "--icu-data-dir", "--openssl-config", "--redirect-warnings",
            "--diagnostic-dir", "--watch-path", "--inspect-port",
        ],
        "bash": ["-o", "-O", "--rcfile", "--init-file"], "sh": ["-o"], "dash": ["-o"], "zsh": ["-o"],
        "perl": ["-I"], "ruby": ["-I", "-r", "-C"], "php": ["-d", "-c"],
        "java": ["-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-modules"],
    ]

    private static let launchers: Set<String> = [
        "tsx", "ts-node", "uvicorn", "gunicorn", "hypercorn", "celery", "flask", "npm", "npx", "npm-cli.js",
        "npx-cli.js",
        "yarn", "pnpm", "pm2", "nodemon", "forever", "poetry", "pipx", "supervisord",
    ]
}
