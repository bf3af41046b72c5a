import AgentKinds
package import Model

/// An agent as it is seen on an ordinary day; a test changes what it is about.
package enum Sample {
    /// 2026-09-01T03:15:00Z.
    package static let now = Timestamp(microseconds: 1_788_232_500_000_000)
    package static let unit = "openclaw-gateway-coder.service"
    package static let id = AgentID(scope: .system, unit: unit)
    package static let user = Scope.user(uid: 1000, name: "fleet")
    package static let configPath = "/srv/coder/openclaw.json"
    package static let invocation = "0123456789abcdef0123456789abcdef"

    package static func agent(_ id: AgentID = id) -> Agent {
        Agent(id: id, name: AgentKinds.name(of: id), config: [named(configPath, isRoots: id.scope == .system)])
    }

    /// By the settings, which are root's.
    package static func named(_ path: String, isRoots: Bool = true) -> ConfigPath {
        ConfigPath(path, origin: .settings, isRoots: isRoots)
    }

    /// To end a process of an earlier start.
    package static func order(_ pid: Int32, ticks: UInt64 = 12) -> EndOrder {
        EndOrder(
            process: ProcessID(pid: pid, startTicks: ticks), cgroup: "/system.slice/\(unit)", uid: 1000,
            proof: .earlierStart)
    }

    /// Runs since an hour, enabled, well.
    package static func running(
        _ id: AgentID = id, at taken: Timestamp = now, _ change: (inout UnitFacts) -> Void = { _ in }
    ) -> AgentObservation {
        var unit = UnitFacts()
        unit.loadState = "loaded"
        unit.activeState = "active"
        unit.subState = "running"
        unit.unitFileState = "enabled"
        unit.killMode = "control-group"
        unit.mainPID = 4711
        unit.result = "success"
        unit.invocationID = invocation
        unit.activeSince = taken - .seconds(3600)
        unit.activationBegan = taken - .seconds(3600)
        unit.stateSince = taken - .seconds(3600)
        unit.mainStarted = taken - .seconds(3600)
        unit.controlGroup = "/system.slice/\(id.unit)"
        unit.type = "simple"
        unit.restartPolicy = "on-failure"
        change(&unit)
        return AgentObservation(agent: agent(id), taken: taken, unit: unit)
    }

    /// Has failed with status 1, ten seconds ago, and nobody stopped it.
    package static func failed(
        _ id: AgentID = id, at taken: Timestamp = now, _ change: (inout UnitFacts) -> Void = { _ in }
    ) -> AgentObservation {
        var seen = running(id, at: taken) { unit in
            unit.activeState = "failed"
            unit.subState = "failed"
            unit.mainPID = 0
            unit.result = "exit-code"
            unit.exitStatus = 1
            unit.stateSince = taken - .seconds(10)
            unit.activeSince = nil
            change(&unit)
            end(&unit)
        }
        seen.journal.end = ended
        return seen
    }

    /// Has ended with success, ten seconds ago, and nobody stopped it.
    package static func inactive(
        _ id: AgentID = id, at taken: Timestamp = now, _ change: (inout UnitFacts) -> Void = { _ in }
    ) -> AgentObservation {
        failed(id, at: taken) { unit in
            unit.activeState = "inactive"
            unit.subState = "dead"
            unit.result = "success"
            unit.exitStatus = 0
            change(&unit)
        }
    }

    /// What proves that a run came to its end by itself.
    package static let ended = RunEnd.byItself(
        Evidence("journal", "Main process exited, code=exited, status=1/FAILURE"))

    package static func stop(at moment: Timestamp = now - .seconds(5)) -> OperatorRequest {
        OperatorRequest(verb: .stop, at: moment, line: "Stopping \(unit)...")
    }

    /// When and how its main process ended, where a test does not say.
    private static func end(_ unit: inout UnitFacts) {
        if unit.mainEnd == nil { unit.mainEnd = .exited(unit.exitStatus) }
        if unit.mainExited == nil { unit.mainExited = unit.stateSince }
    }

    /// A version whose digest follows from its text; it lies there since a day.
    package static func config(
        _ text: String, path: String = configPath, modified: Timestamp = now - .seconds(86_400),
        changed: Timestamp = now - .seconds(86_400), meaning: String? = nil, release: String? = nil,
        touched: String? = nil
    ) -> ConfigVersion {
        ConfigVersion(
            path: path, bytes: Array(text.utf8), digest: digest(text), mode: 0o600, uid: 1000, gid: 1000,
            modified: modified, changed: changed, meaning: meaning.map(digest), release: release,
            touched: touched)
    }

    package static func digest(_ text: String) -> Digest {
        let hex = text.utf8.reduce(into: "") { $0 += String($1, radix: 16) }
        return Digest(hex: String((hex + String(repeating: "0", count: 64)).prefix(64)))
    }

    package static func present(_ version: ConfigVersion) -> ConfigFile {
        ConfigFile(path: version.path, state: .present(version))
    }

    package static func finding(
        _ kind: FindingKind, _ severity: Severity = .critical, _ prescription: Prescription = .none,
        summary: String? = nil
    ) -> Finding {
        Finding(
            kind: kind, severity: severity, summary: summary ?? "\(kind.rawValue) holds.", evidence: [],
            prescription: prescription)
    }

    package static func line(
        _ text: String, _ speaker: JournalLine.Speaker = .unit, at moment: Timestamp = now - .seconds(5),
        id: String = ""
    ) -> JournalLine {
        JournalLine(at: moment, speaker: speaker, text: text, messageID: id)
    }

    package static func probe(_ answer: ProbeFacts.Answer, url: String = "http://127.0.0.1:48520/readyz") -> ProbeFacts
    {
        ProbeFacts(probe: HealthProbe(url: url, assumed: false), answer: answer)
    }
}
