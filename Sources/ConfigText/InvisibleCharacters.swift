/// A character in a file that one cannot see, or that is not what it looks like.
package struct InvisibleCharacter: Sendable {
    package let kind: Kind
    package let scalar: Unicode.Scalar
    package let place: TextPlace
    package let standing: Standing
    /// It is written as an escape (`\u200b`) in a key: no search for the character finds it, and `fixed` leaves it.
    package let isEscaped: Bool
    /// The bytes of the character, or those of the key where it is escaped.
    let bytes: Range<Int>

    /// `U+200B`
    package var codePoint: String { ConfigText.codePoint(scalar) }

    /// `zero width space`
    package var name: String {
        let properties = scalar.properties
        return (properties.name ?? properties.nameAlias)?.lowercased() ?? "a character without a name"
    }

    /// One sentence without the place.
    package var sentence: String {
        let what = "\(codePoint) (\(name))"
        let written = isEscaped ? " written as an escape" : ""
        switch kind {
        case .byteOrderMark:
            return
                "The file begins with a byte order mark, \(what), that some programs take for part of the first key; "
                + "remove it."
        case .lookAlike:
            let latin = LookAlikes.latin(scalar) ?? scalar
            return "The \(LookAlikes.script(scalar)) \(what)\(written) stands in a key and looks like \"\(latin)\"; "
                + "type \"\(latin)\" in its place."
        case .notASCII:
            return "The character \(what)\(written) stands \(standing.words), where only ASCII belongs; replace it."
        case .oddSpace:
            return "The character \(what)\(written) stands \(standing.words) and looks like a space; "
                + "put a plain space in its place, or remove it."
        case .zeroWidth, .bidirectional, .tag, .softHyphen, .variationSelector, .control:
            return "The invisible character \(what)\(written) stands \(standing.words); remove it."
        }
    }
}

package enum InvisibleCharacters {
    /// At most `most`, in the order of the file. In keys every character beyond ASCII is one; in values and comments
    /// only what is invisible and not ordinary writing (`LegitimateText`); with `ascii`, everything beyond ASCII
    /// anywhere. The bytes need not be valid UTF-8 nor the file well formed; bytes that are not UTF-8 are passed over.
    package static func findings(
        in bytes: [UInt8], as syntax: ConfigSyntax, ascii: Bool = false, most: Int = 1000
    ) -> [InvisibleCharacter] {
        var scan = InvisibleScan(bytes, syntax, ascii)
        return scan.run(most: most)
    }

    /// The bytes without the invisible characters that are reported, and with a plain space for each odd one. Nothing
    /// else changes. What is left has no such finding: to take one away may bring another out (a file that can be
    /// read again has keys that nobody saw before), so this goes on until none is left, which one or two rounds reach.
    /// A file that is not UTF-8 stays as it is: what is taken out could join broken bytes to other characters.
    package static func fixed(_ bytes: [UInt8], as syntax: ConfigSyntax, ascii: Bool = false) -> [UInt8] {
        guard UTF8Text.firstFault(bytes) == nil else { return bytes }
        var bytes = bytes
        for _ in 0..<mostRounds {
            var scan = InvisibleScan(bytes, syntax, ascii)
            let findings = scan.run(most: .max).filter { $0.kind.isFixable && !$0.isEscaped }
            guard !findings.isEmpty else { return bytes }
            var result: [UInt8] = []
            result.reserveCapacity(bytes.count)
            var offset = 0
            for finding in findings {
                result += bytes[offset..<finding.bytes.lowerBound]
                if finding.kind == .oddSpace { result.append(0x20) }
                offset = finding.bytes.upperBound
            }
            bytes = result + bytes[offset...]
        }
        return bytes
    }

    private static let mostRounds = 20
}

private struct InvisibleScan {
    private let bytes: [UInt8]
    private let ascii: Bool
    private let tree: ConfigTree?
    private let text: LegitimateText
    private var standings: StandingMap
    private var places: PlaceFinder
    private var rightToLeft: (part: Range<Int>, answer: Bool)?

