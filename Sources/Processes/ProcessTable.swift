internal import Glibc

/// Reads of /proc. A process that ends half-way is simply not there: `nil`, never an error.
package enum ProcessTable {
    package static func status(of pid: Int32) -> ProcessStatus? {
        read("/proc/\(pid)/stat").flatMap { ProcessStatus(pid: pid, stat: $0[...]) }
    }

    /// The cgroup of a process in systemd's hierarchy.
    package static func cgroup(of pid: Int32) -> String? {
        read("/proc/\(pid)/cgroup").flatMap { cgroup(in: $0[...]) }
    }

    /// Of lines `ID:CONTROLLERS:PATH` (cgroups(7)): the one of version 2, or else of systemd's own tree of version 1. Where
    /// systemd keeps the one, somebody else may have mounted the other, in which every process lies at the root.
    static func cgroup(in text: ArraySlice<UInt8>) -> String? {
        var unified: ArraySlice<UInt8>?
        var legacy: ArraySlice<UInt8>?
        var line = text.startIndex
        while line < text.endIndex {
            let end = text[line...].firstIndex(of: UInt8(ascii: "\n")) ?? text.endIndex
            if let path = path(in: text[line..<end], behind: "0::") {
                unified = path
            } else if let colon = text[line..<end].firstIndex(of: UInt8(ascii: ":")),
                let path = path(in: text[colon..<end], behind: ":name=systemd:")
            {
                legacy = path
            }
            line = end + 1
        }
        let isElsewhere = unified.map { $0.elementsEqual("/".utf8) } ?? true
        return (isElsewhere ? legacy ?? unified : unified).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func path(in line: ArraySlice<UInt8>, behind start: StaticString) -> ArraySlice<UInt8>? {
        let starts = start.withUTF8Buffer { line.starts(with: $0) }
        return starts ? line.dropFirst(start.utf8CodeUnitCount) : nil
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

    static func read(_ path: String, most: Int = longest) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count < most {
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
}
