import AgentKinds
import Files
import FixturesTests
import Glibc
import Model
import Systemd
import Testing

@testable import Observing

/// Where a gateway's config lies, and whose word that is: root must not be pointed anywhere by a user.
struct ConfigPlaceTests {
    /// A gateway of `scope`, whose unit has these lines and takes variables from these files.
    static func agent(
        _ scope: Scope = .system, lines: [String] = [], files: [String] = [], entry: AgentEntry? = nil,
        home: String? = "/home/fleet"
    ) -> (agent: Agent, problem: String?) {
        let (found, environment) = unit(scope, lines: ["OPENCLAW_SERVICE_MARKER=openclaw"] + lines, files: files)
        return AgentDescription.agent(found, UnitView(found, environment, home: home), entry: entry)
    }

    static func unit(
        _ scope: Scope = .system, _ name: String = Sample.unit, lines: [String] = [], files: [String] = [],
        unset: [String] = [], command: [String] = [], _ change: (inout UnitFacts) -> Void = { _ in }
    ) -> (Observer.FoundUnit, Observer.UnitEnvironment) {
        var facts = Sample.failed().unit
        change(&facts)
        let found = Observer.FoundUnit(
            id: AgentID(scope: scope, unit: name), unit: facts, environment: lines,
            environmentFiles: files.map { UnitProperties.EnvironmentFile(path: $0, isOptional: true) }, unset: unset,
            command: command, job: 0, gap: nil)
        let identity = OrdinaryUser.identity
        let environment = Observer.UnitEnvironment(
            variables: Variables(lines), files: EnvironmentFiles(found, as: identity, continuedComments: false),
            unset: unset, identity: identity, scope: scope)
        return (found, environment)
    }

    private func config(
        _ scope: Scope = .system, _ lines: String..., files: [String] = [], home: String? = "/home/fleet"
    ) -> [ConfigPath] {
        Self.agent(scope, lines: lines, files: files, home: home).agent.config
    }

    @Test func `what the unit's own lines name is root's word for a unit of root's, and for no other`() {
        let line = "OPENCLAW_CONFIG_PATH=/srv/a.json"
        #expect(config(.system, line) == [ConfigPath("/srv/a.json", origin: .unit, isRoots: true)])
        #expect(config(Sample.user, line) == [ConfigPath("/srv/a.json", origin: .unit, isRoots: false)])
    }

    @Test func `what nothing names lies in the user's home`() {
        #expect(config() == [ConfigPath("/home/fleet/.openclaw/openclaw.json", origin: .unit, isRoots: true)])
        #expect(config(Sample.user).map(\.isRoots) == [false])
        #expect(config(home: nil).isEmpty)
        #expect(
            config(.system, "OPENCLAW_STATE_DIR=/srv/s").map(\.path) == ["/srv/s/openclaw.json"])
        #expect(
            config(.system, "OPENCLAW_PROFILE=b").map(\.path) == ["/home/fleet/.openclaw-b/openclaw.json"])
        #expect(config(.system, "OPENCLAW_PROFILE=../../etc").isEmpty)
    }

    @Test func `what the settings name is root's word for a unit of root's alone`() {
        var entry = AgentEntry(name: "coder", unit: Sample.unit)
        entry.config = ["/srv/a.json", "/srv/.env"]
        let system = Self.agent(.system, lines: ["OPENCLAW_CONFIG_PATH=/other"], entry: entry).agent
        #expect(system.config == entry.config?.map { ConfigPath($0, origin: .settings, isRoots: true) })
        #expect(Self.agent(Sample.user, entry: entry).agent.config.allSatisfy { !$0.isRoots && $0.origin == .settings })
    }

    @Test(
        .enabled(if: geteuid() == 0, "only root reads a file as systemd does for a unit of root's"),
        arguments: ["OPENCLAW_CONFIG_PATH=/srv/b.json", "OPENCLAW_STATE_DIR=/srv", "OPENCLAW_PROFILE=b"])
    func `what a file says that others may write, or exchange, is not root's word`(line: String) throws {
        let folder = try ScratchFolder()
        let file = try folder.write("agent.env", line + "\n")
        let found = config(files: [file])
        #expect(found.count == 1)
        #expect(found.allSatisfy { !$0.isRoots })
    }

    @Test(.enabled(if: geteuid() == 0, "only root reads a file as systemd does for a unit of root's"))
    func `a file has the word before the unit's own lines, and makes the path its writer's`() throws {
        let folder = try ScratchFolder()
        let file = try folder.write("agent.env", "OPENCLAW_CONFIG_PATH=/etc/shadow\n")
        let found = config(.system, "OPENCLAW_CONFIG_PATH=/srv/a.json", files: [file])
        #expect(found == [ConfigPath("/etc/shadow", origin: .unit, isRoots: false)])
    }

    @Test func `another name does not make a path root's word`() throws {
        let folder = try ScratchFolder()
        let file = try folder.write("agent.env", "OPENCLAW_CONFIG_PATH=/srv/b.json\n")
        var agent = Self.agent(files: [file]).agent
        var settings = Settings(stateDirectory: "/x")
        settings.agents = [AgentEntry(name: agent.name, unit: "other.service")]
        let rival = Agent(id: AgentID(scope: .system, unit: "other.service"), name: agent.name)
        let names = NameBook.names(of: [agent, rival], settings, known: [:])
        agent.name = names[agent.id] ?? ""
        #expect(agent.name == "coder@system")
        #expect(!agent.isRootsWord("/srv/b.json"))
    }

    @Test func `where a file cannot be read no config is claimed, and it is said how to name it`() throws {
        let folder = try ScratchFolder()
        let link = try folder.link("agent.env", to: try folder.write("real.env", "A=1\n"))
        let (agent, problem) = Self.agent(lines: ["OPENCLAW_CONFIG_PATH=/srv/a.json"], files: [link])
        #expect(agent.config.isEmpty)
        #expect(
            problem
                == "Which config \(Sample.unit) reads cannot be told, because OPENCLAW_CONFIG_PATH may be set in a file that cannot be read: name it in the settings, as `config` of its [[agent]]."
        )
        #expect(Self.agent(lines: ["OPENCLAW_CONFIG_PATH=a.json"]).problem?.contains("is no absolute path") == true)
    }

    @Test func `a unit that is no gateway has no config but what the settings name`() {
        let (found, environment) = Self.unit(.system, "bot.service", lines: ["OPENCLAW_CONFIG_PATH=/srv/a.json"])
        let view = UnitView(found, environment, home: "/home/fleet")
        let agent = AgentDescription.agent(found, view, entry: nil).agent
        #expect(agent.config.isEmpty && agent.kind == .plain)
    }

    @Test func `what the settings say of its kind counts more than what it looks like`() {
        #expect(Self.agent().agent.kind == KindName(rawValue: "openclaw"))
        var entry = AgentEntry(name: "coder", unit: Sample.unit)
        entry.kind = .plain
        let plain = Self.agent(entry: entry).agent
        #expect(plain.kind == .plain && plain.config.isEmpty)
        let (found, environment) = Self.unit(.system, "bot.service", lines: ["OPENCLAW_CONFIG_PATH=/srv/a.json"])
        entry.kind = KindName(rawValue: "openclaw")
        let view = UnitView(found, environment, home: nil)
        #expect(AgentDescription.agent(found, view, entry: entry).agent.config.map(\.path) == ["/srv/a.json"])
    }
}

