/// A text of a file in double quotes for a sentence: cut to a length, with nothing in it that a terminal would obey or
/// a reader would not see.
func quoted(_ text: String, most: Int = 60) -> String {
    "\"" + visible(text, most: most) + "\""
}

func visible(_ text: String, most: Int = 60) -> String {
    var shown = ""
    var count = 0
    for scalar in text.unicodeScalars {
        if count == most { return shown + "…" }
        count += 1
        if isPlainlyVisible(scalar) {
            shown.unicodeScalars.append(scalar)
        } else {
            shown += "\\u{" + String(scalar.value, radix: 16) + "}"
        }
    }
    return shown
}

private func isPlainlyVisible(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse, .unassigned, .surrogate:
        return false
    default:
        return InvisibleCharacter.Kind(scalar) == nil
    }
}

/// `U+200B`
func codePoint(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}

extension StringProtocol {
    /// Byte for byte: `==` of strings takes é and e with an accent for the same, which no agent does.
    func hasSameBytes(as other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }
}
