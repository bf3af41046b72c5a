internal import Files
internal import Model

/// Finds the line of a unit's files that a setting comes from.
enum UnitFileReader {
    private static let mostBytes = 256 * 1024

    /// `paths` in the order in which the manager applies them: the unit's file, then its drop-ins (systemd.unit(5)).
    static func killMode(
        in paths: [String], _ scope: Scope, as identity: Result<FileIdentity, FileError>
    ) -> SettingOrigin {
        var origin = SettingOrigin.builtIn
        for path in paths where !path.isEmpty {
            do throws(FileError) {
                if let line = line(ofKillModeIn: try text(of: path, scope, identity)) {
                    origin = .file(path, line: line)
                }
            } catch {
                return .unknown(error.description)
            }
        }
        return origin
    }

    /// The number of the last line that sets KillMode in the section [Service]. A value that systemd does not know is
    /// passed over by it, and so it is here.
    static func line(ofKillModeIn text: String) -> Int? {
        var inService = false
        var found: Int?
        for (number, line) in logicalLines(text) {
            if line.hasPrefix("[") { inService = line == "[Service]" }
            guard inService, line.hasPrefix("KillMode=") else { continue }
            if ["control-group", "mixed", "process", "none"].contains(line.dropFirst("KillMode=".count)) {
                found = number
            }
        }
        return found
    }

    /// Without blanks, each with the number of its first line: one that ends with a backslash goes on in the next, and
    /// a comment in between is passed over (systemd.syntax(7)).
    private static func logicalLines(_ text: String) -> [(number: Int, text: String)] {
        var lines: [(number: Int, text: String)] = []
        var goesOn = false
        // A carriage return and a line feed are one character to Swift.
        let all = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, raw) in all.enumerated() {
            var line = raw.filter { $0 != " " && $0 != "\t" && $0 != "\r" }
            if line.hasPrefix("#") || line.hasPrefix(";") { continue }
            let more = line.hasSuffix("\\")
            if more { line.removeLast() }
            if goesOn, let last = lines.popLast() {
                lines.append((last.number, last.text + line))
            } else {
                lines.append((index + 1, line))
            }
            goesOn = more
        }
        return lines
    }

    /// The files of system units are root's, and links among them are its own doing. A user's are read as that user.
    private static func text(
        of path: String, _ scope: Scope, _ identity: Result<FileIdentity, FileError>
    ) throws(FileError) -> String {
        if scope.isRoots {
            return String(decoding: try readOwnFile(path, most: mostBytes), as: UTF8.self)
        }
        let (folder, name) = try splitPath(path)
        let directory = try ConfinedDirectory(folder, as: try identity.get())
        return String(decoding: try directory.read(name, most: mostBytes).bytes, as: UTF8.self)
    }
}
