import Files
import FixturesTests
import Glibc
import Model
import Systemd
import Testing

@testable import Observing

/// Every place in which an agent's bot token is found.
struct TokenReaderTests {
    private static let first = "123456789:" + String(repeating: "A", count: 35)
    private static let second = "987654321:" + String(repeating: "b", count: 35)
    private static let third = "555555555:" + String(repeating: "_", count: 35)
    private let book = TokenBook(key: FingerprintKey.forLooking(in: "/nonexistent"))
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func read(
        _ environment: [String] = [], file: String? = nil, config: String? = nil, source: SecretSource? = nil
    ) throws -> [String] {
        var reader = TokenReader(book)
        let identity = OrdinaryUser.identity
        let found = Observer.FoundUnit(
            id: AgentID(scope: Sample.user, unit: Sample.unit), unit: UnitFacts(), environment: environment,
            environmentFiles: [
                UnitProperties.EnvironmentFile(path: try folder.write("agent.env", file ?? ""), isOptional: false)
            ], unset: [], command: [], job: 0, gap: nil)
        let held = reader.read(
            environment, EnvironmentFiles(found, as: identity, continuedComments: false),
            config.map { [Sample.present(Sample.config($0))] } ?? [], dotEnv: true, source: source, as: identity)
        return held.map { "\(book.token(of: $0.fingerprint) ?? "?"): \($0.sources.joined(separator: ", "))" }
    }

    private var env: String { folder["agent.env"] }

    @Test func `it is found in the unit, in its environment file and in the config`() throws {
        let all = try read(
            ["A=1", "TELEGRAM_BOT_TOKEN=\(Self.first)"], file: "# X=\(Self.third)\nTG=\"\(Self.second)\"\n",
            config: #"{ "botToken": "\#(Self.first)" }"#)
        #expect(
            all == [
                "\(Self.first): the unit's variable TELEGRAM_BOT_TOKEN, \(Sample.configPath)",
                "\(Self.second): \(env) (variable TG)",
            ])
    }

    @Test func `any name of a variable will do, and the same one twice is one token`() throws {
        #expect(
            try read(["X=\(Self.first)", "Y=https://api.telegram.org/bot\(Self.first)/getMe"])
                == ["\(Self.first): the unit's variable X, the unit's variable Y"])
    }

    @Test func `where the settings name a variable no other place counts`() throws {
        let held = try read(
            ["A=\(Self.first)", "B=\(Self.second)"], file: "B=\(Self.third)\nA=\(Self.second)\n", config: Self.third,
            source: .env("B"))
        #expect(held == ["\(Self.second): the unit's variable B", "\(Self.third): \(env) (variable B)"])
    }

    @Test func `where the settings name a file no other place counts`() throws {
        let file = try folder.write("token", Self.second + "\n")
        #expect(
            try read(["A=\(Self.first)"], file: "B=\(Self.third)", config: Self.third, source: .file(file))
                == ["\(Self.second): \(file)"])
        #expect(try read(["A=\(Self.first)"], source: .file(folder["none"])).isEmpty)
        #expect(try read(["A=\(Self.first)"], source: .file("relative")).isEmpty)
    }

    @Test func `what the main process was started with counts beside what the files say by now`() throws {
        var reader = TokenReader(book)
        let old = book.find(in: Self.first.utf8)
        let held = reader.add(
            old, ofMain: 42, to: [HeldToken(fingerprint: book.find(in: Self.second.utf8)[0], sources: ["x"])])
        #expect(held.map(\.sources) == [["x"], ["the environment of process 42"]])
        #expect(
            reader.add(old, ofMain: 42, to: held) == held, "the same place is told once")
    }

    @Test func `without a token there is none`() throws {
        #expect(try read(["A=123456:short", "B"], file: "C=\n", config: "{}").isEmpty)
    }

    @Test func `a fingerprint says nothing of its token and is the same for the same one`() {
        let found = book.find(in: "x=\(Self.first) y=\(Self.second) z=\(Self.first)".utf8)
        #expect(found.count == 2 && found[0] != found[1])
        #expect(book.find(in: Self.first.utf8) == [found[0]])
        #expect(found[0].hex.count == 32 && found[0].short.count == 12)
        #expect(book.token(of: TokenFingerprint(hex: "0")) == nil)
        let other = TokenBook(key: FingerprintKey.forLooking(in: "/nonexistent"))
        #expect(other.find(in: Self.first.utf8) != [found[0]], "another host's key, another fingerprint")
    }
}
