import FixturesTests
import Model
import Testing

/// What an agent's config files said in the last pass that looked.
struct ConfigMemoryTests {
    private func seen(_ files: [ConfigFile], at moment: Timestamp = Sample.now) -> AgentObservation {
        var seen = Sample.running(at: moment)
        seen.config = files
        return seen
    }

    private func touched(_ text: String, _ mark: String) -> ConfigFile {
        Sample.present(Sample.config(text + mark, meaning: text))
    }

    @Test func `an agent without a known config has nothing to remember`() {
        #expect(ConfigMemory(seen([]), after: nil) == nil)
    }

    @Test func `the time is that of the first pass that saw what the files say, whatever their marks`() throws {
        let first = try #require(ConfigMemory(seen([touched("a", "1")]), after: nil))
        #expect(first.since == Sample.now)
        let second = try #require(
            ConfigMemory(seen([touched("a", "2")], at: Sample.now + .seconds(900)), after: first))
        #expect(second.since == Sample.now)
        #expect(second.digests != first.digests)
        let third = try #require(
            ConfigMemory(seen([touched("b", "2")], at: Sample.now + .seconds(1800)), after: second))
        #expect(third.since == Sample.now + .seconds(1800))
    }

    @Test func `a file that cannot be read is another state than any content`() throws {
        let there = try #require(ConfigMemory(seen([touched("a", "1")]), after: nil))
        let gone = ConfigMemory(
            seen([ConfigFile(path: Sample.configPath, state: .missing)], at: Sample.now + .seconds(1)), after: there)
        #expect(gone?.meanings == "-")
        #expect(gone?.since == Sample.now + .seconds(1))
    }
}
