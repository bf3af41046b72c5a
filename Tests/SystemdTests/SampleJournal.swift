import FixturesTests
import Glibc

/// A journal with entries of our own making, written by systemd-journal-remote(8).
struct SampleJournal {
    private static let writer: String? = [
        "/usr/lib/systemd/systemd-journal-remote", "/lib/systemd/systemd-journal-remote",
    ]
    .first { access($0, X_OK) == 0 }
    static let isPossible = writer != nil
    static let need = "needs the package systemd-journal-remote"

    /// 2026-09-01T03:15:00Z.
    static let start: UInt64 = 1_788_232_500_000_000

    let folder: ScratchFolder
    var directory: String { folder["journal"] }

    /// One entry per second; each a list of fields.
    init(_ entries: [[(String, [UInt8])]]) throws {
        folder = try ScratchFolder()
        try folder.makeFolder("journal")
        try append(entries, file: "one.journal", from: 0)
    }

    init(_ entries: [[(String, String)]]) throws {
        try self.init(entries.map { $0.map { ($0.0, Array($0.1.utf8)) } })
    }

    func append(_ entries: [[(String, [UInt8])]], file: String, from second: UInt64) throws {
        var export: [UInt8] = []
        for (index, fields) in entries.enumerated() {
            let micros = (second + UInt64(index)) * 1_000_000
            export += Array("__REALTIME_TIMESTAMP=\(Self.start + micros)\n".utf8)
            export += Array("__MONOTONIC_TIMESTAMP=\(1_000_000 + micros)\n".utf8)
            export += Array("_BOOT_ID=0123456789abcdef0123456789abcdef\n".utf8)
            for (name, value) in fields {
                // The form for any bytes: the name, the length in eight bytes with the least first, the value.
                export += Array("\(name)\n".utf8)
                export += (0..<8).map { UInt8(truncatingIfNeeded: value.count >> ($0 * 8)) }
                export += value + [10]
            }
            export.append(10)
        }
        let input = try folder.write("export-\(second)", export)
        guard let writer = Self.writer,
            try SpawnedProgram.run(writer, ["--output=\(directory)/\(file)", input]) == 0
        else { throw PeerFailure(ENOENT) }
    }

    func append(_ entries: [[(String, String)]], file: String = "one.journal", from second: UInt64) throws {
        try append(entries.map { $0.map { ($0.0, Array($0.1.utf8)) } }, file: file, from: second)
    }
}
