internal import CSystemd
internal import Glibc

extension UnitManager {
    /// Has the manager start `command` once, at a time of the wall clock: a timer and its service, which exist only
    /// until then or until the machine restarts (org.freedesktop.systemd1(5), StartTransientUnit). `name` is that of
    /// both, without a suffix; `calendar` is a time as systemd.time(7) has it.
    package func startOnce(
        _ name: String, at calendar: String, command: [String], description: String
    ) throws(SystemdError) {
        let subject = "Setting the timer \(name) in \(bus.peer)"
        let message = try Message.call(bus, path: Self.path, interface: Self.interface, member: "StartTransientUnit")
        try message.append("\(name).timer")
        try message.append("replace")
        try message.container("a", "(sv)", subject) { () throws(SystemdError) -> Void in
            try message.property("Description", subject, "s") { () throws(SystemdError) -> Void in
                try message.append(description)
            }
            try message.property("TimersCalendar", subject, "a(ss)") { () throws(SystemdError) -> Void in
                try message.container("a", "(ss)", subject) { () throws(SystemdError) -> Void in
                    try message.container("r", "ss", subject) { () throws(SystemdError) -> Void in
                        try message.append("OnCalendar")
                        try message.append(calendar)
                    }
                }
            }
            // Once it has gone off it is nobody's any more, and its name is free again.
            try message.property("RemainAfterElapse", subject, "b") { () throws(SystemdError) -> Void in
                try message.append(flag: false, subject)
            }
            try message.property("AccuracyUSec", subject, "t") { () throws(SystemdError) -> Void in
                try message.append(microseconds: 1_000_000, subject)
            }
        }
        try message.container("a", "(sa(sv))", subject) { () throws(SystemdError) -> Void in
            try message.container("r", "sa(sv)", subject) { () throws(SystemdError) -> Void in
                try message.append("\(name).service")
                try message.container("a", "(sv)", subject) { () throws(SystemdError) -> Void in
                    try message.property("Description", subject, "s") { () throws(SystemdError) -> Void in
                        try message.append(description)
                    }
                    // Its exit status speaks of the fleet, and must leave no failed unit behind.
                    try message.property("CollectMode", subject, "s") { () throws(SystemdError) -> Void in
                        try message.append("inactive-or-failed")
                    }
                    try message.property("ExecStart", subject, "a(sasb)") { () throws(SystemdError) -> Void in
                        try message.container("a", "(sasb)", subject) { () throws(SystemdError) -> Void in
                            try message.container("r", "sasb", subject) { () throws(SystemdError) -> Void in
                                try message.append(command.first ?? "")
                                try message.append(command)
                                try message.append(flag: false, subject)
                            }
                        }
                    }
                }
            }
        }
        _ = try call(message, subject)
    }
}

extension Message {
    fileprivate func container(
        _ type: Character, _ contents: String, _ subject: String, _ body: () throws(SystemdError) -> Void
    ) throws(SystemdError) {
        try check(sd_bus_message_open_container(raw, CChar(bitPattern: type.asciiValue ?? 0), contents), subject)
        try body()
        try check(sd_bus_message_close_container(raw), subject)
    }

    /// One `(sv)`.
    fileprivate func property(
        _ name: String, _ subject: String, _ type: String, _ body: () throws(SystemdError) -> Void
    ) throws(SystemdError) {
        try container("r", "sv", subject) { () throws(SystemdError) -> Void in
            try append(name)
            try container("v", type, subject, body)
        }
    }

    fileprivate func append(microseconds: UInt64, _ subject: String) throws(SystemdError) {
        var value = microseconds
        try check(sd_bus_message_append_basic(raw, CChar(UInt8(ascii: "t")), &value), subject)
    }

    fileprivate func append(flag: Bool, _ subject: String) throws(SystemdError) {
        // A boolean of D-Bus is a C int (sd_bus_message_append_basic(3)).
        var value: Int32 = flag ? 1 : 0
        try check(sd_bus_message_append_basic(raw, CChar(UInt8(ascii: "b")), &value), subject)
    }
}
