import Files
import FixturesTests
import Glibc
import Testing

/// Who has said that a path is to be opened decides with whose rights that is done.
@Suite(.enabled(if: Identities.isRoot, Comment(rawValue: Identities.needsRoot)))
struct PathNamerTests {
    private let nobody: FileIdentity
    /// Not below `/tmp`, where anybody may exchange a folder.
    private let folder: ScratchFolder

    init() throws {
        nobody = try Identities.nobody
        folder = try ScratchFolder(in: "/")
    }

    private func failure(
        _ path: String, as user: FileIdentity, _ namer: PathNamer, creating: Bool = false
    ) -> FileError? {
        do throws(FileError) {
            _ = try ConfinedDirectory(path, as: user, namedBy: namer, creating: creating).read("config", most: 100)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a path that others have named is never opened with root's rights`() throws {
        try folder.write("config", "root's own", mode: 0o644)
        let error = try #require(failure(folder.path, as: .root, .others))
        #expect(error.code == .noPermission)
        #expect(
            error.description
                == "Opening \(folder.path) as root: others than root can say that this is the path, and it would be opened with root's rights; it is not. Name it in the settings if it is right."
        )
        #expect(failure(folder.path, as: .root, .root) == nil)
        #expect(failure(folder["new/way"], as: .root, .others, creating: true)?.code == .noPermission)
        #expect(folder.names() == ["config"])
    }

    @Test func `for an agent's user it is opened as that user, also in a folder of root's`() throws {
        try folder.write("config", "root's own", mode: 0o600)
        #expect(failure(folder.path, as: nobody, .others)?.code == .noPermission)
        #expect(failure(folder.path, as: nobody, .root) == nil)
        try folder.write("config", "for all", mode: 0o644)
        #expect(failure(folder.path, as: nobody, .others) == nil)
    }

    @Test func `where anybody can exchange a folder above it, root's rights do not hold`() throws {
        for (mode, owner) in [(0o777, 0), (0o1777, 0), (0o775, 0), (0o755, nobody.uid)] as [(UInt32, UInt32)] {
            let way = try ScratchFolder(in: "/")
            try way.makeFolder("open", mode: mode, owner: owner)
            try way.makeFolder("open/etc")
            try way.write("open/etc/config", "root's own", mode: 0o600)
            #expect(failure(way["open/etc"], as: nobody, .root)?.code == .noPermission, "mode \(mode), owner \(owner)")
        }
    }

    // MARK: Root's alone

    private func isAlone(_ path: String) throws -> Bool {
        try ConfinedDirectory(path, as: nobody).read("config", most: 100).isRootsAlone
    }

    @Test func `a file is root's alone where nobody else can write or exchange it`() throws {
        try folder.write("config", "x")
        #expect(try isAlone(folder.path))
        for mode in [0o664, 0o646] as [UInt32] {
            try folder.write("config", "x", mode: mode)
            #expect(try !isAlone(folder.path))
        }
        try folder.write("config", "x", mode: 0o644, owner: nobody.uid)
        #expect(try !isAlone(folder.path))
        let shared = try ScratchFolder()
        try shared.write("config", "x")
        #expect(try !isAlone(shared.path), "in /tmp the whole folder can be exchanged")
    }

    // MARK: What a rollback would meet

    private func replaceability(uid: UInt32, gid: UInt32, mode: UInt32 = 0o755) throws -> String {
        let home = try ScratchFolder(in: "/")
        try home.makeFolder("home", owner: nobody.uid)
        try home.write("home/config", "x", mode: 0o644)
        try #require(chown(home["home/config"], uid, gid) == 0 && chmod(home["home"], mode) == 0)
        switch try ConfinedDirectory(home["home"], as: nobody).read("config", most: 10).replaceability {
        case .whole: return "whole"
        case .withoutGroup: return "without its group"
        case .notOwner: return "not the owner"
        case .closed(let sentence): return sentence.replacing(home.path, with: "")
        }
    }

    @Test func `it is known beforehand what would become of a file that is replaced`() throws {
        #expect(try replaceability(uid: nobody.uid, gid: nobody.gid) == "whole")
        #expect(try replaceability(uid: nobody.uid, gid: 0) == "without its group")
        #expect(try replaceability(uid: 0, gid: nobody.gid) == "not the owner")
        #expect(
            try replaceability(uid: nobody.uid, gid: nobody.gid, mode: 0o555)
                == "Writing in /home as nobody: Permission denied.")
    }

    @Test func `what root does itself it can do wholly`() throws {
        let home = try ScratchFolder(in: "/")
        try home.write("config", "x", mode: 0o600)
        let found = try ConfinedDirectory(home.path, as: nobody, namedBy: .root).read("config", most: 10)
        guard case .whole = found.replaceability else {
            Issue.record("it is not")
            return
        }
    }

    // MARK: Times

    @Test func `when a file was last changed is told where its user can see it`() throws {
        try folder.write("config", "x")
        var status = stat()
        #expect(lstat(folder["config"], &status) == 0)
        let changed = Int64(status.st_ctim.tv_sec) * 1_000_000 + Int64(status.st_ctim.tv_nsec) / 1000
        #expect(nobody.whenChanged(folder["config"]) == changed)
        #expect(nobody.whenChanged(folder["none"]) == nil)
        try folder.makeFolder("locked", mode: 0o700)
        try folder.write("locked/config", "x")
        #expect(nobody.whenChanged(folder["locked/config"]) == nil)
    }
}
