internal import CSQLite
internal import Glibc

package struct SQLiteError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: Equatable, Sendable { case notADatabase, full, busy, corrupt, readOnly, cannotOpen, failed }

    package let code: Code
    package let description: String

    package init(code: Code, description: String) {
        self.code = code
        self.description = description
    }
}

/// One connection. Opened without SQLite's own locks: "can be safely used by multiple threads provided that no single
/// database connection is used by two or more threads at the same time" (sqlite.org/threadsafe.html), and this one is
/// used by one thread only.
package struct Database: ~Copyable {
    private let raw: OpaquePointer
    private let path: String

    package enum Access: Sendable { case readWrite, readOnly }

    package init(_ path: String, _ access: Access) throws(SQLiteError) {
        var raw: OpaquePointer?
        let mode = access == .readWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY
        let code = sqlite3_open_v2(
            path, &raw, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE, nil)
        guard let raw else {
            throw SQLiteError(code: .cannotOpen, description: "Opening the database \(path): no memory.")
        }
        guard code == SQLITE_OK else {
            // Even a handle whose opening failed has to be closed, once its message has been read.
            let failure = Self.error(raw, code, "Opening the database \(path)")
            sqlite3_close_v2(raw)
            throw failure
        }
        sqlite3_busy_timeout(raw, 5000)
        // The files beside the database stay when the last writer closes it: whoever reads then has to make none.
        var keep: Int32 = 1
        sqlite3_file_control(raw, "main", SQLITE_FCNTL_PERSIST_WAL, &keep)
        self.raw = raw
        self.path = path
    }

    deinit { sqlite3_close_v2(raw) }

    /// Runs one or more statements that return nothing.
    package func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(raw, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw Self.error(raw, code, "Writing to the database \(path)") }
    }

    /// Runs one statement, and hands each row to `row`.
    package func run(_ sql: String, _ values: [Value] = [], row: (Row) -> Void = { _ in }) throws(SQLiteError) {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v2(raw, sql, -1, &statement, nil)
        guard code == SQLITE_OK, let statement else { throw Self.error(raw, code, "Using the database \(path)") }
        defer { sqlite3_finalize(statement) }
        for (index, value) in values.enumerated() {
            let bound = value.bind(statement, Int32(index + 1))
            guard bound == SQLITE_OK else { throw Self.error(raw, bound, "Using the database \(path)") }
        }
        while true {
            let step = sqlite3_step(statement)
            if step == SQLITE_DONE { return }
            guard step == SQLITE_ROW else { throw Self.error(raw, step, "Using the database \(path)") }
            row(Row(statement: statement))
        }
    }

    package var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(raw) }

    /// Everything in `body` or nothing.
    package func transaction<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result, failed: (SQLiteError) -> Failure
    ) throws(Failure) -> Result {
        do throws(SQLiteError) { try execute("BEGIN IMMEDIATE") } catch { throw failed(error) }
        do throws(Failure) {
            let result = try body()
            do throws(SQLiteError) { try execute("COMMIT") } catch { throw failed(error) }
            return result
        } catch {
            // Ignoring: a failed rollback; SQLite has already rolled back by itself where it could not (disk full).
            try? execute("ROLLBACK")
            throw error
        }
    }

    private static func error(_ raw: OpaquePointer, _ code: Int32, _ attempt: String) -> SQLiteError {
        let kind: SQLiteError.Code
        switch code & 0xff {
        case SQLITE_NOTADB: kind = .notADatabase
        case SQLITE_FULL: kind = .full
        // In WAL mode a full disk may show as a failed write to the file that readers share.
        case SQLITE_IOERR where [ENOSPC, EDQUOT].contains(sqlite3_system_errno(raw)): kind = .full
        case SQLITE_BUSY, SQLITE_LOCKED: kind = .busy
        case SQLITE_CORRUPT: kind = .corrupt
        case SQLITE_READONLY: kind = .readOnly
        case SQLITE_CANTOPEN: kind = .cannotOpen
        default: kind = .failed
        }
        return SQLiteError(code: kind, description: "\(attempt): \(String(cString: sqlite3_errmsg(raw))).")
    }
}

/// A value of a statement's parameter.
package enum Value: Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    package init(_ number: Int64?) { self = number.map { .integer($0) } ?? .null }
    package init(_ text: String?) { self = text.map { .text($0) } ?? .null }

    /// SQLite copies the bytes before the call returns (SQLITE_TRANSIENT, a macro that Swift cannot import).
    private static var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    fileprivate func bind(_ statement: OpaquePointer, _ index: Int32) -> Int32 {
        switch self {
        case .null: return sqlite3_bind_null(statement, index)
        case .integer(let number): return sqlite3_bind_int64(statement, index, number)
        case .real(let number): return sqlite3_bind_double(statement, index, number)
        case .text(let text):
            return sqlite3_bind_text(statement, index, text, Int32(text.utf8.count), Self.transient)
        case .blob(let bytes):
            return bytes.withUnsafeBytes { buffer in
                // A null pointer would be NULL and not an empty blob.
                guard let base = buffer.baseAddress else { return sqlite3_bind_zeroblob(statement, index, 0) }
                return sqlite3_bind_blob64(statement, index, base, UInt64(buffer.count), Self.transient)
            }
        }
    }
}

/// The columns of a result row, by position from 0; good only while the row is being handled.
package struct Row {
    fileprivate let statement: OpaquePointer

    package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    package func real(_ column: Int32) -> Double { sqlite3_column_double(statement, column) }

    package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

    package func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    package func text(_ column: Int32) -> String {
        guard let bytes = sqlite3_column_text(statement, column) else { return "" }
        let count = Int(sqlite3_column_bytes(statement, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    package func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    package func blob(_ column: Int32) -> [UInt8] {
        guard let bytes = sqlite3_column_blob(statement, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(statement, column))))
    }
}
