import FixturesTests
import Model
import Recording
import Testing

/// Whose messages and whose agents come when.
struct LedgerTurnsTests {
    private let folder: ScratchFolder
    private let ledger: Ledger

    init() throws {
        folder = try ScratchFolder()
        ledger = try Ledger.open(in: folder.path, at: Sample.now)
    }

    private func post(_ title: String, of scope: Scope, to channels: [String] = ["webhook"]) throws {
        let id = AgentID(scope: scope, unit: "\(title).service")
        let incident = try ledger.openIncident(
            id, kinds: [.unitFailed], severity: .critical, summary: "", at: Sample.now)
        try ledger.post(
            Notice(
                event: .opened, incident: incident.id, host: "h", agent: title, unit: id.unit, kinds: [.unitFailed],
                severity: .critical, title: title, text: "", at: Sample.now), to: channels)
    }

    private func titles(_ channel: String = "webhook", most: Int = 50) throws -> [String] {
        try ledger.waiting(at: Sample.now, most: most).filter { $0.channel == channel }.map(\.notice.title)
    }

    @Test func `one user's messages do not stand before everybody else's`() throws {
        let eve = Scope.user(uid: 1003, name: "eve")
        for number in 0..<60 { try post("eve\(number)", of: eve) }
        try post("system0", of: .system)
        try post("system1", of: .system)
        try post("ann0", of: .user(uid: 1001, name: "ann"))
        #expect(try titles(most: 5) == ["eve0", "system0", "ann0", "eve1", "system1"])
    }

    @Test func `each channel has its own turns`() throws {
        let eve = Scope.user(uid: 1003, name: "eve")
        for number in 0..<3 { try post("eve\(number)", of: eve, to: ["webhook", "telegram"]) }
        try post("system", of: .system, to: ["telegram"])
        #expect(try titles("telegram") == ["eve0", "system", "eve1", "eve2"])
        #expect(try titles("webhook") == ["eve0", "eve1", "eve2"])
    }

    @Test func `what is about the host takes its turn, too`() throws {
        let eve = Scope.user(uid: 1003, name: "eve")
        for number in 0..<2 { try post("eve\(number)", of: eve) }
        let incident = try ledger.openIncident(
            nil, kinds: [.fleetWide], severity: .critical, summary: "", at: Sample.now)
        try ledger.post(
            Notice(
                event: .opened, incident: incident.id, host: "h", agent: "", unit: "", kinds: [.fleetWide],
                severity: .critical, title: "host", text: "", at: Sample.now), to: ["webhook"])
        #expect(try titles() == ["eve0", "host", "eve1"])
    }

    @Test func `passes are counted, for whose turn it is`() throws {
        let first = try ledger.turn()
        try ledger.finishPass(.healthy, agents: 0, journalTail: nil, at: Sample.now)
        let next = try Ledger.open(in: folder.path, at: Sample.now + .seconds(900))
        try next.finishPass(.healthy, agents: 0, journalTail: nil, at: Sample.now + .seconds(900))
        #expect(try next.turn() == first + 2)
    }

    @Test func `what agents were called is known`() throws {
        let user = AgentID(scope: Sample.user, unit: Sample.unit)
        for (id, name) in [(Sample.id, "coder"), (user, "coder@fleet")] {
            var history = AgentHistory()
            history.verdict = "healthy"
            try ledger.remember(Agent(id: id, name: name), history)
        }
        let names = try ledger.histories(actionsSince: Sample.now).mapValues(\.name)
        #expect(names == [Sample.id: "coder", user: "coder@fleet"])
    }
}
