package import ConfigText
internal import Files
package import Model

/// Looks at the content of a config, before an agent does.
package enum ConfigChecks {
    private static let mostFaults = 100
    private static let mostSchemaBytes = 16 << 20

    /// What is wrong, in the order of its places. A file whose name tells no syntax is not judged.
    package static func faults(_ bytes: [UInt8], path: String, schema: SchemaCheck?) -> [ConfigFault] {
        guard let syntax = ConfigSyntax(file: path) else { return [] }
        var faults = InvisibleCharacters.findings(in: bytes, as: syntax, most: mostFaults).map {
            ConfigFault(
                kind: .configInvisibleCharacter, line: $0.place.line, column: $0.place.column, sentence: $0.sentence)
        }
        switch ConfigTree.parse(bytes, as: syntax) {
        case .failure(let problem):
            faults.append(
                ConfigFault(
                    kind: .configSyntax, line: problem.line, column: problem.column, sentence: problem.sentence))
        case .success(let tree):
            faults += Redacted.all(in: tree, most: mostFaults).map {
                ConfigFault(kind: .configRedacted, line: $0.place.line, column: $0.place.column, sentence: $0.sentence)
            }
            if let schema { faults += violations(of: schema, tree) }
        }
        return Array(faults.sorted { ($0.line, $0.column) < ($1.line, $1.column) }.prefix(mostFaults))
    }

    private static func violations(of schema: SchemaCheck, _ tree: ConfigTree) -> [ConfigFault] {
        switch schema.check(tree) {
        case .success(let report):
            return report.findings.map {
                ConfigFault(kind: .configSchema, line: $0.place.line, column: $0.place.column, sentence: $0.sentence)
            }
        case .failure(let failure):
            return [ConfigFault(kind: .configSchema, line: 1, column: 1, sentence: failure.sentence)]
        }
    }

    /// The schema that the settings name; a file of the watchdog's own.
    package static func schema(
        _ path: String
    ) -> Result<(check: SchemaCheck, digest: String), ConfigSchemaProblem> {
        do throws(FileError) {
            let bytes = try readOwnFile(path, most: mostSchemaBytes)
            switch SchemaCheck.read(bytes) {
            case .success(let schema): return .success((schema, sha256(bytes)))
            case .failure(let problem):
                return .failure(
                    ConfigSchemaProblem(sentence: "\(path):\(problem.line):\(problem.column): \(problem.sentence)"))
            }
        } catch {
            return .failure(ConfigSchemaProblem(sentence: "The schema cannot be had. \(error)"))
        }
    }
}

package struct ConfigSchemaProblem: Error {
    package let sentence: String
}
