internal import Acting
internal import Model

/// A plan that is being carried out, and what becomes of its steps.
final class Treatment {
    let subject: AgentCase
    let plan: Plan
    let before: AgentObservation
    /// What was found when the plan was made.
    let findings: [Finding]
    let log: StepLog
    let outcomes: Outcomes
    var result = Result.undecided
    /// The restart counter when the unit was first seen after the action.
    var restarts: UInt32?

    enum Result {
        case healed
        case broken
        /// The pass's time was up first.
        case undecided
    }

    final class Outcomes { var list: [ActionOutcome] = [] }

    init(subject: AgentCase, plan: Plan, log: StepLog, outcomes: Outcomes) {
        self.subject = subject
        self.plan = plan
        before = subject.seen
        findings = subject.findings
        self.log = log
        self.outcomes = outcomes
    }

    var failure: ActionOutcome? { outcomes.list.first { $0.result != .done } }
}
