import FixturesTests
import Model
import Testing

@testable import Planning

/// When a fact points at the config, and when it points elsewhere.
struct RollbackTests {
    private typealias Outage = LadderOutageTests

    /// The agent was started an hour ago and broke ten seconds ago; the file was changed between the two.
    private static let bad = Sample.config("bad", changed: Sample.now - .seconds(600))

    private func objection(
        _ version: ConfigVersion? = bad, good: ConfigVersion = Outage.good, findings: [Finding] = [],
        seen: AgentObservation = Sample.failed(), _ change: (inout Ladder.Facts) -> Void = { _ in }
    ) -> Rollback.Objection? {
        var facts = Outage.facts(findings, seen: seen, file: version.map(Sample.present))
        change(&facts)
        return Rollback.objection(to: good, inPlaceOf: version, facts)
    }

    @Test func `a file that was changed before the agent broke may be what broke it`() {
        #expect(objection() == nil)
        #expect(objection(nil) == nil, "one that is missing, too")
    }

    @Test(arguments: Array(Rollback.otherCauses).sorted { $0.rawValue < $1.rawValue })
    func `where another cause is named the config is not to blame`(kind: FindingKind) {
        let reason = "The config is left as it is, because another cause is named: \(kind.rawValue)."
        #expect(objection(findings: [Sample.finding(kind)]) == .no(reason))
        #expect(objection(nil, findings: [Sample.finding(kind)]) == .no(reason))
    }

    @Test func `an outage that names no cause says nothing for the config`() {
        #expect(objection(findings: [Sample.finding(.unitFailed), Sample.finding(.unitCrashLoop)]) == nil)
    }

    @Test func `what may not be the file that the agent reads is left`() {
        #expect(
            objection { $0.seen.elsewhere = "it has another root" }
                == .no("The config is left as it is, because it has another root."))
    }

    @Test func `a file that belongs to another user after each start is left`() throws {
        let found = try #require(objection(seen: Sample.failed { $0.hasDynamicUser = true }))
        #expect(found.sentence.hasPrefix("The config is left as it is: with DynamicUser= its files belong"))
        #expect(objection(nil, seen: Sample.failed { $0.hasDynamicUser = true }) != nil)
    }

    @Test func `a file that others read, too, is left, and they are named once`() {
        let reason = "\(Sample.configPath) is left as it is, because ops, sales reads it, too."
        #expect(objection { $0.seen.sharers = ["sales", "ops", "sales"] } == .no(reason))
        #expect(objection(nil) { $0.seen.sharers = ["sales", "ops"] } == .no(reason))
    }

    @Test func `what cannot be replaced is not tried, what only loses something is`() {
        #expect(
            objection { $0.seen.config[0].obstacle = Obstacle("It is another's.", isTotal: true) }
                == .no("It is another's."))
        #expect(objection { $0.seen.config[0].obstacle = Obstacle("Its group is lost.", isTotal: false) } == nil)
    }

    // MARK: What it has worked with

    @Test func `a version that the agent has worked with is not what broke it`() {
        let run = WorkingRun(started: Sample.now - .seconds(3600), meanings: [Self.bad.meaning.hex])
        #expect(
            objection { $0.history.worked = run }
                == .no(
                    "\(Sample.configPath) is left as it is: the agent has worked with this very version (in a process that was started at 2026-09-01T02:15:00Z), so it is not what broke it."
                ))
        let other = WorkingRun(started: run.started, meanings: [Outage.good.meaning.hex])
        #expect(objection { $0.history.worked = other } == nil)
    }

    @Test func `a file that is older than a process that worked has been read by that`() {
        func worked(_ started: Timestamp, _ meanings: Set<String> = []) -> Rollback.Objection? {
            objection { $0.history.worked = WorkingRun(started: started, meanings: meanings) }
        }
        #expect(worked(Self.bad.changed) == nil)
        #expect(worked(Self.bad.changed + .microseconds(1)) != nil)
        #expect(worked(Self.bad.changed + .seconds(1), ["a5"]) == nil, "it is known to have read another one")
    }

    // MARK: What it has met

    @Test func `an agent that is up and of whose start nothing is known has met nothing`() throws {
        let found = try #require(objection(seen: Sample.running { $0.mainStarted = nil }))
        #expect(found == .notMet(Self.later(Self.bad)))
    }

    private static func later(_ version: ConfigVersion) -> String {
        "\(Sample.configPath) was changed after the agent had broken (\(version.changed.rfc3339)), so it is not what broke it."
    }

    @Test func `a file that came after the end has not been met yet`() {
        let ended = Sample.now - .seconds(10)
        let newer = Sample.config("bad", changed: ended + .microseconds(1))
        #expect(objection(newer) == .notMet(Self.later(newer)))
        #expect(objection(Sample.config("bad", changed: ended)) == nil)
        let earlier = Sample.failed { $0.mainExited = Sample.now - .seconds(700) }
        #expect(objection(seen: earlier) != nil, "the end of its main process counts, not of its unit")
    }

    @Test func `what prepares an agent may meet its config, too`() {
        let newer = Sample.config("bad", changed: Sample.now - .seconds(7))
        var seen = Sample.failed()
        seen.journal.managers = [
            Sample.line("Failed.", .manager, at: Sample.now - .seconds(6), id: "d9b373ed55a64feb8242e02dbe79a49c")
        ]
        #expect(objection(newer, seen: seen) == nil)
        seen.journal.managers = []
        #expect(objection(newer, seen: seen) != nil)
        seen.unit.mainExited = nil
        seen.unit.stateSince = Sample.now - .seconds(6)
        #expect(objection(newer, seen: seen) == nil, "where nothing says when a process ended, the unit's state does")
    }

    @Test func `what came later in the incident is not to blame, but for a refusal`() {
        #expect(objection { $0.suspects = [] } == .no(Self.later(Self.bad)))
        #expect(objection { $0.suspects = [Self.bad.meaning.hex] } == nil)
        #expect(objection(findings: [Sample.finding(.unitConfigExit)]) { $0.suspects = [] } == nil)
    }

    @Test func `the suspects are the files that the agent had met when it broke`() {
        var seen = Sample.failed()
        let ended = Sample.now - .seconds(10)
        seen.config = [
            Sample.present(Sample.config("a", changed: ended)),
            Sample.present(Sample.config("b", changed: ended + .microseconds(1))),
            ConfigFile(path: "/c", state: .missing),
        ]
        #expect(Rollback.suspects(seen, Policy()) == [Sample.digest("a").hex])
        #expect(Outage.facts([], seen: seen, file: seen.config[0]).suspects == [Sample.digest("a").hex])
    }

    @Test func `a cause that was named earlier in the incident still stands`() {
        #expect(objection { $0.found = [.portInUse] } != nil)
    }

    @Test func `while it runs, what it may have written itself on its start counts as met`() {
        let started = Sample.now - .seconds(3600)
        let last = started + Policy().warmUp
        #expect(objection(Sample.config("bad", changed: last), seen: Sample.running()) == nil)
        #expect(objection(Sample.config("bad", changed: last + .seconds(1)), seen: Sample.running()) != nil)
    }
}

