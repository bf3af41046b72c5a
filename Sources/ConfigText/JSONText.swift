/// A tree as JSON for validators and for comparing two files: keys sorted by their bytes, of equal keys the last, no
/// space, numbers as `ConfigNumber.canonical` has them. Two files say the same exactly when their texts are equal,
/// but for infinities and NaN: JSON has neither, and they are `null`, as JavaScript writes them.
package struct JSONText: Sendable {
    package let bytes: [UInt8]

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package init(_ tree: ConfigTree) { self.init(tree.root) }

    package init(_ node: ConfigNode) {
        var writer = Writer(isForDoubles: false)
        writer.write(node)
        bytes = writer.bytes
    }

    /// With the greatest double for numbers beyond all doubles, which readers of JSON refuse.
    init(forDoubles node: ConfigNode) {
        var writer = Writer(isForDoubles: true)
        writer.write(node)
        bytes = writer.bytes
    }

    /// A text as a JSON string.
    package static func quoted(_ text: String) -> String {
        var writer = Writer(isForDoubles: false)
        writer.write(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private struct Writer {
        let isForDoubles: Bool
        var bytes: [UInt8] = []

        init(isForDoubles: Bool) { self.isForDoubles = isForDoubles }

        mutating func write(_ node: ConfigNode) {
            switch node.value {
            case .null: bytes += "null".utf8
            case .bool(let value): bytes += (value ? "true" : "false").utf8
            case .number(let number): write(number)
            case .string(let text): write(text)
            case .array(let elements):
                bytes.append(UInt8(ascii: "["))
                for (index, element) in elements.enumerated() {
                    if index > 0 { bytes.append(UInt8(ascii: ",")) }
                    write(element)
                }
                bytes.append(UInt8(ascii: "]"))
            case .object(let members): write(members)
            }
        }

        private mutating func write(_ number: ConfigNumber) {
            guard let canonical = number.canonical else {
                bytes += "null".utf8
                return
            }
            if isForDoubles, Double(canonical)?.isInfinite ?? false {
                bytes += (canonical.hasPrefix("-") ? "-" : "").utf8
                bytes += "\(Double.greatestFiniteMagnitude)".utf8
            } else {
                bytes += canonical.utf8
            }
        }

        private mutating func write(_ members: [ConfigMember]) {
            let order = members.indices.sorted { left, right in
                let (a, b) = (members[left].key.utf8, members[right].key.utf8)
                return a.elementsEqual(b) ? left < right : a.lexicographicallyPrecedes(b)
            }
            bytes.append(UInt8(ascii: "{"))
            var first = true
            for (position, index) in order.enumerated() {
                let member = members[index]
                let next = position + 1
                if next < order.count, members[order[next]].key.hasSameBytes(as: member.key) { continue }
                if !first { bytes.append(UInt8(ascii: ",")) }
                first = false
                write(member.key)
                bytes.append(UInt8(ascii: ":"))
                write(member.node)
            }
            bytes.append(UInt8(ascii: "}"))
        }

        mutating func write(_ text: String) {
            bytes.append(UInt8(ascii: "\""))
            for byte in text.utf8 {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
                case 0..<0x20:
                    let digits = String(byte, radix: 16)
                    bytes += "\\u00\(digits.count < 2 ? "0" : "")\(digits)".utf8
                default: bytes.append(byte)
                }
            }
            bytes.append(UInt8(ascii: "\""))
        }
    }
}
