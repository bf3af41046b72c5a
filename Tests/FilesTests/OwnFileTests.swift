import Files
import FixturesTests
import Glibc
import Testing

/// The watchdog's own settings and keys.
struct OwnFileTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func failure(_ path: String, most: Int = 1000) -> FileError.Code? {
        code { () throws(FileError) in _ = try readOwnFile(path, most: most) }
    }

    @Test func `a file is read, through a link as well`() throws {
        try folder.write("settings", [0, 255, 10])
        try folder.link("link", to: folder["settings"])
        #expect(try readOwnFile(folder["settings"], most: 3) == [0, 255, 10])
        #expect(try readOwnFile(folder["link"], most: 3) == [0, 255, 10])
    }

    @Test(.timeLimit(.minutes(1)))
    func `what is missing, too large, or no file is refused and not waited for`() throws {
        try folder.write("settings", "four")
        #expect(mkfifo(folder["pipe"], 0o600) == 0)
        #expect(failure(folder["settings"], most: 3) == .tooLarge)
        #expect(failure(folder["none"]) == .missing)
        #expect(failure(folder.path) == .notRegular)
        #expect(failure(folder["pipe"]) == .notRegular)
        #expect(failure("/dev/zero") == .notRegular)
    }

    @Test func `the sentence names the file`() throws {
        #expect(
            throws: FileError(
                code: .missing, description: "Reading \(folder["none"]): No such file or directory.")
        ) { try readOwnFile(folder["none"], most: 10) }
    }
}

struct SHA256Tests {
    /// The vectors of FIPS 180-4.
    private static let vectors: [(text: String, digest: String)] = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]

    @Test(arguments: vectors)
    func `a digest is the one that the standard gives`(text: String, digest: String) {
        #expect(sha256(Array(text.utf8)) == digest)
    }
}
