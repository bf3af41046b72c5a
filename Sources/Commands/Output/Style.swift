internal import Model

/// Colours of a terminal, where there is one.
struct Style {
    let colour: Bool

    func verdict(_ verdict: String) -> String {
        switch verdict {
        case "healthy", "healed", "ok": paint(verdict, "32")
        case "degraded", "held", "warning", "info": paint(verdict, "33")
        case "failing", "unknown", "critical", "problem": paint(verdict, "31")
        default: verdict
        }
    }

    func outcome(_ word: String) -> String {
        switch word {
        case "kept", "unchanged": paint(word, "32")
        case "waiting": paint(word, "33")
        default: paint(word, "31")
        }
    }

    func good(_ text: String) -> String { paint(text, "32") }

    func bold(_ text: String) -> String { paint(text, "1") }

    func dim(_ text: String) -> String { paint(text, "2") }

    func diff(_ line: String) -> String {
        if line.hasPrefix("+") { return paint(line, "32") }
        if line.hasPrefix("-") { return paint(line, "31") }
        return line
    }

    /// Pads before it paints: an escape has no width.
    func verdict(_ verdict: String, width: Int) -> String {
        self.verdict(verdict) + String(repeating: " ", count: max(0, width - verdict.count))
    }

    private func paint(_ text: String, _ code: String) -> String {
        guard colour, let mark = Self.marks[code], let end = Self.marks["0"] else { return text }
        return String(mark) + text.printable + String(end)
    }

    /// What stands for an escape sequence of our own until the line is printed: characters for private use, which
    /// `printable` takes out of every text from outside that is painted.
    private static let marks: [String: Unicode.Scalar] = [
        "0": "\u{10FFF0}", "1": "\u{10FFF1}", "2": "\u{10FFF2}", "31": "\u{10FFF3}", "32": "\u{10FFF4}",
        "33": "\u{10FFF5}",
    ]

    private static let codes = Dictionary(uniqueKeysWithValues: marks.map { ($0.value, $0.key) })

    /// A line as it is printed: nothing in it but our own sequences means anything to a terminal.
    static func rendered(_ line: String, colour: Bool) -> String {
        var result = ""
        for scalar in line.unicodeScalars {
            if colour, let code = codes[scalar] {
                result += "\u{1b}[\(code)m"
            } else {
                result += String(scalar).printable
            }
        }
        return result
    }
}

extension String {
    func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
