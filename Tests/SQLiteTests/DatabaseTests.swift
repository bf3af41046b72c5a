import FixturesTests
import SQLite
import Testing

struct DatabaseTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private var path: String { folder["test.db"] }

    private func made(_ sql: String = "CREATE TABLE t (id INTEGER PRIMARY KEY, v)") throws -> Database {
        let database = try Database(path, .readWrite)
        try database.execute(sql)
        return database
    }

    private func count(_ database: borrowing Database) throws -> Int64 {
        var count: Int64 = -1
        try database.run("SELECT count(*) FROM t") { count = $0.integer(0) }
        return count
    }

    @Test func `every kind of value comes back as it went in`() throws {
        let database = try made()
        let values: [Value] = [
            .null, .integer(.min), .integer(.max), .real(-0.5), .text(""), .text("ümläute 🦞 'quoted'; --"),
            .blob([]), .blob([0, 255, 0, 1]),
        ]
        for value in values { try database.run("INSERT INTO t (v) VALUES (?)", [value]) }
        var found: [String] = []
        try database.run("SELECT v, typeof(v) FROM t ORDER BY id") { row in
            switch row.text(1) {
            case "null": found.append("null \(row.isNull(0)) \(row.optionalInteger(0) == nil)")
            case "integer": found.append("\(row.integer(0)) \(row.optionalInteger(0) ?? 0)")
            case "real": found.append("\(row.real(0))")
            case "text": found.append("'\(row.text(0))' \(row.optionalText(0) ?? "")")
            default: found.append("\(row.blob(0)) \(row.isNull(0))")
            }
        }
        #expect(
            found == [
                "null true true", "\(Int64.min) \(Int64.min)", "\(Int64.max) \(Int64.max)", "-0.5", "'' ",
                "'ümläute 🦞 'quoted'; --' ümläute 🦞 'quoted'; --", "[] false", "[0, 255, 0, 1] false",
            ])
    }

    @Test func `a text is kept whole, though a zero stands in it`() throws {
        let database = try made()
        try database.run("INSERT INTO t (v) VALUES (?)", [.text("before\u{0}after")])
        var found = ""
        try database.run("SELECT v FROM t") { found = $0.text(0) }
        #expect(found == "before\u{0}after")
    }

    @Test func `rows come in order, and the last one's id is known`() throws {
        let database = try made()
        for number in 1...5 { try database.run("INSERT INTO t (v) VALUES (?)", [.integer(Int64(number * 10))]) }
        #expect(database.lastInsertedRow == 5)
        var found: [Int64] = []
        try database.run("SELECT v FROM t WHERE id > ? AND id < ? ORDER BY id DESC", [.integer(1), .integer(5)]) {
            found.append($0.integer(0))
        }
        #expect(found == [40, 30, 20])
    }

    @Test func `what was written is there for the next connection`() throws {
        do {
            let database = try made()
            try database.run("INSERT INTO t (v) VALUES ('kept')")
        }
        var found = ""
        try Database(path, .readOnly).run("SELECT v FROM t") { found = $0.text(0) }
        #expect(found == "kept")
    }

    // MARK: Transactions

    private struct Refusal: Error, Equatable { let text: String }

    @Test func `a transaction is written as a whole`() throws {
        let database = try made()
        let result = try database.transaction {
            try database.run("INSERT INTO t (v) VALUES (1)")
            try database.run("INSERT INTO t (v) VALUES (2)")
            return 7
        } failed: {
            $0
        }
        #expect(result == 7)
        #expect(try count(Database(path, .readOnly)) == 2)
    }

    @Test func `a transaction that fails leaves nothing, and the connection can be used again`() throws {
        let database = try made()
        #expect(throws: Refusal(text: "no")) {
            try database.transaction { () throws(Refusal) -> Void in
                do throws(SQLiteError) {
                    try database.run("INSERT INTO t (v) VALUES (1)")
                } catch {
                    throw Refusal(text: error.description)
                }
                throw Refusal(text: "no")
            } failed: {
                Refusal(text: $0.description)
            }
        }
        #expect(try count(database) == 0)
        try database.run("INSERT INTO t (v) VALUES (2)")
        #expect(try count(database) == 1)
    }

    // MARK: Errors

    private func code(_ body: () throws(SQLiteError) -> Void) -> SQLiteError.Code? {
        do throws(SQLiteError) {
            try body()
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `a file that is no database is told as such, and is not changed`() throws {
        let text = String(repeating: "This is a diary. ", count: 100)
        for content in [text, "short"] {
            try folder.write("test.db", content)
            #expect(
                code { () throws(SQLiteError) in
                    try Database(path, .readWrite).execute("CREATE TABLE t (v)")
                } == .notADatabase)
            #expect(try folder.text("test.db") == content)
        }
    }

    @Test func `a file that is missing is made to write, and not made to read`() throws {
        #expect(code { () throws(SQLiteError) in _ = try Database(path, .readOnly) } == .cannotOpen)
        #expect(folder.names().isEmpty)
        _ = try made()
        #expect(folder.names() == ["test.db"])
    }

    @Test func `a link is not followed`() throws {
        try folder.write("elsewhere.db", "")
        try folder.link("test.db", to: folder["elsewhere.db"])
        #expect(code { () throws(SQLiteError) in _ = try Database(path, .readWrite) } == .cannotOpen)
        #expect(try folder.text("elsewhere.db") == "")
    }

    @Test func `whoever reads cannot write`() throws {
        _ = try made()
        let reader = try Database(path, .readOnly)
        #expect(code { () throws(SQLiteError) in try reader.execute("INSERT INTO t (v) VALUES (1)") } == .readOnly)
    }

    @Test func `a database that may not grow any more is full`() throws {
        let database = try made()
        try database.execute("PRAGMA max_page_count = 3")
        #expect(
            code { () throws(SQLiteError) in
                try database.run("INSERT INTO t (v) VALUES (?)", [.blob([UInt8](repeating: 1, count: 100_000))])
            } == .full)
        #expect(try count(database) == 0)
    }

    @Test func `a statement that is wrong names the file and the reason`() throws {
        let database = try made()
        #expect(throws: SQLiteError(code: .failed, description: "Using the database \(path): no such table: x.")) {
            try database.run("SELECT * FROM x")
        }
        #expect(throws: SQLiteError.self) { try database.run("SELECT ?", [.null, .null]) }
        #expect(throws: SQLiteError.self) { try database.execute("CREATE TABLE t (v)") }
    }

    @Test func `a database whose pages were destroyed is told as such`() throws {
        do {
            let database = try made()
            for _ in 0..<200 {
                try database.run("INSERT INTO t (v) VALUES (?)", [.blob([UInt8](repeating: 7, count: 500))])
            }
        }
        let descriptor = try #require(FileOverwrite(path))
        descriptor.write([UInt8](repeating: 0xa5, count: 20_000), at: 4096)
        let database = try Database(path, .readOnly)
        #expect(code { () throws(SQLiteError) in try database.run("SELECT sum(length(v)) FROM t") } == .corrupt)
    }
}
