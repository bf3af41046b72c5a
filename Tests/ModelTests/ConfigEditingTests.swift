import FixturesTests
import Model
import Testing

/// Whether somebody may still be at a config.
struct ConfigEditingTests {
    private static let grace: Duration = .seconds(120)

    private func editing(
        changed age: Duration, modified: Duration = .seconds(86_400), after last: ConfigMemory? = nil,
        grace: Duration = grace
    ) -> Duration? {
        let version = Sample.config("text", modified: Sample.now - modified, changed: Sample.now - age)
        var seen = Sample.running()
        seen.config = [Sample.present(version)]
        return seen.editing(version, after: last, grace: grace)
    }

    private func memory(_ meaning: String, since age: Duration) -> ConfigMemory {
        ConfigMemory(
            digests: "", meanings: Sample.digest(meaning).hex, since: Sample.now - age, references: [])
    }

    @Test func `a change is one until its time is over`() {
        #expect(editing(changed: .zero) == .zero)
        #expect(editing(changed: .seconds(119)) == .seconds(119))
        #expect(editing(changed: .seconds(120)) == nil)
        #expect(editing(changed: .seconds(-1)) == nil, "dated into the future")
    }

    @Test func `the kernel's time counts, and not what a copy brings along`() {
        #expect(editing(changed: .seconds(5), modified: .seconds(86_400)) != nil)
        #expect(editing(changed: .seconds(86_400), modified: .seconds(5)) == nil)
    }

    @Test func `how long that is the settings say`() {
        #expect(editing(changed: .seconds(150), grace: .seconds(180)) != nil)
        #expect(editing(changed: .zero, grace: .zero) == nil)
    }

    @Test func `what an agent writes anew, and means the same for longer, is nobody's edit`() {
        #expect(editing(changed: .seconds(5), after: memory("text", since: Self.grace)) == nil)
        #expect(editing(changed: .seconds(5), after: memory("text", since: .seconds(119))) != nil)
        #expect(editing(changed: .seconds(5), after: memory("other", since: .seconds(900))) != nil)
        #expect(editing(changed: .seconds(5), after: memory("text", since: .seconds(150)), grace: .seconds(180)) != nil)
    }
}
