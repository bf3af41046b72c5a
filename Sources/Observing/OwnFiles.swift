internal import Files
internal import Model
internal import Processes

/// Whether an agent sees the host's files at all, and when its program was last changed.
enum OwnFiles {
    /// Why what stands at these paths may not be what the agent reads, as a clause. Of a process that runs the kernel
    /// knows; of one that is down its unit's settings are all there is.
    static func elsewhere(_ unit: UnitFacts, _ paths: [String]) -> String? {
        for path in paths {
            if unit.mainPID > 0 {
                guard ProcessTable.seesOtherFile(unit.mainPID, at: path) else { continue }
                return
                    "process \(unit.mainPID) has another file than this host at \(path.printable) (BindPaths=, RootDirectory= or its like)"
            }
            if OwnMount.hide(path, unit.ownMounts) {
                return
                    "its unit has other files than this host at \(path.printable) (RootDirectory=, BindPaths=, TemporaryFileSystem= or ProtectHome=)"
            }
        }
        return nil
    }

    /// Of the files that the words of a command name, and of the `package.json` above a script. An interpreter is no part of
    /// the program.
    static func changed(_ command: [String], as identity: Result<FileIdentity, FileError>) -> Timestamp? {
        // Ignoring: an unknown user, of whose files nothing can be said.
        guard let user = try? identity.get() else { return nil }
        let program = ProgramName(executable: command.first ?? "", words: Array(command.dropFirst()))
        guard let file = program?.file, file.hasPrefix("/") else { return nil }
        var paths = [file]
        var folder = file[...]
        for _ in 0..<3 {
            guard let slash = folder.lastIndex(of: "/"), slash > folder.startIndex else { break }
            folder = folder[..<slash]
            paths.append(folder + "/package.json")
        }
        return paths.compactMap { user.whenChanged($0) }.max().map { Timestamp(microseconds: $0) }
    }
}
