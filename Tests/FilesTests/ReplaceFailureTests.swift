import Files
import FixturesTests
import Glibc
import Testing

/// What is left behind when writing fails half-way: nothing.
struct ReplaceFailureTests {
    @Test(.enabled(if: SmallDisk.isPossible, "only root can make a small disk to fill"))
    func `on a full disk the old file stays, and no temporary file is left`() throws {
        let disk = try SmallDisk(kibibytes: 256)
        try disk.folder.write("config", "old")
        try disk.fill(leaving: 8192)
        let failure = code { () throws(FileError) in
            try ConfinedDirectory(disk.path, as: .root, namedBy: .root).replace(
                "config", with: [UInt8](repeating: 0x6e, count: 200_000), mode: 0o600, uid: 0, gid: 0,
                expecting: sha256(Array("old".utf8)))
        }
        #expect(failure == .noSpace)
        #expect(try disk.folder.text("config") == "old")
        #expect(disk.folder.names() == ["config", "filling"])
    }

    @Test(.enabled(if: SmallDisk.isPossible, "only root can make a small disk to fill"))
    func `a file that fits just so is replaced on a nearly full disk`() throws {
        let disk = try SmallDisk(kibibytes: 256)
        try disk.folder.write("config", "old")
        try disk.fill(leaving: 8192)
        try ConfinedDirectory(disk.path, as: .root, namedBy: .root).replace(
            "config", with: Array("new".utf8), mode: 0o600, uid: 0, gid: 0, expecting: sha256(Array("old".utf8)))
        #expect(try disk.folder.text("config") == "new")
        #expect(disk.folder.names() == ["config", "filling"])
    }

    /// In a process of its own, since the limit is the whole process's.
    @Test func `a file that may not grow so large is not left half-written`() async {
        await #expect(processExitsWith: .success) {
            let folder = try ScratchFolder()
            try folder.write("config", "old")
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 10_000, rlim_max: 10_000)
            #expect(setrlimit(__rlimit_resource_t(1), &limit) == 0)
            let own = try FileIdentity(uid: geteuid())
            let failure = code { () throws(FileError) in
                try ConfinedDirectory(folder.path, as: own, namedBy: .root).replace(
                    "config", with: [UInt8](repeating: 0x6e, count: 50_000), mode: 0o600, uid: own.uid, gid: own.gid,
                    expecting: sha256(Array("old".utf8)))
            }
            #expect(failure == .failed)
            #expect(try folder.text("config") == "old")
            #expect(folder.names() == ["config"])
        }
    }

    @Test(
        .enabled(if: Identities.isRoot, Comment(rawValue: Identities.needsRoot)),
        arguments: [(0o640, 0o600), (0o644, 0o644), (0o664, 0o644), (0o660, 0o600), (0o4751, 0o711)]
            as [(UInt32, UInt32)])
    func `a group that cannot be kept is told, and sees no more than everybody could`(
        mode: UInt32, kept: UInt32
    ) throws {
        let folder = try ScratchFolder()
        let nobody = try Identities.nobody
        let home = try folder.makeFolder("home", owner: nobody.uid)
        try folder.write("home/config", "old", owner: nobody.uid)
        let problems = try ConfinedDirectory(home, as: nobody).replace(
            "config", with: Array("new".utf8), mode: mode, uid: nobody.uid, gid: 0,
            expecting: sha256(Array("old".utf8)))
        #expect(
            problems == [
                "Its group 0 could not be kept, because nobody is not in that group; it has the group \(nobody.gid) now, and is closed to it as it was to others."
            ])
        #expect(try folder.text("home/config") == "new")
        #expect(folder.status("home/config")?.mode == kept)
        #expect(folder.status("home/config")?.gid == nobody.gid)
        #expect(folder.names(in: "home") == ["config"])
    }

    @Test(.enabled(if: Identities.isRoot, Comment(rawValue: Identities.needsRoot)))
    func `a group that is kept keeps its mode, and nothing is told`() throws {
        let folder = try ScratchFolder()
        let nobody = try Identities.nobody
        let home = try folder.makeFolder("home", owner: nobody.uid)
        let problems = try ConfinedDirectory(home, as: nobody).replace(
            "config", with: [], mode: 0o640, uid: nobody.uid, gid: nobody.gid, expecting: nil)
        #expect(problems.isEmpty)
        #expect(folder.status("home/config")?.mode == 0o640)
    }

    @Test func `a folder that was removed meanwhile is told as missing`() throws {
        let folder = try ScratchFolder()
        let path = try folder.makeFolder("gone")
        let own = try Identities.own
        let opened = try ConfinedDirectory(path, as: own, namedBy: .root)
        #expect(rmdir(path) == 0)
        let failure = code { () throws(FileError) in
            try opened.replace("config", with: [], mode: 0o600, uid: own.uid, gid: own.gid, expecting: nil)
        }
        #expect(failure == .missing)
    }

    @Test func `what a pass that was killed left beside a file is found, and nothing else`() throws {
        let folder = try ScratchFolder()
        for name in ["config", ".config.watchdog-1f2e", ".config.watchdog-0", "config.watchdog-1", ".config.bak"] {
            try folder.write(name, "x")
        }
        try folder.write(".other.watchdog-1", "x")
        let directory = try ConfinedDirectory(folder.path, as: Identities.own, namedBy: .root)
        #expect(try directory.leftBehind(by: "config").sorted() == [".config.watchdog-0", ".config.watchdog-1f2e"])
        #expect(try directory.leftBehind(by: "none").isEmpty)
    }
}
