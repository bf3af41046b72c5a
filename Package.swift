// swift-tools-version: 6.2
import PackageDescription

/// Every module is compiled alike: Swift 6, explicit existentials, imports that do not leak, and no warning left standing.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// Modules without a C boundary: the compiler shows any unsafe construct in them.
let pure: [SwiftSetting] = strict + [.strictMemorySafety()]

/// A library of the distribution: its `module.modulemap` and `shim.h` are the only place that names its headers.
func system(_ name: String, _ pkgConfig: String, apt package: String) -> Target {
    .systemLibrary(name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// A module that wraps a C library, and the C module that it alone imports.
func binding(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name + "Tests", dependencies: dependencies, path: "Tests/\(name)Tests", swiftSettings: strict)
}

let package = Package(
    name: "watchdog",
    products: [.executable(name: "watchdog", targets: ["watchdog"])],
    targets: [
        system("CSystemd", "libsystemd", apt: "libsystemd-dev"),
        system("CCurl", "libcurl", apt: "libcurl4-openssl-dev"),
        system("CSQLite", "sqlite3", apt: "libsqlite3-dev"),
        system("CCrypto", "libcrypto", apt: "libssl-dev"),
        system("CYaml", "yaml-0.1", apt: "libyaml-dev"),
        .target(name: "CLinux"),
        .target(name: "CToml", cxxSettings: [.unsafeFlags(["-std=c++17"])]),
        .target(name: "CJSONSchema", cxxSettings: [.unsafeFlags(["-std=c++17"])]),

        binding("Systemd", ["CSystemd"]),
        binding("HTTP", ["CCurl"]),
        binding("SQLite", ["CSQLite"]),
        binding("Files", ["CLinux", "CCrypto"]),
        binding("Processes", ["CLinux"]),
        binding("ConfigText", ["CToml", "CYaml", "CJSONSchema"]),

        .target(name: "Model", swiftSettings: pure),
        .target(name: "AgentKinds", dependencies: ["ConfigText", "Model"], swiftSettings: pure),
        .target(
            name: "Observing",
            dependencies: ["AgentKinds", "ConfigText", "Model", "Systemd", "HTTP", "Files", "Processes"],
            swiftSettings: strict),
        .target(name: "Diagnosing", dependencies: ["AgentKinds", "Model", "HTTP"], swiftSettings: pure),
        .target(name: "Planning", dependencies: ["Model"], swiftSettings: pure),
        .target(name: "Acting", dependencies: ["Model", "Systemd", "Files", "Processes"], swiftSettings: strict),
        .target(name: "Recording", dependencies: ["Model", "SQLite"], swiftSettings: pure),
        .target(name: "Alerting", dependencies: ["Model", "HTTP"], swiftSettings: pure),
        .target(name: "SettingsFile", dependencies: ["Model", "CToml"], swiftSettings: strict),

        .target(
            name: "Commands",
            dependencies: [
                "AgentKinds", "Model", "Systemd", "HTTP", "Files", "CLinux", "ConfigText", "SettingsFile",
                "Observing", "Diagnosing", "Planning", "Acting", "Recording", "Alerting",
            ],
            swiftSettings: strict),
        .executableTarget(name: "watchdog", dependencies: ["Commands"], swiftSettings: strict),

        // For scripts/bench alone: the walk of a pass over /proc, to be timed without the rest of the pass.
        .executableTarget(
            name: "walk-bench", dependencies: ["Files", "Model", "Processes"], path: "Tests/bench/walk",
            swiftSettings: strict),

        tests("Alerting", ["Alerting", "FixturesTests", "Model"]),
        tests("Commands", ["Commands", "Diagnosing", "Files", "FixturesTests", "Model", "Recording"]),
        tests("ConfigText", ["ConfigText", "FixturesTests"]),
        tests("Diagnosing", ["Diagnosing", "FixturesTests", "Model"]),
        tests("AgentKinds", ["AgentKinds", "FixturesTests", "Model"]),
        tests("Fixtures", ["AgentKinds", "Model"]),
        tests("Files", ["Files", "FixturesTests"]),
        tests("HTTP", ["FixturesTests", "HTTP"]),
        tests("Model", ["FixturesTests", "Model"]),
        tests(
            "Observing",
            [
                "AgentKinds", "ConfigText", "Diagnosing", "Files", "FixturesTests", "Model", "Observing", "Processes",
                "Systemd",
            ]),
        tests("Planning", ["FixturesTests", "Model", "Planning"]),
        tests("Processes", ["FixturesTests", "Processes"]),
        tests("Recording", ["FixturesTests", "Model", "Recording", "SQLite"]),
        tests("SQLite", ["FixturesTests", "SQLite"]),
        tests("SettingsFile", ["FixturesTests", "Model", "SettingsFile"]),
        tests("Systemd", ["CSystemd", "FixturesTests", "Systemd"]),
    ],
    cxxLanguageStandard: .cxx17
)
