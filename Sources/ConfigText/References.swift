/// What a configuration refers to outside of itself, with places. Nothing is resolved and no file opened here.
///
/// Only for configs of a kind that has them: `${NAME}` in any string value, where a name is `[A-Z_][A-Z0-9_]*` and `$${NAME}` stands for
/// the text itself; secret references `{source, provider, id}` with the sources env, file, exec and store, of which
/// older versions had no provider; `$NAME` alone in a field for secrets is an env reference too, but reads like any
/// other text, so it is told apart (`shorthand`); `$include` with one path or a list of them, relative to the file.
package struct References: Sendable {
    package struct Variable: Sendable {
        package let name: String
        package let pointer: String
        package let place: TextPlace
        /// The whole value is this one reference: where the variable is missing, nothing is left of the value.
        package let isWhole: Bool
        /// `$NAME` as the whole value: a reference in fields for secrets only, a plain text in others.
        package let isShorthand: Bool
        /// Something around it says `enabled: false`, so that nobody asks for it.
        package let isDisabled: Bool
    }

    package struct Secret: Sendable {
        /// `env`, `file`, `exec`, `store`, or what a plug-in brings.
        package let source: String
        /// `nil` in the form of older versions, which means the source's default.
        package let provider: String?
        /// For `env` the variable, for `file` a JSON pointer or `value`, for `exec` and `store` what the provider knows.
        package let id: String
        package let pointer: String
        package let place: TextPlace
        /// As for a variable: an agent starts without the secrets of what is switched off.
        package let isDisabled: Bool
    }

    package struct Include: Sendable {
        /// As it stands there.
        package let path: String
        /// Of the object that holds the `$include`: what is read goes under it, and its other keys win.
        package let pointer: String
        package let place: TextPlace
    }

    package private(set) var variables: [Variable] = []
    package private(set) var secrets: [Secret] = []
    package private(set) var includes: [Include] = []
    /// What was meant as one of these and is none: an `$include` that is no text, an env reference whose id is no name.
    package private(set) var problems: [ConfigProblem] = []

    /// The pointer of the outermost object around the present step that is switched off.
    private var disabled: String?

    /// Of each at most this many.
    package static let most = 1000

    package init(_ tree: ConfigTree) {
        var found = References()
        tree.forEachValue { found.visit($0) }
        self = found
    }

    private init() {}

    private mutating func visit(_ step: TreeStep) {
        if let outer = disabled, !step.pointer.hasPrefix(outer + "/") { disabled = nil }
        if disabled == nil, case .bool(false)? = step.node.member("enabled")?.node.value { disabled = step.pointer }
        switch step.node.value {
        case .string(let text): visit(text, step)
        case .object(let members):
            if let secret = secret(step) { add(secret) }
            if members.contains(where: { $0.key.hasSameBytes(as: "$include") }) { visitInclude(step) }
        case .null, .bool, .number, .array: break
        }
    }

    // MARK: ${NAME}

    private mutating func visit(_ text: String, _ step: TreeStep) {
        let bytes = Array(text.utf8)
        if bytes.count > 1, bytes[0] == UInt8(ascii: "$"), Self.isSecretName(bytes[1...]) {
            add(String(decoding: bytes[1...], as: UTF8.self), step, isWhole: true, isShorthand: true)
            return
        }
        var offset = 0
        while let dollar = bytes[offset...].firstIndex(of: UInt8(ascii: "$")) {
            // The escape goes first, and only where a name follows it.
            if let end = Self.nameEnd(bytes, dollar + 1), bytes[dollar + 1] == UInt8(ascii: "$") {
                offset = end
            } else if let end = Self.nameEnd(bytes, dollar) {
                let name = String(decoding: bytes[(dollar + 2)..<(end - 1)], as: UTF8.self)
                add(name, step, isWhole: dollar == 0 && end == bytes.count, isShorthand: false)
                offset = end
            } else {
                offset = dollar + 1
            }
        }
    }

    private mutating func add(_ name: String, _ step: TreeStep, isWhole: Bool, isShorthand: Bool) {
        guard variables.count < Self.most else { return }
        variables.append(
            Variable(
                name: name, pointer: step.pointer, place: step.node.place, isWhole: isWhole, isShorthand: isShorthand,
                isDisabled: disabled != nil))
    }

    /// The end of `${NAME}` that begins at `start`.
    private static func nameEnd(_ bytes: [UInt8], _ start: Int) -> Int? {
        guard start + 3 < bytes.count, bytes[start] == UInt8(ascii: "$"), bytes[start + 1] == UInt8(ascii: "{") else {
            return nil
        }
        var offset = start + 2
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "}") {
            let byte = bytes[offset]
            let isDigit = (0x30...0x39).contains(byte)
            guard (0x41...0x5A).contains(byte) || byte == 0x5F || isDigit && offset > start + 2 else { return nil }
            offset += 1
        }
        return offset < bytes.count && offset > start + 2 ? offset + 1 : nil
    }

    /// `[A-Z][A-Z0-9_]{0,127}`, the names that references of secrets may have.
    private static func isSecretName(_ name: ArraySlice<UInt8>) -> Bool {
        guard let first = name.first, (0x41...0x5A).contains(first), name.count <= 128 else { return false }
        return name.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }

    // MARK: Secret references

    /// Exactly source, provider and id, or source and id alone. A provider's own entry under `secrets.providers` has a
    /// source too, but no id.
    private func secret(_ step: TreeStep) -> Secret? {
        guard case .object(let all) = step.node.value, (2...6).contains(all.count),
            case let members = Set(all.map(\.key)), (2...3).contains(members.count),
            let source = step.node.member("source")?.node.value.string, !source.isEmpty,
            let id = step.node.member("id")?.node.value.string, !id.isEmpty
        else { return nil }
        let provider = step.node.member("provider")?.node.value.string
        guard members.count == 2 || provider != nil else { return nil }
        return Secret(
            source: source, provider: provider, id: id, pointer: step.pointer, place: step.node.place,
            isDisabled: disabled != nil)
    }

    private mutating func add(_ secret: Secret) {
        guard secrets.count < Self.most else { return }
        secrets.append(secret)
        if secret.source == "env", !Self.isSecretName(Array(secret.id.utf8)[...]) {
            complain(
                secret.place,
                "The id of this secret reference is no name of a variable; use capital letters, digits and _, with a "
                    + "letter first.")
        }
    }

    // MARK: $include

    private mutating func visitInclude(_ step: TreeStep) {
        guard let member = step.node.member("$include") else { return }
        switch member.node.value {
        case .string: include(member.node, step)
        case .array(let elements): for element in elements { include(element, step) }
        case .null, .bool, .number, .object:
            complain(member.node.place, "The value of $include must be a path or a list of paths.")
        }
    }

    private mutating func include(_ node: ConfigNode, _ step: TreeStep) {
        guard let path = node.value.string, !path.isEmpty else {
            complain(node.place, "An entry of $include must be a path, and this is \(node.value.kind); write a path.")
            return
        }
        guard includes.count < Self.most else { return }
        includes.append(Include(path: path, pointer: step.pointer, place: node.place))
    }

    private mutating func complain(_ place: TextPlace, _ sentence: String) {
        if problems.count < Self.most { problems.append(ConfigProblem(place, sentence)) }
    }
}
