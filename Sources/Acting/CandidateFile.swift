package import Files
package import Model

/// A config that is not yet in its place, for a validator that wants a file.
package enum CandidateFile {
    /// Beside the file whose place it is to take, since what it includes is looked for from there; for as long as `body`
    /// runs. Of a program that dies meanwhile it is found as `ConfigRemains`.
    package static func with<Value>(
        _ bytes: [UInt8], beside path: String, of seen: AgentObservation, _ body: (String) -> Value
    ) throws(FileError) -> Value {
        let (folder, name) = try splitPath(path)
        let directory = try AgentFiles.directory(holding: path, of: seen)
        let temporary = try directory.place(bytes, beside: name)
        let value = body("\(folder)/\(temporary)")
        // Ignoring: why it cannot be removed; the next look finds it beside the config, and what was said counts.
        try? directory.remove(temporary)
        return value
    }
}
