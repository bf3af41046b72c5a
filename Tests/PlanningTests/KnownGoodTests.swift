import FixturesTests
import Model
import Planning
import Testing

struct KnownGoodTests {
    private static let version = Sample.config("good")

    private static func seen(
        _ versions: [ConfigVersion] = [version], at moment: Timestamp = Sample.now,
        mainStarted: Timestamp? = Sample.now - .seconds(3600)
    ) -> AgentObservation {
        var seen = Sample.running(at: moment) { $0.mainStarted = mainStarted }
        seen.config = versions.map(Sample.present)
        return seen
    }

    private static func judge(
        _ seen: AgentObservation = seen(), healthy: Bool = true, after history: AgentHistory = AgentHistory()
    ) -> KnownGood {
        KnownGood.judge(seen, healthy: healthy, history: history, policy: Policy())
    }

    /// The history that a judgement leaves for the next pass.
    private static func history(_ judgement: KnownGood) -> AgentHistory {
        var history = AgentHistory()
        history.healthySince = judgement.healthySince
        history.healthyPasses = judgement.passes
        history.healthyConfig = judgement.config
        return history
    }

    private static func isReset(_ judgement: KnownGood) -> Bool {
        judgement.healthySince == nil && judgement.passes == 0 && judgement.config.isEmpty && !judgement.promote
    }

    @Test func `the first healthy pass only begins the count`() {
        let first = Self.judge()
        #expect(first.healthySince == Sample.now)
        #expect(first.passes == 1)
        #expect(first.config == Self.version.digest.hex)
        #expect(!first.promote)
    }

    @Test func `the second healthy pass after the time makes a config known-good`() {
        let later = Self.judge(Self.seen(at: Sample.now + .seconds(600)), after: Self.history(Self.judge()))
        #expect(later.promote)
        #expect(later.config == Self.version.digest.hex)
    }

    @Test func `two passes are not enough before the time`() {
        let soon = Self.judge(Self.seen(at: Sample.now + .seconds(599)), after: Self.history(Self.judge()))
        #expect(!soon.promote)
        #expect(soon.healthySince == Sample.now)
        #expect(soon.passes == 2)
        let third = Self.judge(Self.seen(at: Sample.now + .seconds(600)), after: Self.history(soon))
        #expect(third.promote)
    }

    @Test func `the time alone is not enough in one pass`() {
        var policy = Policy()
        policy.knownGoodAfter = .zero
        let first = KnownGood.judge(Self.seen(), healthy: true, history: AgentHistory(), policy: policy)
        #expect(!first.promote)
    }

    @Test func `files that came under a process which has read others prove nothing, whatever their age`() {
        var history = Self.history(Self.judge())
        let started = Sample.now - .seconds(3600)
        history.worked = WorkingRun(started: started, meanings: [Sample.config("read").meaning.hex])
        #expect(Self.isReset(Self.judge(Self.seen(at: Sample.now + .seconds(600)), after: history)))
        history.worked = WorkingRun(started: started - .seconds(60), meanings: [Sample.config("read").meaning.hex])
        #expect(Self.judge(Self.seen(at: Sample.now + .seconds(600)), after: history).promote, "an earlier process")
    }

    @Test func `a config is promoted once and then left in peace`() {
        var moment = Sample.now
        var history = AgentHistory()
        var promotions = 0
        for _ in 0..<10 {
            let judgement = Self.judge(Self.seen(at: moment), after: history)
            promotions += judgement.promote ? 1 : 0
            history = Self.history(judgement)
            moment = moment + .seconds(900)
        }
        #expect(promotions == 1)
        #expect(history.healthySince == nil)
        #expect(history.healthyConfig == Self.version.digest.hex)
    }

    @Test func `a changed config starts the count anew`() {
        let changed = Sample.config("better")
        let later = Self.judge(Self.seen([changed], at: Sample.now + .seconds(900)), after: Self.history(Self.judge()))
        #expect(later.passes == 1)
        #expect(later.healthySince == Sample.now + .seconds(900))
        #expect(!later.promote)
    }

    @Test func `a pass that is not healthy starts it from nothing`() {
        #expect(Self.isReset(Self.judge(healthy: false, after: Self.history(Self.judge()))))
    }

    @Test func `a config that the running process has never read proves nothing`() {
        let started = Sample.now - .seconds(3600)
        let newer = Sample.config("good", changed: started + .seconds(1))
        #expect(Self.isReset(Self.judge(Self.seen([newer], mainStarted: started))))
        let same = Sample.config("good", changed: started)
        #expect(Self.isReset(Self.judge(Self.seen([same], mainStarted: started))))
        let older = Sample.config("good", changed: started - .microseconds(1))
        #expect(Self.judge(Self.seen([older], mainStarted: started)).passes == 1)
    }

