internal import Glibc

/// Reads small files of /proc, one after the other, through one buffer and without a string for each path.
struct ProcFiles: ~Copyable {
    private let root: Int32
    private var buffer: [UInt8]
    private var path: [UInt8] = []

    /// Longer files are cut: none of those read here grows past it in practice, and none may fill the memory.
    private static let longest = 4 << 20

    /// `nil` where /proc cannot be opened.
    init?() {
        root = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { return nil }
        buffer = [UInt8](repeating: 0, count: 64 * 1024)
    }

    deinit { close(root) }

    /// The content of /proc/PID/NAME; `nil` where the process has gone or may not be looked at.
    mutating func read(_ pid: Int32, _ name: StaticString) -> ArraySlice<UInt8>? {
        setPath(pid, name)
        let descriptor = path.withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text in
                text.baseAddress.map { openat(root, $0, O_RDONLY | O_CLOEXEC) } ?? -1
            }
        }
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var count = 0
        while true {
            if count == buffer.count {
                guard buffer.count < Self.longest else { break }
                buffer += [UInt8](repeating: 0, count: buffer.count)
            }
            let room = buffer.count - count
            let got = buffer.withUnsafeMutableBytes { bytes in
                bytes.baseAddress.map { Glibc.read(descriptor, $0 + count, room) } ?? -1
            }
            if got < 0 { return nil }
            count += got
            // The kernel fills what it is given as far as the file goes: less than that is the end.
            if got < room { break }
        }
        return buffer[..<count]
    }

    /// The PIDs that /proc lists now, at most `most` of them; `false` where there were more.
    func pids(most: Int) -> (pids: [Int32], complete: Bool) {
        let copy = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { return ([], false) }
        guard let listing = fdopendir(copy) else {
            close(copy)
            return ([], false)
        }
        defer { closedir(listing) }
        var pids: [Int32] = []
        while let entry = readdir(listing) {
            let pid = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { name -> Int32? in
                    var value: Int32 = 0
                    var index = 0
                    while name[index] >= 48, name[index] <= 57, index < 9 {
                        value = value * 10 + Int32(name[index] - 48)
                        index += 1
                    }
                    return name[index] == 0 && value > 0 ? value : nil
                }
            }
            guard let pid else { continue }
            guard pids.count < most else { return (pids, false) }
            pids.append(pid)
        }
        return (pids, true)
    }

    private mutating func setPath(_ pid: Int32, _ name: StaticString) {
        path.removeAll(keepingCapacity: true)
        var rest = max(pid, 0)
        repeat {
            path.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        path.reverse()
        path.append(UInt8(ascii: "/"))
        name.withUTF8Buffer { path.append(contentsOf: $0) }
        path.append(0)
    }
}
