import FixturesTests
import Model
import Testing

@testable import Observing

/// Secrets that a config takes from files.
struct FileSecretTests {
    private static let config = #"""
        { secrets: { providers: { vault: { source: "file", path: "/run/vault.json" }, home: { source: "file", path: "~/s.json" },
                                  one: { source: "file", path: "/run/one", mode: "singleValue" },
                                  odd: { source: "file", path: "beside.json" }, default: { source: "env" } },
                     defaults: { file: "vault" } } }
        """#

    private func found(_ name: String, _ files: [String: String]) throws -> String {
        let secret = try #require(FileSecret(name))
        let found = secret.find(in: [Sample.present(Sample.config(Self.config))], home: "/home/ann") { path in
            switch files[path] {
            case "?": .unknown
            case let text?: .text(text)
            case nil: .missing
            }
        }
        return switch found {
        case .value(let value, let source): "\(source): \(value)"
        case .missing(let reason, _): reason
        case .unknown: "unknown"
        }
    }

    @Test(arguments: [
        ("file:vault:/a/b~1c", #"{"a": {"b/c": "s1"}}"#, "/run/vault.json: s1"),
        ("file::/a", "\u{FEFF}{\"a\": \"s2\"}", "/run/vault.json: s2"),
        ("file:vault:/a", #"{"a": ""}"#, "/run/vault.json: "),
        ("file:vault:/b", #"{"a": "s"}"#, "because /run/vault.json has nothing at /b"),
        ("file:vault:b", #"{"a": "s"}"#, "because /run/vault.json is no JSON, or the id is no JSON pointer"),
        ("file:vault:/a", #"{"a": "s""#, "because /run/vault.json is no JSON, or the id is no JSON pointer"),
        ("file:vault:/a", #"{"a": {"source": "env"}}"#, "unknown"), ("file:vault:/a", "?", "unknown"),
    ])
    func `a file of JSON gives what its pointer names`(name: String, text: String, expected: String) throws {
        #expect(try found(name, ["/run/vault.json": text]) == expected)
    }

    @Test func `a file of one value gives that, without the end of its line`() throws {
        #expect(try found("file:one:value", ["/run/one": "s3\n"]) == "/run/one: s3")
        #expect(try found("file:one:/a", ["/run/one": "s3"]).contains("whose id is `value`"))
    }

    @Test func `a path in the home is the agent's, and a missing file is named`() throws {
        #expect(try found("file:home:/a", ["/home/ann/s.json": #"{"a": "s4"}"#]) == "/home/ann/s.json: s4")
        #expect(try found("file:home:/a", [:]) == "because /home/ann/s.json is not there")
    }

    @Test(arguments: ["file:odd:/a", "file:default:/a", "file:nobody:/a"])
    func `of a provider that cannot be followed nothing is claimed`(name: String) throws {
        #expect(try found(name, [:]) == "unknown")
    }

    @Test func `a variable is none`() { #expect(FileSecret("TOKEN") == nil) }
}
