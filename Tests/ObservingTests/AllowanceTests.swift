import FixturesTests
import Model
import Testing

@testable import Observing

/// How much of a pass one user's agents may take.
struct AllowanceTests {
    private static let eve = Scope.user(uid: 1003, name: "eve")
    private static let ann = Scope.user(uid: 1001, name: "ann")

    /// An agent with a config of so many MiB.
    private static func seen(_ megabytes: Int) -> AgentObservation {
        var seen = Sample.running()
        let version = ConfigVersion(
            path: "/a", bytes: [UInt8](repeating: 0, count: megabytes << 20), digest: Sample.digest("a"), mode: 0,
            uid: 0, gid: 0, modified: Sample.now, changed: Sample.now)
        seen.config = [Sample.present(version)]
        return seen
    }

    @Test func `the bytes of one user's configs are bounded, and nobody else's for it`() {
        let allowance = Allowance()
        _ = allowance.charge(Self.eve) { Self.seen(63) }
        #expect(!allowance.isSpent(by: Self.eve))
        _ = allowance.charge(Self.eve) { Self.seen(1) }
        #expect(allowance.isSpent(by: Self.eve))
        #expect(!allowance.isSpent(by: Self.ann) && !allowance.isSpent(by: .system))
    }

    @Test func `of the system's agents nothing is held back`() {
        let allowance = Allowance()
        _ = allowance.charge(.system) { Self.seen(65) }
        #expect(!allowance.isSpent(by: .system))
    }

    @Test func `what was seen is handed on as it is`() {
        let seen = Allowance().charge(Self.eve) { Sample.failed() }
        #expect(seen.unit == Sample.failed().unit)
    }

    @Test func `each pass begins with another one, and leaves none out`() {
        let list = [0, 1, 2, 3]
        #expect(list.rotated(by: 0) == list)
        #expect(list.rotated(by: 1) == [1, 2, 3, 0])
        #expect(list.rotated(by: 7) == [3, 0, 1, 2])
        #expect([Int]().rotated(by: 5).isEmpty && [9].rotated(by: 5) == [9])
    }
}
