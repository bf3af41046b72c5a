/// The keys under which an agent writes into its own config, on each start, when it did so and of which release it is.
package struct TouchKeys: Hashable, Sendable {
    let time: String
    let release: String

    package init(time: String, release: String) {
        self.time = time
        self.release = release
    }
}

/// What an agent writes into its own config on each start although nobody has changed anything. They are found in the text
/// itself, so that a file that does not parse has them, too.
package struct TouchMarks: Sendable {
    /// The file without the values of its marks; `nil` where it has none.
    package let rest: [UInt8]?
    /// The agent's release that wrote the file last.
    package let release: String?
    /// When it did so, as it says: RFC 3339.
    package let time: String?

    private static let longest = 64

    package init(_ bytes: [UInt8], _ keys: TouchKeys?) {
        let times = keys.map { Self.values(of: $0.time, in: bytes) } ?? []
        let releases = keys.map { Self.values(of: $0.release, in: bytes) } ?? []
        release = releases.first.map { String(decoding: bytes[$0], as: UTF8.self) }.flatMap { $0.isEmpty ? nil : $0 }
        time = times.first.map { String(decoding: bytes[$0], as: UTF8.self) }
        guard !times.isEmpty || !releases.isEmpty else {
            rest = nil
            return
        }
        var left: [UInt8] = []
        var end = 0
        for value in (times + releases).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            left += bytes[end..<value.lowerBound]
            end = value.upperBound
        }
        rest = left + bytes[end...]
    }

    /// Where the texts stand that are this key's values, without their quotes; a longer one is no mark.
    private static func values(of key: String, in bytes: [UInt8]) -> [Range<Int>] {
        let key = Array(key.utf8)
        var found: [Range<Int>] = []
        var start = 0
        while bytes.count - start > key.count, let first = bytes[start...].firstIndex(of: key[0]) {
            start = first + 1
            guard bytes[first...].starts(with: key) else { continue }
            var offset = first + key.count
            func skip(_ wanted: [UInt8]) { while offset < bytes.count, wanted.contains(bytes[offset]) { offset += 1 } }
            skip([UInt8(ascii: "\""), UInt8(ascii: "'")])
            skip([0x20, 0x09, 0x0A, 0x0D])
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: ":") else { continue }
            offset += 1
            skip([0x20, 0x09, 0x0A, 0x0D])
            guard offset < bytes.count, [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(bytes[offset]) else {
                continue
            }
            let quote = bytes[offset]
            let value = bytes[(offset + 1)...].prefix(longest).prefix { $0 != quote && $0 != UInt8(ascii: "\\") }
            guard value.endIndex < bytes.count, bytes[value.endIndex] == quote else { continue }
            found.append(value.startIndex..<value.endIndex)
            start = value.endIndex
        }
        return found
    }
}
