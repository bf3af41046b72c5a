internal import Acting
internal import Model

/// A plan that is being carried out, and what becomes of its steps.
final class Treatment {
    let subject: AgentCase
    let plan: Plan
    let before: AgentObservation
    let log: StepLog
    let outcomes: Outcomes
    var healed = false
    /// The restart counter when the unit was first seen after the action.
    var restarts: UInt32?

    final class Outcomes { var list: [ActionOutcome] = [] }

    init(subject: AgentCase, plan: Plan, log: StepLog, outcomes: Outcomes) {
        self.subject = subject
        self.plan = plan
        before = subject.seen
        self.log = log
        self.outcomes = outcomes
    }

    var failure: ActionOutcome? { outcomes.list.first { $0.result != .done } }
}
