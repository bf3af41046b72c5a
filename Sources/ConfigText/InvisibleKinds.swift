extension InvisibleCharacter {
    package enum Kind: String, Sendable, CaseIterable {
        case byteOrderMark, zeroWidth, bidirectional, oddSpace, tag, softHyphen, variationSelector, control
        /// A letter of another script that looks like a Latin one, in a key.
        case lookAlike
        /// Any other character that is not ASCII, where only ASCII belongs.
        case notASCII

        /// The kinds that are nothing but invisible; `nil` for what one can see, and for plain space, tab and line end.
        init?(_ scalar: Unicode.Scalar) {
            switch scalar.value {
            case 0x09, 0x0A, 0x0D: return nil
            case 0x0B, 0x0C, 0x85: self = .oddSpace
            case 0..<0x20, 0x7F..<0xA0: self = .control
            case ..<0xA0: return nil
            case 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x2800, 0x3000: self = .oddSpace
            case 0xAD: self = .softHyphen
            case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: self = .bidirectional
            case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x200B...0x200D, 0x2060...0x2065, 0x206A...0x206F,
                0x3164, 0xFEFF, 0xFFA0, 0xFFF9...0xFFFB, 0x1D173...0x1D17A:
                self = .zeroWidth
            case 0x180B...0x180D, 0x180F, 0xFE00...0xFE0F, 0xE0100...0xE01EF: self = .variationSelector
            case 0xE0000...0xE007F: self = .tag
            default: return nil
            }
        }

        /// Whether `InvisibleCharacters.fixed` takes it out or puts a plain space in its place.
        package var isFixable: Bool { self != .lookAlike && self != .notASCII }
    }
}

/// Letters that look like a Latin letter, as people mix them up, by the scripts that a keyboard or a copied text
/// brings in.
enum LookAlikes {
    static func latin(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar.value {
        case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0)
        case 0x1D400...0x1D7FF: mathematical(scalar)
        default: table[scalar]
        }
    }

    /// Bold, italic, script and other letters of formulas.
    private static func mathematical(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        let offset = scalar.value - 0x1D400
        if offset < 0x2A4 {
            let letter = offset % 52
            return Unicode.Scalar(letter < 26 ? 0x41 + letter : 0x61 + letter - 26)
        }
        return offset >= 0x3CE ? Unicode.Scalar(0x30 + (offset - 0x3CE) % 10) : nil
    }

    /// The script, for the sentence.
    static func script(_ scalar: Unicode.Scalar) -> String {
        switch scalar.value {
        case 0x370..<0x400, 0x1F00..<0x2000: "Greek"
        case 0x400..<0x530: "Cyrillic"
        case 0x530..<0x590: "Armenian"
        case 0xFF01...0xFF5E: "fullwidth"
        case 0x1D400...0x1D7FF: "mathematical"
        default: "foreign"
        }
    }

    private static let table: [Unicode.Scalar: Unicode.Scalar] = [
        // Cyrillic
        "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "ѕ": "s", "і": "i", "ј": "j", "ԁ": "d",
        "һ": "h", "ԛ": "q", "ԝ": "w", "ӏ": "l", "к": "k", "м": "m", "т": "t", "в": "b", "н": "h", "г": "r", "п": "n",
        "А": "A", "В": "B", "Е": "E", "З": "3", "К": "K", "М": "M", "Н": "H", "О": "O", "Р": "P", "С": "C", "Т": "T",
        "У": "Y", "Х": "X", "Ѕ": "S", "І": "I", "Ј": "J", "Ԛ": "Q", "Ԝ": "W", "Ӏ": "I", "Ѵ": "V", "ѵ": "v",
        // Greek
        "α": "a", "ο": "o", "ν": "v", "ι": "i", "κ": "k", "ρ": "p", "τ": "t", "υ": "u", "χ": "x", "ϲ": "c", "ϳ": "j",
        "γ": "y", "η": "n", "ω": "w", "Α": "A", "Β": "B", "Ε": "E", "Ζ": "Z", "Η": "H", "Ι": "I", "Κ": "K", "Μ": "M",
        "Ν": "N", "Ο": "O", "Ρ": "P", "Τ": "T", "Υ": "Y", "Χ": "X", "Ϲ": "C",
        // Armenian
        "օ": "o", "ս": "u", "հ": "h", "ո": "n", "ց": "g", "յ": "j", "զ": "q", "Օ": "O", "Ս": "U",
        // Latin letters and signs beyond ASCII
        "ı": "i", "ɑ": "a", "ɡ": "g", "ɩ": "i", "ʏ": "y", "ꜱ": "s", "ǃ": "!", "\u{37E}": ";", "\u{2010}": "-",
        "\u{2011}": "-", "\u{2012}": "-", "\u{2013}": "-", "\u{2212}": "-", "\u{2024}": ".", "\u{2236}": ":",
        "\u{FF3F}": "_", "\u{2044}": "/", "\u{2215}": "/", "\u{2032}": "'", "\u{2018}": "'", "\u{2019}": "'",
        "\u{201C}": "\"", "\u{201D}": "\"", "ℓ": "l", "ℯ": "e", "ℊ": "g", "ℴ": "o", "ⅰ": "i", "ⅼ": "l", "ⅽ": "c",
        "ⅾ": "d", "ⅿ": "m",
    ]
}
