import AgentKinds
import FixturesTests
import Model

/// What a unit or an agent says of itself, as far as a test cares.
enum Views {
    static func unit(
        _ name: String = Sample.unit, lines: [String] = [], command: [String] = [], running: [String] = [],
        isJob: Bool = false, started: [String]? = nil, home: String? = "/home/fleet"
    ) -> UnitView {
        let variables = Variables(lines)
        return UnitView(
            unit: name, isJob: isJob, command: command, variables: variables, find: find(lines),
            running: { running }, started: { started.map(Variables.init) }, mainPID: started == nil ? 0 : 77, home: home
        )
    }

    static func find(_ lines: [String]) -> (String) -> VariableLookup {
        let variables = Variables(lines)
        return { name in
            variables[name].map { .value($0, source: VariableLookup.unitsOwn, isRoots: true) } ?? .nowhere
        }
    }
}
