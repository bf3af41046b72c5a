import Files
import FixturesTests
import Glibc
import Testing

/// The key without which no fingerprint says anything.
struct FingerprintKeyTests {
    private let folder: ScratchFolder
    private static let token = "123456789:" + String(repeating: "A", count: 35)

    init() throws { folder = try ScratchFolder() }

    private func print(_ key: FingerprintKey, _ secret: String = token) -> String { key.fingerprint(secret.utf8) }

    @Test func `a key is made once, for its owner alone, and then it is the same`() throws {
        let first = try FingerprintKey.load(in: folder.path)
        #expect(folder.names() == ["fingerprint.key"])
        #expect(folder.status("fingerprint.key")?.mode == 0o600)
        #expect(folder.status("fingerprint.key")?.uid == geteuid())
        let bytes = try readOwnFile(folder["fingerprint.key"], most: 100)
        #expect(bytes.count == 32 && Set(bytes).count > 10)
        let second = try FingerprintKey.load(in: folder.path)
        #expect(print(first) == print(second))
        #expect(try readOwnFile(folder["fingerprint.key"], most: 100) == bytes)
        #expect(print(FingerprintKey.forLooking(in: folder.path)) == print(first))
    }

    @Test func `a fingerprint is hexadecimal and has nothing of its secret in it`() throws {
        let key = try FingerprintKey.load(in: folder.path)
        let hex = print(key)
        #expect(hex.count == 32 && hex.allSatisfy { "0123456789abcdef".contains($0) })
        #expect(print(key) == hex)
        #expect(print(key, Self.token + " ") != hex && print(key, "") != hex)
    }

    /// What is expected was made with another program (Python's hmac).
    @Test func `the same secret has another fingerprint under another key`() throws {
        let other = try ScratchFolder()
        #expect(
            print(try FingerprintKey.load(in: folder.path)) != print(try FingerprintKey.load(in: other.path)))
        try folder.write("fingerprint.key", [UInt8](repeating: 0, count: 32))
        try other.write("fingerprint.key", [UInt8](repeating: 1, count: 32))
        #expect(print(try FingerprintKey.load(in: folder.path), "x") == "4cbc96099a6467ce002461f10549b489")
        #expect(print(try FingerprintKey.load(in: other.path), "x") == "9a6525695460ebcfaee4b950ffa6c3c7")
    }

    @Test(arguments: [0, 1, 31, 33, 64])
    func `a key of another length is refused with what to do, and left as it is`(length: Int) throws {
        let path = try folder.write("fingerprint.key", [UInt8](repeating: 7, count: length))
        #expect(
            throws: FileError(
                code: .failed,
                description:
                    "Reading \(path): it has \(length) bytes, and a key has 32. Delete it: the next pass makes a new one."
            )
        ) { try FingerprintKey.load(in: folder.path) }
        #expect(try readOwnFile(path, most: 100).count == length)
    }

    @Test func `what a pass that died left half-written is no key, and in nobody's way`() throws {
        try folder.write("fingerprint.key.new", [1, 2, 3])
        _ = try FingerprintKey.load(in: folder.path)
        #expect(folder.names() == ["fingerprint.key"])
        let elsewhere = try ScratchFolder()
        try elsewhere.write("victim", "mine")
        try elsewhere.link("fingerprint.key.new", to: elsewhere["victim"])
        _ = try FingerprintKey.load(in: elsewhere.path)
        #expect(try elsewhere.text("victim") == "mine")
        #expect(elsewhere.status("fingerprint.key")?.mode == 0o600)
    }

    @Test func `whoever only looks makes no key, and has one for the moment`() throws {
        let key = FingerprintKey.forLooking(in: folder.path)
        #expect(print(key) == print(key))
        #expect(print(key) != print(FingerprintKey.forLooking(in: folder.path)))
        #expect(folder.names().isEmpty)
        try folder.write("fingerprint.key", "short")
        #expect(print(FingerprintKey.forLooking(in: folder.path)).count == 32)
    }

    @Test func `a folder that is not there is told`() {
        #expect(code { () throws(FileError) in _ = try FingerprintKey.load(in: folder["none"]) } == .missing)
        #expect(folder.names().isEmpty)
    }

    @Test(.enabled(if: access("/etc/machine-id", R_OK) == 0, "needs a machine id"))
    func `the key for locks is the host's, and everybody finds the same`() throws {
        let one = try FingerprintKey.shared()
        #expect(print(one) == print(try FingerprintKey.shared()))
        #expect(print(one) != print(try FingerprintKey.load(in: folder.path)))
    }
}