    @Test func `an agent that writes its config anew while it starts proves what it said before`() {
        let started = Sample.now - .seconds(3600)
        func judge(_ text: String, after start: Duration, since: Timestamp, _ meanings: String = "good") -> KnownGood {
            let touched = Sample.config("good touched", changed: started + start, meaning: text)
            var history = AgentHistory()
            history.lastConfig = ConfigMemory(
                digests: "", meanings: Sample.digest(meanings).hex, since: since, references: [])
            return Self.judge(Self.seen([touched], mainStarted: started), after: history)
        }
        let before = started - .seconds(1)
        #expect(judge("good", after: .seconds(5), since: before).config == Sample.digest("good").hex)
        // It was seen only after the start, or said something else, or was written long after it.
        #expect(Self.isReset(judge("good", after: .seconds(5), since: started)))
        #expect(Self.isReset(judge("good", after: .seconds(5), since: before, "other")))
        #expect(Self.isReset(judge("good", after: Policy().warmUp, since: before)))
    }

    @Test func `a new mark on the same config does not start the count anew`() {
        let first = Sample.config("good 1", meaning: "good")
        let second = Sample.config("good 2", meaning: "good")
        let later = Self.judge(
            Self.seen([second], at: Sample.now + .seconds(600)), after: Self.history(Self.judge(Self.seen([first]))))
        #expect(later.promote)
    }

    @Test func `a config that another release has written proves itself anew`() {
        func marked(_ mark: String) -> ConfigVersion {
            ConfigVersion(
                path: Sample.configPath, bytes: [1], digest: Sample.digest("good"), mode: 0o600, uid: 1000, gid: 1000,
                modified: Sample.now - .seconds(86_400), changed: Sample.now - .seconds(86_400), mark: mark)
        }
        let first = Self.history(Self.judge(Self.seen([marked("1")])))
        let later = Sample.now + .seconds(600)
        #expect(Self.judge(Self.seen([marked("1")], at: later), after: first).promote)
        #expect(!Self.judge(Self.seen([marked("2")], at: later), after: first).promote)
    }

    @Test func `a date that the owner set back does not make a config older`() {
        let touched = Sample.config(
            "good", modified: Sample.now - .seconds(86_400), changed: Sample.now - .seconds(60))
        #expect(Self.isReset(Self.judge(Self.seen([touched]))))
    }

    @Test func `without a main process, or without a file, there is nothing to promote`() {
        #expect(Self.isReset(Self.judge(Self.seen(mainStarted: nil))))
        #expect(Self.isReset(Self.judge(Self.seen([]))))
    }

    @Test func `a file that is missing or unreadable keeps the others from being promoted`() {
        for state in [ConfigFile.State.missing, .refused("No.")] {
            var seen = Self.seen()
            seen.config.append(ConfigFile(path: "/srv/coder/other.json", state: state))
            #expect(Self.isReset(Self.judge(seen)))
        }
    }

    @Test(arguments: [#"{"token": "***"}"#, #"{"token": "[REDACTED]"}"#, #"{"token": "[redacted]"}"#])
    func `a config whose secrets are blanked out never becomes known-good`(text: String) {
        let blanked = Sample.config(text)
        let first = Self.judge(Self.seen([blanked]))
        let later = Self.judge(Self.seen([blanked], at: Sample.now + .seconds(900)), after: Self.history(first))
        #expect(!later.promote)
        let much = Self.judge(Self.seen([blanked], at: Sample.now + .seconds(90_000)), after: Self.history(later))
        #expect(!much.promote)
    }

    @Test func `where the syntax is known, stars within a text are no mask`() {
        func promoted(_ isMasked: Bool?) -> Bool {
            let bold = Sample.config(#"{"prompt": "Be ***very*** brief"}"#)
            func seen(_ moment: Timestamp) -> AgentObservation {
                var seen = Self.seen([bold], at: moment)
                seen.config[0].redactedBySyntax = isMasked
                return seen
            }
            let first = Self.judge(seen(Sample.now))
            return Self.judge(seen(Sample.now + .seconds(900)), after: Self.history(first)).promote
        }
        #expect(promoted(false))
        #expect(!promoted(true))
        #expect(!promoted(nil))
    }

    @Test func `several files are promoted together or not at all`() {
        let other = Sample.config("other", path: "/srv/coder/other.json")
        let first = Self.judge(Self.seen([Self.version, other]))
        #expect(first.config == "\(Self.version.digest.hex) \(other.digest.hex)")
        let changed = Sample.config("changed", path: "/srv/coder/other.json")
        let later = Self.judge(
            Self.seen([Self.version, changed], at: Sample.now + .seconds(900)), after: Self.history(first))
        #expect(!later.promote)
    }
}
