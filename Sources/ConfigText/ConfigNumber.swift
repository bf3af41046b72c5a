/// A number as the file has it. Nothing is rounded: agents read some numbers as decimals and some as doubles.
package struct ConfigNumber: Sendable {
    /// As it stands in the file: `0x1F`, `+.5`, `1_000`, `Infinity`.
    package let text: String

    package init(_ text: String) { self.text = text }

    /// The same number as JSON has it, equal for equal numbers (`0x10`, `16.0` and `1.6e1` give `16`); `nil` for
    /// infinities and what is no number.
    package var canonical: String? {
        var digits = text.utf8.filter { $0 != UInt8(ascii: "_") }[...]
        var negative = false
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            negative = sign == UInt8(ascii: "-")
            digits = digits.dropFirst()
        }
        guard let magnitude = Self.magnitude(digits) else { return nil }
        return negative && magnitude != "0" ? "-" + magnitude : magnitude
    }

    /// The nearest double; infinite where the number is beyond all doubles.
    package var double: Double? { canonical.flatMap(Double.init) }

    private static func magnitude(_ text: ArraySlice<UInt8>) -> String? {
        guard let first = text.first else { return nil }
        if first == UInt8(ascii: "0"), text.count > 2, let second = text.dropFirst().first {
            let radix: Int? =
                switch second | 0x20 {
                case UInt8(ascii: "x"): 16
                case UInt8(ascii: "o"): 8
                case UInt8(ascii: "b"): 2
                default: nil
                }
            if let radix { return Radix.decimal(text.dropFirst(2), radix: radix) }
        }
        return Decimal.canonical(text)
    }

    /// Whole numbers of other bases, of any length that a file may hold.
    private enum Radix {
        static func decimal(_ text: ArraySlice<UInt8>, radix: Int) -> String? {
            // Limbs of nine decimal digits, the lowest first. Longer than any number that means something: as a
            // double it is infinite, and to multiply it out would take the square of its length.
            guard text.count <= 1024 else { return nil }
            var limbs = [0]
            for byte in text {
                guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < radix else { return nil }
                var carry = digit
                for index in limbs.indices {
                    let value = limbs[index] * radix + carry
                    limbs[index] = value % 1_000_000_000
                    carry = value / 1_000_000_000
                }
                if carry > 0 { limbs.append(carry) }
            }
            var digits: [UInt8] = Array(String(limbs[limbs.count - 1]).utf8)
            for limb in limbs.dropLast().reversed() {
                let part = String(limb).utf8
                digits += Array(repeating: UInt8(ascii: "0"), count: 9 - part.count) + part
            }
            return Decimal.canonical(digits[...])
        }
    }

    private enum Decimal {
        static func canonical(_ text: ArraySlice<UInt8>) -> String? {
            var digits: [UInt8] = []
            var scale = 0
            var dot = false
            var rest = text
            while let byte = rest.first, byte | 0x20 != UInt8(ascii: "e") {
                rest = rest.dropFirst()
                if byte == UInt8(ascii: "."), !dot {
                    dot = true
                } else if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                    digits.append(byte)
                    if dot { scale -= 1 }
                } else {
                    return nil
                }
            }
            guard !digits.isEmpty else { return nil }
            if rest.first != nil {
                guard let exponent = exponent(rest.dropFirst()) else { return nil }
                scale += exponent
            }
            while digits.last == UInt8(ascii: "0"), digits.count > 1 {
                digits.removeLast()
                scale += 1
            }
            let zeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
            digits.removeFirst(min(zeros, digits.count - 1))
            if digits == [UInt8(ascii: "0")] { return "0" }
            return written(String(decoding: digits, as: UTF8.self), scale)
        }

        /// Exponents beyond this, up or down, are all alike: infinite, or nothing.
        private static let greatestExponent = 1_000_000_000_000

        private static func exponent(_ text: ArraySlice<UInt8>) -> Int? {
            var digits = text
            let negative = digits.first == UInt8(ascii: "-")
            if negative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
            guard !digits.isEmpty else { return nil }
            var value = 0
            for byte in digits {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                // More than any digits of a file can take back.
                value = min(value * 10 + Int(byte - UInt8(ascii: "0")), greatestExponent * 4)
            }
            return negative ? -value : value
        }

        /// Plain up to 21 digits before the point and six zeros after it, as JavaScript writes numbers.
        private static func written(_ digits: String, _ scale: Int) -> String {
            let point = digits.utf8.count + scale
            if scale >= 0, point <= 21 { return digits + String(repeating: "0", count: scale) }
            if scale < 0, point > 0 { return digits.prefix(point) + "." + digits.dropFirst(point) }
            if scale < 0, point > -6 { return "0." + String(repeating: "0", count: -point) + digits }
            let exponent = max(-greatestExponent, min(greatestExponent, point - 1))
            let fraction = digits.dropFirst()
            return digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction) + "e" + String(exponent)
        }
    }
}
