internal import Glibc

/// Who a process is, as /proc/PID/stat says (proc(5)).
package struct ProcessStatus: Equatable, Sendable {
    package let pid: Int32
    package let parent: Int32
    /// At most 15 bytes, any character.
    package let command: String
    /// Clock ticks since boot.
    package let startTicks: UInt64
}

/// Reads of /proc and of the cgroup tree. A process that ends half-way is simply not there: `nil`, never an error.
package enum ProcessTable {
    /// Where systemd's hierarchy is mounted: cgroup v2 alone, beside v1 (hybrid), or systemd's own v1 tree.
    private static let cgroupRoot = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"].first {
        access("\($0)/cgroup.procs", F_OK) == 0
    }

    /// The processes in a control group as systemd names it, e.g. `/system.slice/a.service`; not those in groups
    /// below it. `nil` where the group is gone, which is what systemd does once its last process has ended.
    package static func members(ofCgroup group: String) -> [Int32]? {
        guard let cgroupRoot, group.hasPrefix("/"), !group.contains("/../"),
            let text = read("\(cgroupRoot)\(group)/cgroup.procs")
        else {
            return nil
        }
        var members: [Int32] = []
        var number: Int32 = 0
        for byte in text {
            if byte == UInt8(ascii: "\n") {
                // 0 stands for a process of another PID namespace.
                if number > 0 { members.append(number) }
                number = 0
            } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                number = number &* 10 &+ Int32(byte - UInt8(ascii: "0"))
            }
        }
        return members
    }

    package static func status(of pid: Int32) -> ProcessStatus? {
        guard let text = read("/proc/\(pid)/stat") else { return nil }
        // The command stands in parentheses and may itself hold any of them: the last one closes it.
        guard let open = text.firstIndex(of: UInt8(ascii: "(")), let close = text.lastIndex(of: UInt8(ascii: ")")),
            open < close
        else { return nil }
        let fields = text[(close + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 20)
        // Counted from field 3, the state: the parent is field 4 and the start time field 22.
        guard fields.count > 19, let parent = number(fields[1]), let start = number(fields[19]) else { return nil }
        return ProcessStatus(
            pid: pid, parent: Int32(truncatingIfNeeded: parent),
            command: String(decoding: text[(open + 1)..<close], as: UTF8.self), startTicks: start)
    }

    /// The cgroup of a process in systemd's hierarchy.
    package static func cgroup(of pid: Int32) -> String? {
        guard let text = read("/proc/\(pid)/cgroup") else { return nil }
        var legacy: String?
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("0::") { return String(line.dropFirst(3)) }
            if let range = line.firstRange(of: ":name=systemd:") { legacy = String(line[range.upperBound...]) }
        }
        return legacy
    }

    /// The real user id.
    package static func owner(of pid: Int32) -> UInt32? {
        guard let text = read("/proc/\(pid)/status") else { return nil }
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") where line.hasPrefix("Uid:") {
            return line.split(whereSeparator: { $0 == "\t" || $0 == " " }).dropFirst().first.flatMap { UInt32($0) }
        }
        return nil
    }

    /// The environment that a process was started with, as `NAME=value`; `nil` where it may not be read.
    package static func environment(of pid: Int32) -> [String]? {
        read("/proc/\(pid)/environ")?.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Longer files are cut: none of those read here grows past it in practice, and none may fill the memory.
    private static let longest = 4 << 20

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count < longest {
            var count = 0
            bytes += [UInt8](unsafeUninitializedCapacity: 4096) { buffer, filled in
                count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                filled = max(count, 0)
            }
            if count < 0 { return nil }
            if count == 0 { break }
        }
        return bytes
    }

    private static func number(_ text: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for byte in text {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
        }
        return text.isEmpty ? nil : value
    }
}
