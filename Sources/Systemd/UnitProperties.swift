internal import CSystemd

/// A property of a service unit that a pass reads. Names and types as org.freedesktop.systemd1(5) gives them.
package enum UnitProperty: String, CaseIterable, Sendable {
    case activeEnter = "ActiveEnterTimestamp"
    case inactiveExit = "InactiveExitTimestamp"
    case stateChange = "StateChangeTimestamp"
    case invocationID = "InvocationID"
    case unitFileState = "UnitFileState"
    case fragmentPath = "FragmentPath"
    case dropInPaths = "DropInPaths"
    case triggeredBy = "TriggeredBy"
    case job = "Job"
    case type = "Type"
    case killMode = "KillMode"
    case mainPID = "MainPID"
    case restarts = "NRestarts"
    case result = "Result"
    case exitStatus = "ExecMainStatus"
    case mainStarted = "ExecMainStartTimestamp"
    case lastPID = "ExecMainPID"
    case controlGroup = "ControlGroup"
    case user = "User"
    case environment = "Environment"
    case environmentFiles = "EnvironmentFiles"
    case timeoutStart = "TimeoutStartUSec"
    case timeoutStop = "TimeoutStopUSec"
    case restart = "Restart"
    case workingDirectory = "WorkingDirectory"
    case passEnvironment = "PassEnvironment"
    case unsetEnvironment = "UnsetEnvironment"
    case loadCredential = "LoadCredential"
    case loadCredentialEncrypted = "LoadCredentialEncrypted"
    case setCredential = "SetCredential"
    case setCredentialEncrypted = "SetCredentialEncrypted"
    case execStart = "ExecStart"
    case conditionResult = "ConditionResult"
    case conditions = "Conditions"
    case needDaemonReload = "NeedDaemonReload"
    case loadError = "LoadError"
    case wantedBy = "WantedBy"
    case requiredBy = "RequiredBy"
    case upheldBy = "UpheldBy"
    case boundBy = "BoundBy"
    case onFailureOf = "OnFailureOf"
    case onSuccessOf = "OnSuccessOf"
    case bindsTo = "BindsTo"
    case partOf = "PartOf"
    case requires = "Requires"
    case mainCode = "ExecMainCode"
    case mainExited = "ExecMainExitTimestamp"
    case killSignal = "KillSignal"
    case restartKillSignal = "RestartKillSignal"
    case logLevelMax = "LogLevelMax"
    case restartForce = "RestartForceExitStatus"
    case success = "SuccessExitStatus"
    case dynamicUser = "DynamicUser"
    case rootDirectory = "RootDirectory"
    case rootImage = "RootImage"
    case bindPaths = "BindPaths"
    case bindReadOnlyPaths = "BindReadOnlyPaths"
    case temporaryFileSystem = "TemporaryFileSystem"
    case protectHome = "ProtectHome"

    /// What a unit itself calls no crash.
    package static let ofExits: [UnitProperty] = [.restartForce, .success, .restartKillSignal, .killSignal]

    /// What else decides whether a unit may be touched, and is asked of one that runs only where somebody wants to know.
    package static let ofDoctor: [UnitProperty] = [
        .fragmentPath, .dropInPaths, .logLevelMax, .needDaemonReload, .dynamicUser,
    ]

    /// Where else than in Environment= and EnvironmentFile= a unit's secrets may come from.
    package static let ofSecrets: [UnitProperty] = [
        .workingDirectory, .passEnvironment, .loadCredential, .loadCredentialEncrypted, .setCredential,
        .setCredentialEncrypted, .execStart,
    ]

    /// What has to be known of a unit that runs: asked one by one, because `GetAll` has the manager read a dozen
    /// files of the unit's cgroup for accounting figures and costs it three times as much.
    package static let ofRunning: [UnitProperty] = [
        .activeEnter, .inactiveExit, .invocationID, .unitFileState, .killMode, .mainPID, .restarts, .mainStarted,
        .controlGroup, .user, .environment, .environmentFiles, .unsetEnvironment, .timeoutStop, .job,
    ]

    var interface: String {
        switch self {
        case .activeEnter, .inactiveExit, .stateChange, .invocationID, .unitFileState, .fragmentPath, .dropInPaths,
            .triggeredBy, .job, .conditionResult, .conditions, .needDaemonReload, .loadError, .wantedBy, .requiredBy,
            .upheldBy, .boundBy, .onFailureOf, .onSuccessOf, .bindsTo, .partOf, .requires:
            "org.freedesktop.systemd1.Unit"
        default: "org.freedesktop.systemd1.Service"
        }
    }
}

