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
        Sample.present(Sample.config("bad", modified: Sample.now - age))
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

    @Test(arguments: [Duration.seconds(120), .seconds(3600), .seconds(-60)])
    func `an edit that is over, or dated into the future, is not waited for`(age: Duration) throws {
        let plan = try Outage.plan(Ladder.next(Outage.facts([Self.refusedConfig], file: Self.edited(age))))
        #expect(plan.rungs == [.rule(.unitConfigExit)])
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
