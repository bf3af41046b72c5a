import FixturesTests
import Systemd
import Testing

/// The journal, read from files that were written for the purpose.
@Suite(.enabled(if: SampleJournal.isPossible, Comment(rawValue: SampleJournal.need)))
struct JournalTests {
    private static func line(_ number: Int, unit: String = "a.service") -> [(String, String)] {
        [("MESSAGE", "line \(number)"), ("_SYSTEMD_UNIT", unit)]
    }

    private static func lines(_ range: ClosedRange<Int>, unit: String = "a.service") -> [[(String, String)]] {
        range.map { line($0, unit: unit) }
    }

    private static let mine = [[JournalMatch("_SYSTEMD_UNIT", "a.service")]]

    private static func newest(
        _ most: Int, of sample: SampleJournal, matching alternatives: [[JournalMatch]] = mine,
        after cursor: String? = nil, bytes: Int = .max
    ) throws -> JournalSlice {
        try Journal.open(directory: sample.directory).newest(most, matching: alternatives, after: cursor, bytes: bytes)
    }

    @Test func `the newest lines come, the oldest of them first`() throws {
        let slice = try Self.newest(3, of: try SampleJournal(Self.lines(1...10)))
        #expect(slice.entries.map(\.message) == ["line 8", "line 9", "line 10"])
        #expect(slice.entries.map(\.realtime) == (7...9).map { SampleJournal.start + $0 * 1_000_000 })
        #expect(slice.cut)
    }

    @Test func `all lines are all, and nothing is cut off`() throws {
        let sample = try SampleJournal(Self.lines(1...5))
        for most in [5, 6, 100] {
            let slice = try Self.newest(most, of: sample)
            #expect(slice.entries.count == 5)
            #expect(!slice.cut)
        }
        #expect(try Self.newest(4, of: sample).cut)
    }

    @Test func `lines are read until they have taken so many bytes`() throws {
        let sample = try SampleJournal(Self.lines(1...9))
        // "line 9" has six.
        for (bytes, messages) in [(1, ["line 9"]), (6, ["line 9"]), (7, ["line 8", "line 9"])] {
            let slice = try Self.newest(5, of: sample, bytes: bytes)
            #expect(slice.entries.map(\.message) == messages)
            #expect(slice.cut)
        }
        #expect(try !Self.newest(9, of: sample, bytes: 54).cut)
    }

