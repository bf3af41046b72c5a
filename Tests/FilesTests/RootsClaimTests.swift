import FixturesTests
import Glibc
import Testing

@testable import Files

/// What root's watchdog tells those of other users. All of it stands in one file, so that no test may be beside another.
@Suite(.serialized, .enabled(if: Identities.isRoot, Comment(rawValue: Identities.needsRoot)))
final class RootsClaimTests {
    /// Nobody's.
    private static let uid: UInt32 = 4_000_000_001
    private static let path = "/run/agent-watchdog/owned-\(uid)"

    deinit {
        unlink(Self.path)
        // It stays where anybody else has a claim in it.
        rmdir("/run/agent-watchdog")
    }

    private static func now() -> Int64 { Int64(time(nil)) * 1_000_000 }

    @Test func `what root claims is what another user reads, and each word replaces the one before`() async throws {
        for units in [["b.service", "a.service"], ["c.service"], ["c.service"], []] {
            try RootsClaim.publish(units, of: Self.uid)
            var status = stat()
            #expect(lstat(Self.path, &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o644 && status.st_uid == 0)
            #expect(
                try String(decoding: readOwnFile(Self.path, most: 100), as: UTF8.self).split(separator: "\n").map(
                    String.init) == units.sorted())
        }
    }

    @Test func `others read it, for as long as it is young`() async throws {
        try RootsClaim.publish(["a.service", "b.service"], of: 4_000_000_001)
        await #expect(processExitsWith: .success) {
            #expect(setgid(65_534) == 0 && setuid(65_534) == 0)
            let now = Int64(time(nil)) * 1_000_000
            let most: Int64 = 45 * 60 * 1_000_000
            #expect(RootsClaim.units(of: 4_000_000_001, at: now) == ["a.service", "b.service"])
            #expect(RootsClaim.units(of: 4_000_000_001, at: now + most - 60_000_000) != nil)
            #expect(RootsClaim.units(of: 4_000_000_001, at: now + most + 60_000_000) == nil)
            #expect(RootsClaim.units(of: 4_000_000_002, at: now) == nil, "of others nothing is claimed")
        }
    }

    @Test func `a claim that root has not made is none`() async throws {
        try RootsClaim.publish(["a.service"], of: 4_000_000_001)
        #expect(chown(Self.path, 65_534, 65_534) == 0)
        await #expect(processExitsWith: .success) {
            #expect(setgid(65_534) == 0 && setuid(65_534) == 0)
            #expect(RootsClaim.units(of: 4_000_000_001, at: Int64(time(nil)) * 1_000_000) == nil)
        }
    }

    @Test func `the same claim made again is younger, and is not written anew`() throws {
        try RootsClaim.publish(["a.service"], of: Self.uid)
        var old = [timeval(tv_sec: 1_000_000, tv_usec: 0), timeval(tv_sec: 1_000_000, tv_usec: 0)]
        #expect(utimes(Self.path, &old) == 0)
        var before = stat()
        #expect(lstat(Self.path, &before) == 0)
        try RootsClaim.publish(["a.service"], of: Self.uid)
        var after = stat()
        #expect(lstat(Self.path, &after) == 0)
        #expect(after.st_ino == before.st_ino)
        #expect(Int64(after.st_mtim.tv_sec) * 1_000_000 > Self.now() - 60_000_000)
    }
}
