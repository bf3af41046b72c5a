internal import ConfigText
internal import Files
internal import Model
internal import Systemd

/// The files that a unit's `EnvironmentFile=` names, as they are now: the running process may have read older ones.
struct EnvironmentFiles {
    enum Content {
        case text(String)
        case missing
        /// It cannot be known what stands there.
        case unknown
    }

    struct File {
        let path: String
        /// The unit starts without it, too.
        let isOptional: Bool
        let content: Content
        /// What it says is root's word: it is a file of the system manager's, and nobody but root can write it.
        let isRoots: Bool
        /// Its uid; `nil` where it was not read.
        let owner: UInt32?
        fileprivate let continuedComments: Bool

        var text: String {
            if case .text(let text) = content { return text }
            return ""
        }

        /// As systemd reads it; `nil` where it does not.
        var variables: Variables? {
            EnvironmentFiles.variables(of: continuedComments ? EnvironmentFiles.withoutContinued(text) : text)
        }
    }

    let files: [File]

    private static let mostBytes = 256 * 1024

    /// The manager reads these files: root's as root, a user's as that user.
    /// `continuedComments`: as systemd before its release 254 has them.
    init(_ found: Observer.FoundUnit, as identity: Result<FileIdentity, FileError>, continuedComments: Bool) {
        let isRootsUnit = found.id.scope.isRoots
        files = found.environmentFiles.map { file in
            let isPattern = file.path.contains { "*?[".contains($0) }
            let (content, isRoots, owner) =
                isPattern
                ? (.unknown, false, nil)
                : Self.read(
                    file.path, as: isRootsUnit ? .success(.root) : identity, namedBy: isRootsUnit ? .root : .others)
            return File(
                path: file.path, isOptional: file.isOptional, content: content, isRoots: isRootsUnit && isRoots,
                owner: owner, continuedComments: continuedComments)
        }
    }

    /// Lines as they stand, without comments.
    static func lines(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline)
            .map { String($0.drop { $0 == " " || $0 == "\t" }) }
            .filter { !$0.hasPrefix("#") && !$0.hasPrefix(";") }
    }

    /// Without the lines in which a comment goes on.
    private static func withoutContinued(_ text: String) -> String {
        var goesOn = false
        return text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            let isContinued = goesOn
            let isComment = isContinued || "#;".contains(line.first { $0 != " " && $0 != "\t" } ?? "a")
            goesOn = isComment && line.hasSuffix("\\")
            return !isContinued
        }.joined(separator: "\n")
    }

    static func variables(of text: String) -> Variables? {
        guard case .success(let tree) = ConfigTree.parse(Array(text.utf8), as: .env),
            case .object(let members) = tree.root.value
        else { return nil }
        return Variables(members.map { "\($0.key)=\($0.node.value.string ?? "")" })
    }

    static func content(
        of path: String, as reader: Result<FileIdentity, FileError>, namedBy namer: PathNamer = .others
    ) -> Content { read(path, as: reader, namedBy: namer).content }

    private static func read(
        _ path: String, as reader: Result<FileIdentity, FileError>, namedBy namer: PathNamer
    ) -> (content: Content, isRoots: Bool, owner: UInt32?) {
        do throws(FileError) {
            let (folder, name) = try splitPath(path)
            let directory = try ConfinedDirectory(folder, as: try reader.get(), namedBy: namer)
            let found = try directory.read(name, most: mostBytes)
            return (.text(String(decoding: found.bytes, as: UTF8.self)), found.isRootsAlone, found.uid)
        } catch  where error.code == .missing {
            return (.missing, false, nil)
        } catch {
            return (.unknown, false, nil)
        }
    }
}
