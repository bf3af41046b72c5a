internal import CSystemd
internal import Glibc

/// One line of the journal, with the fields that a pass decides by.
package struct JournalEntry: Equatable, Sendable {
    /// µs since 1970, as the journal received the line.
    package let realtime: UInt64
    /// At most `Journal.longestMessage` bytes; what is not UTF-8 is replaced.
    package let message: String
    /// 32 hexadecimal digits; empty for an ordinary line.
    package let messageID: String
    /// `JOB_TYPE=` of what a manager says of a unit: `start`, `stop`, `restart`; empty elsewhere.
    package let jobType: String
    /// Who spoke, by the kernel's word; 0 where that is not there.
    package let pid: Int32
    /// The unit of a user's manager in whose cgroup the speaker was; empty where it was in none, or had ended before
    /// journald(8) looked.
    package let userUnit: String
    /// The start of the unit that a manager speaks of; empty elsewhere.
    package let invocationID: String
    /// `EXIT_STATUS=` where it says that a main process exited by itself.
    package let exitStatus: Int32?
    /// Or that a signal ended it.
    package let exitSignal: Int32?
}

/// What a search of the journal found.
package struct JournalSlice: Equatable, Sendable {
    /// Oldest first.
    package var entries: [JournalEntry] = []
    /// Of the newest entry; `nil` where nothing matched.
    package var cursor: String?
    /// More entries matched than were asked for: these are the newest of them.
    package var cut = false

    package init() {}
}

/// The field and value that an entry must have.
package struct JournalMatch: Equatable, Sendable {
    let field: String

    package init(_ name: String, _ value: String) { field = "\(name)=\(value)" }
}

/// The journal of this machine: one handle for a whole pass.
///
/// "Each sd_journal object must only be used by one specific thread during its lifetime" (sd_journal_open(3)); a
/// `~Copyable` value that is never sent keeps to it.
package struct Journal: ~Copyable {
    private let raw: OpaquePointer

    /// Bytes of one message that are kept.
    package static let longestMessage = 2048

    private init(raw: OpaquePointer) { self.raw = raw }

    deinit { sd_journal_close(raw) }

    /// The journal of this machine, or what lies in `directory`.
    package static func open(directory: String? = nil) throws(SystemdError) -> Journal {
        var raw: OpaquePointer?
        let attempt = directory.map { "Opening the journal in \($0)" } ?? "Opening the journal"
        let result =
            if let directory {
                sd_journal_open_directory(&raw, directory, 0)
            } else {
                sd_journal_open(&raw, Int32(SD_JOURNAL_LOCAL_ONLY))
            }
        guard result >= 0, let raw else { throw .failed(result, attempt) }
        try check(sd_journal_set_data_threshold(raw, longestMessage * 2), attempt)
        return Journal(raw: raw)
    }

    /// The newest entries that have **all** fields of **any** of the alternatives, and that came after `cursor`: at most so
    /// many, and no more once their messages have taken so many bytes.
    ///
    /// Values of the same field within one alternative are alternatives too (sd_journal_add_match(3)).
    package func newest(
        _ most: Int, matching alternatives: [[JournalMatch]], after cursor: String? = nil, bytes: Int = .max
    ) throws(SystemdError) -> JournalSlice {
        let attempt = "Searching the journal for \(alternatives.first?.first?.field ?? "entries")"
        sd_journal_flush_matches(raw)
        for (index, alternative) in alternatives.enumerated() {
            if index > 0 { try check(sd_journal_add_disjunction(raw), attempt) }
            for match in alternative { try check(sd_journal_add_match(raw, match.field, 0), attempt) }
        }
        try check(sd_journal_seek_tail(raw), attempt)
        var slice = JournalSlice()
        var taken = 0
        while try check(sd_journal_previous(raw), attempt) > 0 {
            if let cursor, try check(sd_journal_test_cursor(raw, cursor), attempt) > 0 { break }
            var realtime: UInt64 = 0
            try check(sd_journal_get_realtime_usec(raw, &realtime), attempt)
            guard slice.entries.count < most, taken < bytes else {
                slice.cut = true
                break
            }
            if slice.cursor == nil { slice.cursor = try currentCursor(attempt) }
            slice.entries.append(
                JournalEntry(
                    realtime: realtime, message: text("MESSAGE"), messageID: text("MESSAGE_ID"),
                    jobType: text("JOB_TYPE"), pid: Int32(text("_PID")) ?? 0, userUnit: text("_SYSTEMD_USER_UNIT"),
                    invocationID: invocation(),
                    exitStatus: exitStatus(["exited"]),
                    exitSignal: exitStatus(["killed", "dumped"])))
            taken += slice.entries.last?.message.utf8.count ?? 0
        }
        slice.entries.reverse()
        return slice
    }

    /// The cursor of the newest entry of all; `nil` where there is none that this process may read. libsystemd passes
    /// silently over files that it may not open, so that is the only sign of it.
    package func tail() throws(SystemdError) -> String? {
        sd_journal_flush_matches(raw)
        try check(sd_journal_seek_tail(raw), "Reading the journal")
        guard try check(sd_journal_previous(raw), "Reading the journal") > 0 else { return nil }
        return try currentCursor("Reading the journal")
    }

    /// The values that these fields have in the entries that came after `cursor`, for all of the journal at once;
    /// `nil` where that would mean to read more than `most` entries.
    ///
    /// A search with a match jumps all over the files, and every page that it touches stays mapped; this reads their
    /// end only, and tells for most units that there is nothing to search for.
    package func values(
        of fields: [String], after cursor: String, most: Int
    ) throws(SystemdError) -> Set<String>? {
        let attempt = "Reading the end of the journal"
        sd_journal_flush_matches(raw)
        try check(sd_journal_seek_tail(raw), attempt)
        var found: Set<String> = []
        var count = 0
        while try check(sd_journal_previous(raw), attempt) > 0 {
            // Compared entry by entry and not by its time: the host's clock may have been set back meanwhile.
            if try check(sd_journal_test_cursor(raw, cursor), attempt) > 0 { return found }
            count += 1
            guard count <= most else { return nil }
            for field in fields {
                let value = text(field)
                if !value.isEmpty { found.insert(value) }
            }
        }
        return found
    }

    private func currentCursor(_ attempt: String) throws(SystemdError) -> String? {
        var pointer: UnsafeMutablePointer<CChar>?
        try check(sd_journal_get_cursor(raw, &pointer), attempt)
        defer { free(pointer) }
        return pointer.map { String(cString: $0) }
    }

    /// A user's manager names it by another field.
    private func invocation() -> String {
        let own = text("INVOCATION_ID")
        return own.isEmpty ? text("USER_INVOCATION_ID") : own
    }

    private func exitStatus(_ codes: [String]) -> Int32? {
        codes.contains(text("EXIT_CODE")) ? Int32(text("EXIT_STATUS")) : nil
    }

    /// The value of a field of the present entry; empty where the entry has none. A field may be binary.
    private func text(_ field: String) -> String {
        var data: UnsafeRawPointer?
        var length = 0
        guard sd_journal_get_data(raw, field, &data, &length) >= 0, let data else { return "" }
        let bytes = UnsafeRawBufferPointer(start: data, count: length).dropFirst(field.utf8.count + 1)
        return String(decoding: bytes.prefix(Self.longestMessage), as: UTF8.self)
    }
}
