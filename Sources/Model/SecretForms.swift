/// The forms in which a known value turns up in logs, addresses and bodies.
enum SecretForms {
    static func all(of bytes: [UInt8]) -> [[UInt8]] {
        var forms = [bytes, percentEncoded(bytes, upper: true), percentEncoded(bytes, upper: false), escaped(bytes)]
        // Of a value in the middle of a longer base64 text three alignments are possible; the characters at the
        // edges mix with their neighbours and are left out.
        for skip in 0..<3 where bytes.count >= 9 + skip {
            let core = base64(bytes.dropFirst(skip))
            forms.append(core)
            forms.append(
                core.map {
                    $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0
                })
        }
        return forms
    }

    private static func percentEncoded(_ bytes: [UInt8], upper: Bool) -> [UInt8] {
        let digits = Array((upper ? "0123456789ABCDEF" : "0123456789abcdef").utf8)
        var result: [UInt8] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.append(byte)
            default:
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return result
    }

    /// As JSON writes it between quotes.
    private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") ? [UInt8(ascii: "\\"), byte] : [byte]
        }
    }

    /// The last, incomplete group is left out: without its padding the rest is found in either form.
    private static func base64(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        var index = bytes.startIndex
        while index + 3 <= bytes.endIndex {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            for shift in [18, 12, 6, 0] as [UInt32] { result.append(alphabet[Int(group >> shift & 63)]) }
            index += 3
        }
        return result
    }
}
