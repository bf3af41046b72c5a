import Diagnosing
import FixturesTests
import Model
import Testing

/// Variables that an agent's next start will miss, and files that its config includes.
struct SecretRulesTests {
    private func findings(_ change: (inout AgentObservation) -> Void) -> [Finding] {
        var seen = Sample.running()
        change(&seen)
        return Rules.findings(seen, history: AgentHistory(), policy: Policy())
    }

    @Test func `all missing variables are one finding, and all empty ones another`() {
        let found = findings { seen in
            seen.secretFaults = [
                SecretFault(kind: .secretMissing, sentence: "A is missing.", source: "settings"),
                SecretFault(kind: .secretEmpty, sentence: "B is empty.", source: "/etc/b.env"),
                SecretFault(kind: .secretMissing, sentence: "C is missing.", source: "/a.json:1:2"),
            ]
        }
        #expect(found.map(\.kind) == [.secretMissing, .secretEmpty])
        #expect(found.map(\.severity) == [.warning, .warning])
        #expect(found.map(\.summary) == ["A is missing. (and 1 more)", "B is empty."])
        #expect(found[0].evidence.map(\.source) == ["settings", "/a.json:1:2"])
        #expect(found.allSatisfy { $0.prescription == .none })
    }

    @Test func `a missing file that is included is told once, where it is named`() {
        let found = findings { seen in
            var main = Sample.present(Sample.config("main"))
            main.faults = [ConfigFault(kind: .configMissing, line: 3, column: 5, sentence: "It is not there.")]
            var included = ConfigFile(path: "/srv/coder/part.json", state: .missing)
            included.includedAt = "\(Sample.configPath):3:5"
            seen.config = [main, included]
        }
        #expect(found.map(\.kind) == [.configMissing])
        #expect(found[0].summary == "\(Sample.configPath):3:5: It is not there.")
    }
}
