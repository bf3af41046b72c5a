import FixturesTests
import Model
import Testing

@testable import Observing

/// Files that a config takes in by `$include`.
struct ConfigIncludesTests {
    /// The paths that are read, and what is told of them.
    private func following(_ files: [String: String], _ paths: [String] = ["/srv/a/main.json"]) -> [ConfigFile] {
        ConfigIncludes.following(paths.map { Sample.named($0) }) { path, _ in
            files[path].map { Sample.present(Sample.config($0, path: path)) } ?? ConfigFile(path: path, state: .missing)
        }
    }

    private func faults(_ files: [ConfigFile]) -> [String] {
        files.flatMap { file in
            file.faults.map { "\(file.path):\($0.line):\($0.column) \($0.kind.rawValue): \($0.sentence)" }
        }
    }

    @Test func `a file without includes is read alone`() {
        let files = following(["/srv/a/main.json": #"{"a": "include"}"#])
        #expect(files.map(\.path) == ["/srv/a/main.json"])
        #expect(files[0].includedAt == nil)
    }

    @Test func `includes are followed from where they stand, lists and folders too, each file once`() {
        let files = following([
            "/srv/a/main.json":
                "{\n  agents: { $include: './parts/agents.json5' }, x: { $include: ['b.json', 'parts/c.json'] } }",
            "/srv/a/parts/agents.json5": #"{ $include: "../b.json" }"#, "/srv/a/b.json": "{}",
            "/srv/a/parts/c.json": #"{ "$include": "./agents.json5" }"#,
        ])
        #expect(
            files.map(\.path) == [
                "/srv/a/main.json", "/srv/a/parts/agents.json5", "/srv/a/b.json", "/srv/a/parts/c.json",
            ])
        #expect(files[1].includedAt?.hasPrefix("/srv/a/main.json:2:") == true)
        #expect(faults(files).isEmpty)
    }

    @Test func `one that is missing is told where it is named, and kept in mind as missing`() {
        let files = following(["/srv/a/main.json": "{\n  $include: 'gone.json' }"])
        #expect(files.map(\.path) == ["/srv/a/main.json", "/srv/a/gone.json"])
        #expect(files[1].version == nil)
        #expect(
            faults(files) == [
                "/srv/a/main.json:2:13 config-missing: /srv/a/gone.json, which is included here, is not there."
            ])
    }

    @Test(arguments: ["../b.json", "/etc/shadow", "x/../../b.json", "../../../../../etc/shadow", "../ab/x.json"])
    func `one that leads out of the config's folder is refused and never read`(path: String) {
        let files = following([
            "/srv/a/main.json": "{ $include: '\(path)' }", "/etc/shadow": "root", "/srv/b.json": "{}",
        ])
        #expect(files.map(\.path) == ["/srv/a/main.json"])
        #expect(faults(files).count == 1)
        #expect(faults(files).first?.contains("leads out of the folder") == true)
    }

    @Test func `files without end are followed to a limit`() {
        let files = ConfigIncludes.following([Sample.named("/srv/a/0.json")]) { path, _ in
            let number = Int(path.split(separator: "/").last?.prefix { $0.isNumber } ?? "") ?? 0
            return Sample.present(Sample.config("{ $include: '\(number + 1).json' }", path: path))
        }
        #expect(files.count == 50)
    }
}

/// Whose word an included file is.
struct IncludedWordTests {
    @Test(arguments: [(true, true, true), (true, false, false), (false, true, false), (false, false, false)])
    func `an include is root's word where root has named the file that includes it, and alone can write that`(
        named: Bool, alone: Bool, expected: Bool
    ) {
        var words: [String: Bool] = [:]
        _ = ConfigIncludes.following([ConfigPath("/srv/a.json", origin: .unit, isRoots: named)]) { path, isRoots in
            words[path] = isRoots
            var file = Sample.present(
                Sample.config(path == "/srv/a.json" ? "{ $include: 'b.json' }" : "{}", path: path))
            file.isRootsWord = isRoots
            file.isRootsAlone = alone
            return file
        }
        #expect(words == ["/srv/a.json": named, "/srv/b.json": expected])
    }
}
