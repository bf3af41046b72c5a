/// Masks an agent's own secrets, and whatever looks like one, in text that leaves this machine.
///
/// Only the outgoing copy is masked. The same value always becomes the same placeholder, so that a reader still sees
/// that two lines speak of the same thing.
package struct Redactor: Sendable {
    /// Shorter values are no secrets, and masking them would tear ordinary words apart.
    package static let shortestSecret = 6

    /// Longest first, so that a value is not torn apart by another that it contains.
    private let known: [(needle: [UInt8], placeholder: String)]

    package init(secrets: [String]) {
        var known: [(needle: [UInt8], placeholder: String)] = []
        var seen: Set<String> = []
        for secret in secrets where secret.utf8.count >= Self.shortestSecret && seen.insert(secret).inserted {
            let placeholder = "[secret \(seen.count)]"
            let bytes = Array(secret.utf8)
            var forms = [bytes, Self.percentEncoded(bytes)]
            // Of a value in the middle of a longer base64 text, three alignments are possible; the characters at
            // the edges mix with their neighbours and are left out.
            for skip in 0..<3 where bytes.count >= 9 + skip { forms.append(Self.base64Core(bytes, skip: skip)) }
            forms.append(Self.base64(bytes))
            for form in forms { known.append((form, placeholder)) }
        }
        self.known = known.sorted { $0.needle.count > $1.needle.count }
    }

    package func mask(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for (needle, placeholder) in known where needle.count >= Self.shortestSecret {
            bytes = Self.replacing(needle, in: bytes, with: Array(placeholder.utf8))
        }
        return Self.maskPatterns(String(decoding: bytes, as: UTF8.self))
    }

    /// Values that give themselves away by their form, whoever they belong to.
    private static func maskPatterns(_ text: String) -> String {
        var result = ""
        var word = ""
        var previous = ""
        func flush() {
            result += looksSecret(word, after: previous) ? "[masked]" : word
            if !word.isEmpty { previous = word }
            word = ""
        }
        for character in text {
            if isWordCharacter(character) {
                word.append(character)
            } else {
                flush()
                result.append(character)
            }
        }
        flush()
        return result
    }

    private static func isWordCharacter(_ character: Character) -> Bool {
        guard let byte = character.asciiValue else { return false }
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ":"):
            return true
        default: return false
        }
    }

    private static func looksSecret(_ word: String, after previous: String) -> Bool {
        for prefix in ["sk-", "gsk_", "ghp_", "github_pat_", "xoxb-", "xoxp-", "AKIA"]
        where word.hasPrefix(prefix) && word.utf8.count >= prefix.utf8.count + 12 {
            return true
        }
        let credential = ["Bearer", "bearer", "Basic", "basic"].contains(previous)
        if credential, word.utf8.count >= 8 { return true }
        return isBotToken(word.hasPrefix("bot") ? word.dropFirst(3) : Substring(word))
    }

    /// `123456789:AA…`, as Telegram hands them out.
    private static func isBotToken(_ word: Substring) -> Bool {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let id = parts.first, let key = parts.last else { return false }
        return id.utf8.count >= 6 && id.allSatisfy { $0.isASCII && $0.isNumber } && key.utf8.count >= 30
    }

    private static func replacing(_ needle: [UInt8], in text: [UInt8], with replacement: [UInt8]) -> [UInt8] {
        guard let first = needle.first, text.count >= needle.count else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if text[index] == first, index + needle.count <= text.count,
                text[index..<index + needle.count].elementsEqual(needle)
            {
                result += replacement
                index += needle.count
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }

    private static func percentEncoded(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
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

    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        var index = 0
        while index + 3 <= bytes.count {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            for shift in [18, 12, 6, 0] as [UInt32] { result.append(alphabet[Int(group >> shift & 63)]) }
            index += 3
        }
        // The last, incomplete group is left out: without its padding the rest is found in either form.
        return result
    }

    /// What a base64 text shows of the value, whatever stands before it, for one of the three alignments.
    private static func base64Core(_ bytes: [UInt8], skip: Int) -> [UInt8] {
        base64(Array(bytes.dropFirst(skip)))
    }
}
