/// A moment, in µs since 1970 UTC: the journal's and systemd's own unit.
package struct Timestamp: Comparable, Hashable, Sendable {
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// As systemd writes it: 0 stands for "never".
    package init?(systemd microseconds: UInt64) {
        guard microseconds > 0, let value = Int64(exactly: microseconds) else { return nil }
        self.microseconds = value
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    package static func + (moment: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(microseconds: moment.microseconds &+ duration.microseconds)
    }

    package static func - (moment: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(microseconds: moment.microseconds &- duration.microseconds)
    }

    package static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .microseconds(later.microseconds &- earlier.microseconds)
    }

    /// RFC 3339 in UTC, to the second, e.g. `2026-09-01T03:15:00Z`. Days are counted by the civil calendar's
    /// 400-year cycle of 146,097 days.
    package var rfc3339: String {
        let seconds = microseconds.floorDivided(by: 1_000_000)
        let day = seconds.floorDivided(by: 86_400)
        let time = seconds - day * 86_400
        let shifted = day + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return "\(year)-\(two(month))-\(two(dayOfMonth))T\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))Z"
    }
}

extension Timestamp {
    /// As systemd.time(7) has a moment: `2026-09-01 03:15:00 UTC`.
    package var calendar: String { rfc3339.replacing("T", with: " ").replacing("Z", with: " UTC") }
}

private func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

extension Int64 {
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

extension Duration {
    package var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000
    }

    package var seconds: Double { Double(microseconds) / 1_000_000 }

    /// For sentences: `40 s`, `4 min`, `2 h 5 min`, `3 d 4 h`.
    package var inWords: String {
        let seconds = max(0, microseconds / 1_000_000)
        switch seconds {
        case ..<120: return "\(seconds) s"
        case ..<7_200: return "\(seconds / 60) min"
        case ..<172_800: return "\(seconds / 3600) h" + (seconds % 3600 >= 60 ? " \(seconds % 3600 / 60) min" : "")
        default: return "\(seconds / 86_400) d" + (seconds % 86_400 >= 3600 ? " \(seconds % 86_400 / 3600) h" : "")
        }
    }

    /// `90s`, `4min`, `6h`, `2d`; at most a million of each.
    package init?(words text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits), count <= 1_000_000 else { return nil }
        switch text.dropFirst(digits.count).drop(while: { $0 == " " }) {
        case "s", "sec": self = .seconds(count)
        case "min", "m": self = .seconds(count * 60)
        case "h": self = .seconds(count * 3600)
        case "d": self = .seconds(count * 86_400)
        default: return nil
        }
    }
}
