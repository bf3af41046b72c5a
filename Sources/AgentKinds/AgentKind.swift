package import ConfigText
package import Model

/// What is known of one kind of agent: data, and functions of what others have read. Nothing in here reads anything, and
/// nothing outside of here knows one kind from another.
package struct AgentKind: Sendable {
    package let name: KindName

    // MARK: Its unit

    /// Shell patterns of unit names, which are searched for unless the settings name others.
    package var units: [String] = []
    /// What its units' names begin with, and its agents' names leave out.
    package var prefixes: [String] = []
    /// Whether its installer has marked a unit with these variables as one.
    package var isMarked: @Sendable (Variables) -> Bool = { _ in false }
    /// Whether a unit is one, marked or not.
    package var isOne: @Sendable (UnitView) -> Bool = { _ in false }
    /// Whether that, or where it answers, takes the words that the unit is started with.
    package var needsCommand: @Sendable (_ unit: String, Variables) -> Bool = { _, _ in false }
    /// It never ends because its work is done: an end with success is an end like any other.
    package var runsForEver = false
    /// The release that its installer has written into the unit.
    package var release: @Sendable (Variables) -> String? = { _ in nil }

    // MARK: Its config

    /// Where it reads its config; `nil` where nothing is known of that.
    package var config: (@Sendable (UnitView) -> ConfigPlace)?
    package var dialect = ConfigDialect()
    /// The variable by which its validator, too, is told which file is meant.
    package var configVariable: String?
    /// What its program says, in small letters, of a command that it does not know.
    package var misunderstanding: String?
    /// Two of one config are one agent.
    package var isOnePerConfig = false
    /// Whether a process with these variables was started as another agent than the one with these of its own and this
    /// config.
    package var isAnothers: @Sendable (_ theirs: Variables, _ own: (String) -> String?, _ config: String?) -> Bool = {
        _, _, _ in false
    }
    /// Folders in which it looks for a `.env`, the first of them first.
    package var dotEnvFolders: @Sendable (DotEnvView) -> [String] = { _ in [] }
    /// Whether it takes what its environment lacks from a login shell, which nobody can know.
    package var asksShell: @Sendable (Variables) -> Bool = { _ in false }

    // MARK: Its address

    /// The port that it was given; `nil` where nothing says.
    package var port: @Sendable (AddressView) -> UInt16? = { _ in nil }
    /// The page that tells whether it works.
    package var healthPath: String?
    /// Why that address is no more than a guess, as a clause; `nil` where it is certain.
    package var doubt: @Sendable (AddressView) -> String? = { _ in nil }

    // MARK: Its processes

    /// Variables that its own processes carry, by which one under a title is told from another program under the same. It is
    /// one of them only where the first is set.
    package var titleMarks: [String] = []

    init(_ name: KindName) { self.name = name }

    package var readsDotEnvBesideConfig: Bool {
        let view = DotEnvView(configFolder: "/", workingDirectory: nil, home: nil, variables: Variables([]))
        return dotEnvFolders(view).contains("/")
    }

    package func bearsName(_ unit: String) -> Bool { prefixes.contains(where: unit.hasPrefix) }
}

/// What a config of this kind may hold, beyond what its syntax says.
package struct ConfigDialect: Hashable, Sendable {
    /// Files taken in by `$include`.
    package var hasIncludes = false
    /// The variable with more folders, parted by colons, from which files may be taken in.
    package var includeRoots: String?
    /// Variables by `${NAME}`, and secret references.
    package var hasReferences = false
    /// Variables that it sets itself, under `env`.
    package var hasVariables = false
    /// Keys that the agent writes anew on each start: when, and by which release.
    package var marks: TouchKeys?

    /// Nothing but what its syntax says.
    package init() {}
}

package enum ConfigPlace: Equatable {
    /// `isRoots`: nobody but root could have said so.
    case at(String, isRoots: Bool)
    case nowhere
    /// Why, as a clause.
    case unknown(String)
}
