@testable import Systemd

/// Every property, as a manager says it and as it is understood.
enum PropertySample {
    /// Every property with the type that org.freedesktop.systemd1(5) gives it.
    static let all: [(UnitProperty, PeerValue)] = [
        (.activeEnter, .uint64(11)), (.inactiveExit, .uint64(12)), (.stateChange, .uint64(13)),
        (.invocationID, .array("y", [0x00, 0x0f, 0xa5, 0xff].map { .byte($0) })), (.unitFileState, .text("enabled")),
        (.fragmentPath, .text("/etc/systemd/system/a.service")), (.dropInPaths, .texts(["/a.conf", "/b.conf"])),
        (.triggeredBy, .texts(["a.timer"])), (.job, .structure([.uint32(77), .object("/job/77")])),
        (.type, .text("simple")), (.killMode, .text("mixed")), (.mainPID, .uint32(4711)), (.restarts, .uint32(3)),
        (.result, .text("success")), (.exitStatus, .int32(-1)), (.mainStarted, .uint64(.max)),
        (.lastPID, .uint32(.max)),
        (.controlGroup, .text("/system.slice/a.service")), (.user, .text("fleet")),
        (.environment, .texts(["A=1", "B=ü x"])),
        (.environmentFiles, .array("(sb)", [.structure([.text("/etc/a.env"), .boolean(true)])])),
        (.timeoutStart, .uint64(30_000_000)), (.timeoutStop, .uint64(.max)), (.restart, .text("on-failure")),
        (.workingDirectory, .text("/srv")), (.passEnvironment, .texts(["A", "B"])),
        (.unsetEnvironment, .texts(["C", "D=1"])),
        (.loadCredential, .array("(ss)", [.structure([.text("key"), .text("/etc/key")])])),
        (.loadCredentialEncrypted, .array("(ss)", [.structure([.text("sealed"), .text("/etc/sealed")])])),
        (.setCredential, .array("(say)", [.structure([.text("set"), .array("y", [.byte(7)])])])),
        (.setCredentialEncrypted, .array("(say)", [])),
        (
            .execStart,
            .array(
                "(sasbttttuii)",
                [
                    .structure([
                        .text("/usr/bin/node"), .texts(["node", "", "x.js"]), .boolean(false), .uint64(1), .uint64(2),
                        .uint64(3), .uint64(4), .uint32(5), .int32(6), .int32(7),
                    ])
                ])
        ),
        (.conditionResult, .boolean(false)),
        (
            .conditions,
            .array(
                "(sbbsi)",
                [
                    condition("ConditionPathExists", "/srv/ready", result: -1),
                    condition("ConditionPathExists", "/srv/off", isNegated: true, result: -1),
                    condition("ConditionHost", "here", result: 1), condition("ConditionACPower", "true", result: 0),
                ])
        ),
        (.needDaemonReload, .boolean(true)),
        (.loadError, .structure([.text("org.freedesktop.systemd1.BadUnitSetting"), .text("Bad.")])),
        (.wantedBy, .texts(["multi-user.target"])), (.requiredBy, .texts(["r.service"])),
        (.upheldBy, .texts(["u.service"])), (.boundBy, .texts(["k.service"])),
        (.onFailureOf, .texts(["f.service"])), (.onSuccessOf, .texts(["s.service"])), (.bindsTo, .texts(["b.service"])),
        (.partOf, .texts(["p.service"])),
        (.requires, .texts(["q.service"])), (.mainCode, .int32(2)), (.mainExited, .uint64(14)),
        (.killSignal, .int32(15)), (.restartKillSignal, .int32(10)), (.logLevelMax, .int32(4)),
        (.restartForce, statuses([75, 76], [1])), (.success, statuses([], [2])), (.dynamicUser, .boolean(true)),
        (.rootDirectory, .text("/srv/root")), (.rootImage, .text("/srv/image")),
        (.bindPaths, mounts([("/a", "/b")])), (.bindReadOnlyPaths, mounts([("/c", "/c"), ("/d", "/e")])),
        (.temporaryFileSystem, .array("(ss)", [.structure([.text("/var"), .text("ro")])])),
        (.protectHome, .text("tmpfs")),
    ]

