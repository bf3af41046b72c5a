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
            .triggeredBy, .job:
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

    package struct EnvironmentFile: Equatable, Sendable {
        package let path: String
        /// With `-` before its path: it may be missing.
        package let isOptional: Bool

        package init(path: String, isOptional: Bool) {
            self.path = path
            self.isOptional = isOptional
        }
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

extension MessageReader {
    /// A variant that holds a time.
    func timestamp() throws(SystemdError) -> UInt64 { try variant("t", UInt64.self) }

    /// A variant that holds a text.
    func variantOfText() throws(SystemdError) -> String { try variant() }

    /// A variant that holds a list of texts.
    func texts() throws(SystemdError) -> [String] { try variantOfList() }

    fileprivate func variant() throws(SystemdError) -> String {
        _ = try enter("v", "s")
        let value = try text()
        try exit()
        return value
    }

    fileprivate func variant<Number: FixedWidthInteger>(
        _ type: Character, _ number: Number.Type
    ) throws(SystemdError) -> Number {
        _ = try enter("v", String(type))
        let value = try self.number(type, as: number)
        try exit()
        return value
    }

    fileprivate func variantOfList() throws(SystemdError) -> [String] {
        _ = try enter("v", "as")
        _ = try enter("a", "s")
        var list: [String] = []
        while sd_bus_message_at_end(raw, 0) == 0 { list.append(try text()) }
        try exit()
        try exit()
        return list
    }

    /// An array of bytes, as hexadecimal digits.
    fileprivate func variantOfBytes() throws(SystemdError) -> String {
        _ = try enter("v", "ay")
        _ = try enter("a", "y")
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        while sd_bus_message_at_end(raw, 0) == 0 {
            let byte = try number("y", as: UInt8.self)
            text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        try exit()
        try exit()
        return String(decoding: text, as: UTF8.self)
    }

    /// The id out of `(uo)`.
    fileprivate func variantOfJob() throws(SystemdError) -> UInt32 {
        _ = try enter("v", "(uo)")
        _ = try enter("r", "uo")
        let id = try number("u", as: UInt32.self)
        try skip("o")
        try exit()
        try exit()
        return id
    }

    /// `a(sb)`, where the flag says that the file may be missing.
    fileprivate func variantOfFiles() throws(SystemdError) -> [UnitProperties.EnvironmentFile] {
        _ = try enter("v", "a(sb)")
        _ = try enter("a", "(sb)")
        var files: [UnitProperties.EnvironmentFile] = []
        while try enter("r", "sb") {
            let path = try text()
            // A boolean of D-Bus is a C int (sd_bus_message_read_basic(3)).
            files.append(UnitProperties.EnvironmentFile(path: path, isOptional: try number("b", as: Int32.self) != 0))
            try exit()
        }
        try exit()
        try exit()
        return files
    }

    /// The path and the words out of `a(sasbttttuii)`; what became of the last start is passed over.
    fileprivate func variantOfCommands() throws(SystemdError) -> [String] {
        _ = try enter("v", "a(sasbttttuii)")
        _ = try enter("a", "(sasbttttuii)")
        var words: [String] = []
        while try enter("r", "sasbttttuii") {
            words.append(try text())
            _ = try enter("a", "s")
            while sd_bus_message_at_end(raw, 0) == 0 { words.append(try text()) }
            try exit()
            try skip("bttttuii")
            try exit()
        }
        try exit()
        try exit()
        return words
    }

    /// `a(ss)`
    fileprivate func variantOfPairs() throws(SystemdError) -> [UnitProperties.Credential] {
        _ = try enter("v", "a(ss)")
        _ = try enter("a", "(ss)")
        var pairs: [UnitProperties.Credential] = []
        while try enter("r", "ss") {
            pairs.append(UnitProperties.Credential(name: try text(), path: try text()))
            try exit()
        }
        try exit()
        try exit()
        return pairs
    }

    /// The names out of `a(say)`; the bytes are secrets, and stay where they are.
    fileprivate func variantOfNames() throws(SystemdError) -> [String] {
        _ = try enter("v", "a(say)")
        _ = try enter("a", "(say)")
        var names: [String] = []
        while try enter("r", "say") {
            names.append(try text())
            try skip("ay")
            try exit()
        }
        try exit()
        try exit()
        return names
    }
}
