package import Model

/// Where each step is written down before it happens, and closed after it. What it does is its maker's business; a
/// step whose beginning cannot be written down does not happen.
package struct StepLog {
    /// Gets the place of the step in its plan. Answers why it could not be written, or `nil`.
    package let began: (Int) -> String?
    package let ended: (Int, ActionOutcome) -> Void

    package init(began: @escaping (Int) -> String?, ended: @escaping (Int, ActionOutcome) -> Void) {
        self.began = began
        self.ended = ended
    }
}
