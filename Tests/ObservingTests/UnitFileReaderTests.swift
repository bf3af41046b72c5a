import Files
import FixturesTests
import Glibc
import Model
import Testing

@testable import Observing

/// The file and the line that a KillMode comes from.
struct UnitFileReaderTests {
    private static let lines: [(text: String, line: Int?)] = [
        ("[Service]\nKillMode=process\n", 2),
        ("[Service]\nKillMode=process\nKillMode=mixed\n", 3),
        ("[Unit]\nKillMode=process\n[Service]\nExecStart=/bin/true\n", nil),
        ("[Service]\n# KillMode=process\n;KillMode=none\n", nil),
        ("[Service]\n  KillMode = process  \n", 2),
        ("[Service]\nKillMode=proces\n", nil),
        ("[Service]\nKillMode=none\nKillMode=\n", 2),
        ("[Service]\nKillMode=none\n[Install]\nKillMode=mixed\n", 2),
        ("[Service]\n[Install]\n[Service]\n\n\nKillMode=control-group", 6),
        ("KillMode=process\n", nil), ("", nil),
        ("[Service]\nExecStart=/bin/echo \\\nKillMode=process\n", nil),
        ("[Service]\nExecStart=/bin/echo \\\n# a remark\nKillMode=process\nKillMode=none\n", 5),
        ("[Service]\nKillMode=\\\n  process\n", 2), ("[Service]\n# no \\\nKillMode=process\n", 3),
    ]

    @Test(arguments: lines)
    func `the last line that sets it is told, and none that systemd passes over`(text: String, line: Int?) {
        #expect(UnitFileReader.line(ofKillModeIn: text) == line)
    }

    @Test func `lines that end as on Windows are lines`() {
        #expect(UnitFileReader.line(ofKillModeIn: "[Service]\r\nKillMode=process\r\n") == 2)
    }

    private func origin(_ paths: [String]) -> SettingOrigin {
        UnitFileReader.killMode(in: paths, .system, as: .failure(FileError(code: .failed, description: "no user")))
    }

    @Test func `of several files the last one that sets it has the word`() throws {
        let folder = try ScratchFolder()
        let unit = try folder.write("x.service", "[Service]\nKillMode=process\n")
        let first = try folder.write("10-a.conf", "[Service]\n\nKillMode=none\n")
        let other = try folder.write("20-b.conf", "[Service]\nRestart=always\n")
        #expect(origin([unit]) == .file(unit, line: 2))
        #expect(origin([unit, first, other]) == .file(first, line: 3))
        #expect(origin(["", other]) == .builtIn)
        #expect(origin([]).text == "systemd's default")
        #expect(origin([unit, first]).text == "\(first):3")
    }

    @Test func `a file that cannot be read leaves it open, and says why`() throws {
        let folder = try ScratchFolder()
        let unit = try folder.write("x.service", "[Service]\nKillMode=process\n")
        #expect(
            origin([unit, folder["gone.conf"]])
                == .unknown("Reading \(folder["gone.conf"]): No such file or directory."))
    }

    @Test func `a user's files are read as that user, and not through a link`() throws {
        let folder = try ScratchFolder()
        let real = try folder.write("x.service", "[Service]\nKillMode=process\n")
        let link = try folder.link("y.service", to: real)
        let own = OrdinaryUser.identity
        #expect(UnitFileReader.killMode(in: [real], Sample.user, as: own) == .file(real, line: 2))
        guard case .unknown = UnitFileReader.killMode(in: [link], Sample.user, as: own) else {
            Issue.record("a link was followed")
            return
        }
        #expect(
            UnitFileReader.killMode(
                in: [real], Sample.user, as: .failure(FileError(code: .failed, description: "no such user")))
                == .unknown("no such user"))
    }
}
