import FixturesTests
import Model
import Recording
import SQLite
import Testing

/// What the configs of one user's agents may take of the ledger, however many agents that are.
struct LedgerUserBoundTests {
    private static let size = 32 << 10

    private static func version(_ name: String) -> ConfigVersion {
        ConfigVersion(
            path: Sample.configPath, bytes: [UInt8](repeating: 0x6e, count: size),
            digest: Sample.digest(name), mode: 0o600, uid: 1000, gid: 1000, modified: Sample.now, changed: Sample.now)
    }

    private static func keep(_ count: Int, of scope: Scope) throws -> Int64 {
        let folder = try ScratchFolder()
        let ledger = try Ledger.open(in: folder.path, at: Sample.now)
        #expect(ledger.mostBytesOfUser == 512 << 20)
        ledger.mostBytesOfUser = 512 << 10
        for number in 0..<count {
            let id = AgentID(scope: scope, unit: "a\(number).service")
            let moment = Sample.now + .seconds(Int64(number))
            try ledger.keep(version("good \(number)"), of: id, as: .knownGood, at: moment)
            try ledger.keep(version("seen \(number)"), of: id, as: .seen, at: moment)
        }
        var kept: Int64 = 0
        try Database(folder["ledger.db"], .readOnly).run(
            "SELECT count(*) FROM config_versions WHERE state = 'seen'"
        ) { kept = $0.integer(0) }
        return kept
    }

    @Test func `one user's are bounded together, and the known-good one of each file stays`() throws {
        // Ten known-good ones take 320 KiB of 512; of the others six have room.
        #expect(try Self.keep(10, of: Sample.user) == 6)
    }
}
