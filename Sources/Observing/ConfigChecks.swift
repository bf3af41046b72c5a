package import ConfigText
internal import Files
package import Model

/// Looks at the content of a config, before an agent does.
package enum ConfigChecks {
    private static let mostFaults = 100

    package struct Verdict {
        /// In the order of their places.
        package let faults: [ConfigFault]
        /// What is odd, and keeps nobody from reading the file: a key that stands twice, a line that systemd ignores.
        package let oddities: [ConfigProblem]
        /// What could not be asked, and where two judges disagree; each a sentence.
        package let remarks: [String]
    }

    /// A file whose name tells no syntax is judged by the agent's validator alone. `ask` asks that, where there is one:
    /// it knows its own release, so its word counts more than the schema's, and more than our reading of the syntax.
    /// `references`: whether what looks like an `$include` or a secret reference is one, which the agent's kind says.
    package static func verdict(
        _ bytes: [UInt8], path: String, schema: SchemaCheck?, ascii: Bool = false, references: Bool,
        ask: () -> ValidatorAnswer? = { nil }
    ) -> Verdict {
        var faults: [ConfigFault] = []
        var syntaxFault: ConfigFault?
        var schemaFaults: [ConfigFault] = []
        var tree: ConfigTree?
        var remarks: [String] = []
        if let syntax = ConfigSyntax(file: path) {
            faults = InvisibleCharacters.findings(in: bytes, as: syntax, ascii: ascii, most: mostFaults).map {
                ConfigFault(
                    kind: .configInvisibleCharacter, line: $0.place.line, column: $0.place.column, sentence: $0.sentence
                )
            }
            switch ConfigTree.parse(bytes, as: syntax) {
            case .failure(let problem):
                syntaxFault = ConfigFault(
                    kind: .configSyntax, line: problem.line, column: problem.column, sentence: problem.sentence)
            case .success(let read):
                tree = read
                faults += Redacted.all(in: read, most: mostFaults).map {
                    ConfigFault(
                        kind: .configRedacted, line: $0.place.line, column: $0.place.column, sentence: $0.sentence)
                }
                if let schema {
                    switch schema.check(read) {
                    case .success(let report):
                        schemaFaults = report.findings.map {
                            ConfigFault(
                                kind: .configSchema, line: $0.place.line, column: $0.place.column, sentence: $0.sentence
                            )
                        }
                    case .failure(let failure):
                        remarks.append("\(path) was not held to the schema. \(failure.sentence)")
                    }
                }
                if references, syntax == .json5 { schemaFaults += malformed(read) }
            }
        }
        let ours = (syntaxFault.map { [$0] } ?? []) + schemaFaults
        switch ask() {
        case nil: faults += ours
        case .silent(let sentence)?:
            faults += ours
            remarks.append(sentence)
        case .valid?:
            if let first = ours.first {
                remarks.append(
                    "The agent's own validator accepts \(path), and its word counts, although \(first.kind == .configSyntax ? "it does not parse here" : schema == nil ? "it looks wrong here" : "the schema refuses it: that file may be of another release") (line \(first.line), column \(first.column): \(first.sentence))"
                )
            }
        case .invalid(let issues)?:
            faults += issues.map { issue in
                let place = tree.flatMap { issue.place(in: $0) } ?? syntaxFault.map { ($0.line, $0.column) } ?? (1, 1)
                return ConfigFault(kind: .configSchema, line: place.0, column: place.1, sentence: issue.sentence)
            }
            if schema != nil, ours.isEmpty {
                remarks.append(
                    "The schema accepts \(path), and the agent's own validator does not: its word counts, and the schema may be of another release."
                )
            }
        }
        return Verdict(
            faults: Array(faults.sorted { ($0.line, $0.column) < ($1.line, $1.column) }.prefix(mostFaults)),
            oddities: tree?.remarks ?? [], remarks: remarks)
    }

    /// What was meant as an `$include` or a secret reference, and is none.
    private static func malformed(_ tree: ConfigTree) -> [ConfigFault] {
        References(tree).problems.prefix(mostFaults).map {
            ConfigFault(kind: .configSchema, line: $0.place.line, column: $0.place.column, sentence: $0.sentence)
        }
    }
}

/// A schema that the settings or a command name; a file of the watchdog's own.
package struct ConfigSchema {
    package let check: SchemaCheck?
    package let digest: String
    /// Why there is none, as a sentence.
    package let problem: String?

    private static let mostBytes = 16 << 20

    package init(_ path: String) {
        do throws(FileError) {
            let bytes = try readOwnFile(path, most: Self.mostBytes)
            switch SchemaCheck.read(bytes) {
            case .success(let schema):
                check = schema
                digest = sha256(bytes)
                problem = nil
            case .failure(let fault):
                check = nil
                digest = ""
                problem = "\(path):\(fault.line):\(fault.column): \(fault.sentence)"
            }
        } catch {
            check = nil
            digest = ""
            problem = "The schema cannot be had. \(error)"
        }
    }
}
