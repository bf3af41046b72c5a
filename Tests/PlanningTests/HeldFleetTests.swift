import FixturesTests
import Model
import Planning
import Testing

/// Whose agents are not restarted while much is broken.
struct HeldFleetTests {
    private static let ann = Scope.user(uid: 1001, name: "ann")
    private static let bob = Scope.user(uid: 1002, name: "bob")
    private static let eve = Scope.user(uid: 1003, name: "eve")

    private func held(_ fleets: [(Scope, broken: Int, of: Int)]) -> Set<Scope> {
        let members = fleets.flatMap { scope, broken, count in
            (0..<count).map { Brake.Member(scope: scope, isBroken: $0 < broken) }
        }
        return Brake.held(members, share: 0.5)
    }

    @Test func `one user's broken units hold up that user's alone`() {
        #expect(held([(.system, 0, 4), (Self.eve, 400, 500)]) == [Self.eve])
        #expect(held([(.system, 1, 4), (Self.ann, 0, 1), (Self.eve, 400, 500)]) == [Self.eve])
    }

    @Test func `a user counts as one on the host, however many units are broken`() {
        #expect(held([(.system, 2, 5), (Self.eve, 3, 3)]).isEmpty)
        #expect(held([(.system, 2, 5), (Self.eve, 300, 300)]) == [Self.eve])
        #expect(held([(.system, 3, 5), (Self.eve, 3, 3)]) == [.system, Self.eve])
    }

    @Test func `a host with one cause is held where it is broken, however small each user's part is`() {
        #expect(
            held([(.system, 1, 1), (Self.ann, 1, 1), (Self.bob, 1, 1), (Self.eve, 0, 1)])
                == [.system, Self.ann, Self.bob])
        #expect(held([(.system, 1, 1), (Self.ann, 1, 1), (Self.bob, 0, 1), (Self.eve, 0, 1)]).isEmpty)
    }

    @Test func `a user whose own fleet is mostly well is not held by the others`() {
        #expect(held([(.system, 4, 4), (Self.ann, 1, 3)]) == [.system])
    }

    @Test func `where nobody is watched nobody is held`() {
        #expect(held([]).isEmpty)
    }
}
