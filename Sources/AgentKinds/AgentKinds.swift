package import Model

/// All kinds that are known. To add one is to add its room and its line here.
package enum AgentKinds {
    package static let all: [AgentKind] = [OpenClaw.kind]

    /// A program of which nothing is assumed.
    package static let plain: AgentKind = {
        var kind = AgentKind(.plain)
        // But for one thing: a gateway under a name of its own may be held for plain, and marks its config anew all the same.
        kind.dialect.marks = OpenClaw.touchKeys
        return kind
    }()

    /// By name; one that is not known is plain.
    package static func of(_ name: KindName) -> AgentKind { all.first { $0.name == name } ?? plain }

    /// What a unit is; the first kind that knows it for its own.
    package static func recognise(_ unit: UnitView) -> AgentKind { all.first { $0.isOne(unit) } ?? plain }

    /// Names for the settings.
    package static var names: [String] { (all + [plain]).map(\.name.rawValue) }

    package static var units: [String] { all.flatMap(\.units) }

    package static func isMarked(_ variables: Variables) -> Bool { all.contains { $0.isMarked(variables) } }

    package static func bearsName(_ unit: String) -> Bool { all.contains { $0.bearsName(unit) } }

    package static func needsCommand(_ unit: String, _ variables: Variables) -> Bool {
        all.contains { $0.needsCommand(unit, variables) }
    }

    /// Of whatever kind it is: a process that may be somebody else's is left alone.
    package static func isAnothers(_ theirs: Variables, own: (String) -> String?, config: String?) -> Bool {
        all.contains { $0.isAnothers(theirs, own, config) }
    }

    /// What tells a process under a title from others under the same: of each kind, its marks.
    package static var titleMarks: [[String]] { all.map(\.titleMarks).filter { !$0.isEmpty } }

    /// The name of an agent that the settings do not name: its unit without what all units of its kind share.
    package static func name(of id: AgentID) -> String {
        let name = id.bareUnit
        let prefix = all.lazy.flatMap(\.prefixes).first { name.hasPrefix($0 + "-") && name.count > $0.count + 1 }
        return prefix.map { String(name.dropFirst($0.count + 1)) } ?? name
    }
}
