internal import Glibc

/// What takes more reading than a walk can afford: asked only of the few processes that matter.
extension ProcessTable {
    /// What it was started as, or what it has written over that: at most `most` words.
    package static func arguments(of pid: Int32, most: Int) -> [String] {
        let text = read("/proc/\(pid)/cmdline") ?? []
        // A title that was written over the words leaves zero bytes behind.
        return text.split(separator: 0).prefix(most).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The path of the program; `nil` where it may not be looked at.
    package static func executable(of pid: Int32) -> String? {
        link("/proc/\(pid)/exe")
    }

    /// The folder that it works in; `nil` where that may not be looked at.
    package static func folder(of pid: Int32) -> String? { link("/proc/\(pid)/cwd") }

    /// Names its network namespace: two processes of one see the same sockets.
    package static func network(of pid: Int32) -> String? { link("/proc/\(pid)/ns/net") }

    /// Whether it lives in the same PID namespace as this program: in a container it does not (pid_namespaces(7)).
    package static func sharesNamespace(_ pid: Int32) -> Bool? {
        guard let theirs = link("/proc/\(pid)/ns/pid") else { return nil }
        return theirs == link("/proc/self/ns/pid")
    }

    /// The inode numbers of the sockets that it holds; `nil` where it may not be looked at.
    ///
    /// With `among`, looking ends as soon as one of these is found.
    package static func sockets(of pid: Int32, among wanted: Set<UInt64>? = nil) -> Set<UInt64>? {
        let folder = "/proc/\(pid)/fd"
        guard let listing = opendir(folder) else { return nil }
        defer { closedir(listing) }
        var found: Set<UInt64> = []
        var looked = 0
        while looked < mostDescriptors, let entry = readdir(listing) {
            looked += 1
            let number = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { name in socket(dirfd(listing), name) }
            }
            guard let number else { continue }
            if let wanted, !wanted.contains(number) { continue }
            found.insert(number)
            if wanted != nil { break }
        }
        return found
    }

    /// Whether it writes into a socket, as systemd gives one to what it starts (systemd.exec(5), `StandardOutput=journal`).
    package static func writesToSocket(_ pid: Int32) -> Bool {
        let folder = open("/proc/\(pid)/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return false }
        defer { close(folder) }
        return socket(folder, "1") != nil || socket(folder, "2") != nil
    }

    /// Whether the kernel holds everything in a cgroup (cgroups(7), `cgroup.events`).
    package static func isFrozen(_ cgroup: String) -> Bool {
        let events = read("/sys/fs/cgroup\(cgroup)/cgroup.events") ?? []
        return events.split(separator: UInt8(ascii: "\n")).contains { $0.elementsEqual("frozen 1".utf8) }
    }

    /// More descriptors of one process are not looked at.
    private static let mostDescriptors = 65_536

    /// Out of a link that reads `socket:[INODE]`.
    private static func socket(_ folder: Int32, _ name: UnsafePointer<CChar>) -> UInt64? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { buffer -> UInt64? in
            guard let base = buffer.baseAddress else { return nil }
            let count = base.withMemoryRebound(to: CChar.self, capacity: 64) { readlinkat(folder, name, $0, 63) }
            let prefix = Array("socket:[".utf8)
            guard count > prefix.count, buffer[..<prefix.count].elementsEqual(prefix) else { return nil }
            return decimal(Array(buffer[prefix.count..<(count - 1)])[...])
        }
    }

    private static func link(_ path: String) -> String? {
        var target = [UInt8](repeating: 0, count: 4096)
        let count = target.withUnsafeMutableBytes { bytes in
            bytes.bindMemory(to: CChar.self).baseAddress.map { readlink(path, $0, 4096) } ?? -1
        }
        return count > 0 ? String(decoding: target[..<count], as: UTF8.self) : nil
    }
}

/// The TCP sockets of a network namespace, as /proc/net/tcp and tcp6 list them (proc_net(5)).
package struct SocketTable: Sendable {
    /// Inodes of the sockets that listen, by port.
    package private(set) var listening: [UInt16: Set<UInt64>] = [:]
    /// Whose they are, by inode.
    package private(set) var owners: [UInt64: UInt32] = [:]
    /// Inodes of those that are connected, or are just being, with the port of this host at the other end; 0 for another
    /// host's.
    package private(set) var connected: [UInt64: UInt16] = [:]

    /// Those that listen, in the watchdog's own network namespace.
    package static func listeners() -> SocketTable { SocketTable("/proc/net", all: false) }

    /// All of them, in the network namespace of a process.
    package static func everything(seenBy pid: Int32) -> SocketTable { SocketTable("/proc/\(pid)/net", all: true) }

    private static func port(_ address: ArraySlice<UInt8>) -> UInt16? {
        address.lastIndex(of: UInt8(ascii: ":")).flatMap {
            UInt16(String(decoding: address[($0 + 1)...], as: UTF8.self), radix: 16)
        }
    }

    /// 127.0.0.0/8, also in IPv6's form, or ::1; the words of an address are in the host's order, which is little-endian
    /// on every machine that this runs on.
    private static func isLoopback(_ address: ArraySlice<UInt8>) -> Bool {
        let digits = address.prefix { $0 != UInt8(ascii: ":") }
        if digits.count == 8 { return digits.suffix(2).elementsEqual("7F".utf8) }
        let mapped = "0000000000000000FFFF0000".utf8
        return digits.elementsEqual("00000000000000000000000001000000".utf8)
            || digits.starts(with: mapped) && digits.suffix(2).elementsEqual("7F".utf8)
    }

    /// About 400,000 sockets.
    private static let longest = 64 << 20

    private init(_ folder: String, all: Bool) {
        for name in ["tcp", "tcp6"] {
            guard let text = ProcessTable.read("\(folder)/\(name)", most: Self.longest) else { continue }
            for line in text.split(separator: UInt8(ascii: "\n")).dropFirst() {
                // sl, local address, remote address, state, queues, timer, retransmits, uid, timeout, inode.
                let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 10)
                guard fields.count > 9, let inode = decimal(fields[9]), inode > 0 else { continue }
                if fields[3].elementsEqual("0A".utf8) {
                    guard let port = Self.port(fields[1]) else { continue }
                    listening[port, default: []].insert(inode)
                    owners[inode] = decimal(fields[7]).flatMap { UInt32(exactly: $0) }
                } else if all {
                    connected[inode] = Self.isLoopback(fields[2]) ? Self.port(fields[2]) ?? 0 : 0
                } else {
                    // The kernel lists those that listen first.
                    break
                }
            }
        }
    }
}
