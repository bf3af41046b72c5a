import Glibc

/// Writes into the middle of a file.
final class FileOverwrite {
    private let descriptor: Int32

    init?(_ path: String) {
        descriptor = open(path, O_WRONLY | O_CLOEXEC)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8], at offset: Int) { pwrite(descriptor, bytes, bytes.count, offset) }
}
