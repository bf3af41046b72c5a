import ConfigText
import Testing

/// The tree of a text that must be readable.
func tree(_ text: String, _ syntax: ConfigSyntax = .json5) throws -> ConfigTree {
    try ConfigTree.parse(Array(text.utf8), as: syntax).get()
}

/// The problem of a text that must not be.
func problem(_ text: String, _ syntax: ConfigSyntax = .json5) throws -> ConfigProblem {
    try problem(Array(text.utf8), syntax)
}

func problem(_ bytes: [UInt8], _ syntax: ConfigSyntax = .json5) throws -> ConfigProblem {
    guard case .failure(let problem) = ConfigTree.parse(bytes, as: syntax) else {
        throw Unexpected("a text was read that should not be")
    }
    return problem
}

struct Unexpected: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// `/key 1:2 kind 1:8` for every value, keys with their own place.
func places(_ tree: ConfigTree) -> [String] {
    var lines: [String] = []
    func visit(_ node: ConfigNode, _ pointer: String) {
        lines.append("\(pointer) \(node.place)")
        switch node.value {
        case .array(let elements):
            for (index, element) in elements.enumerated() { visit(element, pointer + "/\(index)") }
        case .object(let members):
            for member in members {
                lines.append("\(member.key) \(member.keyPlace)")
                visit(member.node, pointer + "/" + member.key)
            }
        default: break
        }
    }
    visit(tree.root, "")
    return lines
}
