internal import ConfigText
internal import Files
internal import Model
internal import Observing

enum ConfigCheckCommand {
    private static let schema = Option(
        name: "schema", value: "FILE", summary: "Hold the config to this JSON Schema (draft-07), too")
    private static let fix = Option(
        name: "fix-invisible", value: nil, summary: "Show which invisible characters go, and take them out of FILE")

    private static let ascii = Option(
        name: "ascii", value: nil, summary: "Take any character beyond ASCII for a fault, in values, too")

    static var command: Command {
        Command(
            name: "config check", summary: "Look for what an agent would stumble over in a config file",
            operands: "FILE", options: [.json, schema, ascii, fix],
            discussion: """
                JSON5, TOML, YAML or an environment file, by its suffix: syntax, characters that nobody sees, masks in the \
                place of values, and the schema if one is given. Each fault is told with its line and column. Exit status: 0 \
                without a fault, 1 with one.
                """, run: run)
    }

    private struct Report: Encodable {
        struct Remark: Encodable {
            let line: Int
            let column: Int
            let sentence: String
        }

        let schema = 1
        let file: String
        let faults: [FaultReport]
        /// What is odd, and no fault.
        let remarks: [Remark]

        private enum CodingKeys: String, CodingKey { case schema, file, faults, remarks }
    }

    private static func run(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> ExitStatus {
        let path = try invocation.operand(0, "a config file")
        guard let syntax = ConfigSyntax(file: path) else {
            throw CommandFailure(
                .usage,
                "watchdog config check: \(path.printable) has no suffix that tells its syntax: .json, .json5, .toml, .yaml, .env. What is wrong with an agent's present config is told by `watchdog doctor --agent NAME`."
            )
        }
        var bytes = try read(path)
        if invocation.has(fix) { bytes = try fixed(bytes, path, syntax, invocation, environment) }
        var held: SchemaCheck?
        if let file = invocation[schema] {
            let schema = ConfigSchema(file)
            if let problem = schema.problem { throw CommandFailure(.unable, "watchdog config check: \(problem)") }
            held = schema.check
        }
        let verdict = ConfigChecks.verdict(
            bytes, path: path, schema: held, ascii: invocation.has(ascii), references: true)
        if let remark = verdict.remarks.first { throw CommandFailure(.unable, "watchdog config check: \(remark)") }
        let faults = verdict.faults
        if invocation.json {
            let list = faults.map { FaultReport($0, sentence: $0.sentence) }
            let remarks = verdict.oddities.map {
                Report.Remark(line: $0.line, column: $0.column, sentence: $0.sentence)
            }
            environment.write(try jsonText(Report(file: path, faults: list, remarks: remarks)))
        } else {
            let style = Style(colour: environment.colour)
            for fault in faults {
                environment.show("\(path):\(fault.line):\(fault.column): \(fault.kind.rawValue): \(fault.sentence)")
            }
            for odd in verdict.oddities {
                environment.show("\(path):\(odd.line):\(odd.column): remark: \(odd.sentence)")
            }
            let count = faults.count == 1 ? "1 fault" : "\(faults.count) faults"
            environment.show(
                faults.isEmpty
                    ? "\(style.verdict("ok")): \(path) (\(syntax.name))"
                    : "\(style.verdict("problem")): \(count) in \(path) (\(syntax.name))")
        }
        return faults.isEmpty ? .well : .degraded
    }

    private static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
        do throws(FileError) {
            return try readOwnFile(path, most: 4 << 20)
        } catch {
            throw CommandFailure(.unable, "watchdog config check: \(error)")
        }
    }

    /// The file without its invisible characters, which replaces it whole; as whoever runs this, through no link.
    private static func fixed(
        _ bytes: [UInt8], _ path: String, _ syntax: ConfigSyntax, _ invocation: Invocation, _ environment: Environment
    ) throws(CommandFailure) -> [UInt8] {
        let new = InvisibleCharacters.fixed(bytes, as: syntax)
        guard new != bytes else { return bytes }
        if !invocation.json {
            let style = Style(colour: environment.colour)
            environment.show(ShownConfig.invisible(from: bytes, to: new, path).map(style.diff))
        }
        do throws(FileError) {
            let absolute = path.hasPrefix("/") ? path : environment.folder + "/" + path
            let (folder, name) = try splitPath(absolute)
            let directory = try ConfinedDirectory(
                folder, as: try FileIdentity(uid: environment.uid), namedBy: .root)
            let found = try directory.read(name, most: 4 << 20)
            try directory.replace(
                name, with: new, mode: found.mode, uid: found.uid, gid: found.gid, expecting: sha256(bytes))
        } catch {
            throw CommandFailure(.unable, "watchdog config check: nothing was changed. \(error)")
        }
        return new
    }
}
