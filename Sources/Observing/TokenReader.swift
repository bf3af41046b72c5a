internal import Files
internal import Model

/// Finds the bot tokens that an agent has, before it has ever used them: in its unit's environment, in the files that
/// this names, in its config, and in its main process.
struct TokenReader {
    private let book: TokenBook
    private var held: [HeldToken] = []

    init(_ book: TokenBook) { self.book = book }

    private mutating func add(_ tokens: [TokenFingerprint], from source: String, isProven: Bool = false) {
        for token in tokens {
            if let index = held.firstIndex(where: { $0.fingerprint == token }) {
                if !held[index].sources.contains(source) { held[index].sources.append(source) }
                held[index].isProven = held[index].isProven || isProven
            } else {
                held.append(HeldToken(fingerprint: token, sources: [source], isProven: isProven))
            }
        }
    }

    /// What the unit and its files say. `source` is the settings' word on where the token stands; where there is
    /// one, nothing else is taken for the agent's own. `dotEnv`: whether the agent reads a `.env` beside its config.
    mutating func read(
        _ environment: [String], _ files: EnvironmentFiles, _ config: [ConfigFile], dotEnv: Bool, source: SecretSource?,
        of scope: Scope = .system, as identity: Result<FileIdentity, FileError>
    ) -> [HeldToken] {
        held = []
        func wanted(_ name: String) -> Bool {
            switch source {
            case .env(let only): name == only
            case nil: true
            default: false
            }
        }
        Variables(environment).forEach { name, value in
            if wanted(name) {
                add(
                    book.find(in: value.utf8), from: "the unit's variable \(name.printable)", isProven: scope.isRoots
                )
            }
        }
        for file in files.files {
            Variables(EnvironmentFiles.lines(file.text)).forEach { name, value in
                let place = "\(file.path) (variable \(name.printable))"
                if wanted(name) { add(book.find(in: value.utf8), from: place, isProven: file.isRoots) }
            }
        }
        if source == nil {
            for file in config {
                guard let version = file.version else { continue }
                add(
                    book.find(in: version.bytes[...]), from: version.path,
                    isProven: file.isRootsWord && file.isRootsAlone)
            }
        }
        if held.isEmpty, dotEnv { readDotEnv(of: config, wanted: source, as: identity) }
        if case .file(let path) = source {
            do throws(FileError) {
                let (folder, name) = try splitPath(path)
                let directory = try ConfinedDirectory(folder, as: try identity.get(), namedBy: .root)
                add(book.find(in: try directory.read(name, most: 64 * 1024).bytes[...]), from: path)
            } catch {
                // Without the file there is no token to compare; that it is missing is the agent's own matter.
            }
        }
        return held
    }

    /// For what its environment does not give.
    private mutating func readDotEnv(
        of config: [ConfigFile], wanted source: SecretSource?, as identity: Result<FileIdentity, FileError>
    ) {
        guard let path = config.first?.path, let slash = path.lastIndex(of: "/") else { return }
        let file = path[..<slash] + "/.env"
        let isRoots = config.first.map { $0.isRootsWord && $0.isRootsAlone } ?? false
        guard
            case .text(let text) = EnvironmentFiles.content(
                of: String(file), as: identity, namedBy: isRoots ? .root : .others)
        else { return }
        switch source {
        case nil: add(book.find(in: Array(text.utf8)[...]), from: String(file))
        case .env(let name):
            if let value = DotEnv.value(of: name, in: text) { add(book.find(in: value.utf8), from: String(file)) }
        default: break
        }
    }

    /// What the main process was really started with.
    mutating func add(_ tokens: [TokenFingerprint], ofMain pid: Int32, to found: [HeldToken]) -> [HeldToken] {
        held = found
        add(tokens, from: "the environment of process \(pid)", isProven: true)
        return held
    }
}
