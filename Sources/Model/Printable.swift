extension StringProtocol {
    /// Without control characters: what a process or a model wrote must not move anybody's cursor, hide text or
    /// break a line. Each one becomes a middle dot; a tab becomes a space.
    package var printable: String {
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x09: result.append(" ")
            // Controls; what is not seen or turns the line's direction; private use, tags and variants.
            case 0..<0x20, 0x7f..<0xa0, 0xad, 0x61c, 0x180e, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f,
                0xe000...0xf8ff, 0xfdd0...0xfdef, 0xfeff, 0xe0000...0x10ffff:
                result.append("·")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