    init(_ bytes: [UInt8], _ syntax: ConfigSyntax, _ ascii: Bool) {
        self.bytes = bytes
        self.ascii = ascii
        if case .success(let read) = ConfigTree.parse(bytes, as: syntax, most: .max) { tree = read } else { tree = nil }
        text = LegitimateText(bytes: bytes)
        standings = StandingMap(bytes, syntax, tree)
        places = PlaceFinder(bytes)
    }

    mutating func run(most: Int) -> [InvisibleCharacter] {
        var findings: [InvisibleCharacter] = []
        var offset = 0
        while offset < bytes.count, findings.count < most {
            let byte = bytes[offset]
            if byte >= 0x20 && byte < 0x7F || byte == 0x0A || byte == 0x0D || byte == 0x09 {
                offset += 1
                continue
            }
            guard let (scalar, length) = UTF8Text.scalar(bytes, at: offset) else {
                offset += 1
                continue
            }
            let range = offset..<(offset + length)
            if let finding = finding(scalar, range) { findings.append(finding) }
            offset += length
        }
        let escaped = escapedInKeys()
        guard !escaped.isEmpty else { return findings }
        return Array((findings + escaped).sorted { $0.place < $1.place }.prefix(most))
    }

    private mutating func finding(_ scalar: Unicode.Scalar, _ range: Range<Int>) -> InvisibleCharacter? {
        let part = standings.part(at: range.lowerBound)
        let standing = part?.standing ?? .between
        guard let kind = kind(scalar, range, standing, part?.bytes) else { return nil }
        return InvisibleCharacter(
            kind: kind, scalar: scalar, place: places.place(at: range.lowerBound), standing: standing,
            isEscaped: false, bytes: range)
    }

    private mutating func kind(
        _ scalar: Unicode.Scalar, _ range: Range<Int>, _ standing: Standing, _ part: Range<Int>?
    ) -> InvisibleCharacter.Kind? {
        if range.lowerBound == 0, scalar == "\u{FEFF}" { return .byteOrderMark }
        guard let kind = InvisibleCharacter.Kind(scalar) else {
            if standing == .key { return Self.kind(inKey: scalar) }
            return ascii && !scalar.isASCII ? .notASCII : nil
        }
        if standing == .value || standing == .comment {
            var known = rightToLeft
            let isLegitimate = text.allows(kind, scalar, range) {
                let part = part ?? range
                if let known, known.part == part { return known.answer }
                let answer = isRightToLeft(part)
                known = (part, answer)
                return answer
            }
            rightToLeft = known
            if isLegitimate { return ascii ? .notASCII : nil }
        }
        return kind
    }

    private static func kind(inKey scalar: Unicode.Scalar) -> InvisibleCharacter.Kind? {
        if scalar.isASCII { return nil }
        return LookAlikes.latin(scalar) != nil ? .lookAlike : .notASCII
    }

    private func isRightToLeft(_ part: Range<Int>) -> Bool {
        var offset = part.lowerBound
        while offset < part.upperBound {
            guard let (scalar, length) = UTF8Text.scalar(bytes, at: offset) else {
                offset += 1
                continue
            }
            if LegitimateText.isRightToLeft(scalar) { return true }
            offset += length
        }
        return false
    }

    /// Keys whose bytes are plain and whose meaning is not.
    private func escapedInKeys() -> [InvisibleCharacter] {
        var findings: [InvisibleCharacter] = []
        tree?.forEachValue { step in
            guard let member = step.member, !member.keyBytes.isEmpty,
                bytes[member.keyBytes].contains(UInt8(ascii: "\\"))
            else { return }
            let written = String(decoding: bytes[member.keyBytes], as: UTF8.self).unicodeScalars
            for scalar in member.key.unicodeScalars {
                let kind = InvisibleCharacter.Kind(scalar) ?? InvisibleScan.kind(inKey: scalar)
                guard let kind, !written.contains(scalar), findings.count < ConfigTree.mostRemarks else { continue }
                findings.append(
                    InvisibleCharacter(
                        kind: kind, scalar: scalar, place: member.keyPlace, standing: .key, isEscaped: true,
                        bytes: member.keyBytes))
            }
        }
        return findings
    }
}
