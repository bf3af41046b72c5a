internal import CSystemd

/// A unit as a manager lists it.
package struct ListedUnit: Equatable, Sendable {
    package let name: String
    /// `loaded`, `not-found`, `masked`, `bad-setting`, `error`.
    package let loadState: String
    package let activeState: String
    package let subState: String
    /// Where the unit's properties are found on the bus.
    package let path: String
}

/// The methods of `org.freedesktop.systemd1.Manager` that the watchdog calls, one Swift method each
/// (org.freedesktop.systemd1(5)).
package final class UnitManager {
    let bus: Bus

    static let path = "/org/freedesktop/systemd1"
    static let interface = "org.freedesktop.systemd1.Manager"

    /// Until when an answer is waited for, whatever is asked; `nil`: each call has its own time.
    private var deadline: ContinuousClock.Instant?

    package init(_ bus: consuming Bus) { self.bus = bus }

    /// Everything that `body` asks has to be answered within `limit` altogether: a manager that is stuck, or a user's
    /// that means harm, holds up a pass no longer than that.
    package func within<Value>(
        _ limit: Duration, _ body: () throws(SystemdError) -> Value
    ) throws(SystemdError) -> Value {
        deadline = ContinuousClock.now + limit
        defer { deadline = nil }
        return try body()
    }

    /// For the next call, in µs.
    var timeout: UInt64 {
        guard let deadline else { return Bus.callTimeout }
        let left = (deadline - ContinuousClock.now) / .microseconds(1)
        return min(Bus.callTimeout, UInt64(max(left, 1000)))
    }

    /// When this manager began to start units, in µs since 1970.
    package func started() throws(SystemdError) -> UInt64 {
        let subject = "Reading the start time of \(bus.peer)"
        let reply = try ask("UserspaceTimestamp", subject)
        return try MessageReader(raw: reply.raw, subject: subject).timestamp()
    }

    /// The number of systemd's release: 252.
    package func release() throws(SystemdError) -> Int {
        let subject = "Reading the release of \(bus.peer)"
        let reply = try ask("Version", subject)
        let text = try MessageReader(raw: reply.raw, subject: subject).variantOfText()
        return Int(text.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 0
    }

    /// `NAME=value`: what every service of this manager is given.
    package func environment() throws(SystemdError) -> [String] {
        let subject = "Reading the environment of \(bus.peer)"
        let reply = try ask("Environment", subject)
        return try MessageReader(raw: reply.raw, subject: subject).texts()
    }

    /// The level up to which this manager logs: `info`, `warning` (systemd(1), --log-level=).
    package func logLevel() throws(SystemdError) -> String {
        let subject = "Reading the log level of \(bus.peer)"
        let reply = try ask("LogLevel", subject)
        return try MessageReader(raw: reply.raw, subject: subject).variantOfText()
    }

    /// What a job that is queued is to do: `start`, `stop`, `restart`; `nil` where it has ended meanwhile.
    package func jobType(_ job: UInt32) throws(SystemdError) -> String? {
        let subject = "Reading the type of job \(job) of \(bus.peer)"
        let message = try Message.call(
            bus, path: "\(Self.path)/job/\(job)", interface: "org.freedesktop.DBus.Properties", member: "Get")
        try message.append("org.freedesktop.systemd1.Job")
        try message.append("JobType")
        do throws(SystemdError) {
            let reply = try call(message, subject)
            return try MessageReader(raw: reply.raw, subject: subject).variantOfText()
        } catch  where error.code == .refused("org.freedesktop.DBus.Error.UnknownObject") {
            return nil
        }
    }

    /// A property of the manager itself.
    private func ask(_ property: String, _ subject: String) throws(SystemdError) -> Message {
        let message = try Message.call(
            bus, path: Self.path, interface: "org.freedesktop.DBus.Properties", member: "Get")
        try message.append(Self.interface)
        try message.append(property)
        return try call(message, subject)
    }

    /// Loaded units whose name matches one of the shell patterns.
    package func listUnits(patterns: [String]) throws(SystemdError) -> [ListedUnit] {
        // To the manager an empty list of patterns means every unit.
        guard !patterns.isEmpty else { return [] }
        let subject = "Listing the units of \(bus.peer)"
        let message = try Message.call(
            bus, path: Self.path, interface: Self.interface, member: "ListUnitsByPatterns")
        try message.append([])
        try message.append(patterns)
        return try listed(message, subject)
    }

    /// The units of these names, loaded for the purpose where they were not; `not-found` where they do not exist.
    package func listUnits(names: [String]) throws(SystemdError) -> [ListedUnit] {
        let subject = "Looking up \(names.joined(separator: ", ")) in \(bus.peer)"
        let message = try Message.call(bus, path: Self.path, interface: Self.interface, member: "ListUnitsByNames")
        try message.append(names)
        return try listed(message, subject)
    }

    /// The chosen properties of many units in one batch. A unit that went away meanwhile, or whose manager answers
    /// with an error, fails alone.
    package func properties(
        _ chosen: [UnitProperty], of units: [ListedUnit]
    ) throws(SystemdError) -> [Result<UnitProperties, SystemdError>] {
        var answers = [Result<UnitProperties, SystemdError>](repeating: .success(UnitProperties()), count: units.count)
        let calls = PendingCalls()
        for (index, unit) in units.enumerated() {
            for property in chosen {
                let message = try Message.call(
                    bus, path: unit.path, interface: "org.freedesktop.DBus.Properties", member: "Get")
                try message.append(property.interface)
                try message.append(property.rawValue)
                try calls.send(
                    message, on: bus, timeout: timeout, subject: "Reading \(property.rawValue) of \(unit.name)"
                ) { answer in
                    Self.merge(answer, into: &answers[index]) { properties, reader throws(SystemdError) in
                        try properties.read(property, reader)
                    }
                }
            }
        }
        try calls.drain(bus)
        return answers
    }

    /// Every property of interest of these units. Dearer than choosing: see `UnitProperty.ofRunning`.
    package func allProperties(of units: [ListedUnit]) throws(SystemdError) -> [Result<UnitProperties, SystemdError>] {
        var answers = [Result<UnitProperties, SystemdError>](repeating: .success(UnitProperties()), count: units.count)
        let calls = PendingCalls()
        for (index, unit) in units.enumerated() {
            let message = try Message.call(
                bus, path: unit.path, interface: "org.freedesktop.DBus.Properties", member: "GetAll")
            // An empty interface name stands for all interfaces of the object.
            try message.append("")
            try calls.send(message, on: bus, timeout: timeout, subject: "Reading the properties of \(unit.name)") {
                answer in
                Self.merge(answer, into: &answers[index]) { properties, reader throws(SystemdError) in
                    try properties.readAll(reader)
                }
            }
        }
        try calls.drain(bus)
        return answers
    }

    /// Clears the failed state and the count of starts, without which a unit in its start limit cannot be started.
    package func resetFailed(_ unit: String) throws(SystemdError) {
        let message = try Message.call(bus, path: Self.path, interface: Self.interface, member: "ResetFailedUnit")
        try message.append(unit)
        _ = try call(message, "Clearing the failed state of \(unit) in \(bus.peer)")
    }

    /// Has the manager read its unit files again, as `systemctl daemon-reload` does.
    package func reload() throws(SystemdError) {
        let message = try Message.call(bus, path: Self.path, interface: Self.interface, member: "Reload")
        _ = try call(message, "Reloading the unit files of \(bus.peer)")
    }

    func call(_ message: borrowing Message, _ subject: String) throws(SystemdError) -> Message {
        var error = sd_bus_error()
        defer { sd_bus_error_free(&error) }
        var reply: OpaquePointer?
        let result = sd_bus_call(bus.raw, message.raw, timeout, &error, &reply)
        if let reply, result >= 0 { return Message(owning: reply) }
        if error.name != nil { throw withUnsafePointer(to: error) { .answered($0, subject) } }
        throw .failed(result, subject)
    }

    private func listed(_ message: borrowing Message, _ subject: String) throws(SystemdError) -> [ListedUnit] {
        let reply = try call(message, subject)
        let reader = MessageReader(raw: reply.raw, subject: subject)
        var units: [ListedUnit] = []
        _ = try reader.enter("a", "(ssssssouso)")
        while try reader.enter("r", "ssssssouso") {
            let name = try reader.text()
            try reader.skip("s")
            let load = try reader.text()
            let active = try reader.text()
            let sub = try reader.text()
            try reader.skip("s")
            let path = try reader.text("o")
            try reader.skip("uso")
            try reader.exit()
            units.append(ListedUnit(name: name, loadState: load, activeState: active, subState: sub, path: path))
        }
        try reader.exit()
        return units
    }

    private static func merge(
        _ answer: Result<MessageReader, SystemdError>, into result: inout Result<UnitProperties, SystemdError>,
        _ read: (inout UnitProperties, MessageReader) throws(SystemdError) -> Void
    ) {
        guard case .success(var properties) = result else { return }
        do throws(SystemdError) {
            try read(&properties, try answer.get())
            result = .success(properties)
        } catch {
            result = .failure(error)
        }
    }
}
