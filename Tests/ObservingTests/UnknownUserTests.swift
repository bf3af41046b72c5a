import AgentKinds
import Files
import FixturesTests
import Model
import Testing

@testable import Observing

/// The user database may not have an agent's user, or may not answer: that says nothing of the agent's files.
struct UnknownUserTests {
    private static let nobody = Result<FileIdentity, FileError> {
        () throws(FileError) in try FileIdentity(name: "no-such-user")
    }

    @Test func `a config that nobody can look at as its user is refused, and is not missing`() throws {
        let folder = try ScratchFolder()
        let path = try folder.write("openclaw.json", "{}")
        let (found, _) = ConfigPlaceTests.unit()
        let environment = Observer.UnitEnvironment(
            variables: Variables([]), files: EnvironmentFiles(found, as: Self.nobody, continuedComments: false),
            unset: [], identity: Self.nobody, scope: .system)
        var seen = Sample.failed()
        seen.agent.config = [ConfigPath(path, origin: .unit, isRoots: false)]
        ConfigReader.read(into: &seen, and: [], environment, ConfigDialect())
        guard case .refused(let sentence)? = seen.config.first?.state else {
            Issue.record("the config is \(String(describing: seen.config.first?.state))")
            return
        }
        #expect(sentence.contains("no-such-user"))
        #expect(seen.gaps.map(\.sentence) == [sentence])
    }

    @Test func `neither are variables that stand in a file of it`() {
        let content = EnvironmentFiles.content(of: "/etc/hostname", as: Self.nobody, namedBy: .others)
        guard case .unknown = content else {
            Issue.record("it is \(content)")
            return
        }
    }
}
