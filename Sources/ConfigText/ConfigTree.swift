/// What a configuration file says, with the place of every key and value.
package struct ConfigTree: Sendable {
    package let syntax: ConfigSyntax
    package let root: ConfigNode
    /// What is odd but keeps nobody from reading the file: a key that stands twice, half of a surrogate pair, a line
    /// that systemd ignores. In the order of the file, at most `mostRemarks`.
    package let remarks: [ConfigProblem]

    package static let mostRemarks = 100
    /// Lists and objects in one another; nothing that a person writes comes near.
    package static let deepest = 200
    /// Values in a file, aliases of YAML counted as often as they are used.
    package static let mostValues = 500_000

    /// Reads at most `most` bytes; a longer file is refused, not cut. Pure: no file is opened and no reference
    /// (`$include`, `${VAR}`) followed. Where a key stands twice, the last one counts, as all readers of these agents
    /// have it; both are in the tree.
    package static func parse(_ bytes: [UInt8], as syntax: ConfigSyntax, most: Int = 4 << 20)
        -> Result<ConfigTree, ConfigProblem>
    {
        guard bytes.count <= most else {
            return .failure(
                ConfigProblem(
                    .start,
                    "The file has \(bytes.count) bytes, more than the \(most) that are read; make it smaller, or check "
                        + "whether it is a configuration file at all."))
        }
        if let problem = UTF8Text.problem(bytes) { return .failure(problem) }
        return Result { () throws(ConfigProblem) in
            switch syntax {
            case .json5: try JSON5Reader.tree(bytes)
            case .toml: try TomlReader.tree(bytes)
            case .yaml: try YamlReader.tree(bytes)
            case .env: try EnvReader.tree(bytes)
            }
        }
    }
}

/// A value and its place.
package struct ConfigNode: Sendable {
    package let value: ConfigValue
    package let place: TextPlace
    /// The bytes that say it, quotes included; empty for what the file does not spell out.
    package let bytes: Range<Int>

    init(_ value: ConfigValue, _ place: TextPlace, _ bytes: Range<Int> = 0..<0) {
        self.value = value
        self.place = place
        self.bytes = bytes
    }
}

package enum ConfigValue: Sendable {
    case null
    case bool(Bool)
    case number(ConfigNumber)
    /// Dates and times of TOML and YAML are strings here.
    case string(String)
    case array([ConfigNode])
    /// In the order of the file; a key may stand more than once.
    case object([ConfigMember])

    /// For sentences: `a text`, `a number`.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }

    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }
}

package struct ConfigMember: Sendable {
    package let key: String
    package let keyPlace: TextPlace
    package let node: ConfigNode
    let keyBytes: Range<Int>

    init(_ key: String, _ keyPlace: TextPlace, _ keyBytes: Range<Int>, _ node: ConfigNode) {
        self.key = key
        self.keyPlace = keyPlace
        self.keyBytes = keyBytes
        self.node = node
    }
}

/// A value on the way through a tree, with the way to it.
struct TreeStep {
    /// JSON pointer.
    let pointer: String
    let node: ConfigNode
    /// The member whose value it is; `nil` for the root and for elements of lists.
    let member: ConfigMember?
}

extension ConfigTree {
    /// Every value, parents before children, in the order of the file.
    func forEachValue(_ body: (TreeStep) -> Void) {
        func visit(_ step: TreeStep) {
            body(step)
            switch step.node.value {
            case .array(let elements):
                for (index, element) in elements.enumerated() {
                    visit(TreeStep(pointer: step.pointer + "/\(index)", node: element, member: nil))
                }
            case .object(let members):
                for member in members {
                    let pointer = step.pointer + "/" + JSONPointer.escaped(member.key)
                    visit(TreeStep(pointer: pointer, node: member.node, member: member))
                }
            case .null, .bool, .number, .string:
                break
            }
        }
        visit(TreeStep(pointer: "", node: root, member: nil))
    }
}

/// Remarks on their way into a tree.
struct Remarks {
    private(set) var all: [ConfigProblem] = []

    mutating func add(_ place: TextPlace, _ sentence: String) {
        if all.count < ConfigTree.mostRemarks { all.append(ConfigProblem(place, sentence)) }
    }

    /// Keys that stand twice in one object.
    mutating func duplicates(in members: [ConfigMember]) {
        var seen: [[UInt8]: TextPlace] = [:]
        for member in members {
            let key = Array(member.key.utf8)
            if let earlier = seen[key] {
                add(
                    member.keyPlace,
                    "The key \(quoted(member.key)) stands here for the second time; line \(earlier.line) has it first, "
                        + "and this one wins. Remove one of them.")
            }
            seen[key] = member.keyPlace
        }
    }

    /// In the order of the file.
    var sorted: [ConfigProblem] { all.sorted { $0.place < $1.place } }
}
