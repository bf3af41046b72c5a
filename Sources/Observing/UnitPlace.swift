internal import Model

/// What a cgroup's path says of who runs a process: its unit, and whose manager that unit belongs to.
struct UnitPlace {
    /// Empty where the path names no service and no scope.
    let unit: String
    /// `nil` for the system manager.
    let uid: UInt32?

    static func of(_ cgroup: String) -> UnitPlace {
        let parts = cgroup.split(separator: "/")
        var uid: UInt32?
        var unit = ""
        for part in parts where part.hasSuffix(".service") || part.hasSuffix(".scope") {
            unit = String(part)
            // What a unit has made below itself may be called anything; only a user's manager has units there.
            guard uid == nil, part.hasPrefix("user@"), part.hasSuffix(".service") else { break }
            uid = UInt32(part.dropFirst("user@".count).dropLast(".service".count))
            if uid == nil { break }
        }
        return UnitPlace(unit: unit, uid: unit.hasPrefix("user@") ? nil : uid)
    }

    /// The cgroups that container engines make, also for those that share the host's PIDs: `docker-ID.scope`,
    /// `libpod-ID.scope`, `/docker/ID`, `/kubepods/…`, and what systemd-machined(8) keeps.
    private static func isContainers(_ cgroup: String) -> Bool {
        cgroup.split(separator: "/").contains { part in
            ["docker", "kubepods", "machine.slice", "lxc"].contains(part)
                || [
                    "docker-", "libpod-", "crio-", "cri-containerd-", "nerdctl-", "machine-", "lxc.payload", "kubepods",
                ]
                .contains {
                    part.hasPrefix($0) && (part.hasSuffix(".scope") || part.hasSuffix(".slice") || $0 == "lxc.payload")
                }
        }
    }

    /// A login, and what a terminal there has moved out of it: since systemd's managers of users do so, tmux(1) and the
    /// terminals of desktops start each shell in a scope of its own.
    private var isSession: Bool {
        unit.hasSuffix(".scope")
            && (["session-"] + (uid == nil ? [] : ["tmux-spawn-", "vte-spawn-"]))
                .contains(where: unit.hasPrefix)
    }

    /// A service governs its main process, what descends from it, what carries the mark of its present start, and what
    /// has lost that mark and still writes where the service does.
    func place(
        isContainer: Bool, writesToSocket: @autoclosure () -> Bool, of found: Outsider, isMain: inout Bool,
        _ service: ServiceStart.Ask
    ) -> Outsider.Place {
        if isContainer || Self.isContainers(found.process.cgroup) { return .container(unit) }
        if isSession { return .session(unit) }
        guard unit.hasSuffix(".service") else { return .loose(unit) }
        let scope: Scope = uid.map { .user(uid: $0, name: Accounts.name(of: $0)) } ?? .system
        guard let start = service(scope, unit) else { return .service(unit, governs: true) }
        if start.isOver { return .loose(unit) }
        guard start.mainPID > 0 else { return .service(unit, governs: true) }
        isMain = start.mainPID == found.process.id.pid
        let isOfStart = !start.invocationID.isEmpty && found.process.invocationID == start.invocationID
        let descends = found.ancestors.contains { $0.id.pid == start.mainPID }
        let isUnmarked = found.process.invocationID?.isEmpty ?? true
        return .service(unit, governs: isMain || isOfStart || descends || (isUnmarked && writesToSocket()))
    }
}

/// What a service's manager says of its present start.
struct ServiceStart {
    let mainPID: Int32
    let invocationID: String
    /// The unit does not exist any more, or is down.
    let isOver: Bool

    /// `nil` where it is not known.
    typealias Ask = (Scope, String) -> ServiceStart?
}
