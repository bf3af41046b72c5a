internal import Glibc

/// A folder for one test, gone with the value.
package final class ScratchFolder: Sendable {
    package let path: String

    package init(in parent: String = "/tmp", prefix: String = "watchdog-test-", mode: UInt32 = 0o755) throws {
        var template = Array("\(parent == "/" ? "" : parent)/\(prefix)XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw ScratchFailure("mkdtemp in \(parent)", errno) }
        path = String(cString: made)
        guard chmod(path, mode) == 0 else { throw ScratchFailure("chmod of \(path)", errno) }
    }

    deinit { Self.remove(path) }

    package subscript(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file, and makes it `owner`'s where one is given.
    @discardableResult
    package func write(_ name: String, _ text: String, mode: UInt32 = 0o644, owner: UInt32? = nil) throws -> String {
        try write(name, Array(text.utf8), mode: mode, owner: owner)
    }

    @discardableResult
    package func write(_ name: String, _ bytes: [UInt8], mode: UInt32 = 0o644, owner: UInt32? = nil) throws -> String {
        let file = self[name]
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw ScratchFailure("open of \(file)", errno) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw ScratchFailure("write of \(file)", errno) }
            written += count
        }
        guard fchmod(descriptor, mode) == 0 else { throw ScratchFailure("chmod of \(file)", errno) }
        if let owner, fchown(descriptor, owner, owner) != 0 { throw ScratchFailure("chown of \(file)", errno) }
        return file
    }

    @discardableResult
    package func makeFolder(_ name: String, mode: UInt32 = 0o755, owner: UInt32? = nil) throws -> String {
        let folder = self[name]
        guard mkdir(folder, mode) == 0, chmod(folder, mode) == 0 else { throw ScratchFailure("mkdir \(folder)", errno) }
        if let owner, chown(folder, owner, owner) != 0 { throw ScratchFailure("chown of \(folder)", errno) }
        return folder
    }

    @discardableResult
    package func link(_ name: String, to target: String) throws -> String {
        guard symlink(target, self[name]) == 0 else { throw ScratchFailure("symlink \(name)", errno) }
        return self[name]
    }

    package func text(_ name: String) throws -> String {
        let descriptor = open(self[name], O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ScratchFailure("open of \(name)", errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw ScratchFailure("read of \(name)", errno) }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    /// Names in the folder, or in one below it, sorted.
    package func names(in name: String = ".") -> [String] { Self.names(self[name]) }

    private static func names(_ folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func remove(_ path: String) {
        if unlink(path) == 0 { return }
        for name in names(path) { remove("\(path)/\(name)") }
        rmdir(path)
    }
}

package struct ScratchFailure: Error, CustomStringConvertible {
    package let description: String

    init(_ attempt: String, _ number: Int32) {
        description = "\(attempt): \(String(cString: strerror(number)))"
    }
}
