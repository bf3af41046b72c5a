internal import Diagnosing
internal import Model

enum ExplainCommand {
    static var command: Command {
        Command(
            name: "explain", summary: "Explain a kind of finding: the rule, its reason, what is done about it",
            operands: "[KIND]", options: [.json], discussion: "Without a kind, all kinds are listed.", run: run)
    }

    private struct Catalogue: Encodable {
        let schema = 1
        let rules: [Explanation]

        private enum CodingKeys: String, CodingKey { case schema, rules }
    }

    private struct Explanation: Encodable {
        let schema = 1
        let kind: String
        let title: String
        let severity: String
        let rule: String
        let reason: String
        let advice: String
        let consequence: String

        private enum CodingKeys: String, CodingKey {
            case schema, kind, title, severity, rule, reason, advice, consequence
        }
    }

    private static func run(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> ExitStatus {
        guard let word = invocation.operands.first else {
            if invocation.json {
                environment.write(try jsonText(Catalogue(rules: RuleBook.rules.map(explanation))))
            } else {
                let width = RuleBook.rules.map(\.kind.rawValue.count).max() ?? 0
                let list = RuleBook.rules.map { "\($0.kind.rawValue.padded(width))  \($0.title)" }
                environment.show(list)
            }
            return .well
        }
        guard let rule = RuleBook.rules.first(where: { $0.kind.rawValue == word }) else {
            throw CommandFailure(
                .usage, "watchdog: there is no finding of the kind \(word). `watchdog explain` lists them.")
        }
        if invocation.json {
            environment.write(try jsonText(explanation(rule)))
        } else {
            environment.write(
                """
                \(rule.kind.rawValue) (\(rule.severity.rawValue)): \(rule.title).

                When:  \(rule.rule)
                Why:   \(rule.reason)
                Then:  \(rule.advice)
                Else:  \(rule.consequence)

                """)
        }
        return .well
    }

    private static func explanation(_ rule: Rule) -> Explanation {
        Explanation(
            kind: rule.kind.rawValue, title: rule.title, severity: rule.severity.rawValue, rule: rule.rule,
            reason: rule.reason, advice: rule.advice, consequence: rule.consequence)
    }
}
