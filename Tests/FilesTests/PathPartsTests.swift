import Files
import Testing

/// A path, taken apart.
struct PathPartsTests {
    @Test(arguments: [
        ("/a/b/c.json", "/a/b", "c.json"), ("/a", "/", "a"), ("//a", "/", "a"), ("/a//b", "/a/", "b"),
        ("/a/ b", "/a", " b"), ("/ü/🦞", "/ü", "🦞"), ("/a/..", "/a", ".."),
    ])
    func `a path has a folder and a name`(path: String, folder: String, name: String) throws {
        let parts = try splitPath(path)
        #expect(parts.folder == folder && parts.name == name)
    }

    @Test(arguments: ["", "/", "a", "a/b", "/a/", "./a"])
    func `what names no file is refused`(path: String) {
        #expect(
            throws: FileError(code: .failed, description: "Opening \(path): the path does not name a file.")
        ) { try splitPath(path) }
    }
}
