import FixturesTests
import Model
import Recording
import SQLite
import Testing

/// What is forgotten, and when.
struct LedgerPruneTests {
    private let folder: ScratchFolder
    private static let day: Int64 = 86_400

    init() throws { folder = try ScratchFolder() }

    private func count(_ table: String) throws -> Int64 {
        var count: Int64 = -1
        try Database(folder["ledger.db"], .readOnly).run("SELECT count(*) FROM \(table)") { count = $0.integer(0) }
        return count
    }

    /// A pass of so many days ago with an incident, an action, a consultation and a message in it.
    private func write(daysAgo: Int64, closed: Bool, delivered: Bool) throws {
        let moment = Sample.now - .seconds(daysAgo * Self.day)
        let ledger = try Ledger.open(in: folder.path, at: moment)
        let incident = try ledger.openIncident(
            Sample.id, kinds: [.unitFailed], severity: .critical, summary: "\(daysAgo)", at: moment)
        let plan = Plan(agent: Sample.id, rungs: [.advisor], steps: [.startUnit], reason: "")
        _ = try ledger.plan(plan, targets: ["x"], incident: incident, number: 1, at: moment)
        let consultation = Consultation(
            agent: Sample.id, provider: "groq", asked: "", answered: "", outcome: .discarded(""))
        try ledger.record(consultation, incident: incident, at: moment)
        let notice = Notice(
            event: .opened, incident: incident.id, host: "", agent: "", unit: "", kinds: [], severity: .info, title: "",
            text: "", at: moment)
        try ledger.post(notice, to: ["webhook"])
        let id = try #require(try ledger.waiting(at: moment).last).id
        if delivered { try ledger.delivered(id, at: moment) }
        if closed { try ledger.close(incident, outcome: "healed", at: moment) }
        try ledger.finishPass(.healthy, agents: 1, journalTail: nil, at: moment)
    }

    private func prune() throws { try Ledger.open(in: folder.path, at: Sample.now).prune(at: Sample.now) }

    @Test func `what is younger than a month is kept whole`() throws {
        try write(daysAgo: 29, closed: true, delivered: true)
        try prune()
        for table in ["passes", "incidents", "actions", "consultations", "outbox"] {
            #expect(try count(table) == 1, "\(table)")
        }
    }

    @Test func `after a month messages and questions go, incidents and actions stay`() throws {
        try write(daysAgo: 31, closed: true, delivered: true)
        try prune()
        #expect(try count("outbox") == 0)
        #expect(try count("consultations") == 0)
        #expect(try count("incidents") == 1)
        #expect(try count("actions") == 1)
        #expect(try count("passes") == 1, "an action's pass stays with it")
    }

    @Test func `after a year everything of a closed incident goes`() throws {
        try write(daysAgo: 366, closed: true, delivered: true)
        try prune()
        for table in ["passes", "incidents", "actions", "consultations", "outbox"] {
            #expect(try count(table) == 0, "\(table)")
        }
        #expect(try count("agents") == 1)
    }

    @Test func `an open incident, and a message that nobody took, are not forgotten`() throws {
        try write(daysAgo: 800, closed: false, delivered: true)
        try prune()
        #expect(try count("incidents") == 1)
        #expect(try count("actions") == 1)
        try write(daysAgo: 700, closed: true, delivered: false)
        try prune()
        #expect(try count("outbox") == 1)
        #expect(try count("incidents") == 2)
    }

    @Test func `passes without actions go after a month`() throws {
        for days in [40, 31, 29, 1] as [Int64] {
            let moment = Sample.now - .seconds(days * Self.day)
            try Ledger.open(in: folder.path, at: moment)
                .finishPass(.healthy, agents: 1, journalTail: nil, at: moment)
        }
        try prune()
        #expect(try count("passes") == 2)
    }

    @Test func `config versions are not a matter of age alone`() throws {
        let ledger = try Ledger.open(in: folder.path, at: Sample.now)
        let old = Sample.now - .seconds(900 * Self.day)
        try ledger.keep(Sample.config("good"), of: Sample.id, as: .knownGood, at: old)
        try prune()
        #expect(try ledger.knownGood(of: Sample.id).count == 1)
    }
}
