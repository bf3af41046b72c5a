internal import Glibc

/// A file system of a few pages that a test may fill; it goes with the value. Only root can make one.
package final class SmallDisk: Sendable {
    package let folder: ScratchFolder
    package var path: String { folder.path }

    package static let isPossible = geteuid() == 0 && (try? SmallDisk(kibibytes: 64)) != nil

    package init(kibibytes: Int) throws {
        folder = try ScratchFolder()
        let options = "size=\(kibibytes)k,mode=0755"
        guard try SpawnedProgram.run("/bin/mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder.path]) == 0 else {
            throw ScratchFailure("mount of a tmpfs on \(folder.path)", EPERM)
        }
    }

    deinit {
        // Ignoring: a program that could not be started; the folder then stays as it is.
        _ = try? SpawnedProgram.run("/bin/umount", ["-l", folder.path])
    }

    /// Writes until nothing more goes in; `leaving` bytes are free afterwards, to the next page.
    package func fill(leaving: Int = 0) throws {
        let chunk = [UInt8](repeating: 0x78, count: 4096)
        let descriptor = open(folder["filling"], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ScratchFailure("open of the filling", errno) }
        defer { close(descriptor) }
        var size = 0
        while write(descriptor, chunk, chunk.count) > 0 { size += chunk.count }
        guard errno == ENOSPC else { throw ScratchFailure("write of the filling", errno) }
        if leaving > 0 { ftruncate(descriptor, max(0, size - leaving)) }
    }
}
