import FixturesTests
import Glibc
import Model
import Testing

@testable import Observing

/// Whose word a variable is, and a token, and a file that a config includes.
struct RootsWordTests {
    private static func found(_ name: String, _ environment: Observer.UnitEnvironment) -> String {
        switch environment.find(name) {
        case .value(let value, let source, let isRoots): "\(value) from \(source)\(isRoots ? ", root's" : "")"
        case .nowhere: "nowhere"
        case .unknown: "unknown"
        }
    }

    @Test func `a line of the unit is root's word for a unit of root's alone`() {
        let lines = ["A=1"]
        #expect(
            Self.found("A", ConfigPlaceTests.unit(.system, lines: lines).1) == "1 from Environment= of the unit, root's"
        )
        #expect(
            Self.found("A", ConfigPlaceTests.unit(Sample.user, lines: lines).1) == "1 from Environment= of the unit")
        #expect(Self.found("B", ConfigPlaceTests.unit(.system, lines: lines).1) == "nowhere")
    }

    @Test(.enabled(if: geteuid() == 0, "only root reads a file as systemd does for a unit of root's"))
    func `a line of a file that anybody can exchange is not`() throws {
        let folder = try ScratchFolder()
        let file = try folder.write("x.env", "A=2\n")
        #expect(Self.found("A", ConfigPlaceTests.unit(lines: ["A=1"], files: [file]).1) == "2 from \(file)")
    }

    @Test func `what the unit takes away again is nowhere`() {
        let lines = ["A=1", "B=2"]
        let environment = ConfigPlaceTests.unit(lines: lines, unset: ["A", "B=3"]).1
        #expect(Self.found("A", environment) == "nowhere")
        #expect(Self.found("B", environment).hasPrefix("2 from"))
    }

    // MARK: Includes

    /// For each file that is read, whether that is root's word.
    private func words(of files: [(path: String, text: String, isRootsAlone: Bool)], isRoots: Bool) -> [String: Bool] {
        var words: [String: Bool] = [:]
        _ = ConfigIncludes.following([ConfigPath(files[0].path, origin: .unit, isRoots: isRoots)]) { path, isRoots in
            words[path] = isRoots
            guard let found = files.first(where: { $0.path == path }) else {
                return ConfigFile(path: path, state: .missing)
            }
            var file = Sample.present(Sample.config(found.text, path: path))
            file.isRootsWord = isRoots
            file.isRootsAlone = found.isRootsAlone
            return file
        }
        return words
    }

    @Test func `what a file includes that root alone can write is root's word, and otherwise its writer's`() {
        let main = (path: "/srv/a.json", text: "{ $include: 'b.json' }")
        #expect(words(of: [(main.path, main.text, true)], isRoots: true) == ["/srv/a.json": true, "/srv/b.json": true])
        #expect(
            words(of: [(main.path, main.text, false)], isRoots: true) == ["/srv/a.json": true, "/srv/b.json": false])
    }
}
