import Diagnosing
import FixturesTests
import Model
import Testing

/// Where an unsafe KillMode comes from, and whether a drop-in of ours could change it.
struct KillModeOriginTests {
    private static let folder = "/etc/systemd/system/\(Sample.unit).d"

    private func finding(_ origin: SettingOrigin?, mode: String = "process") -> Finding? {
        var seen = Sample.running { $0.killMode = mode }
        seen.killModeOrigin = origin
        return Rules.findings(seen, history: AgentHistory(), policy: Policy()).first { $0.kind == .unitKillMode }
    }

    @Test(arguments: [
        (SettingOrigin.file("/etc/systemd/system/x.service", line: 7), "process, from /etc/systemd/system/x.service:7"),
        (.builtIn, "process, from systemd's default"), (.unknown("No such file."), "process, from No such file."),
    ])
    func `the evidence names file and line`(origin: SettingOrigin, text: String) {
        #expect(finding(origin)?.evidence == [Evidence("unit property KillMode", text)])
        #expect(finding(origin)?.prescription == .enforceKillMode)
    }

    @Test func `where nobody has looked the value alone is told`() {
        #expect(finding(nil)?.evidence == [Evidence("unit property KillMode", "process")])
        #expect(finding(nil)?.prescription == .enforceKillMode)
    }

    @Test(arguments: [
        "10-a.conf", "89-z.conf", "90-agent-watchdog.con",
    ])
    func `a drop-in that ours comes after is overruled by ours`(name: String) {
        #expect(finding(.file("\(Self.folder)/\(name)", line: 2))?.prescription == .enforceKillMode)
    }

    @Test(arguments: ["90-agent-watchdog2.conf", "90-b.conf", "OVERRIDE.conf", "91-a.conf", "override.conf", "zz.conf"])
    func `a drop-in that comes after ours has the last word, so nothing is written and it is named`(name: String) throws
    {
        let path = "\(Self.folder)/\(name)"
        let found = try #require(finding(.file(path, line: 2), mode: "none"))
        #expect(found.prescription == .none)
        #expect(
            found.summary.contains("\(path) sets it and has the last word, so nothing is written; change it there."))
    }

    @Test func `what a person took away is not written again, and is a remark with what to do`() throws {
        var seen = Sample.running { $0.killMode = "process" }
        var history = AgentHistory()
        history.wroteKillMode = true
        func found() -> Finding? {
            Rules.findings(seen, history: history, policy: Policy()).first { $0.kind == .unitKillMode }
        }
        let taken = try #require(found())
        #expect(taken.severity == .info)
        #expect(taken.prescription == .none)
        #expect(
            taken.summary.hasSuffix(
                "was taken away or changed, so it is left as it is. To make it safe again, set KillMode=control-group in a drop-in of your own."
            ))
        // There, and empty.
        seen.unit.dropInPaths = ["\(Self.folder)/90-agent-watchdog.conf"]
        #expect(found()?.severity == .info)
        history.wroteKillMode = false
        seen.unit.dropInPaths = []
        #expect(found()?.prescription == .enforceKillMode)
    }

    @Test func `our own file that a person changed is theirs`() throws {
        let found = try #require(finding(.file("\(Self.folder)/90-agent-watchdog.conf", line: 3)))
        #expect(found.severity == .info && found.prescription == Prescription.none)
    }

    @Test func `a unit's own file is overruled whatever its name`() {
        #expect(finding(.file("/etc/systemd/system/zzz.service", line: 2))?.prescription == .enforceKillMode)
    }
}