    /// Type, whether it is one of several alternatives, whether it is negated, parameter, result.
    private static func condition(
        _ name: String, _ parameter: String, isNegated: Bool = false, result: Int32
    ) -> PeerValue {
        .structure([.text(name), .boolean(false), .boolean(isNegated), .text(parameter), .int32(result)])
    }

    private static func statuses(_ codes: [Int32], _ signals: [Int32]) -> PeerValue {
        .structure([.array("i", codes.map { .int32($0) }), .array("i", signals.map { .int32($0) })])
    }

    private static func mounts(_ binds: [(String, String)]) -> PeerValue {
        .array(
            "(ssbt)", binds.map { .structure([.text($0.0), .text($0.1), .boolean(false), .uint64(16_384)]) })
    }

    static var expected: UnitProperties {
        var properties = UnitProperties()
        properties.activeEnter = 11
        properties.inactiveExit = 12
        properties.stateChange = 13
        properties.invocationID = "000fa5ff"
        properties.unitFileState = "enabled"
        properties.fragmentPath = "/etc/systemd/system/a.service"
        properties.dropInPaths = ["/a.conf", "/b.conf"]
        properties.triggeredBy = ["a.timer"]
        properties.job = 77
        properties.type = "simple"
        properties.killMode = "mixed"
        properties.mainPID = 4711
        properties.restarts = 3
        properties.result = "success"
        properties.exitStatus = -1
        properties.mainStarted = .max
        properties.lastPID = .max
        properties.controlGroup = "/system.slice/a.service"
        properties.user = "fleet"
        properties.environment = ["A=1", "B=ü x"]
        properties.environmentFiles = [UnitProperties.EnvironmentFile(path: "/etc/a.env", isOptional: true)]
        properties.timeoutStart = 30_000_000
        properties.timeoutStop = .max
        properties.restart = "on-failure"
        properties.workingDirectory = "/srv"
        properties.passEnvironment = ["A", "B"]
        properties.unsetEnvironment = ["C", "D=1"]
        properties.loadCredential = [UnitProperties.Credential(name: "key", path: "/etc/key")]
        properties.otherCredentials = ["sealed", "set"]
        properties.execStart = ["/usr/bin/node", "node", "", "x.js"]
        properties.conditionResult = false
        properties.conditions = ["ConditionPathExists=/srv/ready", "ConditionPathExists=!/srv/off"]
        properties.needDaemonReload = true
        properties.loadError = "Bad."
        properties.wantedBy = ["multi-user.target"]
        properties.requiredBy = ["r.service"]
        properties.upheldBy = ["u.service"]
        properties.boundBy = ["k.service"]
        properties.onFailureOf = ["f.service"]
        properties.onSuccessOf = ["s.service"]
        properties.bindsTo = ["b.service"]
        properties.partOf = ["p.service"]
        properties.requires = ["q.service"]
        properties.mainCode = 2
        properties.mainExited = 14
        properties.killSignal = 15
        properties.restartKillSignal = 10
        properties.logLevelMax = 4
        properties.restartForce.codes = [75, 76]
        properties.restartForce.signals = [1]
        properties.success.signals = [2]
        properties.dynamicUser = true
        properties.rootDirectory = "/srv/root"
        properties.rootImage = "/srv/image"
        properties.bindPaths = [UnitProperties.BindMount(source: "/a", place: "/b")]
        properties.bindReadOnlyPaths = [
            UnitProperties.BindMount(source: "/c", place: "/c"), UnitProperties.BindMount(source: "/d", place: "/e"),
        ]
        properties.temporaryFileSystem = ["/var"]
        properties.protectHome = "tmpfs"
        return properties
    }
}
