import FixturesTests
import Model
import Recording
import Testing

/// What the Bot API said of a token, kept under its fingerprint.
struct LedgerTokenCheckTests {
    private let folder: ScratchFolder
    private let ledger: Ledger

    init() throws {
        folder = try ScratchFolder()
        ledger = try Ledger.open(in: folder.path, at: Sample.now)
    }

    private static func check(
        _ hex: String, at moment: Timestamp = Sample.now, isRejected: Bool = false, host: String = "", pending: Int = 0
    ) -> TokenCheck {
        TokenCheck(
            token: TokenFingerprint(hex: hex), at: moment, isRejected: isRejected, webhookHost: host, pending: pending)
    }

    @Test func `what was said is there for the next pass`() throws {
        let checks = [
            Self.check("aa", isRejected: true),
            Self.check("bb", at: Sample.now - .seconds(10), host: "x.example.org", pending: 100_000),
        ]
        for check in checks { try ledger.remember(check) }
        let next = try Ledger.open(in: folder.path, at: Sample.now + .seconds(900))
        #expect(try next.tokenChecks() == Dictionary(uniqueKeysWithValues: checks.map { ($0.token, $0) }))
    }

    @Test func `of each token only the newest answer is kept`() throws {
        try ledger.remember(Self.check("aa", isRejected: true, host: "x", pending: 3))
        try ledger.remember(Self.check("aa", at: Sample.now + .seconds(3600)))
        #expect(
            try ledger.tokenChecks()
                == [TokenFingerprint(hex: "aa"): Self.check("aa", at: Sample.now + .seconds(3600))])
    }

    @Test func `a token of which nobody asks any more is forgotten after a month`() throws {
        let month = Duration.seconds(30 * 86_400)
        try ledger.remember(Self.check("old", at: Sample.now - month - .microseconds(1)))
        try ledger.remember(Self.check("edge", at: Sample.now - month))
        try ledger.remember(Self.check("new"))
        try ledger.prune(at: Sample.now)
        #expect(Set(try ledger.tokenChecks().keys.map(\.hex)) == ["edge", "new"])
    }

    @Test func `what is written together with a pass that fails is not kept`() throws {
        #expect(throws: LedgerError("no")) {
            try ledger.together { () throws(LedgerError) -> Void in
                try ledger.remember(Self.check("aa"))
                throw LedgerError("no")
            }
        }
        #expect(try ledger.tokenChecks().isEmpty)
    }

    @Test func `a plan that ends a stray counts against the budget, and one for a leftover does not`() throws {
        let incident = try ledger.openIncident(
            Sample.id, kinds: [.processStray], severity: .warning, summary: "", at: Sample.now)
        let stray = EndOrder(
            process: ProcessID(pid: 7, startTicks: 1), cgroup: "/", uid: 0, proof: .token(TokenFingerprint(hex: "aa")))
        for (number, order) in [Sample.order(5), stray].enumerated() {
            let plan = Plan(
                agent: Sample.id, rungs: [.rule(.processStray)], steps: [.endProcess(order)], reason: "")
            let ids = try ledger.plan(plan, targets: ["PID 7"], incident: incident, number: number, at: Sample.now)
            try ledger.begin(action: try #require(ids.first), at: Sample.now)
            let history = try #require(try ledger.histories(actionsSince: Sample.now)[Sample.id])
            #expect(history.actions.count == number)
        }
    }
}