/// The same with files that are root's alone, and files that are nearly so.
@Suite(.enabled(if: geteuid() == 0, "only root can make files that are root's alone"))
struct RootsFileTests {
    private let folder: ScratchFolder

    /// Not below `/tmp`, where anybody may exchange a folder.
    init() throws { folder = try ScratchFolder(in: "/") }

    private func isRoots(_ file: String, _ scope: Scope = .system) -> [Bool] {
        ConfigPlaceTests.agent(scope, files: [file]).agent.config.map(\.isRoots)
    }

    private static let line = "OPENCLAW_CONFIG_PATH=/srv/b.json\n"

    @Test func `what a file says that root alone can write is root's word, of a unit of root's`() throws {
        let file = try folder.write("agent.env", Self.line, mode: 0o600)
        #expect(isRoots(file) == [true])
        let readable = try folder.write("user.env", Self.line)
        #expect(isRoots(readable, Sample.user) == [false])
    }

    @Test(arguments: [0o664, 0o646, 0o666] as [UInt32])
    func `a file that others may write is theirs`(mode: UInt32) throws {
        #expect(isRoots(try folder.write("agent.env", Self.line, mode: mode)) == [false])
    }

    @Test func `a file of another's is theirs`() throws {
        #expect(isRoots(try folder.write("agent.env", Self.line, owner: 65_534)) == [false])
    }

    @Test(arguments: [(0o775, 0), (0o757, 0), (0o755, 65_534)] as [(UInt32, UInt32)])
    func `a file in a folder that others may write is theirs`(mode: UInt32, owner: UInt32) throws {
        try folder.makeFolder("etc", mode: mode, owner: owner)
        #expect(isRoots(try folder.write("etc/agent.env", Self.line)) == [false])
    }

    @Test func `a file below a folder that another can exchange is theirs`() throws {
        try folder.makeFolder("theirs", owner: 65_534)
        try folder.makeFolder("theirs/etc")
        #expect(isRoots(try folder.write("theirs/etc/agent.env", Self.line)) == [false])
    }

    @Test func `the last file that sets it has the word`() throws {
        let mine = try folder.write("a.env", Self.line)
        let theirs = try folder.write("b.env", "OPENCLAW_CONFIG_PATH=/srv/c.json\n", owner: 65_534)
        func config(_ files: String...) -> [ConfigPath] { ConfigPlaceTests.agent(files: files).agent.config }
        #expect(config(mine, theirs) == [ConfigPath("/srv/c.json", origin: .unit, isRoots: false)])
        #expect(config(theirs, mine) == [ConfigPath("/srv/b.json", origin: .unit, isRoots: true)])
    }
}
