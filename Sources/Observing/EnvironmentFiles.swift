internal import Files
internal import Model

/// The files that a unit's `EnvironmentFile=` names, as they are now: the running process may have read older ones.
struct EnvironmentFiles {
    struct File {
        let path: String
        let text: String
    }

    let files: [File]

    private static let mostBytes = 256 * 1024

    /// The manager reads these files: root's as root, a user's as that user. One that is missing or closed holds
    /// nothing that could be of use here.
    init(_ found: Observer.FoundUnit, as identity: Result<FileIdentity, FileError>) {
        files = found.environmentFiles.compactMap { path in
            Self.text(of: path, found.id.scope, identity).map { File(path: path, text: $0) }
        }
    }

    /// Lines as they stand, without comments.
    static func lines(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline)
            .map { String($0.drop { $0 == " " || $0 == "\t" }) }
            .filter { !$0.hasPrefix("#") && !$0.hasPrefix(";") }
    }

    private static func text(of path: String, _ scope: Scope, _ identity: Result<FileIdentity, FileError>) -> String? {
        do throws(FileError) {
            let reader = scope == .system ? FileIdentity.root : try identity.get()
            let (folder, name) = try splitPath(path)
            let directory = try ConfinedDirectory(folder, as: reader)
            return String(decoding: try directory.read(name, most: mostBytes).bytes, as: UTF8.self)
        } catch {
            return nil
        }
    }
}
