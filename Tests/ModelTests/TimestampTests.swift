import FixturesTests
import Model
import Testing

struct TimestampTests {
    private static let moments: [(seconds: Int64, text: String)] = [
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:01Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (-86_400, "1969-12-31T00:00:00Z"),
        (-2_208_988_800, "1900-01-01T00:00:00Z"),
        (68_169_600, "1972-02-29T00:00:00Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (951_868_799, "2000-02-29T23:59:59Z"),
        (951_868_800, "2000-03-01T00:00:00Z"),
        (1_709_164_800, "2024-02-29T00:00:00Z"),
        (1_740_787_200, "2025-03-01T00:00:00Z"),
        (1_767_225_599, "2025-12-31T23:59:59Z"),
        (1_788_232_500, "2026-09-01T03:15:00Z"),
        (2_147_483_648, "2038-01-19T03:14:08Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
    ]

    @Test(arguments: moments)
    func `a moment is written as RFC 3339 in UTC`(seconds: Int64, text: String) {
        #expect(Timestamp(microseconds: seconds * 1_000_000).rfc3339 == text)
    }

    @Test func `a fraction of a second is left out, before 1970 as well`() {
        #expect(Timestamp(microseconds: 999_999).rfc3339 == "1970-01-01T00:00:00Z")
        #expect(Timestamp(microseconds: -1).rfc3339 == "1969-12-31T23:59:59Z")
    }

    /// Counts the calendar day by day, as a person would.
    @Test func `every day from 1890 to 2410 is the day after the one before`() {
        var (year, month, day) = (1890, 1, 1)
        var moment = Timestamp(microseconds: -2_524_521_600_000_000)
        for _ in 0..<190_000 {
            let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
            guard moment.rfc3339 == "\(year)-\(two(month))-\(two(day))T00:00:00Z" else {
                Issue.record("\(moment.rfc3339) is not \(year)-\(month)-\(day)")
                return
            }
            moment = moment + .seconds(86_400)
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            day += 1
            if day > lengths[month - 1] { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        #expect(year == 2410)
    }

    @Test func `the ends of time do not trap`() {
        #expect(Timestamp(microseconds: .max).rfc3339 == "294247-01-10T04:00:54Z")
        #expect(Timestamp(microseconds: .min).rfc3339 == "-290308-12-21T19:59:05Z")
    }

    @Test func `systemd writes zero and infinity for never`() {
        #expect(Timestamp(systemd: 0) == nil)
        #expect(Timestamp(systemd: .max) == nil)
        #expect(Timestamp(systemd: 1_788_232_500_000_000) == Sample.now)
    }

    @Test func `moments and durations are counted in microseconds`() {
        #expect((Sample.now + .microseconds(1)).microseconds == Sample.now.microseconds + 1)
        #expect((Sample.now - .milliseconds(1)).microseconds == Sample.now.microseconds - 1000)
        #expect(Sample.now - (Sample.now - .seconds(90)) == .seconds(90))
        #expect(Sample.now - .seconds(1) < Sample.now)
        #expect(!(Sample.now < Sample.now))
    }
}

struct DurationTests {
    private static let lengths: [(seconds: Int64, words: String)] = [
        (-5, "0 s"), (0, "0 s"), (1, "1 s"), (119, "119 s"), (120, "2 min"), (179, "2 min"), (7199, "119 min"),
        (7200, "2 h"), (7259, "2 h"), (7260, "2 h 1 min"), (7500, "2 h 5 min"), (172_799, "47 h 59 min"),
        (172_800, "2 d"), (176_399, "2 d"), (273_659, "3 d 4 h"),
        (34_560_000, "400 d"),
    ]

    @Test(arguments: lengths)
    func `a duration is told in the words that a person would use`(seconds: Int64, words: String) {
        #expect(Duration.seconds(seconds).inWords == words)
    }

    @Test func `what is shorter than a second is not rounded up`() {
        #expect(Duration.milliseconds(999).inWords == "0 s")
        #expect(Duration.milliseconds(119_999).inWords == "119 s")
    }

    @Test func `a duration is counted in microseconds and in seconds`() {
        #expect(Duration.milliseconds(1500).microseconds == 1_500_000)
        #expect(Duration.milliseconds(-1500).microseconds == -1_500_000)
        #expect(Duration.milliseconds(1500).seconds == 1.5)
    }
}