    @Test func `lines of other units are passed over`() throws {
        let sample = try SampleJournal([
            Self.line(1), Self.line(2, unit: "b.service"), Self.line(3), Self.line(4, unit: "a.service.d"),
        ])
        #expect(try Self.newest(10, of: sample).entries.map(\.message) == ["line 1", "line 3"])
        #expect(
            try Self.newest(10, of: sample, matching: [[JournalMatch("_SYSTEMD_UNIT", "c.service")]]) == JournalSlice())
    }

    @Test func `an entry must have all fields of one alternative, and any alternative will do`() throws {
        let sample = try SampleJournal([
            [("MESSAGE", "root's"), ("UNIT", "a.service"), ("_PID", "1")],
            [("MESSAGE", "a stranger's"), ("UNIT", "a.service"), ("_PID", "99")],
            [("MESSAGE", "its own"), ("_SYSTEMD_UNIT", "a.service"), ("_PID", "99")],
            [("MESSAGE", "of another"), ("UNIT", "b.service"), ("_PID", "1")],
        ])
        let manager = [JournalMatch("_PID", "1"), JournalMatch("UNIT", "a.service")]
        #expect(try Self.newest(10, of: sample, matching: [manager]).entries.map(\.message) == ["root's"])
        #expect(
            try Self.newest(10, of: sample, matching: [manager] + Self.mine).entries.map(\.message) == [
                "root's", "its own",
            ])
        let either = manager + [JournalMatch("UNIT", "b.service")]
        #expect(try Self.newest(10, of: sample, matching: [either]).entries.map(\.message) == ["root's", "of another"])
    }

    @Test func `one search does not narrow the next`() throws {
        let sample = try SampleJournal([Self.line(1), Self.line(2, unit: "b.service")])
        let journal = try Journal.open(directory: sample.directory)
        for unit in ["a.service", "b.service", "a.service"] {
            #expect(try journal.newest(5, matching: [[JournalMatch("_SYSTEMD_UNIT", unit)]]).entries.count == 1)
        }
    }

    @Test func `each line is seen in one pass and in no other`() throws {
        let sample = try SampleJournal(Self.lines(1...4))
        var cursor: String?
        var passes: [[String]] = []
        for pass in 0..<3 {
            if pass > 0 {
                let first = 10 * pass
                try sample.append(Self.lines(first...(first + 2)), from: UInt64(first))
            }
            let slice = try Self.newest(50, of: sample, after: cursor)
            passes.append(slice.entries.map(\.message))
            cursor = slice.cursor
        }
        #expect(
            passes == [
                ["line 1", "line 2", "line 3", "line 4"], ["line 10", "line 11", "line 12"],
                ["line 20", "line 21", "line 22"],
            ])
    }

    @Test func `without a new line there is no entry and no new cursor`() throws {
        let sample = try SampleJournal(Self.lines(1...4))
        let first = try Self.newest(50, of: sample)
        let second = try Self.newest(50, of: sample, after: first.cursor)
        #expect(second == JournalSlice())
    }

    @Test func `lines that fell off between two passes are told by the cut`() throws {
        let sample = try SampleJournal(Self.lines(1...2))
        let cursor = try #require(try Self.newest(50, of: sample).cursor)
        try sample.append(Self.lines(3...9), from: 3)
        let slice = try Self.newest(3, of: sample, after: cursor)
        #expect(slice.entries.map(\.message) == ["line 7", "line 8", "line 9"])
        #expect(slice.cut)
        #expect(try !Self.newest(7, of: sample, after: cursor).cut)
    }

    @Test func `a cursor goes on behind the rotation of a file`() throws {
        let sample = try SampleJournal(Self.lines(1...3))
        let cursor = try #require(try Self.newest(50, of: sample).cursor)
        try sample.append(Self.lines(4...5), file: "two.journal", from: 10)
        #expect(try Self.newest(50, of: sample, after: cursor).entries.map(\.message) == ["line 4", "line 5"])
    }

    @Test func `lines that a clock which was set back dates before the cursor are seen`() throws {
        let sample = try SampleJournal(Self.lines(1...3))
        try sample.append(Self.lines(4...4), from: 1000)
        let cursor = try #require(try Self.newest(50, of: sample).cursor)
        try sample.append(Self.lines(5...6), from: 1000)
        #expect(try Self.newest(50, of: sample, after: cursor).entries.map(\.message) == ["line 5", "line 6"])
    }

    @Test func `fields that a pass decides by are read`() throws {
        let sample = try SampleJournal([
            [
                ("MESSAGE", "Stopping…"), ("MESSAGE_ID", "de5b426a63be47a7b6ac3eaac82e2f6f"), ("JOB_TYPE", "stop"),
                ("_SYSTEMD_UNIT", "a.service"),
            ],
            [("_SYSTEMD_UNIT", "a.service")],
        ])
        let entries = try Self.newest(5, of: sample).entries
        #expect(entries.map(\.message) == ["Stopping…", ""])
        #expect(entries.map(\.messageID) == ["de5b426a63be47a7b6ac3eaac82e2f6f", ""])
        #expect(entries.map(\.jobType) == ["stop", ""])
    }

    @Test func `a line may hold any bytes, line feeds and zeros among them`() throws {
        let bytes: [UInt8] = [0x61, 0x0a, 0x62, 0x00, 0xff, 0x63]
        let sample = try SampleJournal([[("MESSAGE", bytes), ("_SYSTEMD_UNIT", Array("a.service".utf8))]])
        #expect(try Self.newest(5, of: sample).entries.first?.message == "a\nb\u{0}\u{fffd}c")
    }

    @Test(arguments: [2048, 2049, 100_000])
    func `a long line is cut to a bound`(length: Int) throws {
        let sample = try SampleJournal([
            [("MESSAGE", String(repeating: "x", count: length)), ("_SYSTEMD_UNIT", "a.service")]
        ])
        #expect(try Self.newest(5, of: sample).entries.first?.message.utf8.count == Journal.longestMessage)
    }

    @Test func `who has spoken since a cursor is told for the whole journal at once`() throws {
        let sample = try SampleJournal(Self.lines(1...3))
        let journal = try Journal.open(directory: sample.directory)
        let cursor = try #require(try journal.tail())
        #expect(try journal.values(of: ["_SYSTEMD_UNIT"], after: cursor, most: 100) == [])
        try sample.append(
            [Self.line(4, unit: "b.service"), Self.line(5, unit: "b.service"), [("_SYSTEMD_USER_UNIT", "c.service")]],
            from: 10)
        let later = try Journal.open(directory: sample.directory)
        let fields = ["_SYSTEMD_UNIT", "_SYSTEMD_USER_UNIT"]
        #expect(try later.values(of: fields, after: cursor, most: 3) == ["b.service", "c.service"])
        #expect(try later.values(of: fields, after: cursor, most: 2) == nil)
    }

    @Test func `the tail is the newest entry of all, whoever wrote it`() throws {
        let sample = try SampleJournal([Self.line(1), Self.line(2, unit: "b.service")])
        let tail = try #require(try Journal.open(directory: sample.directory).tail())
        #expect(
            tail == (try Self.newest(1, of: sample, matching: [[JournalMatch("_SYSTEMD_UNIT", "b.service")]]).cursor))
    }

    @Test func `an empty journal has no tail, no lines and no speakers`() throws {
        let folder = try ScratchFolder()
        let journal = try Journal.open(directory: folder.path)
        #expect(try journal.tail() == nil)
        #expect(try journal.newest(5, matching: Self.mine) == JournalSlice())
        #expect(try journal.values(of: ["_SYSTEMD_UNIT"], after: "s=0;i=1", most: 5) == [])
    }

    @Test func `a journal that is not there cannot be opened`() throws {
        let folder = try ScratchFolder()
        let error = #expect(throws: SystemdError.self) { try Journal.open(directory: folder["none"]).tail() }
        #expect(error?.description == "Opening the journal in \(folder["none"]): No such file or directory.")
    }
}
