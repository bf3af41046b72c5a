/// valijson's errors, and what remains of them: it tells each error and then, going up, that each schema around it
/// failed, and for an `anyOf` the errors of all branches.
struct SchemaErrors {
    struct Item {
        let path: [String]
        let text: String
    }

    /// What the library says about where, in words of its own; the others are errors themselves.
    private enum Step {
        case error
        /// The schema of a member or an element failed.
        case inside(String?)
        /// One branch of allOf, anyOf or oneOf failed.
        case branch(Int)
        /// All branches of anyOf or oneOf failed.
        case union
    }

    /// Stands for a union of which no branch fits at all.
    static let noBranch = "no branch"

    /// A key that `additionalProperties` does not allow, as the library has it.
    static let unknownKeyText =
        "Object contains a property that could not be validated using 'properties' or 'additionalProperties' "
        + "constraints: '"

    private static let condition = "Failed to validate against a conditional schema"

    let items: [Item]
    let isCut: Bool
    let unchecked: [String]

    init(_ answer: ConfigNode) {
        items = Self.list(answer, "errors").map { node in
            let path = Self.list(node, "path").compactMap(\.value.string)
            return Item(path: path, text: node.member("text")?.node.value.string ?? "")
        }
        if case .bool(true)? = answer.member("more")?.node.value { isCut = true } else { isCut = false }
        unchecked = Self.list(answer, "unchecked").map { node in
            let pointer = node.member("path")?.node.value.string ?? ""
            let reason = node.member("text")?.node.value.string ?? ""
            return "The pattern at \(quoted(pointer, most: 200)) of the schema was not checked, since it is not known "
                + "to the validator (\(visible(reason, most: 200)))."
        }
    }

    private static func list(_ node: ConfigNode, _ name: String) -> [ConfigNode] {
        if case .array(let elements)? = node.member(name)?.node.value { elements } else { [] }
    }

    /// The errors that say what is wrong; never empty, since these are the errors of an invalid configuration.
    func reduced() -> [Item] {
        var kept: [Item] = []
        for item in items {
            switch Self.step(item.text) {
            case .error, .branch: kept.append(item)
            case .inside(let part):
                let path = item.path + (part.map { [$0] } ?? [])
                if let key = Self.unknownKey(item, kept.last) {
                    kept.removeLast()
                    kept.append(Item(path: item.path, text: Self.unknownKeyText + key + "'."))
                } else if !Self.isTold(kept.last, path) {
                    kept.append(Item(path: path, text: item.text))
                }
            case .union: Self.close(item, &kept)
            }
        }
        let errors = kept.filter { if case .branch = Self.step($0.text) { false } else { true } }
        return errors.isEmpty ? [Item(path: [], text: "")] : errors
    }

    private static func isTold(_ last: Item?, _ path: [String]) -> Bool {
        last.map { $0.path.starts(with: path) } ?? false
    }

    /// For `additionalProperties: false` stands a condition that always fails, without a reason of its own.
    private static func unknownKey(_ item: Item, _ last: Item?) -> String? {
        guard item.text.hasPrefix("Failed to validate against additional prop"), let last,
            last.path.dropLast().elementsEqual(item.path), last.text.hasPrefix(condition)
        else { return nil }
        return last.path.last
    }

    /// Puts in place of all branches the one that comes nearest: one whose value is of the right kind, with the least
    /// errors. The first branch of every union is one that never fits and has no errors; of a union of one other, that
    /// one is what counts.
    private static func close(_ union: Item, _ kept: inout [Item]) {
        var branches: [[Item]] = []
        var current: [Item] = []
        var isWithin = false
        while let last = kept.popLast() {
            guard last.path == union.path, case .branch(let index) = step(last.text) else {
                current.append(last)
                continue
            }
            if isWithin { branches.append(current.reversed()) }
            isWithin = true
            current = []
            if index == 0 { break }
        }
        if branches.count == 1 {
            kept += branches[0]
            return
        }
        let near = branches.reversed().filter { branch in
            !branch.isEmpty && !branch.contains { $0.path == union.path && isMismatch($0.text) }
        }
        if let best = near.min(by: { cost($0, union.path) < cost($1, union.path) }) {
            kept += best
        } else {
            kept.append(Item(path: union.path, text: noBranch))
        }
    }

    private static func isMismatch(_ text: String) -> Bool {
        text.contains("'type' constraint") || text.contains("enum values") || text.contains("'const' constraint")
            || text == noBranch
    }

    /// A member that tells the branches apart and does not fit weighs more than any number of other errors.
    private static func cost(_ branch: [Item], _ path: [String]) -> Int {
        let marks = branch.filter { $0.path.count == path.count + 1 && isMismatch($0.text) }.count
        return marks * 1000 + branch.count
    }

    private static func step(_ text: String) -> Step {
        if let index = between(text, "Failed to validate against child schema #", ".") {
            return Int(index).map(Step.branch) ?? .error
        }
        if text.hasPrefix("Failed to validate against any") { return .union }
        if let key = between(text, "Failed to validate against schema associated with property name '", "'.") {
            return .inside(key)
        }
        if text.hasPrefix("Failed to validate item #") {
            let index = text.dropFirst("Failed to validate item #".count).prefix { $0.isNumber }
            // The library tells this one at the place of the element, the others at that of the list.
            return .inside(text.hasSuffix("corresponding item schema.") ? nil : String(index))
        }
        let around = [
            "Failed to validate against schema associated with pattern", "Failed to validate against additional prop",
            "Failed to validate against a conditional schema", "Failed to validate against dependent schema",
        ]
        return around.contains { text.hasPrefix($0) } ? .inside(nil) : .error
    }

    /// What stands between a beginning and an end of a text.
    static func between(_ text: String, _ before: String, _ after: String) -> String? {
        guard text.hasPrefix(before), text.hasSuffix(after), text.utf8.count >= before.utf8.count + after.utf8.count
        else {
            return nil
        }
        return String(text.dropFirst(before.count).dropLast(after.count))
    }
}
