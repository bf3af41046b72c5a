import Files
import FixturesTests
import Glibc
import Testing

/// As whom files are touched. `nobody` stands for an agent's user.
@Suite(.enabled(if: Identities.isRoot, Comment(rawValue: Identities.needsRoot)))
struct FileIdentityTests {
    private let folder: ScratchFolder
    private let nobody: FileIdentity

    init() throws {
        folder = try ScratchFolder()
        nobody = try Identities.nobody
    }

    private func failure(_ path: String, reading name: String = "config", as user: FileIdentity) -> FileError.Code? {
        code { () throws(FileError) in _ = try ConfinedDirectory(path, as: user).read(name, most: 1000) }
    }

    @Test func `an agent's file is replaced as the agent's user`() throws {
        let home = try folder.makeFolder("home", mode: 0o700, owner: nobody.uid)
        try folder.write("home/config", "old", mode: 0o600, owner: nobody.uid)
        let directory = try ConfinedDirectory(home, as: nobody)
        try directory.replace(
            "config", with: Array("new".utf8), mode: 0o600, uid: nobody.uid, gid: nobody.gid,
            expecting: sha256(Array("old".utf8)))
        try directory.replace("made", with: [], mode: 0o640, uid: nobody.uid, gid: nobody.gid, expecting: nil)
        for name in ["home/config", "home/made"] {
            #expect(folder.status(name)?.uid == nobody.uid)
            #expect(folder.status(name)?.gid == nobody.gid)
        }
        #expect(try folder.text("home/config") == "new")
    }

    @Test func `what the agent's user may not read is not read for it by root`() throws {
        let home = try folder.makeFolder("home", owner: nobody.uid)
        try folder.write("home/config", "root's own", mode: 0o600)
        #expect(failure(home, as: nobody) == .noPermission)
        let locked = try folder.makeFolder("locked", mode: 0o700)
        try folder.makeFolder("locked/home", owner: nobody.uid)
        #expect(failure(locked + "/home", as: nobody) == .noPermission)
    }

    @Test func `another's file in an agent's folder is not replaced`() throws {
        let home = try folder.makeFolder("home", owner: nobody.uid)
        try folder.write("home/config", "root's own", mode: 0o644)
        let failure = code { () throws(FileError) in
            try ConfinedDirectory(home, as: nobody).replace(
                "config", with: [], mode: 0o600, uid: nobody.uid, gid: nobody.gid,
                expecting: sha256(Array("root's own".utf8)))
        }
        #expect(failure == .notOwner)
        #expect(try folder.text("home/config") == "root's own")
        #expect(folder.names(in: "home") == ["config"])
    }

    @Test func `a file is not given away by an agent's user`() throws {
        let home = try folder.makeFolder("home", owner: nobody.uid)
        let failure = code { () throws(FileError) in
            try ConfinedDirectory(home, as: nobody).replace(
                "config", with: [], mode: 0o4755, uid: 0, gid: 0, expecting: nil)
        }
        #expect(failure == .notOwner)
        #expect(folder.names(in: "home").isEmpty)
    }

    @Test func `in a folder that is root's alone root's own rights hold, where the path is the administrator's`() throws
    {
        // Not below `/tmp`, where anybody may exchange a folder.
        let folder = try ScratchFolder(in: "/", prefix: "watchdog-test-")
        let safe = try folder.makeFolder("etc", mode: 0o755)
        try folder.write("etc/config", "old", mode: 0o600)
        #expect(failure(safe, as: nobody) == .noPermission)
        try ConfinedDirectory(safe, as: nobody, namedBy: .root).replace(
            "config", with: Array("new".utf8), mode: 0o640, uid: nobody.uid, gid: nobody.gid,
            expecting: sha256(Array("old".utf8)))
        #expect(try folder.text("etc/config") == "new")
        #expect(folder.status("etc/config")?.uid == nobody.uid)
        #expect(folder.status("etc/config")?.mode == 0o640)
    }

    @Test(arguments: [0o775, 0o757, 0o1777] as [UInt32])
    func `in a folder of root's that others may write to root's rights do not hold`(mode: UInt32) throws {
        let shared = try folder.makeFolder("shared", mode: mode)
        try folder.write("shared/config", "root's own", mode: 0o600)
        let failure = code { () throws(FileError) in
            _ = try ConfinedDirectory(shared, as: nobody, namedBy: .root).read("config", most: 100)
        }
        #expect(failure == .noPermission)
    }

    @Test func `in an agent's own folder root's rights do not hold, whatever the caller allows`() throws {
        let home = try folder.makeFolder("home", mode: 0o755, owner: nobody.uid)
        try folder.write("home/config", "root's own", mode: 0o600)
        let failure = code { () throws(FileError) in
            _ = try ConfinedDirectory(home, as: nobody, namedBy: .root).read("config", most: 100)
        }
        #expect(failure == .noPermission)
    }

