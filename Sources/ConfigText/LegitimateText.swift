/// Where invisible characters belong to ordinary writing, so that a value in any language is left in peace:
///
/// - zero-width joiner: between two emoji of one picture (after a skin tone or U+FE0F as well), and after a letter of
///   a script whose letters join or stack (Arabic, Syriac, N'Ko, the Indic scripts, Mongolian, Khmer, Myanmar);
/// - zero-width non-joiner: after a letter of those scripts;
/// - zero-width space: between letters of Thai, Lao, Khmer and Myanmar, which write no spaces between words;
/// - left-to-right, right-to-left and Arabic letter mark: in a text that has letters written from right to left.
///   Embeddings, overrides and isolates are never legitimate in a configuration file: they show a line in another
///   order than it is read;
/// - variation selectors: directly after an emoji, a symbol, a digit of a keycap, an ideograph or a Mongolian or
///   Myanmar letter, and one only;
/// - tag characters: after U+1F3F4 in the form of a flag, closed by U+E007F;
/// - ideographic space next to East Asian text; no-break and narrow spaces within a number, or where French and others
///   set them (before `; : ! ? » %` and currency signs, after `«`); the Mongolian separator between Mongolian letters;
///   the Braille blank next to Braille.
///
/// In keys nothing of this counts.
struct LegitimateText {
    let bytes: [UInt8]

    func allows(
        _ kind: InvisibleCharacter.Kind, _ scalar: Unicode.Scalar, _ range: Range<Int>, inRightToLeft: () -> Bool
    )
        -> Bool
    {
        let before = self.scalar(before: range.lowerBound)
        let after = UTF8Text.scalar(bytes, at: range.upperBound)?.scalar
        switch kind {
        case .zeroWidth: return allowsZeroWidth(scalar, before, after, range)
        case .bidirectional:
            return (scalar == "\u{200E}" || scalar == "\u{200F}" || scalar == "\u{061C}") && inRightToLeft()
        case .variationSelector: return before.map { Self.takesVariation($0, scalar) } ?? false
        case .tag: return isInFlag(range)
        case .oddSpace: return allowsSpace(scalar, before, after)
        case .byteOrderMark, .softHyphen, .control, .lookAlike, .notASCII: return false
        }
    }

    func scalar(before offset: Int) -> Unicode.Scalar? {
        var start = offset - 1
        while start > 0, offset - start < 4, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        guard start >= 0, let found = UTF8Text.scalar(bytes, at: start), start + found.length == offset else {
            return nil
        }
        return found.scalar
    }

    private func allowsZeroWidth(
        _ scalar: Unicode.Scalar, _ before: Unicode.Scalar?, _ after: Unicode.Scalar?, _ range: Range<Int>
    ) -> Bool {
        guard let before, let after else { return scalar == "\u{200D}" && before.map(Self.joins) ?? false }
        switch scalar {
        case "\u{200D}": return Self.joins(before) || isPicture(before, range) && Self.isEmoji(after)
        case "\u{200C}": return Self.joins(before)
        case "\u{200B}": return Self.writesNoSpaces(before) && Self.writesNoSpaces(after)
        case "\u{180E}": return (0x1800...0x18AF).contains(before.value) && (0x1800...0x18AF).contains(after.value)
        default: return false
        }
    }

    /// An emoji, or one with a skin tone or a variation selector after it.
    private func isPicture(_ before: Unicode.Scalar, _ range: Range<Int>) -> Bool {
        guard before == "\u{FE0F}" else { return Self.isEmoji(before) }
        return scalar(before: range.lowerBound - 3).map(Self.isEmoji) ?? false
    }

    private static func isEmoji(_ scalar: Unicode.Scalar) -> Bool { scalar.value > 0xFF && scalar.properties.isEmoji }

    private static func joins(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0600...0x08FF, 0x0900...0x0DFF, 0x0F00...0x109F, 0x1780...0x17FF, 0x1800...0x18AF, 0xA840...0xA87F,
            0xA8E0...0xA8FF, 0xAA60...0xAA7F, 0xABC0...0xABFF, 0xFB50...0xFDFF, 0xFE70...0xFEFE, 0x10D00...0x10D3F,
            0x11000...0x11DFF, 0x1E900...0x1E95F:
            scalar.properties.isAlphabetic || scalar.properties.canonicalCombiningClass != .notReordered
        default: false
        }
    }

    private static func writesNoSpaces(_ scalar: Unicode.Scalar) -> Bool {
        (0x0E00...0x0EFF).contains(scalar.value) || (0x1000...0x109F).contains(scalar.value)
            || (0x1780...0x17FF).contains(scalar.value)
    }

    private static func takesVariation(_ base: Unicode.Scalar, _ selector: Unicode.Scalar) -> Bool {
        switch selector.value {
        case 0xE0100...0xE01EF: return base.properties.isIdeographic
        case 0x180B...0x180F: return (0x1800...0x18AF).contains(base.value)
        case 0xFE0E where base.properties.isEmoji, 0xFE0F where base.properties.isEmoji: return true
        default: break
        }
        switch base.properties.generalCategory {
        case .mathSymbol, .otherSymbol: return base.value > 0x7F
        default: return base.properties.isIdeographic || isEastAsian(base) || (0x1000...0x109F).contains(base.value)
        }
    }

    private static func isEastAsian(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115E, 0x1161...0x11FF, 0x2E80...0x2FFF, 0x3001...0x3163, 0x3165...0xA4CF, 0xAC00...0xD7FF,
            0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF01...0xFF9F, 0xFFA1...0xFFEF, 0x20000...0x3FFFF:
            true
        default: false
        }
    }

    private func allowsSpace(_ scalar: Unicode.Scalar, _ before: Unicode.Scalar?, _ after: Unicode.Scalar?) -> Bool {
        switch scalar {
        case "\u{3000}": return before.map(Self.isEastAsian) ?? false || after.map(Self.isEastAsian) ?? false
        case "\u{2800}":
            return [before, after].contains { $0.map { (0x2801...0x28FF).contains($0.value) } ?? false }
        case "\u{A0}", "\u{202F}", "\u{2009}":
            if before == "«" { return true }
            guard let before, let after else { return false }
            if Self.isDigit(before), Self.isDigit(after) { return true }
            let afterWord =
                before.properties.isAlphabetic || Self.isDigit(before) || ")»]\"'’…".unicodeScalars.contains(before)
            return afterWord && ";:!?»%‰€$£".unicodeScalars.contains(after)
        default: return false
        }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .decimalNumber
    }

    /// Within black flag, up to six tag letters or digits, cancel tag.
    private func isInFlag(_ range: Range<Int>) -> Bool {
        func isLetter(_ scalar: Unicode.Scalar) -> Bool {
            (0xE0030...0xE0039).contains(scalar.value) || (0xE0061...0xE007A).contains(scalar.value)
        }
        var start = range.lowerBound
        var steps = 0
        while let scalar = scalar(before: start), isLetter(scalar), steps < 7 {
            start -= 4
            steps += 1
        }
        guard scalar(before: start) == "\u{1F3F4}" else { return false }
        var letters = 0
        var offset = start
        while let next = UTF8Text.scalar(bytes, at: offset)?.scalar {
            offset += 4
            if next == "\u{E007F}" { return (3...6).contains(letters) && range.lowerBound < offset }
            guard isLetter(next), letters < 6 else { return false }
            letters += 1
        }
        return false
    }

    static func isRightToLeft(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFE, 0x10800...0x10FFF, 0x1E800...0x1EEFF:
            scalar != "\u{061C}" && scalar.properties.isAlphabetic
        default: false
        }
    }
}
