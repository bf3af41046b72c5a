import FixturesTests
import Glibc
import Synchronization
import Systemd
import Testing

/// Jobs that are asked of several managers before any of them is waited for.
struct JobBatchTests {
    /// Ends each job in the moment in which it was asked for.
    private static func quick() throws -> ManagerPeer {
        try UnitJobTests.peer { call in
            call.reply(.object("/job/1"))
            call.jobRemoved("/job/1", unit: "a.service", result: "done")
        }
    }

    private static func silent() throws -> ManagerPeer { try UnitJobTests.peer { $0.reply(.object("/job/1")) } }

    private static let limit: Duration = .seconds(30)

    @Test func `a restart of what is active alone is asked for by its own name`() throws {
        let heard = Mutex<[String]>([])
        let peer = try UnitJobTests.peer { call in
            heard.withLock { $0 += [call.member, call.argument(), call.argument()] }
            call.reply(.object("/job/1"))
            call.jobRemoved("/job/1", unit: "a.service", result: "skipped")
        }
        let answers = try peer.connect().run([UnitJob(.tryRestart, "a.service")], seconds: 30)
        #expect(try answers.map { try $0.get() } == ["skipped"])
        #expect(heard.withLock { $0 } == ["TryRestartUnit", "a.service", "replace"])
    }

    @Test func `a batch is queued without being waited for`() throws {
        let peer = try Self.silent()
        let batch = try peer.connect().begin([UnitJobTests.start, UnitJob(.restart, "b.service")])
        #expect(peer.members == ["Subscribe", "StartUnit", "RestartUnit"])
        #expect(!batch.isOver)
    }

    @Test func `a slow manager does not make another one's jobs unknown`() throws {
        let (slow, quick) = (try Self.silent(), try Self.quick())
        let first = try slow.connect().begin([UnitJobTests.start])
        let second = try quick.connect().begin([UnitJobTests.start])
        try first.wait(.milliseconds(50))
        try second.wait(Self.limit)
        #expect(!first.isOver && second.isOver)
        #expect(UnitJobTests.error(first.results(after: .seconds(7)).first)?.code == .timedOut)
        #expect(try second.results(after: Self.limit).first?.get() == "done")
    }

    @Test func `how long was waited is told`() throws {
        let batch = try Self.silent().connect().begin([UnitJobTests.start])
        #expect(
            UnitJobTests.error(batch.results(after: .seconds(7)).first)?.description
                == "StartUnit a.service in the test manager: not finished after 7 s.")
    }

    @Test func `two batches of one connection end by themselves`() throws {
        let numbers = Mutex(0)
        let peer = try UnitJobTests.peer { call in
            let number = numbers.withLock { count in
                count += 1
                return count
            }
            call.reply(.object("/job/\(number)"))
            call.jobRemoved("/job/\(number)", unit: "a.service", result: number == 1 ? "failed" : "done")
        }
        let manager = try peer.connect()
        let first = try manager.begin([UnitJobTests.start])
        let second = try manager.begin([UnitJobTests.start])
        try second.wait(Self.limit)
        try first.wait(Self.limit)
        #expect(try first.results(after: Self.limit).first?.get() == "failed")
        #expect(try second.results(after: Self.limit).first?.get() == "done")
    }
}
