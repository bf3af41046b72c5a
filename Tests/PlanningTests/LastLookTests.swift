import FixturesTests
import Model
import Planning
import Testing

/// The look at a unit directly before a job is asked for.
struct LastLookTests {
    private static let unit = Sample.unit

    private func judge(
        _ remedy: Remedy = .startUnit, now: AgentObservation?, isOrdered: Bool = false
    ) -> JobChoice {
        LastLook.judge(remedy, planned: Sample.failed(), now: now, isOrdered: isOrdered)
    }

    private static func seen(_ active: String, _ sub: String = "") -> AgentObservation {
        Sample.failed {
            $0.activeState = active
            $0.subState = sub
        }
    }

    @Test func `of a unit that cannot be looked at once more nothing is asked`() {
        let sentence = "\(Self.unit) could not be looked at once more, so nothing was asked of it."
        #expect(judge(now: nil) == .no(sentence))
        #expect(judge(now: nil, isOrdered: true) == .no(sentence))
    }

    @Test func `what was disabled meanwhile is left alone, unless a person has ordered it`() {
        let disabled = Sample.failed { $0.unitFileState = "disabled" }
        #expect(judge(now: disabled) == .no("Left alone: the unit is disabled."))
        #expect(judge(now: disabled, isOrdered: true) == .go(.start))
    }

    @Test func `a unit that is down by itself is started`() {
        #expect(judge(now: Sample.failed()) == .go(.start))
        #expect(judge(now: Sample.inactive()) == .go(.start))
    }

    @Test func `a unit that somebody else has started meanwhile is not started again`() {
        #expect(judge(now: Sample.running()) == .no("\(Self.unit) runs already; somebody else has started it."))
    }

    @Test(arguments: ["activating", "maintenance"])
    func `a unit that is not down any more is not started`(state: String) {
        let sentence = "\(Self.unit) is \(state) by now, so it is not started; the next look decides."
        #expect(judge(now: Self.seen(state, "auto-restart"), isOrdered: true) == .no(sentence))
    }

    @Test func `a unit of which it is not proven that nobody stopped it is not started, unless a person orders it`() {
        var seen = Sample.failed()
        seen.journal.end = .unknown("the journal is dark")
        #expect(
            judge(now: seen)
                == .no(
                    "Whether somebody stopped \(Self.unit) cannot be told, because the journal is dark: it is not started."
                ))
        #expect(judge(now: seen, isOrdered: true) == .go(.start))
    }

    @Test func `a stop in the last moment is named`() {
        var seen = Sample.inactive()
        seen.journal.lastRequest = Sample.stop()
        seen.journal.end = .requested(Sample.stop())
        guard case .no(let reason) = judge(now: seen) else {
            Issue.record("it was started")
            return
        }
        #expect(reason.hasPrefix("Left alone: its manager was asked to stop it at 2026-09-01T03:14:55Z"))
    }

    @Test func `a restart of what runs restarts only what is still active when systemd comes to it`() {
        #expect(judge(.restartUnit, now: Sample.running()) == .go(.tryRestart))
        let oneshot = Sample.running {
            $0.type = "oneshot"
            $0.subState = "exited"
        }
        #expect(judge(.restartUnit, now: oneshot) == .go(.tryRestart))
    }

    @Test func `a unit that waits for its automatic restart is restarted, since nothing else would reach it`() {
        #expect(judge(.restartUnit, now: Self.seen("activating", "auto-restart")) == .go(.restart))
    }

    @Test(arguments: ["failed", "inactive"])
    func `a unit that went down meanwhile is not restarted, also for an order`(state: String) {
        let sentence = "\(Self.unit) is \(state) by now, so it is not restarted; the next look decides."
        var unproven = Self.seen(state)
        unproven.journal.end = .unknown("the journal is gone")
        #expect(judge(.restartUnit, now: unproven) == .no(sentence))
        #expect(judge(.restartUnit, now: Self.seen(state), isOrdered: true) == .no(sentence))
    }

    @Test func `one that has crashed meanwhile, as is proven, is started`() {
        func crashed(_ state: String) -> AgentObservation {
            var seen = Self.seen(state)
            seen.journal.end = .byItself(Evidence("a", "b"))
            return seen
        }
        #expect(judge(.restartUnit, now: crashed("failed")) == .go(.start))
        #expect(judge(.restartUnit, now: crashed("failed"), isOrdered: true) != .go(.start))
        #expect(judge(.restartUnit, now: crashed("inactive")) != .go(.start))
    }

    @Test func `another remedy is no job`() {
        #expect(judge(.resetFailed, now: Sample.failed()) == .no("resetFailed is no job of a unit."))
    }

    // MARK: Doubt

    @Test func `only an end by itself leaves no doubt`() {
        func doubt(_ end: RunEnd?) -> String? {
            var seen = Sample.failed()
            seen.journal.end = end
            return LastLook.doubt(seen)
        }
        #expect(doubt(Sample.ended) == nil)
        #expect(doubt(nil) == "Whether somebody stopped \(Self.unit) cannot be told, so it is not started.")
        #expect(
            doubt(.requested(Sample.stop()))
                == "\(Self.unit) was stopped by a request to its manager, so it is not started.")
        #expect(
            doubt(.unknown("x"))
                == "Whether somebody stopped \(Self.unit) cannot be told, because x: it is not started.")
    }

    @Test func `of a unit that is not down there is nothing to doubt`() {
        #expect(LastLook.doubt(Sample.running()) == nil)
    }
}
