extension StringProtocol {
    /// Without control characters: what a process or a model wrote must not move anybody's cursor, hide text or
    /// break a line. Each one becomes a middle dot; a tab becomes a space.
    package var printable: String {
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x09: result.append(" ")
            case 0..<0x20, 0x7f..<0xa0, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfdd0...0xfdef, 0xfeff,
                0x10fff0...0x10ffff:
                result.append("·")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
