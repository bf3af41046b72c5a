/// What a process runs, as far as one program can be told from another for certain: an interpreter runs anything, and many
/// programs have an `index.js` or a `server`.
package struct ProgramName: Hashable, Sendable {
    /// Equal for two processes that run the same: the same file, by its whole path, with the same command behind it.
    /// `nil` where the words do not say for certain.
    package let key: String?
    /// What a person would look for: the path of the script, or of the program.
    package let file: String

    private static let interpreters = [
        "node", "nodejs", "bun", "deno", "python", "ruby", "perl", "php", "bash", "dash", "sh", "zsh", "java", "tclsh",
    ]

    /// `nil` where nothing says what it runs, as for `python3 -c …`. `executable` is the link /proc/PID/exe, `words` the
    /// whole of /proc/PID/cmdline, `folder` the link /proc/PID/cwd, `environment` has `NAME=value` (proc(5)).
    ///
    /// `marks`: by which variables a process under a title is told from others under the same, for each kind that is known.
    package init?(
        executable: String, words: [String], folder: String? = nil, environment: [String] = [], marks: [[String]] = []
    ) {
        // What was replaced on the disk is marked so behind its path.
        let path = executable.hasSuffix(" (deleted)") ? String(executable.dropLast(10)) : executable
        guard let name = path.split(separator: "/").last.map(String.init) else { return nil }
        let kind = String(name.prefix { $0.isLetter })
        let isInterpreter = Self.interpreters.contains(kind)
        // A title that was written over the words (setproctitle) leaves one.
        if words.count == 1, let title = words.first, isInterpreter, let word = title.split(separator: " ").first {
            // A login shell has a dash before its name.
            guard word.drop(while: { $0 == "-" }) != name[...], !word.hasSuffix("/\(name)") else { return nil }
            file = String(word)
            key = Self.marks(in: environment, marks).map { "\(title) of \(path) with \($0)" }
            return
        }
        guard isInterpreter else {
            file = path
            key = "\(path) \(Self.command(words.dropFirst()))"
            return
        }
        guard let start = Self.script(words, interpreter: kind) else { return nil }
        let rest = words[start...]
        guard let script = rest.first else { return nil }
        if script == "-m" {
            guard let module = rest.dropFirst().first else { return nil }
            file = "-m \(module)"
            // Which module of that name it is depends on where it was started; a launcher runs what is named behind it.
            key = folder.map { "-m \(module) \(Self.command(rest.dropFirst(2))) in \($0)" }
            return
        }
        file = script
        let whole = script.hasPrefix("/") ? script : folder.map { "\($0)/\(script)" }
        let isLauncher = Self.launchers.contains(script.split(separator: "/").last.map(String.init) ?? "")
        if isLauncher {
            key = folder.map { "\(rest.joined(separator: " ")) in \($0)" }
        } else {
            key = whole.map { "\(Self.normal($0)) \(Self.command(rest.dropFirst()))" }
        }
    }

    /// The command that a program with many is given as its first word: `gateway` in `agent gateway --port 1`.
    private static func command(_ words: ArraySlice<String>) -> String {
        words.first.flatMap { $0.hasPrefix("-") ? nil : $0 } ?? ""
    }

    /// Without `.`, `..` and doubled slashes.
    private static func normal(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// What an agent is started with, and another command of its program, which may have the same title, is not: those of
    /// the first kind of which the first mark is there; `nil` where there is none.
    private static func marks(in environment: [String], _ all: [[String]]) -> String? {
        for names in all {
            let found = names.compactMap { name in environment.last { $0.hasPrefix(name + "=") } }
            if let first = names.first, found.first?.hasPrefix(first + "=") ?? false {
                return found.joined(separator: " ")
            }
        }
        return nil
    }

    /// Where in the words the path stands that an interpreter was given to run, or `-m`. `nil` where the words do not say
    /// for certain: code in the words themselves, a command of the interpreter's own.
    private static func script(_ words: [String], interpreter: String) -> Int? {
        var index = 1
        while index < words.count {
            let word = words[index]
            index += 1
            if word == "-m", interpreter == "python" { return index - 1 }
            if word == "-jar", interpreter == "java" { continue }
            if word.hasPrefix("-") {
                if optionsWithValue[interpreter]?.contains(word) ?? false {
                    index += 1
                } else if holdsCode(word) {
                    return nil
                }
                continue
            }
            return word.contains("/") || word.contains(".") ? index - 1 : nil
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
