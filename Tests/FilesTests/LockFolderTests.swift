import Files
import FixturesTests
import Glibc
import Testing

/// Where the locks of a user lie while the host has no folder for them. Root makes the host's folder, and no test does.
@Suite(.enabled(if: geteuid() != 0 && access(TokenLock.folder, F_OK) != 0, "only where the host's folder is missing"))
struct LockFolderTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder(mode: 0o700) }

    @Test func `the user's own folder is made, closed to others, and that is said`() throws {
        for _ in 0..<2 {
            let place = try TokenLock.place(runtimeDirectory: folder.path)
            #expect(place.folder == folder["agent-watchdog"])
            #expect(
                place.remark
                    == "/run/lock/agent-watchdog is not there (scripts/install makes it), so that other users' agents do not see this lock."
            )
        }
        #expect(folder.status("agent-watchdog")?.mode == 0o700)
    }

    @Test(arguments: [nil, "", "relative/path"])
    func `without a folder of the user's either it is told what is missing`(directory: String?) {
        #expect(code { () throws(FileError) in _ = try TokenLock.place(runtimeDirectory: directory) } == .missing)
    }

    @Test(arguments: [0o755, 0o770, 0o1777, 0o701] as [UInt32])
    func `a folder that is open to others is refused`(mode: UInt32) throws {
        try folder.makeFolder("agent-watchdog", mode: mode)
        #expect(
            code { () throws(FileError) in _ = try TokenLock.place(runtimeDirectory: folder.path) } == .noPermission)
    }

    @Test func `a link or a file in the folder's place is refused`() throws {
        try folder.makeFolder("real", mode: 0o700)
        try folder.link("agent-watchdog", to: folder["real"])
        #expect(
            code { () throws(FileError) in _ = try TokenLock.place(runtimeDirectory: folder.path) } == .noPermission)
        unlink(folder["agent-watchdog"])
        try folder.write("agent-watchdog", "")
        #expect(
            code { () throws(FileError) in _ = try TokenLock.place(runtimeDirectory: folder.path) } == .noPermission)
    }
}