/// What a manager says of one unit. A property that was not asked for keeps its empty value.
package struct UnitProperties: Equatable, Sendable {
    /// Times in µs since 1970; 0 where the event has not happened.
    package var activeEnter: UInt64 = 0
    package var inactiveExit: UInt64 = 0
    package var stateChange: UInt64 = 0
    /// 32 hexadecimal digits; empty before the first start.
    package var invocationID = ""
    package var unitFileState = ""
    package var fragmentPath = ""
    package var dropInPaths: [String] = []
    package var triggeredBy: [String] = []
    /// The id of the job that is queued for the unit; 0 for none.
    package var job: UInt32 = 0
    package var type = ""
    package var killMode = ""
    package var mainPID: UInt32 = 0
    package var restarts: UInt32 = 0
    package var result = ""
    package var exitStatus: Int32 = 0
    package var mainStarted: UInt64 = 0
    /// Of the last main process, also when it has ended.
    package var lastPID: UInt32 = 0
    package var controlGroup = ""
    package var user = ""
    /// `NAME=value`, as the unit sets it; without what an environment file adds.
    package var environment: [String] = []
    package var environmentFiles: [EnvironmentFile] = []
    /// In µs; `UInt64.max` for "infinity".
    package var timeoutStart: UInt64 = 0
    package var timeoutStop: UInt64 = 0
    package var restart = ""
    package var workingDirectory = ""
    /// Names of variables that the unit takes over from its manager.
    package var passEnvironment: [String] = []
    /// `NAME`, or `NAME=value` where only that value is taken away.
    package var unsetEnvironment: [String] = []
    /// Credentials that are read from a file as it is; the path may be relative, or a socket's.
    package var loadCredential: [Credential] = []
    /// The words of the commands that it is started with, each behind the path of its program.
    package var execStart: [String] = []
    /// Names of all other credentials.
    package var otherCredentials: [String] = []
    /// `false` where a condition of the unit was not met at its last start.
    package var conditionResult = true
    /// Those that were not met then, as they stand in the unit: `ConditionPathExists=/srv/ready`.
    package var conditions: [String] = []
    /// Its files have changed since the manager read them.
    package var needDaemonReload = false
    /// Why it could not be loaded, in the manager's words.
    package var loadError = ""
    /// Units that start it, stop it or keep it: what wants or needs it, and what it is bound to.
    package var wantedBy: [String] = []
    package var requiredBy: [String] = []
    package var upheldBy: [String] = []
    package var boundBy: [String] = []
    package var onFailureOf: [String] = []
    package var onSuccessOf: [String] = []
    package var bindsTo: [String] = []
    package var partOf: [String] = []
    package var requires: [String] = []
    /// How its last main process ended: `CLD_EXITED`, `CLD_KILLED` or `CLD_DUMPED` of waitid(2); 0 for not yet.
    package var mainCode: Int32 = 0
    package var mainExited: UInt64 = 0
    package var killSignal: Int32 = 0
    package var restartKillSignal: Int32 = 0
    /// The syslog level above which nothing of the unit is logged, also by its manager; negative for none.
    package var logLevelMax: Int32 = -1
    package var restartForce = ExitStatuses()
    package var success = ExitStatuses()
    package var dynamicUser = false
    package var rootDirectory = ""
    package var rootImage = ""
    /// The places at which a unit finds other files than the rest of the host.
    package var bindPaths: [BindMount] = []
    package var bindReadOnlyPaths: [BindMount] = []
    package var temporaryFileSystem: [String] = []
    package var protectHome = ""

    /// Statuses and signals, as `RestartForceExitStatus=` and its like have them (systemd.service(5)).
    package struct ExitStatuses: Equatable, Sendable {
        package var codes: [Int32] = []
        package var signals: [Int32] = []
    }

    package struct EnvironmentFile: Equatable, Sendable {
        package let path: String
        /// With `-` before its path: it may be missing.
        package let isOptional: Bool

        package init(path: String, isOptional: Bool) {
            self.path = path
            self.isOptional = isOptional
        }
    }

    package struct BindMount: Equatable, Sendable {
        package let source: String
        package let place: String
    }

    package struct Credential: Equatable, Sendable {
        package let name: String
        package let path: String

        package init(name: String, path: String) {
            self.name = name
            self.path = path
        }
    }

    package init() {}

    /// Takes over the variant that the reader stands at.
    mutating func read(_ property: UnitProperty, _ message: MessageReader) throws(SystemdError) {
        switch property {
        case .activeEnter: activeEnter = try message.variant("t", UInt64.self)
        case .inactiveExit: inactiveExit = try message.variant("t", UInt64.self)
        case .stateChange: stateChange = try message.variant("t", UInt64.self)
        case .invocationID: invocationID = try message.variantOfBytes()
        case .unitFileState: unitFileState = try message.variant()
        case .fragmentPath: fragmentPath = try message.variant()
        case .dropInPaths: dropInPaths = try message.variantOfList()
        case .triggeredBy: triggeredBy = try message.variantOfList()
        case .job: job = try message.variantOfJob()
        case .type: type = try message.variant()
        case .killMode: killMode = try message.variant()
        case .mainPID: mainPID = try message.variant("u", UInt32.self)
        case .restarts: restarts = try message.variant("u", UInt32.self)
        case .result: result = try message.variant()
        case .exitStatus: exitStatus = try message.variant("i", Int32.self)
        case .mainStarted: mainStarted = try message.variant("t", UInt64.self)
        case .lastPID: lastPID = try message.variant("u", UInt32.self)
        case .controlGroup: controlGroup = try message.variant()
        case .user: user = try message.variant()
        case .environment: environment = try message.variantOfList()
        case .environmentFiles: environmentFiles = try message.variantOfFiles()
        case .timeoutStart: timeoutStart = try message.variant("t", UInt64.self)
        case .timeoutStop: timeoutStop = try message.variant("t", UInt64.self)
        case .restart: restart = try message.variant()
        case .workingDirectory: workingDirectory = try message.variant()
        case .passEnvironment: passEnvironment = try message.variantOfList()
        case .unsetEnvironment: unsetEnvironment = try message.variantOfList()
        case .loadCredential: loadCredential = try message.variantOfPairs()
        case .loadCredentialEncrypted: otherCredentials += try message.variantOfPairs().map(\.name)
        case .execStart: execStart = try message.variantOfCommands()
        case .conditions: conditions = try message.variantOfConditions()
        case .conditionResult: conditionResult = try message.variantOfFlag()
        case .needDaemonReload: needDaemonReload = try message.variantOfFlag()
        case .loadError: loadError = try message.variantOfError()
        case .wantedBy: wantedBy = try message.variantOfList()
        case .requiredBy: requiredBy = try message.variantOfList()
        case .upheldBy: upheldBy = try message.variantOfList()
        case .boundBy: boundBy = try message.variantOfList()
        case .onFailureOf: onFailureOf = try message.variantOfList()
        case .onSuccessOf: onSuccessOf = try message.variantOfList()
        case .bindsTo: bindsTo = try message.variantOfList()
        case .partOf: partOf = try message.variantOfList()
        case .requires: requires = try message.variantOfList()
        case .mainCode: mainCode = try message.variant("i", Int32.self)
        case .mainExited: mainExited = try message.variant("t", UInt64.self)
        case .killSignal: killSignal = try message.variant("i", Int32.self)
        case .restartKillSignal: restartKillSignal = try message.variant("i", Int32.self)
        case .logLevelMax: logLevelMax = try message.variant("i", Int32.self)
        case .restartForce: restartForce = try message.variantOfStatuses()
        case .success: success = try message.variantOfStatuses()
        case .dynamicUser: dynamicUser = try message.variantOfFlag()
        case .rootDirectory: rootDirectory = try message.variant()
        case .rootImage: rootImage = try message.variant()
        case .bindPaths: bindPaths = try message.variantOfMounts()
        case .bindReadOnlyPaths: bindReadOnlyPaths = try message.variantOfMounts()
        case .temporaryFileSystem: temporaryFileSystem = try message.variantOfPairs().map(\.name)
        case .protectHome: protectHome = try message.variant()
        case .setCredential, .setCredentialEncrypted: otherCredentials += try message.variantOfNames()
        }
    }

    /// Takes over an `a{sv}`: what `GetAll` answers. Names that are not of interest are passed over.
    mutating func readAll(_ message: MessageReader) throws(SystemdError) {
        guard try message.enter("a", "{sv}") else { return }
        while try message.enter("e", "sv") {
            if let property = UnitProperty(rawValue: try message.text()) {
                try read(property, message)
            } else {
                try message.skip("v")
            }
            try message.exit()
        }
        try message.exit()
    }
}
