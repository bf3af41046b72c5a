import Diagnosing
import FixturesTests
import Model
import Testing

/// Processes of an earlier start that carry no mark of it: only their age tells.
struct UnmarkedLeftoverTests {
    private typealias Leftover = LeftoverTests

    /// The main process was started at 1000, so long after the activation began.
    private static func ended(
        ticks: UInt64, mark: String? = nil, wasRead: Bool = true, preparing: Duration? = .seconds(2),
        mainTicks: UInt64 = 1000
    ) -> Bool {
        var process = Leftover.process(77, ticks: ticks, invocation: mark)
        process.wasRead = wasRead
        var seen = Sample.running { unit in
            unit.activationBegan = preparing.flatMap { long in unit.mainStarted.map { $0 - long } }
        }
        seen.processes = [Leftover.process(Leftover.main, ticks: mainTicks, invocation: Sample.invocation), process]
        return Leftover.ended(seen) == [process.id]
    }

    @Test func `one that is older than the present activation belongs to an earlier one`() {
        // Two seconds, and two ticks since both times are rounded.
        #expect(ended(797))
        #expect(!ended(798))
        #expect(!ended(999), "what prepared the main process is older than that, and of this start")
        #expect(Self.ended(ticks: 997, preparing: .zero) && !Self.ended(ticks: 998, preparing: .zero))
    }

    private func ended(_ ticks: UInt64) -> Bool { Self.ended(ticks: ticks) }

    @Test func `an empty mark is none`() {
        #expect(Self.ended(ticks: 10, mark: ""))
    }

    @Test func `one whose environment could not be read may have a mark`() {
        #expect(!Self.ended(ticks: 10, wasRead: false))
        #expect(Self.ended(ticks: 10, mark: "before", wasRead: false))
    }

    @Test func `without a time of the activation nothing is known`() {
        #expect(!Self.ended(ticks: 10, preparing: nil))
        #expect(!Self.ended(ticks: 10, preparing: .seconds(-5)), "the clock was set back in between")
        #expect(!Self.ended(ticks: 10, preparing: .seconds(3600), mainTicks: 1_000_000), "or forth")
        #expect(!Self.ended(ticks: 10, mainTicks: 202), "it would have begun before the host")
    }
}
