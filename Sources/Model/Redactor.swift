/// Masks an agent's own secrets, and whatever looks like one, in text that leaves this machine.
///
/// Only the outgoing copy is masked. The same value always becomes the same placeholder, so that a reader still sees
/// that two lines speak of the same thing.
package struct Redactor: Sendable {
    /// Shorter values are no secrets, and masking them would tear ordinary words apart.
    package static let shortestSecret = 6
    /// Of a secret of several lines, a shorter one says nothing.
    private static let shortestLine = 12

    private struct Needle {
        let bytes: [UInt8]
        let placeholder: [UInt8]
    }

    /// By their first bytes, as many as the shortest has: a file may hold thousands. The longest first, so that a value
    /// is not torn apart by another that it contains.
    private let needles: [ArraySlice<UInt8>: [Needle]]
    /// Which bytes one of them begins with.
    private var starts = [Bool](repeating: false, count: 256)

    package init(secrets: [String]) {
        var found: [ArraySlice<UInt8>: [Needle]] = [:]
        var seen: Set<String> = []
        for secret in secrets where secret.utf8.count >= Self.shortestSecret && seen.insert(secret).inserted {
            let placeholder = Array("[secret \(seen.count)]".utf8)
            // A journal line holds one line of a key, never all of it.
            let lines = secret.split(whereSeparator: \.isNewline).filter { $0.utf8.count >= Self.shortestLine }
            for value in [secret] + (lines.count > 1 ? lines.map(String.init) : []) {
                for form in SecretForms.all(of: Array(value.utf8)) where form.count >= Self.shortestSecret {
                    found[form.prefix(Self.shortestSecret), default: []].append(
                        Needle(bytes: form, placeholder: placeholder))
                }
            }
        }
        needles = found.mapValues { $0.sorted { $0.bytes.count > $1.bytes.count } }
        for start in found.keys.compactMap(\.first) { starts[Int(start)] = true }
    }

    package func mask(_ text: String) -> String {
        SecretPatterns.mask(needles.isEmpty ? text : String(decoding: replaced(Array(text.utf8)), as: UTF8.self))
    }

    /// One walk: what was replaced is not looked at again.
    private func replaced(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let rest = text[index...]
            let match =
                starts[Int(text[index])]
                ? needles[rest.prefix(Self.shortestSecret)]?.first { rest.starts(with: $0.bytes) } : nil
            if let match {
                result += match.placeholder
                index += match.bytes.count
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }
}
