/// A named cause, and who named it.
package struct Diagnosis: Hashable, Sendable {
    package enum Origin: Hashable, Sendable {
        case rule(FindingKind)
        /// The provider's name in the settings.
        case advisor(String)

        package var text: String {
            switch self {
            case .rule(let kind): "rule:\(kind.rawValue)"
            case .advisor(let provider): "advisor:\(provider)"
            }
        }
    }

    package let cause: String
    package let origin: Origin
    /// 0…1; 1 for a rule.
    package let confidence: Double
    /// The numbered lines that an advisor's answer rests on.
    package let lines: [Int]
    /// What an advisor proposes; a rule's remedy is in its finding.
    package let proposal: Proposal?

    package init(cause: String, origin: Origin, confidence: Double, lines: [Int] = [], proposal: Proposal? = nil) {
        self.cause = cause
        self.origin = origin
        self.confidence = confidence
        self.lines = lines
        self.proposal = proposal
    }
}

/// All that an advisor may propose. It names no unit, file or process: those are known already.
package enum Proposal: String, CaseIterable, Hashable, Sendable {
    case restartUnit
    case restoreConfig
    case escalate
}

/// One question that was put to an advisor, and what became of the answer, for the ledger.
package struct Consultation: Sendable {
    package enum Outcome: Sendable {
        case accepted(Diagnosis)
        /// Why the answer was not used, or none came.
        case discarded(String)
    }

    package let agent: AgentID
    package let provider: String
    /// The request's body as it was sent: redacted.
    package let asked: String
    /// What came back, cut to a bound; empty where nothing did.
    package let answered: String
    package let outcome: Outcome

    package init(agent: AgentID, provider: String, asked: String, answered: String, outcome: Outcome) {
        self.agent = agent
        self.provider = provider
        self.asked = asked
        self.answered = answered
        self.outcome = outcome
    }
}