    @Test func `root's groups are put off with its identity`() throws {
        let restricted = try folder.makeFolder("restricted", mode: 0o770)
        try folder.write("restricted/config", "for the group root", mode: 0o660)
        #expect(chown(restricted, 1, 0) == 0)
        #expect(failure(restricted, as: nobody) == .noPermission)
    }

    @Test func `the own identity and groups are back after success and after failure`() throws {
        let before = try Identities.ofThread()
        #expect(before.count == 3)
        let home = try folder.makeFolder("home", mode: 0o700, owner: nobody.uid)
        try folder.write("home/config", "x", owner: nobody.uid)
        #expect(failure(home, as: nobody) == nil)
        #expect(try Identities.ofThread() == before)
        #expect(failure(home, reading: "none", as: nobody) == .missing)
        #expect(failure("/root", as: nobody) != nil)
        #expect(try Identities.ofThread() == before)
        let failed = code { () throws(FileError) in
            try ConfinedDirectory(home, as: nobody).replace(
                "config", with: [], mode: 0, uid: nobody.uid, gid: nobody.gid, expecting: "another digest")
        }
        #expect(failed == .changedMeanwhile)
        #expect(try Identities.ofThread() == before)
    }

    @Test func `folders that are made for an agent's user are that user's`() throws {
        let home = try folder.makeFolder("home", owner: nobody.uid)
        _ = try ConfinedDirectory(home + "/.config/systemd/user", as: nobody, creating: true)
        for name in ["home/.config", "home/.config/systemd", "home/.config/systemd/user"] {
            #expect(folder.status(name)?.uid == nobody.uid)
        }
    }

    /// In a process of its own that gives up root for good.
    @Test func `whoever is not root can only be himself`() async {
        await #expect(processExitsWith: .success) {
            #expect(setgid(65_534) == 0 && setuid(65_534) == 0)
            let other = try FileIdentity(name: "daemon")
            do throws(FileError) {
                _ = try ConfinedDirectory("/tmp", as: other)
                Issue.record("it was opened")
            } catch {
                #expect(error.code == .noPermission)
                #expect(
                    error.description
                        == "Acting as daemon: only root can touch another user's files, and this is uid 65534.")
            }
            #expect(
                code { () throws(FileError) in
                    _ = try ConfinedDirectory("/tmp", as: try FileIdentity(uid: 65_534))
                } == nil)
        }
    }
}

/// Who is who, and where a path begins.
struct HomeTests {
    @Test func `a user is the same by name and by number`() throws {
        #expect(try FileIdentity(name: "root") == FileIdentity(uid: 0))
        #expect(try FileIdentity(uid: 0).home == "/root")
        let nobody = try FileIdentity(name: "nobody")
        #expect(try FileIdentity(uid: nobody.uid) == nobody)
        #expect(nobody.groups.contains(nobody.gid))
    }

    @Test func `a user that does not exist is told as such`() {
        #expect(
            throws: FileError(
                code: .unknownUser,
                description:
                    "Looking up user no-such-user: the user database has no such entry, or more than 64 groups for it.")
        ) { try FileIdentity(name: "no-such-user") }
        #expect(throws: FileError.self) { try FileIdentity(uid: 4_000_000_000) }
    }

    /// `/bin` is a link on any system of today, and at the same time the home of a few of its users.
    private static let linkedHome: FileIdentity? = {
        var status = stat()
        guard lstat("/bin", &status) == 0, status.st_mode & S_IFMT == S_IFLNK, geteuid() == 0 else { return nil }
        return ["proxy", "sync", "bin"].lazy.compactMap { try? FileIdentity(name: $0) }.first { $0.home == "/bin" }
    }()

    @Test(.enabled(if: linkedHome != nil, "needs root and a user whose home is a link"))
    func `a link above a home is the administrator's and is followed, the same link for others is not`() throws {
        let user = try #require(Self.linkedHome)
        #expect(code { () throws(FileError) in _ = try ConfinedDirectory("/bin", as: user) } == nil)
        #expect(code { () throws(FileError) in _ = try ConfinedDirectory("/bin", as: .root, namedBy: .root) } == .link)
    }

    @Test(.enabled(if: Identities.isRoot, Comment(rawValue: Identities.needsRoot)))
    func `a folder whose name only begins like a home is not taken for one below it`() throws {
        let sibling = try ScratchFolder(in: "/", prefix: "root-watchdog-test-")
        try sibling.write("config", "text")
        #expect(
            code { () throws(FileError) in
                _ = try ConfinedDirectory(sibling.path, as: .root, namedBy: .root).read("config", most: 10)
            } == nil)
    }

    @Test(.enabled(if: Identities.isRoot, Comment(rawValue: Identities.needsRoot)))
    func `a link below a home is not followed`() throws {
        let inHome = try ScratchFolder(in: "/root")
        try inHome.makeFolder("real")
        try inHome.link("way", to: "real")
        func open(_ name: String) -> FileError.Code? {
            code { () throws(FileError) in _ = try ConfinedDirectory(inHome[name], as: .root, namedBy: .root) }
        }
        #expect(open("real") == nil)
        #expect(open("way") == .link)
    }
}
