/// JSON pointers (RFC 6901): `/agents/list/0/name`, and the empty one for the whole.
package enum JSONPointer {
    package static func escaped(_ part: some StringProtocol) -> String {
        guard part.utf8.contains(where: { $0 == 0x7E || $0 == 0x2F }) else { return String(part) }
        var text = ""
        for scalar in part.unicodeScalars {
            switch scalar {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// The parts without their escapes; `nil` where the text is no pointer.
    package static func parts(_ pointer: String) -> [String]? {
        guard !pointer.isEmpty else { return [] }
        guard pointer.utf8.first == 0x2F else { return nil }
        return pointer.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { part in
            var text = ""
            var escape = false
            for scalar in part {
                if escape {
                    text += scalar == "0" ? "~" : scalar == "1" ? "/" : "~\(scalar)"
                    escape = false
                } else if scalar == "~" {
                    escape = true
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
            return escape ? text + "~" : text
        }
    }
}

extension ConfigTree {
    /// The value at a JSON pointer; of keys that stand twice, the last.
    package func value(at pointer: String) -> ConfigNode? {
        JSONPointer.parts(pointer).flatMap { root.value(at: $0[...]) }
    }
}

extension ConfigNode {
    func value(at parts: ArraySlice<String>) -> ConfigNode? {
        guard let part = parts.first else { return self }
        switch value {
        case .array(let elements):
            guard let index = Int(part), String(index) == part, elements.indices.contains(index) else { return nil }
            return elements[index].value(at: parts.dropFirst())
        case .object:
            return member(part)?.node.value(at: parts.dropFirst())
        case .null, .bool, .number, .string:
            return nil
        }
    }

    /// The member that counts, which is the last of its name.
    package func member(_ key: String) -> ConfigMember? {
        guard case .object(let members) = value else { return nil }
        return members.last { $0.key.hasSameBytes(as: key) }
    }
}
