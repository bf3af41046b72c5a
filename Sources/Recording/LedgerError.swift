internal import SQLite

/// Why the ledger could not be used, as one sentence that ends with what to do.
package struct LedgerError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String
    /// The file is missing, or closed to this user.
    package let cannotOpen: Bool

    package init(_ description: String) { self.init(description, cannotOpen: false) }

    init(_ description: String, cannotOpen: Bool) {
        self.description = description
        self.cannotOpen = cannotOpen
    }

    init(_ error: SQLiteError, path: String) {
        let advice: String
        switch error.code {
        case .notADatabase, .corrupt:
            advice =
                "It was left as it is. Move it aside (mv \(path) \(path).broken) and the next pass begins a new one; what it knew of incidents and good configs stays in the old file."
        case .full:
            advice =
                "The disk is full. Make room and run again."
        case .busy: advice = "Another program holds it locked; is somebody working in it with sqlite3?"
        case .readOnly, .cannotOpen:
            advice = "Run the watchdog as the user that owns the state directory, on a disk that can be written."
        case .failed: advice = "Check the disk, and the ledger with `sqlite3 \(path) 'PRAGMA integrity_check'`."
        }
        self.init("\(error.description) \(advice)", cannotOpen: error.code == .cannotOpen)
    }
}
