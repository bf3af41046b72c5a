internal import ConfigText
internal import Model

/// Files that a config takes in by `$include`: what an agent reads is all of them together, so all are kept, checked
/// and put back together.
enum ConfigIncludes {
    /// Far above any real config.
    private static let mostFiles = 50

    /// These files, and behind them what they include. A path is taken from the folder of the file that names it, and
    /// must not lead out of the folder of the first one, or of `roots`.
    /// `read` is told whether it is root's word that the file is the agent's.
    static func following(
        _ paths: [ConfigPath], roots: () -> [String] = { [] }, read: (String, Bool) -> ConfigFile
    ) -> [ConfigFile] {
        var files = paths.map { read($0.path, $0.isRoots) }
        var next = 0
        while next < files.count {
            let file = files[next]
            next += 1
            guard let version = file.version, let tree = tree(of: version) else { continue }
            for include in References(tree).includes {
                let place = "\(file.path):\(include.place)"
                let inside = resolved(include.path, from: file.path, within: [folder(paths[0].path)])
                guard let path = inside ?? resolved(include.path, from: file.path, within: roots()) else {
                    files[next - 1].faults.append(
                        ConfigFault(
                            kind: .configSyntax, line: include.place.line, column: include.place.column,
                            sentence: "This $include leads out of the folder of \(paths[0].path), and is refused."))
                    continue
                }
                if files.contains(where: { $0.path == path }) { continue }
                guard files.count < mostFiles else { return files }
                // Only what root has named and alone can write speaks for root.
                var included = read(path, file.isRootsWord && file.isRootsAlone)
                included.includedAt = place
                if case .missing = included.state {
                    files[next - 1].faults.append(
                        ConfigFault(
                            kind: .configMissing, line: include.place.line, column: include.place.column,
                            sentence: "\(path), which is included here, is not there."))
                }
                files.append(included)
            }
        }
        return files
    }

    /// `nil` for a file that includes nothing.
    private static func tree(of version: ConfigVersion) -> ConfigTree? {
        guard ConfigSyntax(file: version.path) == .json5,
            String(decoding: version.bytes, as: UTF8.self).contains("$include")
        else { return nil }
        guard case .success(let tree) = ConfigTree.parse(version.bytes, as: .json5) else { return nil }
        return tree
    }

    /// By its words alone: whether a link lies on the way is seen when it is opened.
    private static func resolved(_ path: String, from file: String, within roots: [String]) -> String? {
        let whole = path.hasPrefix("/") ? path : "\(folder(file))/\(path)"
        var parts: [Substring] = []
        for part in whole.split(separator: "/") where part != "." {
            if part == ".." {
                if parts.popLast() == nil { return nil }
            } else {
                parts.append(part)
            }
        }
        let result = "/" + parts.joined(separator: "/")
        let isWithin = roots.contains { $0.hasPrefix("/") && result.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") }
        return isWithin && !path.hasSuffix("/") && !path.contains("\0") ? result : nil
    }

    private static func folder(_ path: String) -> String {
        String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
    }
}
