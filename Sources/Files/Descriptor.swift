internal import Glibc

/// An open file, closed when it goes.
struct Descriptor: ~Copyable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    func status(_ path: String) throws(FileError) -> stat {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw .errno("Looking at \(path)") }
        return status
    }

    /// Everything from the present position on; more than `most` bytes is an error.
    func readAll(most: Int, _ path: String) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 32 * 1024)
        while true {
            let count = read(number, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw .errno("Reading \(path)")
            }
            if count == 0 { return bytes }
            guard bytes.count + count <= most else {
                throw FileError(code: .tooLarge, description: "Reading \(path): the file is longer than \(most) bytes.")
            }
            bytes += chunk[..<count]
        }
    }

    func writeAll(_ bytes: [UInt8], _ path: String) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(number, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw .errno("Writing \(path)")
            }
            written += count
        }
    }

    func sync(_ path: String) throws(FileError) {
        guard fsync(number) == 0 else { throw .errno("Writing \(path) to the disk") }
    }
}
