internal import Model

/// How much of a pass the configs of one user's agents may take: whoever may write units may write as many as they like,
/// and configs of any size. Of root's agents nothing is held back.
final class Allowance {
    /// Of one user, and of all users together.
    private static let perUser: Duration = .seconds(10)
    private static let ofAll: Duration = .seconds(60)
    /// Of what one user's agents read.
    private static let bytes = 64 << 20

    private var time: [Scope: Duration] = [:]
    private var read: [Scope: Int] = [:]

    func isSpent(by scope: Scope) -> Bool {
        guard scope != .system else { return false }
        let all = time.values.reduce(.zero, +)
        return (time[scope] ?? .zero) >= Self.perUser || all >= Self.ofAll || (read[scope] ?? 0) >= Self.bytes
    }

    func charge(_ scope: Scope, _ look: () -> AgentObservation) -> AgentObservation {
        guard scope != .system else { return look() }
        let began = ContinuousClock.now
        let seen = look()
        time[scope, default: .zero] += ContinuousClock.now - began
        read[scope, default: 0] += seen.config.reduce(0) { $0 + ($1.version?.bytes.count ?? 0) }
        return seen
    }
}

extension Array {
    /// The same elements, beginning with another one each time.
    func rotated(by turn: Int) -> [Element] {
        guard count > 1 else { return self }
        let start = turn % count
        return Array(self[start...] + self[..<start])
    }
}
