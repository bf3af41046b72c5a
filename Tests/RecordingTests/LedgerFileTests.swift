import FixturesTests
import Model
import Recording
import SQLite
import Testing

/// The ledger as a file.
struct LedgerFileTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func open() throws(LedgerError) -> Ledger { try Ledger.open(in: folder.path, at: Sample.now) }
    private func openToRead() throws(LedgerError) -> Ledger { try Ledger.openToRead(in: folder.path, at: Sample.now) }

    private func refusal(_ body: () throws(LedgerError) -> Ledger) -> String? {
        do throws(LedgerError) {
            _ = try body()
            return nil
        } catch {
            return error.description
        }
    }

    private func finish(_ ledger: Ledger, _ verdict: Verdict, tail: String? = nil, at moment: Timestamp = Sample.now)
        throws
    {
        try ledger.finishPass(verdict, agents: 3, journalTail: tail, at: moment)
    }

    @Test func `the first pass makes a ledger, the next one goes on with it`() throws {
        try finish(try open(), .healthy)
        let second = try open()
        #expect(try second.lastPass()?.verdict == "healthy")
        #expect(try second.lastPass()?.finished == Sample.now)
        #expect(try second.passID() == 2)
    }

    @Test func `a pass that has written nothing yet has no row, and then one`() throws {
        let ledger = try open()
        #expect(try ledger.lastPass() == nil)
        #expect(try ledger.passID() == ledger.passID())
        #expect(try ledger.lastPass() == nil, "an unfinished pass is no pass to go by")
        try finish(ledger, .degraded)
        #expect(try ledger.lastPass()?.verdict == "degraded")
    }

    @Test func `how far the journal was read is kept from the last pass over all agents`() throws {
        try finish(try open(), .healthy, tail: "s=1;i=1")
        try finish(try open(), .healthy, tail: nil)
        #expect(try openToRead().journalTail() == "s=1;i=1")
        try finish(try open(), .healthy, tail: "s=1;i=2")
        #expect(try openToRead().journalTail() == "s=1;i=2")
    }

    @Test func `without a ledger whoever looks is told how one comes to be, and none is made`() {
        #expect(
            refusal(openToRead)
                == "There is no ledger in \(folder.path) that this user can open: no pass has run yet "
                + "(`watchdog run` makes one), or another user ran it.")
        #expect(folder.names().isEmpty)
    }

    @Test func `a ledger of a newer release is refused and left as it is`() throws {
        _ = try open()
        try Database(folder["ledger.db"], .readWrite).execute("PRAGMA user_version = 999")
        let before = try folder.text("ledger.db")
        let sentence = try #require(refusal(open))
        #expect(
            sentence.hasPrefix(
                "The ledger \(folder.path)/ledger.db was written by a newer release (schema 999, this one knows "))
        #expect(!sentence.contains("integrity_check"))
        #expect(
            try #require(refusal(openToRead)).hasPrefix(
                "The ledger \(folder.path)/ledger.db has schema 999, and this release reads "))
        #expect(try folder.text("ledger.db") == before)
    }

    @Test func `a ledger of an older schema is not read before a pass has brought it up to date`() throws {
        try Database(folder["ledger.db"], .readWrite).execute("CREATE TABLE other (v)")
        #expect(try #require(refusal(openToRead)).hasSuffix("let a pass of this release run first."))
    }

    @Test(arguments: [String(repeating: "My diary. ", count: 500), "short"])
    func `a file that is no database is left untouched, and it is said what to do`(content: String) throws {
        try folder.write("ledger.db", content)
        let path = folder["ledger.db"]
        for refused in [refusal(open), refusal(openToRead)] {
            let sentence = try #require(refused)
            #expect(sentence.contains("file is not a database"))
            #expect(sentence.contains("(mv \(path) \(path).broken)"))
        }
        #expect(try folder.text("ledger.db") == content)
        #expect(folder.names() == ["ledger.db"])
    }

    @Test func `a link in the ledger's place is not followed`() throws {
        try folder.write("elsewhere", "")
        try folder.link("ledger.db", to: folder["elsewhere"])
        #expect(refusal(open) != nil)
        #expect(try folder.text("elsewhere") == "")
    }

    @Test func `whoever looks does not wait for a pass that is writing, and sees what was there before`() throws {
        let writer = try open()
        try finish(writer, .healthy)
        try writer.together { () throws(LedgerError) -> Void in
            try writer.finishPass(.failing, agents: 3, journalTail: nil, at: Sample.now)
            let reader = try openToRead()
            #expect(try reader.lastPass()?.verdict == "healthy")
        }
        #expect(try openToRead().lastPass()?.verdict == "failing")
    }

    @Test func `what belongs together is written as a whole or not at all`() throws {
        let ledger = try open()
        try finish(ledger, .healthy)
        let incident = try ledger.openIncident(
            Sample.id, kinds: [.unitFailed], severity: .critical, summary: "", at: Sample.now)
        #expect(throws: LedgerError("no")) {
            try ledger.together { () throws(LedgerError) -> Void in
                try ledger.close(incident, outcome: "healed", at: Sample.now)
                try ledger.finishPass(.failing, agents: 1, journalTail: nil, at: Sample.now)
                throw LedgerError("no")
            }
        }
        #expect(try ledger.openIncidents().map(\.id) == [incident.id])
        #expect(try ledger.lastPass()?.verdict == "healthy")
    }

    @Test func `a pass whose first write was taken back can still be finished`() throws {
        let ledger = try open()
        #expect(throws: LedgerError("no")) {
            try ledger.together { () throws(LedgerError) -> Void in
                _ = try ledger.passID()
                throw LedgerError("no")
            }
        }
        try finish(ledger, .failing)
        let verdict = try ledger.lastPass()?.verdict
        #expect(verdict == "failing")
    }

    @Test(.enabled(if: SmallDisk.isPossible, "only root can make a small disk to fill"))
    func `on a full disk nothing is lost, and it is said that the disk is full`() throws {
        let disk = try SmallDisk(kibibytes: 1024)
        try finish(try Ledger.open(in: disk.path, at: Sample.now), .healthy)
        try disk.fill()
        let version = ConfigVersion(
            path: "/x", bytes: [UInt8](repeating: 7, count: 300_000), digest: Sample.digest("x"), mode: 0o600, uid: 0,
            gid: 0, modified: Sample.now, changed: Sample.now)
        do throws(LedgerError) {
            let ledger = try Ledger.open(in: disk.path, at: Sample.now)
            try ledger.keep(version, of: Sample.id, as: .seen, at: Sample.now)
            Issue.record("a full disk took 300 kB")
        } catch {
            #expect(error.description.contains("The disk is full"), "\(error)")
        }
        let copy = try ScratchFolder()
        #expect(try SpawnedProgram.run("/bin/cp", [disk.folder["ledger.db"], copy["ledger.db"]]) == 0)
        #expect(try Ledger.open(in: copy.path, at: Sample.now).lastPass()?.verdict == "healthy")
    }
}
