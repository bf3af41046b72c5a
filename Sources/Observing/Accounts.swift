internal import Files
internal import Model

/// Users that agents run as, looked up once each.
struct Accounts {
    private var known: [String: Result<FileIdentity, FileError>] = [:]

    static func name(of uid: UInt32) -> String {
        // Ignoring: an unknown uid; its number serves as a name.
        (try? FileIdentity(uid: uid))?.name ?? String(uid)
    }

    /// As whom an agent's files are read: the owner of its user manager, or the `User=` of its system unit.
    mutating func identity(of scope: Scope, user: String) -> Result<FileIdentity, FileError> {
        let key = scope.uid.map { "uid:\($0)" } ?? user
        if let found = known[key] { return found }
        let found: Result<FileIdentity, FileError>
        do throws(FileError) {
            found = .success(try FileIdentity(ofUser: user, manager: scope.uid))
        } catch {
            found = .failure(error)
        }
        known[key] = found
        return found
    }
}
