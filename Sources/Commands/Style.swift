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
        colour ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}

extension String {
    func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
