import FixturesTests
import Model
import Recording
import Testing

/// Messages until they are delivered.
struct LedgerOutboxTests {
    private let folder: ScratchFolder
    private let ledger: Ledger
    private let incident: Incident

    init() throws {
        folder = try ScratchFolder()
        ledger = try Ledger.open(in: folder.path, at: Sample.now)
        incident = try ledger.openIncident(
            Sample.id, kinds: [.unitFailed], severity: .critical, summary: "", at: Sample.now)
    }

    private func notice(_ title: String = "[broken] coder", _ event: Notice.Event = .opened) -> Notice {
        Notice(
            event: event, incident: incident.id, host: "host.example.org", agent: "coder", unit: Sample.unit,
            kinds: [.unitFailed, .unitKillMode], severity: .critical, title: title, text: "Line one\nline two ü",
            at: Sample.now)
    }

    private func waiting(at moment: Timestamp = Sample.now) throws -> [OutgoingNotice] {
        try ledger.waiting(at: moment)
    }

    @Test(arguments: [Notice.Event.opened, .healed, .escalated])
    func `a message waits once per channel, just as it was written`(event: Notice.Event) throws {
        try ledger.post(notice("t", event), to: ["webhook", "telegram 2"])
        let waiting = try waiting()
        #expect(waiting.map(\.channel) == ["webhook", "telegram 2"])
        #expect(waiting.map(\.notice) == [notice("t", event), notice("t", event)])
        #expect(waiting.map(\.attempts) == [0, 0])
        #expect(Set(waiting.map(\.id)).count == 2)
    }

    @Test func `without a channel nothing waits`() throws {
        try ledger.post(notice(), to: [])
        #expect(try waiting().isEmpty)
        #expect(try ledger.undelivered().count == 0)
    }

    @Test func `the oldest message comes first`() throws {
        for number in 0..<5 { try ledger.post(notice("\(number)"), to: ["webhook"]) }
        #expect(try waiting().map(\.notice.title) == ["0", "1", "2", "3", "4"])
    }

    @Test func `what is delivered on one channel still waits on the other`() throws {
        try ledger.post(notice(), to: ["webhook", "telegram"])
        try ledger.delivered(try #require(try waiting().first).id, at: Sample.now)
        #expect(try waiting().map(\.channel) == ["telegram"])
        #expect(try ledger.undelivered().count == 1)
    }

    @Test func `a channel that asked for time gets it, and then the message`() throws {
        try ledger.post(notice(), to: ["telegram"])
        let id = try #require(try waiting().first).id
        try ledger.postpone(id, until: Sample.now + .seconds(35), problem: "Too many requests.")
        #expect(try waiting(at: Sample.now + .seconds(34)).isEmpty)
        let again = try #require(try waiting(at: Sample.now + .seconds(35)).first)
        #expect(again.id == id)
        #expect(again.attempts == 1)
        #expect(again.notice == notice())
    }

    @Test func `what does not go out is counted, with the newest reason`() throws {
        #expect(try ledger.undelivered().problem == nil)
        for number in 1...3 { try ledger.post(notice("\(number)"), to: ["webhook"]) }
        let ids = try waiting().map(\.id)
        try ledger.postpone(ids[0], until: Sample.now, problem: "First reason.")
        try ledger.postpone(ids[1], until: Sample.now, problem: "Second reason.")
        #expect(try ledger.undelivered().count == 3)
        #expect(try ledger.undelivered().problem == "Second reason.")
        for id in ids { try ledger.delivered(id, at: Sample.now) }
        #expect(try ledger.undelivered().count == 0)
        #expect(try ledger.undelivered().problem == nil)
    }

    @Test func `one pass takes a bounded share of a long outage`() throws {
        for number in 0..<60 { try ledger.post(notice("\(number)"), to: ["webhook"]) }
        #expect(try waiting().count == 50)
        #expect(try ledger.waiting(at: Sample.now, most: 7).count == 7)
    }

    @Test func `a channel that takes nothing does not hold up the others`() throws {
        for number in 0..<60 { try ledger.post(notice("\(number)"), to: ["gone"]) }
        try ledger.post(notice("new"), to: ["webhook"])
        let channels = try waiting().map(\.channel)
        #expect(channels.contains("webhook"))
    }

    @Test func `messages for a channel that was taken out of the settings wait no more`() throws {
        try ledger.post(notice(), to: ["webhook", "gone", "telegram"])
        try ledger.dropMessages(exceptFor: ["telegram", "webhook"], at: Sample.now)
        #expect(try waiting().map(\.channel) == ["webhook", "telegram"])
        #expect(try ledger.undelivered().count == 2)
        try ledger.dropMessages(exceptFor: [], at: Sample.now)
        #expect(try waiting().isEmpty)
    }

    @Test func `a message that belongs to an incident that was not written is not written either`() throws {
        #expect(throws: LedgerError("no")) {
            try ledger.together { () throws(LedgerError) -> Void in
                try ledger.post(notice(), to: ["webhook"])
                throw LedgerError("no")
            }
        }
        #expect(try waiting().isEmpty)
    }
}
