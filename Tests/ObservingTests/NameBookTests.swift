import FixturesTests
import Model
import Testing

@testable import Observing

/// What agents are called, so that no two are mixed up.
struct NameBookTests {
    private static let ann = Scope.user(uid: 1001, name: "ann")
    private static let eve = Scope.user(uid: 1003, name: "eve")

    private static func agent(_ scope: Scope, _ unit: String = Sample.unit, name: String = "coder") -> Agent {
        Agent(id: AgentID(scope: scope, unit: unit), name: name)
    }

    private func names(
        _ agents: [Agent], entries: [AgentEntry] = [], known: [AgentID: String] = [:]
    ) -> [String?] {
        var settings = Settings(stateDirectory: "/x")
        settings.agents = entries
        let names = NameBook.names(of: agents, settings, known: known)
        return agents.map { names[$0.id] }
    }

    @Test func `an agent that is alone with its name has it`() {
        #expect(names([Self.agent(.system)]) == ["coder"])
        #expect(names([Self.agent(Self.eve)]) == ["coder"])
    }

    @Test func `the system's keeps its name before any user's, in whatever order they come`() {
        let eve = Self.agent(Self.eve)
        #expect(names([eve, Self.agent(.system)]) == ["coder@eve", "coder"])
        #expect(names([eve, Self.agent(.system)], known: [eve.id: "coder"]) == ["coder@eve", "coder"])
    }

    @Test func `what the settings name keeps its name before all`() {
        let named = Self.agent(Self.ann, "bot.service")
        let entry = AgentEntry(name: "coder", unit: "bot.service", user: "ann")
        #expect(names([Self.agent(.system), named], entries: [entry]) == ["coder@system", "coder"])
    }

    @Test func `an agent that only bears a name of the settings has no right to it`() {
        let entry = AgentEntry(name: "coder", unit: "bot.service")
        let named = Self.agent(.system, "bot.service")
        #expect(names([Self.agent(Self.eve), named], entries: [entry]) == ["coder@eve", "coder"])
    }

    @Test func `of two users' the one that had the name keeps it, and the newcomer is told apart`() {
        let (ann, eve) = (Self.agent(Self.ann), Self.agent(Self.eve))
        #expect(names([eve, ann], known: [ann.id: "coder"]) == ["coder@eve", "coder"])
        #expect(names([eve, ann]) == ["coder@eve", "coder@ann"], "of two newcomers neither has it")
    }

    @Test func `two of one manager are told apart by their units, and no name is ever given twice`() {
        let agents = [
            Self.agent(.system, "a.service"), Self.agent(.system, "b.service"), Self.agent(.system, "c.service"),
        ]
        #expect(names(agents) == ["coder", "coder@system", "c.service@system"])
        let many =
            agents + [
                Self.agent(Self.eve, "x", name: "coder@system"), Self.agent(Self.eve, "y", name: "c.service@system"),
            ]
        #expect(Set(names(many).compactMap { $0 }).count == many.count)
    }
}
