/// How an agent, or the whole fleet, stands after a pass.
package enum Verdict: String, Hashable, Sendable {
    case healthy
    /// Was broken in this pass, and is proven to work again.
    case healed
    /// Works, but not as it should.
    case degraded
    case failing
    /// Looked at and left alone: an operator's wish, or too early to judge.
    case held
    /// Could not be observed.
    case unknown
}
