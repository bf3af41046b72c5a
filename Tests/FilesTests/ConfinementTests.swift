import Files
import FixturesTests
import Glibc
import Testing

/// Where a path may lead, and what may stand at its end.
struct ConfinementTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func read(_ name: String, in path: String, most: Int = 1 << 20) throws(FileError) -> FoundFile {
        try ConfinedDirectory(path, as: try FileIdentity(uid: geteuid()), namedBy: .root).read(name, most: most)
    }

    private func failure(_ name: String, in path: String? = nil, most: Int = 1 << 20) -> FileError? {
        do throws(FileError) {
            _ = try read(name, in: path ?? folder.path, most: most)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a file is found with all that is known of it`() throws {
        try folder.write("config", "text", mode: 0o640)
        var status = stat()
        #expect(lstat(folder["config"], &status) == 0)
        let found = try read("config", in: folder.path)
        #expect(found.bytes == Array("text".utf8))
        #expect(found.digest == "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1")
        #expect(found.mode == 0o640 && found.uid == geteuid() && found.gid == status.st_gid)
        #expect(found.modified == Int64(status.st_mtim.tv_sec) * 1_000_000 + Int64(status.st_mtim.tv_nsec) / 1000)
        #expect(found.changed == Int64(status.st_ctim.tv_sec) * 1_000_000 + Int64(status.st_ctim.tv_nsec) / 1000)
    }

    @Test func `a date that was set back is told as such, and so is when that was done`() throws {
        try folder.write("config", "text")
        var times = [timeval(tv_sec: 1_000_000, tv_usec: 5), timeval(tv_sec: 1_000_000, tv_usec: 5)]
        #expect(utimes(folder["config"], &times) == 0)
        let found = try read("config", in: folder.path)
        #expect(found.modified == 1_000_000_000_005)
        #expect(found.changed > 1_700_000_000_000_000)
    }

    @Test func `a link on the way is refused, and it is said what to do`() throws {
        try folder.makeFolder("real")
        try folder.write("real/config", "text")
        try folder.link("way", to: folder["real"])
        let error = try #require(failure("config", in: folder["way"]))
        #expect(error.code == .link)
        #expect(error.description.hasPrefix("Opening \(folder["way"]) as "))
        #expect(
            error.description.hasSuffix(
                " A symbolic link lies on this path, and links are not followed: name the real path in the settings."))
        #expect(failure("config", in: folder["real"]) == nil)
    }

    @Test func `a link as the file is refused`() throws {
        try folder.write("real", "text")
        try folder.link("config", to: "real")
        #expect(failure("config")?.code == .link)
    }

    @Test func `a link deep on the way is refused, relative or not`() throws {
        try folder.makeFolder("a")
        try folder.makeFolder("a/b")
        try folder.write("a/b/config", "text")
        try folder.link("a/up", to: "../a")
        #expect(failure("config", in: folder["a/up/b"])?.code == .link)
        #expect(failure("config", in: folder["a/b"]) == nil)
    }

    @Test(arguments: ["../outside", "/etc/hostname", "sub/../../outside"])
    func `a name does not lead out of its folder`(name: String) throws {
        try folder.makeFolder("inside")
        try folder.makeFolder("inside/sub")
        try folder.write("outside", "theirs")
        #expect(failure(name, in: folder["inside"])?.code == .link)
    }

    @Test(arguments: ["relative/path", "", "/with\u{0}zero"])
    func `a path that is not absolute is refused`(path: String) {
        #expect(failure("config", in: path)?.code == .failed)
    }

    @Test func `what is missing is told as missing`() throws {
        #expect(failure("config")?.code == .missing)
        #expect(failure("config", in: folder["none"])?.code == .missing)
        try folder.write("file", "")
        #expect(failure("config", in: folder["file"])?.code == .missing)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a pipe, a device, a socket and a folder are refused, and never waited for`() throws {
        #expect(mkfifo(folder["pipe"], 0o600) == 0)
        try folder.makeFolder("folder")
        for name in ["pipe", "folder"] {
            let error = try #require(failure(name))
            #expect(error.code == .notRegular)
            #expect(error.description == "Reading \(folder[name]): this is not a regular file.")
        }
        #expect(failure("null", in: "/dev")?.code == .notRegular)
        let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(folder["socket"].utf8)) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        #expect(failure("socket") != nil)
    }

    @Test func `a file that is too large is refused, one that is just so large is not`() throws {
        try folder.write("config", String(repeating: "x", count: 100_000))
        #expect(failure("config", most: 100_000) == nil)
        let error = try #require(failure("config", most: 99_999))
        #expect(error.code == .tooLarge)
        #expect(error.description == "Reading \(folder["config"]): the file is longer than 99999 bytes.")
    }

    @Test func `a file without an end is refused once it is too large`() throws {
        // Its size says nothing: /proc gives 0 for all of them.
        #expect(failure("kallsyms", in: "/proc", most: 10_000)?.code == .tooLarge)
    }

    @Test func `folders that are missing are made on the way, with the mode that a unit's folder needs`() throws {
        let own = try Identities.own
        _ = try ConfinedDirectory(folder["a/b/c"], as: own, namedBy: .root, creating: true)
        for name in ["a", "a/b", "a/b/c"] { #expect(folder.status(name)?.mode == 0o755) }
        try folder.makeFolder("kept", mode: 0o700)
        _ = try ConfinedDirectory(folder["kept/new"], as: own, namedBy: .root, creating: true)
        #expect(folder.status("kept")?.mode == 0o700)
    }

    @Test func `no folder is made through a link`() throws {
        try folder.makeFolder("elsewhere")
        try folder.link("a", to: folder["elsewhere"])
        #expect(
            code { () throws(FileError) in
                _ = try ConfinedDirectory(
                    folder["a/b"], as: try FileIdentity(uid: geteuid()), namedBy: .root, creating: true)
            } == .link)
        #expect(folder.names(in: "elsewhere").isEmpty)
    }
}
