import Files
import FixturesTests
import Glibc
import Model
import Testing

@testable import Observing

/// Whose word it is that a token is an agent's.
struct TokenProofTests {
    private static let token = "123456789:" + String(repeating: "A", count: 35)
    private let book = TokenBook(key: FingerprintKey.forLooking(in: "/nonexistent"))

    private func proven(
        _ scope: Scope, lines: [String] = [], file: String? = nil, config: ConfigFile? = nil
    ) -> [Bool] {
        var reader = TokenReader(book)
        let (found, environment) = ConfigPlaceTests.unit(scope, lines: lines, files: file.map { [$0] } ?? [])
        return reader.read(
            found.environment, environment.files, config.map { [$0] } ?? [], dotEnv: true, source: nil, of: scope,
            as: OrdinaryUser.identity
        ).map(\.isProven)
    }

    @Test func `a line of a unit of root's proves it, and one of a user's does not`() {
        let lines = ["TELEGRAM_BOT_TOKEN=\(Self.token)"]
        #expect(proven(.system, lines: lines) == [true])
        #expect(proven(Sample.user, lines: lines) == [false])
    }

    @Test(.enabled(if: geteuid() == 0, "only root reads a file as systemd does for a unit of root's"))
    func `a file that anybody can exchange proves nothing, also of a unit of root's`() throws {
        let folder = try ScratchFolder()
        let file = try folder.write("agent.env", "TELEGRAM_BOT_TOKEN=\(Self.token)\n")
        #expect(proven(.system, file: file) == [false])
        #expect(proven(.system, lines: ["X=\(Self.token)"], file: file) == [true], "one place that proves it is enough")
    }

    @Test func `a config proves it where root alone can write that`() {
        var config = Sample.present(Sample.config(#"{ "botToken": "\#(Self.token)" }"#))
        #expect(proven(.system, config: config) == [false])
        config.isRootsAlone = true
        #expect(proven(.system, config: config) == [false], "a file of root's that somebody else has named")
        config.isRootsWord = true
        #expect(proven(.system, config: config) == [true])
    }
}
