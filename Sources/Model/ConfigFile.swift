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
    /// Whether a tool's mask stands where a value belongs, as its syntax tells; `nil` where nobody could tell by that.
    package var redactedBySyntax: Bool?
    /// The same, by its syntax or else by its text: such a file is never worth restoring.
    package var isRedacted: Bool { redactedBySyntax ?? version?.hasMask ?? false }
    /// Why the agent itself cannot read it either, and what to do, as a clause; `nil` where that is not so or not known.
    package var unreadable: String?
    /// Whether a program that died has left a temporary file beside it.
    package var hasRemains = false
    /// `PATH:LINE:COLUMN` of the `$include` that takes it in; `nil` for a config of its own.
    package var includedAt: String?
    /// Nobody but root can have said that it is the agent's.
    package var isRootsWord = false
    /// Nobody but root can write it: what it names is root's word.
    package var isRootsAlone = false
    /// What a rollback of it will meet.
    package var obstacle: Obstacle?

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
    /// When its content changed, as the file says; its owner can set it, so that nothing is decided by it.
    package let modified: Timestamp
    /// When it was last put in its place or changed, as the kernel says; nobody can set it.
    package let changed: Timestamp
    /// Of its bytes without the values that an agent writes anew on each start: two versions of one meaning differ in
    /// nothing that anybody has set.
    package let meaning: Digest
    /// The agent's release when this was seen, where that can be had. It may be a mark that nobody has renewed.
    package let release: String?
    /// The release that wrote the file last, as it says itself.
    package let mark: String?
    /// When the agent has written it last, as the file says itself: RFC 3339.
    package let touched: String?

    package init(
        path: String, bytes: [UInt8], digest: Digest, mode: UInt32, uid: UInt32, gid: UInt32, modified: Timestamp,
        changed: Timestamp, meaning: Digest? = nil, release: String? = nil, mark: String? = nil,
        touched: String? = nil
    ) {
        self.touched = touched
        self.mark = mark
        self.meaning = meaning ?? digest
        self.release = release
        self.path = path
        self.bytes = bytes
        self.digest = digest
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.modified = modified
        self.changed = changed
    }

    /// The same text, as another's or with other permissions.
    package func with(mode: UInt32, uid: UInt32, gid: UInt32) -> ConfigVersion {
        ConfigVersion(
            path: path, bytes: bytes, digest: digest, mode: mode, uid: uid, gid: gid, modified: modified,
            changed: changed, meaning: meaning, release: release, mark: mark, touched: touched)
    }

    /// How soon after its start an agent writes its config anew that leaves no mark in it.
    private static let soon: Duration = .seconds(3)

    /// Whether an agent that was started then has written it, and nobody after it: it has marked it with the time, which
    /// whoever edits a file leaves as it was, or it came at once with the start.
    package func isWritten(byStart started: Timestamp?) -> Bool {
        guard let started, changed >= started else { return false }
        if changed - started < Self.soon { return true }
        guard let touched, touched.hasSuffix("Z") else { return false }
        // Whole seconds in UTC are in the order of their texts.
        let at = touched.prefix(19)
        return at >= started.rfc3339.prefix(19) && at >= (changed - .seconds(2)).rfc3339.prefix(19)
    }

    /// Some tools blank secrets out when they print a config.
    fileprivate var hasMask: Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.contains("***") || text.lowercased().contains("[redacted]") || text.contains("[secret ")
    }
}

/// Names one state of a config file. What an agent has only marked anew since is still that state.
package struct ConfigIdentity: Hashable, Sendable {
    package let digest: Digest
    package let meaning: Digest

    package init(digest: Digest, meaning: Digest? = nil) {
        self.digest = digest
        self.meaning = meaning ?? digest
    }

    package init(_ version: ConfigVersion) { self.init(digest: version.digest, meaning: version.meaning) }

    package func names(_ version: ConfigVersion?) -> Bool {
        version.map { $0.digest == digest || $0.meaning == meaning } ?? false
    }
}

/// What an agent's config files said in the last pass that looked.
package struct ConfigMemory: Hashable, Sendable {
    /// The files' digests, in the order of their paths, with a space between them; `-` for one that was not read.
    package let digests: String
    /// Their meanings, in the same form.
    package let meanings: String
    /// The first pass that saw these meanings, if every one since has seen them, too.
    package let since: Timestamp
    /// Names of the variables that the files refer to.
    package let references: [String]

    package init(digests: String, meanings: String, since: Timestamp, references: [String]) {
        self.references = references
        self.digests = digests
        self.meanings = meanings
        self.since = since
    }

    /// Whether one of them could be read.
    package var hasFile: Bool { digests.split(separator: " ").contains { $0 != "-" } }

    /// `nil` for an agent without a known config.
    package init?(_ seen: AgentObservation, after last: ConfigMemory?) {
        let files = seen.config
        guard !files.isEmpty else { return nil }
        references = seen.references
        digests = Self.digests(of: files)
        let meanings = Self.meanings(of: files)
        self.meanings = meanings
        since = last?.meanings == meanings ? last?.since ?? seen.taken : seen.taken
    }

    package static func meanings(of files: [ConfigFile]) -> String {
        files.map { $0.version?.meaning.hex ?? "-" }.joined(separator: " ")
    }

    package static func digests(of files: [ConfigFile]) -> String {
        files.map { $0.version?.digest.hex ?? "-" }.joined(separator: " ")
    }
}

extension AgentObservation {
    /// How long ago a config file was changed, if that is so short a while that somebody may still be at it. What an
    /// agent writes anew on each start is nobody's edit.
    ///
    /// The kernel's own time counts: what the file says of itself is set by whoever copies it (`cp -p`, `rsync -a`).
    package func editing(_ version: ConfigVersion, after last: ConfigMemory?, grace: Duration) -> Duration? {
        let age = taken - version.changed
        guard age >= .zero, age < grace else { return nil }
        if let last, last.meanings == ConfigMemory.meanings(of: config), taken - last.since >= grace {
            return nil
        }
        return age
    }
}

/// A rollback of one file, by the meanings of what stood there and of what took its place.
package struct ConfigPair: Hashable, Sendable {
    package let path: String
    package let old: Digest
    package let new: Digest

    package init(path: String, old: Digest, new: Digest) {
        self.path = path
        self.old = old
        self.new = new
    }
}
