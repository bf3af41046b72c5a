/// Folder and name of an absolute path that names a file.
package func splitPath(_ path: String) throws(FileError) -> (folder: String, name: String) {
    guard path.hasPrefix("/"), let slash = path.lastIndex(of: "/"), !path.hasSuffix("/") else {
        throw FileError(code: .failed, description: "Opening \(path): the path does not name a file.")
    }
    return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
}
