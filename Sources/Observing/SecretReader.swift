internal import Files
internal import Model

/// The values that an agent's environment holds under names that stand for secrets. They stay in memory, for masking.
enum SecretReader {
    private static let mostBytes = 256 * 1024

    static func values(
        _ found: Observer.FoundUnit, named: [String], as identity: Result<FileIdentity, FileError>
    ) -> [String] {
        var values: [String] = []
        func take(_ name: String, _ value: String) {
            if named.contains(name) || SecretNames.looksSecret(name) { values.append(value) }
        }
        Variables(found.environment).forEach(take)
        for path in found.environmentFiles {
            guard let text = text(of: path, found.id.scope, identity) else { continue }
            let lines = text.split(whereSeparator: \.isNewline)
                .map { String($0.drop { $0 == " " || $0 == "\t" }) }
                .filter { !$0.hasPrefix("#") && !$0.hasPrefix(";") }
            Variables(lines).forEach { name, value in
                take(name, value)
                // Quoted, the file holds one form and the agent's own lines show the other.
                let bare = value.filter { $0 != "\"" && $0 != "'" }
                if bare != value { take(name, bare) }
            }
        }
        return values
    }

    /// The manager reads these files: root's as root, a user's as that user.
    private static func text(of path: String, _ scope: Scope, _ identity: Result<FileIdentity, FileError>) -> String? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        do throws(FileError) {
            let reader = scope == .system ? FileIdentity.root : try identity.get()
            let directory = try ConfinedDirectory(slash == path.startIndex ? "/" : String(path[..<slash]), as: reader)
            let file = try directory.read(String(path[path.index(after: slash)...]), most: mostBytes)
            return String(decoding: file.bytes, as: UTF8.self)
        } catch {
            // A missing or closed file holds nothing that could be masked; the patterns of `Redactor` remain.
            return nil
        }
    }
}
