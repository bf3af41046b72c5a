import Diagnosing
import Model
import Testing

struct RuleBookTests {
    @Test(arguments: FindingKind.allCases)
    func `every kind of finding has exactly one rule, and all its texts are there`(kind: FindingKind) throws {
        #expect(RuleBook.rules.filter { $0.kind == kind }.count == 1)
        let rule = try #require(RuleBook.rule(kind))
        #expect(rule.kind == kind)
        for text in [rule.rule, rule.reason, rule.advice, rule.consequence] {
            #expect(text.count > 20)
            #expect(text.hasSuffix("."), "\(text)")
        }
        #expect(!rule.title.isEmpty && !rule.title.hasSuffix("."))
    }

    @Test func `a consequence that is silenced is another kind than its cause, and silences it not in turn`() throws {
        for rule in RuleBook.rules {
            #expect(!rule.silences.contains(rule.kind))
            for kind in rule.silences {
                let silenced = try #require(RuleBook.rule(kind), "\(rule.kind) silences \(kind), which has no rule")
                #expect(!silenced.silences.contains(rule.kind))
            }
        }
    }

    @Test func `only outages silence outages`() throws {
        for rule in RuleBook.rules where rule.severity < .critical { #expect(rule.silences.isEmpty) }
    }

    @Test func `no two rules are told apart by their order only`() {
        #expect(Set(RuleBook.rules.map(\.title)).count == RuleBook.rules.count)
    }

    /// Alert rules, incidents and other programs go by these words.
    @Test func `codes that were published once stay`() {
        let published: Set<String> = [
            "unit-failed", "unit-inactive", "unit-config-exit", "unit-crash-loop", "unit-start-limit",
            "unit-kill-mode", "process-leftover", "probe-failed", "fleet-wide", "watchdog-incomplete",
        ]
        #expect(published.isSubset(of: FindingKind.allCases.map(\.rawValue)))
    }
}
