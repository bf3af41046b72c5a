internal import CJSONSchema

/// A JSON Schema (draft-07) to check configurations against. Nothing is fetched: a reference beyond the schema's own
/// text makes it unusable, with a sentence that says so.
package struct SchemaCheck: Sendable {
    package struct Limits: Sendable {
        /// Wall clock for one check.
        package let milliseconds: UInt32
        package let findings: Int
        /// Memory for one check.
        package let bytes: Int

        package init(milliseconds: UInt32 = 10_000, findings: Int = 100, bytes: Int = 512 << 20) {
            self.milliseconds = milliseconds
            self.findings = findings
            self.bytes = bytes
        }
    }

    /// One thing in a configuration that the schema does not allow.
    package struct Finding: Sendable, CustomStringConvertible {
        /// JSON pointer to the value, or to the key that is unknown; for what is missing, to the object it is missing in.
        package let pointer: String
        package let place: TextPlace
        /// The keyword of the schema, where the library tells it: `enum`, `type`, `additionalProperties`, `required`…
        package let keyword: String
        /// A whole sentence without the place. It repeats a value only where the schema lists the allowed ones, and
        /// never that of a key that names a secret.
        package let sentence: String

        package var description: String { "\(place): \(sentence)" }
    }

    package struct Report: Sendable {
        /// In the order of the file.
        package let findings: [Finding]
        /// There are more findings than the limit.
        package let more: Bool
        /// What the schema asks for and could not be checked, each a sentence.
        package let unchecked: [String]

        package var isValid: Bool { findings.isEmpty }
    }

    /// Why nothing could be said about a configuration.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package enum Kind: Sendable {
            /// The schema is not usable.
            case schema
            /// It took too long, too much memory or too deep a recursion.
            case limit
            /// The check could not be started.
            case system
        }
        package let kind: Kind
        package let sentence: String
        package var description: String { sentence }
    }

    private let schema: ConfigNode
    private let text: [UInt8]

    /// The schema as JSON (comments and trailing commas do not hurt), of at most `most` bytes.
    package static func read(_ bytes: [UInt8], most: Int = 16 << 20) -> Result<SchemaCheck, ConfigProblem> {
        ConfigTree.parse(bytes, as: .json5, most: most).map { SchemaCheck($0) }
    }

    private init(_ tree: ConfigTree) {
        schema = tree.root
        text = JSONText(tree).bytes
    }

    /// All that the schema finds wrong, of an `anyOf` or `oneOf` the branch that comes nearest.
    package func check(_ tree: ConfigTree, limits: Limits = Limits()) -> Result<Report, Failure> {
        let answer: ConfigNode
        switch Self.run(schema: text, instance: JSONText(forDoubles: tree.root).bytes, limits) {
        case .success(let read): answer = read
        case .failure(let failure): return .failure(failure)
        }
        if let failure = Self.failure(answer, limits) { return .failure(failure) }
        let errors = SchemaErrors(answer)
        let words = SchemaSentences(schema: SchemaGuide(root: schema), instance: tree.root)
        var findings = Self.tooLarge(tree)
        if answer.member("outcome")?.node.value.string == "invalid" {
            let told = Set(findings.map(\.pointer))
            findings += errors.reduced().map(words.finding).filter { !told.contains($0.pointer) }
        }
        var seen: Set<String> = []
        findings = findings.filter { seen.insert($0.description).inserted }
            .sorted { ($0.place, $0.sentence) < ($1.place, $1.sentence) }
        var more = errors.isCut
        if findings.count > limits.findings {
            findings.removeLast(findings.count - limits.findings)
            more = true
        }
        return .success(Report(findings: findings, more: more, unchecked: errors.unchecked))
    }

    private static func run(schema: [UInt8], instance: [UInt8], _ limits: Limits) -> Result<ConfigNode, Failure> {
        // Most errors of the library only lead to the one that says what is wrong, so more are asked for.
        let most = UInt32(clamping: min(limits.findings, 100_000) * 8 + 100)
        var bounds = json_schema_limits(
            milliseconds: min(limits.milliseconds, 600_000), errors: most, bytes: max(limits.bytes, 16 << 20))
        let answer = schema.withUnsafeBytes { schema in
            instance.withUnsafeBytes { instance in
                json_schema_check(
                    schema.baseAddress?.assumingMemoryBound(to: CChar.self), schema.count,
                    instance.baseAddress?.assumingMemoryBound(to: CChar.self), instance.count, &bounds)
            }
        }
        defer { json_schema_free(answer) }
        guard let answer else {
            return .failure(Failure(kind: .system, sentence: "There is no memory to check the configuration."))
        }
        switch ConfigTree.parse(Array(String(cString: answer).utf8), as: .json5, most: .max) {
        case .success(let tree): return .success(tree.root)
        case .failure(let problem):
            return .failure(Failure(kind: .system, sentence: "The validator's answer could not be read: \(problem)."))
        }
    }

    private static func failure(_ answer: ConfigNode, _ limits: Limits) -> Failure? {
        let detail = answer.member("detail")?.node.value.string.map { visible($0, most: 300) } ?? ""
        switch answer.member("outcome")?.node.value.string {
        case "valid", "invalid": return nil
        case "schema":
            let remote = detail.contains("remote JSON References")
            let why =
                remote ? "it refers to another document, and nothing is fetched; put that into the schema" : detail
            return Failure(kind: .schema, sentence: "The schema cannot be used: \(why).")
        case "time":
            return Failure(
                kind: .limit,
                sentence: "The check against the schema was given up after \(limits.milliseconds) ms; look for a "
                    + "pattern in the schema that takes very long.")
        case "ended":
            return Failure(
                kind: .limit,
                sentence: "The check against the schema broke off (\(detail)): the schema refers to itself without "
                    + "end, or it or the configuration is too large.")
        default:
            return Failure(kind: .system, sentence: "The check against the schema could not be made: \(detail).")
        }
    }

    /// Numbers beyond all doubles: the validator works with doubles, and so do most agents.
    private static func tooLarge(_ tree: ConfigTree) -> [Finding] {
        var findings: [Finding] = []
        tree.forEachValue { step in
            guard case .number(let number) = step.node.value, number.double?.isInfinite ?? false else { return }
            findings.append(
                Finding(
                    pointer: step.pointer, place: step.node.place, keyword: "type",
                    sentence: "The number here is greater than any that programs can hold; write a smaller one."))
        }
        return findings
    }
}
