internal import CCrypto
internal import Glibc

/// The host's own key for fingerprints: with it, and only with it, the same secret always has the same fingerprint.
package struct FingerprintKey: Sendable {
    private let bytes: [UInt8]

    private static let length = 32

    /// The key of a state directory; made where there is none. Whoever calls holds the directory's lock.
    package static func load(in directory: String) throws(FileError) -> FingerprintKey {
        let path = directory + "/fingerprint.key"
        do throws(FileError) {
            return try read(path)
        } catch  where error.code == .missing {
            let key = temporary()
            try key.write(to: path)
            return key
        }
    }

    /// The key of a state directory, if there is one that this user may read; otherwise one that is forgotten when
    /// this program ends.
    package static func forLooking(in directory: String) -> FingerprintKey {
        // Ignoring: why there is none; without it only what an earlier pass has asked about tokens is not found.
        (try? read(directory + "/fingerprint.key")) ?? temporary()
    }

    /// Of the kernel's random numbers (getrandom(2)), which is where this generator has them from.
    private static func temporary() -> FingerprintKey {
        var generator = SystemRandomNumberGenerator()
        return FingerprintKey(bytes: (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    /// For names that every user of this host must find alike, such as a lock's: made of what all of them may read.
    package static func shared() throws(FileError) -> FingerprintKey {
        let path = "/etc/machine-id"
        let id = try readOwnFile(path, most: 256)
        guard id.count >= 32 else {
            throw FileError(
                code: .failed,
                description: "Reading \(path): it holds no machine id; `systemd-machine-id-setup` writes one.")
        }
        return FingerprintKey(bytes: Array("agent-watchdog lock ".utf8) + id)
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private static func read(_ path: String) throws(FileError) -> FingerprintKey {
        let bytes = try readOwnFile(path, most: 4096)
        guard bytes.count == length else {
            throw FileError(
                code: .failed,
                description:
                    "Reading \(path): it has \(bytes.count) bytes, and a key has \(length). Delete it: the next pass makes a new one."
            )
        }
        return FingerprintKey(bytes: bytes)
    }

    /// Whole or not at all: a short key would make every fingerprint of this host worthless.
    private func write(to path: String) throws(FileError) {
        let temporary = path + ".new"
        unlink(temporary)
        let number = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard number >= 0 else { throw .errno("Making \(path)") }
        let file = Descriptor(number)
        try file.writeAll(bytes, path)
        try file.sync(path)
        guard rename(temporary, path) == 0 else { throw .errno("Making \(path)") }
    }

    /// HMAC-SHA-256 of the secret, its first 128 bits as 32 lower-case hexadecimal digits.
    package func fingerprint(_ secret: some Sequence<UInt8>) -> String {
        let message = Array(secret)
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        let done = HMAC(EVP_sha256(), bytes, Int32(bytes.count), message, message.count, &digest, &length)
        // The algorithm is built in and the buffer has its size: libcrypto has nothing to refuse.
        precondition(done != nil && length == 32, "libcrypto has no HMAC-SHA-256")
        return hexadecimal(digest.prefix(16))
    }
}
