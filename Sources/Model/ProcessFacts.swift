/// A process, pinned down by its start: a PID alone is reused.
package struct ProcessID: Hashable, Sendable {
    package let pid: Int32
    /// Clock ticks since boot: field 22 of /proc/PID/stat, see proc(5).
    package let startTicks: UInt64

    package init(pid: Int32, startTicks: UInt64) {
        self.pid = pid
        self.startTicks = startTicks
    }
}

/// A process that has to do with an agent.
package struct ProcessFacts: Hashable, Sendable {
    package let id: ProcessID
    package let parent: Int32
    /// As the kernel has it, at most 15 bytes.
    package let command: String
    package let cgroup: String
    package let uid: UInt32
    /// From its environment; `nil` where that could not be read or does not say.
    package let invocationID: String?
    /// Its environment was read, so that no mark in it means that it has none.
    package var wasRead = false
    /// It, or what descends from it, has a terminal.
    package var isAttended = false

    package init(id: ProcessID, parent: Int32, command: String, cgroup: String, uid: UInt32, invocationID: String?) {
        self.id = id
        self.parent = parent
        self.command = command
        self.cgroup = cgroup
        self.uid = uid
        self.invocationID = invocationID
    }
}
