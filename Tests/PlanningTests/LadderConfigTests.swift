import FixturesTests
import Model
import Planning
import Testing

/// When a config is put back, and when it is left as it is.
struct LadderConfigTests {
    private typealias Outage = LadderOutageTests
    private static let loop = Sample.finding(.unitCrashLoop, summary: "It crashes.")
    private static let refusedConfig = Sample.finding(.unitConfigExit, .critical, .restoreConfig, summary: "Status 78.")

    private static func edited(_ age: Duration) -> ConfigFile {
        Sample.present(Sample.config("bad", changed: Sample.now - age))
    }

    @Test func `the last-known-good config is the last rung before a person`() throws {
        let plan = try Outage.plan(Ladder.next(Outage.facts([Self.loop])))
        #expect(plan.rungs == [.lastKnownGood])
        #expect(
            plan.steps == [
                .restoreConfig(ConfigRestore(version: Outage.good, replacing: Outage.bad.digest)), .resetFailed,
                .startUnit,
            ])
        #expect(
            plan.reason == "Nothing else helped, and the config differs from the last one that is known to work.")
    }

    @Test func `a config that is the last-known-good one already is not restored`() {
        let facts = Outage.facts([Self.loop], file: Sample.present(Outage.good))
        #expect(
            Ladder.next(facts)
                == .escalate("It crashes. There is no remedy in the rule book, and no other config to go back to."))
        #expect(!Ladder.canRestore(facts))
    }

    @Test func `a config that differs in its marks alone is not restored`() {
        let file = Sample.present(Sample.config("good touched", meaning: "good"))
        #expect(!Ladder.canRestore(Outage.facts([Self.loop], file: file)))
    }

    @Test func `no rollback is made twice from the same file to the same file`() {
        var facts = Outage.facts([Self.refusedConfig])
        let pair = ConfigPair(path: Sample.configPath, old: Outage.bad.digest, new: Outage.good.digest)
        facts.history.rollbacks = [pair]
        #expect(
            Ladder.next(facts)
                == .escalate(
                    "Status 78. There is no remedy in the rule book. \(Sample.configPath) was rolled back from this very version (\(pair.old.short)) to the last-known-good one (\(pair.new.short)) before, and that is never done twice; to do it yourself: `watchdog config rollback coder`."
                ))
        #expect(!Ladder.canRestore(facts))
        for other in [
            ConfigPair(path: "/other", old: pair.old, new: pair.new),
            ConfigPair(path: pair.path, old: pair.new, new: pair.old),
        ] {
            facts.history.rollbacks = [other]
            #expect(Ladder.canRestore(facts))
        }
    }

    @Test func `a config of another release is put back only where the settings allow it`() {
        let old = Sample.config("good", release: "1")
        func facts(now: String?, allowed: Bool = false) -> Ladder.Facts {
            var facts = Outage.facts([Self.refusedConfig], knownGood: [old])
            facts.seen.release = now
            facts.policy.rollbackAcrossReleases = allowed
            return facts
        }
        guard case .escalate(let reason) = Ladder.next(facts(now: "2")) else {
            Issue.record("a config of another release was put back")
            return
        }
        #expect(reason.contains("is of release 1, and the agent is 2 by now"))
        #expect(reason.hasSuffix("`watchdog config rollback coder`."))
        #expect(Ladder.canRestore(facts(now: "2", allowed: true)))
        #expect(Ladder.canRestore(facts(now: "1")))
        #expect(Ladder.canRestore(facts(now: nil)))
    }

    @Test func `a file that was closed to everybody since is not opened by a rollback`() throws {
        func restored(_ present: UInt32, _ stored: UInt32) throws -> UInt32? {
            let good = Outage.good.with(mode: stored, uid: 1000, gid: 1000)
            let bad = Outage.bad.with(mode: present, uid: 1000, gid: 1000)
            let facts = Outage.facts([Self.refusedConfig], file: Sample.present(bad), knownGood: [good])
            return try Outage.plan(Ladder.next(facts)).restores.first?.version.mode
        }
        #expect(try restored(0o600, 0o644) == 0o640)
        #expect(try restored(0o600, 0o640) == 0o640)
        #expect(try restored(0o644, 0o600) == 0o600)
        #expect(try restored(0o000, 0o600) == 0o600)
    }

    @Test func `of several files all that differ are put back, or none`() throws {
        let other = Sample.config("other good", path: "/srv/coder/other.json")
        var facts = Outage.facts([Self.refusedConfig], knownGood: [Outage.good, other])
        facts.seen.config.append(Sample.present(Sample.config("other bad", path: other.path)))
        #expect(try Outage.plan(Ladder.next(facts)).restores.map(\.version) == [Outage.good, other])
        facts.seen.config[1] = ConfigFile(path: other.path, state: .refused("A link lies on the way."))
        #expect(!Ladder.canRestore(facts))
        facts.seen.config[1] = Sample.present(
            Sample.config("other bad", path: other.path, changed: Sample.now - .seconds(5)))
        guard case .wait = Ladder.next(facts) else {
            Issue.record("a set was put back of which a file is still edited")
            return
        }
    }

    @Test func `a config that is missing is put back`() throws {
        let missing = ConfigFile(path: Sample.configPath, state: .missing)
        let plan = try Outage.plan(Ladder.next(Outage.facts([Self.refusedConfig], file: missing)))
        #expect(plan.restores == [ConfigRestore(version: Outage.good, replacing: nil)])
        #expect(plan.rungs == [.rule(.unitConfigExit)])
    }

    @Test func `a config that could not be read is never replaced, and a person is told why`() {
        let refused = ConfigFile(path: Sample.configPath, state: .refused("A link lies on the way."))
        for finding in [Self.loop, Self.refusedConfig] {
            let facts = Outage.facts([finding], file: refused)
            #expect(
                Ladder.next(facts)
                    == .escalate(
                        "\(finding.summary) There is no remedy in the rule book, and no other config to go back to. "
                            + "A link lies on the way."))
            #expect(!Ladder.canRestore(facts))
        }
    }

    @Test func `a known-good version of a file that the agent no longer has is not written anywhere`() {
        let elsewhere = Sample.config("good", path: "/srv/old/openclaw.json")
        let facts = Outage.facts([Self.loop], knownGood: [elsewhere])
        #expect(!Ladder.canRestore(facts))
    }

    @Test func `only those of several files are restored that differ`() throws {
        let other = Sample.config("same", path: "/srv/coder/other.json")
        var facts = Outage.facts([Self.loop], knownGood: [Outage.good, other])
        facts.seen.config.append(Sample.present(other))
        #expect(try Outage.plan(Ladder.next(facts)).restores.map(\.version.path) == [Sample.configPath])
    }

    @Test(arguments: [Duration.zero, .seconds(40), .seconds(119)])
    func `a config that somebody edits right now is waited for`(age: Duration) {
        let sentence =
            "/srv/coder/openclaw.json was changed \(age.inWords) ago, so somebody may still be at it; "
            + "it is left alone until it has been still for 2 min."
        #expect(Ladder.next(Outage.facts([Self.loop], file: Self.edited(age))) == .wait(sentence))
        #expect(Ladder.next(Outage.facts([Self.refusedConfig], file: Self.edited(age))) == .wait(sentence))
    }

    @Test(arguments: [Duration.seconds(120), .seconds(3600)])
    func `an edit that is over is not waited for`(age: Duration) throws {
        let plan = try Outage.plan(Ladder.next(Outage.facts([Self.refusedConfig], file: Self.edited(age))))
        #expect(plan.rungs == [.rule(.unitConfigExit)])
    }

    @Test func `an edit that is dated into the future is not waited for`() throws {
        let plan = try Outage.plan(Ladder.next(Outage.facts([Self.refusedConfig], file: Self.edited(.seconds(-60)))))
        #expect(plan.startsUnit)
    }

    @Test func `how long an edit is waited for is the operator's to say`() throws {
        var facts = Outage.facts([Self.refusedConfig], file: Self.edited(.seconds(150)))
        facts.policy.editGrace = .seconds(180)
        #expect(
            Ladder.next(facts)
                == .wait(
                    "/srv/coder/openclaw.json was changed 2 min ago, so somebody may still be at it; it is left alone until it has been still for 3 min."
                ))
        facts.policy.editGrace = .seconds(150)
        #expect(try Outage.plan(Ladder.next(facts)).rungs == [.rule(.unitConfigExit)])
    }

    @Test func `another outage's remedy is not held up by an edit`() throws {
        let findings = [Self.refusedConfig, Sample.finding(.probeFailed, .critical, .restart)]
        let next = Ladder.next(Outage.facts(findings, file: Self.edited(.seconds(10))))
        #expect(try Outage.plan(next).rungs == [.rule(.probeFailed)])
    }

    @Test(arguments: [Rung.rule(.unitConfigExit), .lastKnownGood, .undo])
    func `a rollback that was tried is not tried again under another name`(rung: Rung) {
        let facts = Outage.facts([Self.loop], tried: [rung])
        #expect(Ladder.next(facts) == .escalate("It crashes. Tried without success: \(rung.text)."))
    }

    @Test func `an advisor is not offered a rollback that was tried`() {
        #expect(Ladder.canRestore(Outage.facts([Self.loop])))
        #expect(!Ladder.canRestore(Outage.facts([Self.loop], tried: [.undo])))
        #expect(!Ladder.canRestore(Outage.facts([Self.loop], tried: [.rule(.unitConfigExit)])))
    }
}
