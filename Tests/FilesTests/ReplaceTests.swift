import Files
import FixturesTests
import Glibc
import Testing

/// A file is replaced whole, or not at all.
struct ReplaceTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func directory() throws -> ConfinedDirectory {
        let own = try Identities.own
        return try ConfinedDirectory(folder.path, as: own, namedBy: .root)
    }

    private func replace(
        _ text: String = "new", mode: UInt32 = 0o644, expecting: String?
    ) throws(FileError) {
        let own = try FileIdentity(uid: geteuid())
        try ConfinedDirectory(folder.path, as: own, namedBy: .root).replace(
            "config", with: Array(text.utf8), mode: mode, uid: own.uid, gid: own.gid, expecting: expecting)
    }

    @Test(arguments: [0o600, 0o640, 0o644, 0o666, 0o700] as [UInt32])
    func `a replaced file has the bytes, owner, group and mode that were asked for`(mode: UInt32) throws {
        try folder.write("config", "old", mode: mode)
        let before = try directory().read("config", most: 100)
        #expect(before.mode == mode)
        try replace("new bytes\u{0}\u{1}", mode: before.mode, expecting: before.digest)
        let after = try directory().read("config", most: 100)
        #expect(after.bytes == Array("new bytes\u{0}\u{1}".utf8))
        #expect(after.digest == sha256(after.bytes))
        #expect((after.mode, after.uid, after.gid) == (mode, before.uid, before.gid))
        #expect(folder.names() == ["config"])
    }

    @Test func `a file that is missing is made, if it is known to be missing`() throws {
        try replace("made", mode: 0o600, expecting: nil)
        #expect(try folder.text("config") == "made")
        #expect(folder.status("config")?.mode == 0o600)
        #expect(folder.names() == ["config"])
    }

    @Test func `a file may become empty, and large`() throws {
        try folder.write("config", "old")
        try replace("", expecting: sha256(Array("old".utf8)))
        #expect(try folder.text("config") == "")
        let large = String(repeating: "0123456789", count: 500_000)
        try replace(large, expecting: sha256([]))
        #expect(try folder.text("config") == large)
    }

    @Test func `a file that holds something else by now is left as it is`() throws {
        try folder.write("config", "somebody's edit")
        for expecting in [sha256(Array("what was seen".utf8)), nil] {
            do throws(FileError) {
                try replace(expecting: expecting)
                Issue.record("it was replaced")
            } catch {
                #expect(error.code == .changedMeanwhile)
                #expect(
                    error.description
                        == "Replacing \(folder.path)/config: it was changed after it was looked at, and is left alone."
                )
            }
        }
        #expect(try folder.text("config") == "somebody's edit")
        #expect(folder.names() == ["config"])
    }

    @Test func `a file that is gone by now is not made again`() throws {
        #expect(code { () throws(FileError) in try replace(expecting: sha256([])) } == .missing)
        #expect(folder.names().isEmpty)
    }

    @Test func `a link in the file's place is not followed, nor replaced`() throws {
        try folder.write("elsewhere", "theirs")
        try folder.link("config", to: folder["elsewhere"])
        let theirs = sha256(Array("theirs".utf8))
        for expecting in [theirs, nil] {
            #expect(code { () throws(FileError) in try replace(expecting: expecting) } == .link)
        }
        #expect(try folder.text("elsewhere") == "theirs")
        #expect(folder.names() == ["config", "elsewhere"])
    }

    @Test func `a folder in the file's place is left alone`() throws {
        try folder.makeFolder("config")
        #expect(code { () throws(FileError) in try replace(expecting: nil) } == .notRegular)
        #expect(folder.names() == ["config"])
    }

    @Test func `other programs see the old file or the new one, and never none or half of one`() throws {
        let texts = ["a", "b"].map { String(repeating: $0, count: 200_000) }
        try folder.write("config", texts[0])
        let done = Arrivals()
        let reading = Arrivals()
        let wrong = Arrivals()
        detachThread { [folder] in
            while !done.wait(for: 1, seconds: 0) {
                let found = try? folder.text("config")
                if !texts.contains(found ?? "") { wrong.arrive() }
                reading.arrive()
            }
            done.arrive()
        }
        for round in 1...100 {
            let text = texts[round % 2]
            try replace(text, expecting: sha256(Array(texts[(round + 1) % 2].utf8)))
            // A reader that never comes to read would prove nothing.
            #expect(reading.wait(for: round / 10))
        }
        done.arrive()
        #expect(done.wait(for: 2))
        #expect(!wrong.wait(for: 1, seconds: 0))
        #expect(folder.names() == ["config"])
    }

    /// Whether the other one comes first, last or in between: its version is what stands there in the end.
    @Test func `what somebody else puts in place in the same moment is never lost`() throws {
        let old = Array("old".utf8)
        for round in 0..<300 {
            try folder.write("config", old)
            try folder.write("newer", "newer \(round)")
            let started = Arrivals()
            let renamed = Arrivals()
            detachThread { [folder] in
                started.arrive()
                rename(folder["newer"], folder["config"])
                renamed.arrive()
            }
            #expect(started.wait(for: 1))
            let failure = code { () throws(FileError) in try replace("ours", expecting: sha256(old)) }
            #expect(failure == nil || failure == .changedMeanwhile)
            try #require(renamed.wait(for: 1))
            #expect(try folder.text("config") == "newer \(round)")
            #expect(folder.names() == ["config"])
        }
    }

    @Test func `a folder that is swapped for a link leads nowhere else`() throws {
        let inside = try folder.makeFolder("inside")
        try folder.makeFolder("outside")
        try folder.write("inside/config", "old")
        try folder.write("outside/config", "old")
        let own = try Identities.own
        let opened = try ConfinedDirectory(inside, as: own, namedBy: .root)
        #expect(rename(inside, folder["moved"]) == 0)
        try folder.link("inside", to: folder["outside"])
        try opened.replace(
            "config", with: Array("new".utf8), mode: 0o600, uid: own.uid, gid: own.gid,
            expecting: sha256(Array("old".utf8)))
        #expect(try folder.text("outside/config") == "old")
        #expect(try folder.text("moved/config") == "new")
        #expect(folder.names(in: "outside") == ["config"])
    }

    @Test func `a file is removed, and it is no error where there is none`() throws {
        try folder.write("config", "old")
        try directory().remove("config")
        #expect(folder.names().isEmpty)
        try directory().remove("config")
    }
}
