package import Model

/// What a unit says of itself, for a kind that asks whether it is one and where its files lie.
package struct UnitView {
    /// Its name.
    package let unit: String
    /// It has work that comes to an end, or something else starts it.
    package let isJob: Bool
    /// The words that it is started with; empty where nobody asked.
    package let command: [String]
    /// Of the unit's own lines.
    package let variables: Variables
    /// A variable as its next start will find it.
    package let find: (String) -> VariableLookup
    /// The first words of its main process; empty where there is none.
    package let running: () -> [String]
    /// What its main process was started with; `nil` where there is none, or it may not be read.
    package let started: () -> Variables?
    /// Its main process, for sentences.
    package let mainPID: Int32
    /// Its user's.
    package let home: String?

    package init(
        unit: String, isJob: Bool, command: [String], variables: Variables, find: @escaping (String) -> VariableLookup,
        running: @escaping () -> [String], started: @escaping () -> Variables?, mainPID: Int32, home: String?
    ) {
        self.unit = unit
        self.isJob = isJob
        self.command = command
        self.variables = variables
        self.find = find
        self.running = running
        self.started = started
        self.mainPID = mainPID
        self.home = home
    }
}

/// What tells where an agent answers.
package struct AddressView {
    package let command: [String]
    package let find: (String) -> VariableLookup
    package let config: [ConfigFile]
    /// The config is what the running process has read, and not what its next start will.
    package let isOld: Bool

    package init(
        command: [String], find: @escaping (String) -> VariableLookup, config: [ConfigFile], isOld: Bool = true
    ) {
        self.command = command
        self.find = find
        self.config = config
        self.isOld = isOld
    }
}

/// What tells where an agent looks for a `.env`.
package struct DotEnvView {
    /// Of its first config.
    package let configFolder: String?
    package let workingDirectory: String?
    package let home: String?
    package let variables: Variables

    package init(configFolder: String?, workingDirectory: String?, home: String?, variables: Variables) {
        self.configFolder = configFolder
        self.workingDirectory = workingDirectory
        self.home = home
        self.variables = variables
    }
}