/// A config of another release may be none for the agent.
struct RollbackReleaseTests {
    private typealias Outage = LadderOutageTests
    private static let byHand = "to put it back all the same: `watchdog config rollback coder`."

    private func objection(
        good: (release: String?, mark: String?) = (nil, nil), now: (release: String?, mark: String?) = (nil, nil),
        _ change: (inout Ladder.Facts) -> Void = { _ in }
    ) -> String? {
        func version(_ text: String, _ marks: (release: String?, mark: String?)) -> ConfigVersion {
            let moment = Sample.now - .seconds(600)
            return ConfigVersion(
                path: Sample.configPath, bytes: Array(text.utf8), digest: Sample.digest(text), mode: 0o600, uid: 1000,
                gid: 1000, modified: moment, changed: moment, release: marks.release, mark: marks.mark)
        }
        let bad = version("bad", now)
        var facts = Outage.facts([], file: Sample.present(bad))
        facts.seen.release = now.release
        change(&facts)
        return Rollback.objection(to: version("good", good), inPlaceOf: bad, facts)?.sentence
    }

    @Test func `two releases that differ are a person's to judge, and the settings may say otherwise`() {
        let sentence =
            "The last-known-good config is of release 1, and the agent is 2 by now, which may not take it; \(Self.byHand)"
        #expect(objection(good: ("1", nil), now: ("2", nil)) == sentence)
        #expect(objection(good: (nil, "1"), now: (nil, "2")) == sentence)
        #expect(objection(good: ("1", nil), now: ("1", nil)) == nil)
        #expect(objection(good: ("1", nil), now: (nil, "2")) == nil, "what is not known differs from nothing")
        #expect(objection(good: ("1", "1"), now: ("2", "2")) { $0.policy.rollbackAcrossReleases = true } == nil)
    }

    @Test func `a program that was changed after the config had proven itself may not take it`() {
        func changed(_ moment: Timestamp, known: Timestamp?, worked: WorkingRun? = nil) -> String? {
            objection {
                $0.seen.programChanged = moment
                $0.history.knownGoodSince = known
                $0.history.worked = worked
            }
        }
        let since = Sample.now - .seconds(7200)
        #expect(changed(since, known: since) == nil)
        #expect(
            changed(since + .seconds(1), known: since)
                == "The agent's program was changed at 2026-09-01T01:15:01Z, after the last-known-good config had proven itself, and may not take it any more; \(Self.byHand)"
        )
        #expect(changed(since + .seconds(1), known: nil) == nil, "nothing is known of the time")
        let run = WorkingRun(started: since + .seconds(1), meanings: [Sample.digest("good").hex])
        #expect(changed(since + .seconds(1), known: since, worked: run) == nil, "it has worked with that program")
        let other = WorkingRun(started: since + .seconds(1), meanings: [])
        #expect(changed(since + .seconds(1), known: since, worked: other) != nil)
    }
}
