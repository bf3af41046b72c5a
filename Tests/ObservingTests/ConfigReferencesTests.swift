import AgentKinds
import FixturesTests
import Model
import Testing

@testable import Observing

/// Variables that a config asks for.
struct ConfigReferencesTests {
    private static let dialect = AgentKinds.of(KindName(rawValue: "openclaw")).dialect

    private func names(
        _ text: String, path: String = Sample.configPath, in dialect: ConfigDialect = dialect
    ) -> [String] {
        ConfigReferences(dialect).names(in: [Sample.present(Sample.config(text, path: path))])
    }

    @Test func `references and secret references are found, each once`() {
        let text = #"""
            { a: "${TOKEN}", b: "x ${OTHER} ${TOKEN}", c: { source: "env", provider: "default", id: "SECRET" },
              d: { source: "file", provider: "default", id: "/key" }, e: "$${ESCAPED}", f: "$SHORT" } // ${COMMENT}
            """#
        #expect(names(text) == ["TOKEN", "OTHER", "SECRET", "file:default:/key"])
    }

    @Test func `what is switched off asks for nothing, and what stands beside it does`() {
        let text = #"""
            { channels: { telegram: { enabled: false, token: "${OFF}", deep: [{ t: { source: "env", id: "OFF_TOO" } }] },
                          slack: { token: "${ON}", enabled: true } },
              telegramX: { token: { source: "file", provider: "p", id: "value" } } }
            """#
        #expect(names(text) == ["ON", "file:p:value"])
    }

    @Test func `in a config of a kind that has no references the same words are a text`() {
        #expect(
            names(#"{ prompt: "Write about ${TOPIC}", c: { source: "env", id: "SECRET" } }"#, in: ConfigDialect())
                .isEmpty)
    }

    @Test func `a config that does not parse, or is of another syntax, asks for nothing`() {
        #expect(names(#"{ a: "${TOKEN}", "#).isEmpty)
        #expect(names(#"a = "${TOKEN}""#, path: "/a.toml").isEmpty)
    }

    @Test func `the place of a reference is told`() {
        let version = Sample.config("{\n  a: \"${TOKEN}\"\n}")
        #expect(ConfigReferences(Self.dialect).place(of: "TOKEN", in: version) == "\(Sample.configPath):2:6")
        #expect(ConfigReferences(Self.dialect).place(of: "OTHER", in: version) == nil)
    }

    @Test func `a config's own variables are found, and a login shell is not guessed`() {
        func found(_ name: String, _ text: String) -> String {
            switch OwnVariables([Sample.present(Sample.config(text))]).find(name) {
            case .value(let value, _, _): "value \(value)"
            case .nowhere: "nowhere"
            case .unknown: "unknown"
            }
        }
        #expect(found("A", #"{ env: { A: "1" } }"#) == "value 1")
        #expect(found("A", #"{ env: { vars: { A: "2" }, A: "1" } }"#) == "value 2")
        #expect(found("B", #"{ env: { A: "1" } }"#) == "nowhere")
        #expect(found("B", #"{ env: { shellEnv: { enabled: true } } }"#) == "unknown")
        #expect(found("B", #"{ env: { shellEnv: { enabled: false } } }"#) == "nowhere")
    }
}
