/// SHA-256 of a file's bytes: 64 lower-case hexadecimal digits.
package struct Digest: Hashable, Sendable, CustomStringConvertible {
    package let hex: String

    package init(hex: String) { self.hex = hex }

    package var description: String { hex }
    /// Enough to tell two versions apart in a sentence.
    package var short: String { String(hex.prefix(12)) }
}

/// An agent's configuration file as it was found.
package struct ConfigFile: Sendable {
    package enum State: Sendable {
        case present(ConfigVersion)
        case missing
        /// Why it was not read: a link on its way, not a regular file, too large, no permission.
        case refused(String)
    }

    package let path: String
    package let state: State
    /// What is wrong with its content; empty also where nobody has looked, because it is as it was found to be well.
    package var faults: [ConfigFault] = []

    package init(path: String, state: State) {
        self.path = path
        self.state = state
    }

    package var version: ConfigVersion? {
        if case .present(let version) = state { return version }
        return nil
    }
}

/// One thing that is wrong with a config's content, and where.
package struct ConfigFault: Hashable, Sendable {
    package let kind: FindingKind
    /// Both count from 1.
    package let line: Int
    package let column: Int
    /// A full sentence, without any secret.
    package let sentence: String

    package init(kind: FindingKind, line: Int, column: Int, sentence: String) {
        self.kind = kind
        self.line = line
        self.column = column
        self.sentence = sentence
    }
}

/// One state of a configuration file: its bytes, whose it is, and when it came to be.
package struct ConfigVersion: Hashable, Sendable {
    package let path: String
    package let bytes: [UInt8]
    package let digest: Digest
    /// Permission bits.
    package let mode: UInt32
    package let uid: UInt32
    package let gid: UInt32
    /// When its content changed, as the file says; its owner can set it.
    package let modified: Timestamp
    /// When it was last put in its place or changed, as the kernel says; nobody can set it.
    package let changed: Timestamp

    package init(
        path: String, bytes: [UInt8], digest: Digest, mode: UInt32, uid: UInt32, gid: UInt32, modified: Timestamp,
        changed: Timestamp
    ) {
        self.path = path
        self.bytes = bytes
        self.digest = digest
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.modified = modified
        self.changed = changed
    }

    /// Some tools blank secrets out when they print a config; such a text is never worth restoring.
    package var isRedacted: Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.contains("***") || text.lowercased().contains("[redacted]")
    }
}
