import Diagnosing
import FixturesTests
import FoundationEssentials
import Model
import Testing

/// What the advisor is shown, and what becomes of providers that do not answer.
struct AdvisorTests {
    private static let secret = "s3cret/value+with=signs"

    private static func question(
        _ unit: String = Sample.unit, lines: [String], canRestore: Bool = true, summary: String = "It crashes.",
        tried: [String] = ["rule:unit-failed"]
    ) -> Advisor.Question {
        var seen = Sample.failed(AgentID(scope: .system, unit: unit)) { $0.restarts = 7 }
        seen.journal.lines = lines.map { Sample.line($0) }
        return Advisor.Question(
            seen: seen, findings: [Sample.finding(.unitCrashLoop, summary: summary)], tried: tried,
            canRestore: canRestore, redactor: Redactor(secrets: [secret]))
    }

    private static func advisor(_ url: String, key: String = "gsk_the-key-of-the-provider") -> Advisor {
        Advisor(settings: AdvisorSettings(name: "groq", url: url, model: "a-model"), key: key)
    }

    private static func discarded(_ consultation: Consultation?) -> String? {
        if case .discarded(let reason)? = consultation?.outcome { return reason }
        return nil
    }

    /// The question as the provider got it.
    private static func received(_ request: LoopbackRequest) throws -> (system: String, user: String, all: JSONValue) {
        let body = try JSONDecoder().decode(JSONValue.self, from: Data(request.body))
        let messages = try #require(body["messages"]?.array)
        return (
            try #require(messages.first?["content"]?.text), try #require(messages.last?["content"]?.text), body
        )
    }

    @Test func `a provider is asked as an OpenAI-compatible one, with its key`() throws {
        let server = try LoopbackServer { _ in .status(500) }
        _ = Self.advisor(server.url + "/openai/v1").ask([Self.question(lines: ["one"])])
        let request = try #require(server.requests.first)
        #expect(request.method == "POST")
        #expect(request.target == "/openai/v1/chat/completions")
        #expect(request.headers["authorization"] == "Bearer gsk_the-key-of-the-provider")
        #expect(request.headers["content-type"] == "application/json")
        let body = try Self.received(request).all
        #expect(body["model"]?.text == "a-model")
        #expect(body["temperature"] == .integer(0))
        #expect(body["response_format"]?["type"]?.text == "json_schema")
        #expect(body["response_format"]?["json_schema"]?["strict"] == .boolean(true))
    }

    @Test func `a provider without a key is sent none`() throws {
        let server = try LoopbackServer { _ in .status(500) }
        _ = Self.advisor(server.url, key: "").ask([Self.question(lines: [])])
        #expect(try #require(server.requests.first).headers["authorization"] == nil)
    }

    @Test func `the model sees the facts, what was tried, and the lines with their numbers`() throws {
        let server = try LoopbackServer { _ in .status(500) }
        _ = Self.advisor(server.url).ask([Self.question(lines: ["first words", "last words"])])
        let user = try Self.received(try #require(server.requests.first)).user
        #expect(
            user == """
                Unit: openclaw-gateway-coder.service, state failed (failed), result exit-code, exit status 1, \
                automatic restarts 7, Restart=on-failure.
                Found: unit-crash-loop: It crashes.
                Tried without success: rule:unit-failed.
                The config differs from the last one that is known to work; restoreConfig would put that one back.
                Journal, numbered:
                1: first words
                2: last words
                """)
    }

    @Test func `a rollback that is not possible is neither offered nor spoken of as possible`() throws {
        let server = try LoopbackServer { _ in .status(500) }
        let advisor = Self.advisor(server.url)
        _ = advisor.ask([Self.question(lines: [], canRestore: false, tried: [])])
        _ = advisor.ask([Self.question(lines: [], canRestore: true)])
        func remedies(_ request: LoopbackRequest) throws -> JSONValue? {
            try Self.received(request).all["response_format"]?["json_schema"]?["schema"]?["properties"]?["remedy"]?[
                "enum"]
        }
        let requests = server.requests
        try #require(requests.count == 2)
        #expect(try remedies(requests[0]) == .array([.text("restartUnit"), .text("escalate")]))
        #expect(
            try remedies(requests[1]) == .array([.text("restartUnit"), .text("restoreConfig"), .text("escalate")]))
        let user = try Self.received(requests[0]).user
        #expect(user.contains("restoreConfig is not possible."))
        #expect(user.contains("Tried without success: nothing."))
    }

    @Test func `no secret leaves the machine, in whatever form it stands in the lines and facts`() throws {
        let server = try LoopbackServer { _ in .status(500) }
        let encoded = "s3cret%2Fvalue%2Bwith%3Dsigns"
        let base64 = Data(Self.secret.utf8).base64EncodedString()
        let lines = [
            "raw \(Self.secret)", "url ?t=\(encoded)&x=1", "header \(base64)",
            "bot 123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0",
        ]
        let asked = Self.advisor(server.url).ask([Self.question(lines: lines, summary: "It printed \(Self.secret).")])
        let text = try #require(server.requests.first).text
        for piece in ["s3cret", "with%3D", "AAHdqTcvCH1v", String(base64.prefix(24)), "gsk_"] {
            #expect(!text.contains(piece), "\(piece)")
        }
        #expect(text.contains("raw [secret 1]"))
        #expect(text.contains("It printed [secret 1]."))
        #expect(asked.first?.asked == text, "the ledger keeps what was sent, not what was to be sent")
    }

    @Test func `a secret at the edge of a long line is masked before the line is cut`() throws {
        let server = try LoopbackServer { _ in .status(500) }
        for start in stride(from: 370, through: 400, by: 3) {
            let line = String(repeating: "x", count: start) + " " + Self.secret
            _ = Self.advisor(server.url).ask([Self.question(lines: [line])])
        }
        #expect(server.requests.count == 11)
        for request in server.requests { #expect(!request.text.contains("s3c")) }
    }

    @Test func `only the newest fifty lines are sent, each cut to a bound`() throws {
        let server = try LoopbackServer { _ in .status(500) }
        let lines = (1...60).map { "line \($0) " + String(repeating: "y", count: 1000) }
        _ = Self.advisor(server.url).ask([Self.question(lines: lines)])
        let user = try Self.received(try #require(server.requests.first)).user
        let sent = user.split(separator: "\n").drop { $0 != "Journal, numbered:" }.dropFirst()
        #expect(sent.count == 50)
        #expect(sent.first?.hasPrefix("1: line 11 ") == true)
        #expect(sent.last?.hasPrefix("50: line 60 ") == true)
        #expect(sent.allSatisfy { $0.count <= 404 })
    }

    @Test func `a provider that answers with an error is passed over`() throws {
        let server = try LoopbackServer { _ in .status(500, body: "upstream said \(Self.secret)") }
        let consultation = try #require(Self.advisor(server.url).ask([Self.question(lines: [])]).first)
        #expect(Self.discarded(consultation) == "The advisor groq answered with status 500.")
        #expect(consultation.answered == "upstream said [secret 1]")
    }

    @Test func `a provider that hangs up, or is not there, is passed over`() throws {
        let server = try LoopbackServer { _ in .raw([]) }
        let hungUp = Self.advisor(server.url).ask([Self.question(lines: [])]).first
        #expect(Self.discarded(hungUp)?.hasPrefix("The advisor groq did not answer. POST \(server.url)/") == true)
        let nobody = "http://127.0.0.1:\(try LoopbackServer.unusedPort())"
        let refused = Self.advisor(nobody).ask([Self.question(lines: [])]).first
        #expect(Self.discarded(refused)?.hasPrefix("The advisor groq did not answer. POST \(nobody)/") == true)
        #expect(refused?.answered == "")
    }

    @Test func `an answer without end is passed over`() throws {
        let server = try LoopbackServer { _ in .status(200, body: String(repeating: "a", count: 100_000)) }
        let consultation = Self.advisor(server.url).ask([Self.question(lines: [])]).first
        #expect(Self.discarded(consultation)?.contains("longer than 65536 bytes") == true)
    }

    @Test func `each question of a batch gets its own answer`() throws {
        let server = try LoopbackServer { request in
            let remedy = request.text.contains("openclaw-gateway-writer") ? #""escalate""# : #""restartUnit""#
            guard let body = try? AdvisorReplyTests.completion(AdvisorReplyTests.reply(lines: "[1]", remedy: remedy))
            else { return .status(500) }
            return .status(200, body: String(decoding: body, as: UTF8.self))
        }
        let units = [Sample.unit, "openclaw-gateway-writer.service", "openclaw-gateway-sales.service"]
        let answers = Self.advisor(server.url).ask(units.map { Self.question($0, lines: ["one"]) })
        #expect(answers.map(\.agent.unit) == units)
        let proposals = answers.map { answer -> Proposal? in
            if case .accepted(let diagnosis) = answer.outcome { return diagnosis.proposal }
            return nil
        }
        #expect(proposals == [.restartUnit, .escalate, .restartUnit])
    }

    @Test func `a line that was not sent cannot be cited, though the provider knows the others`() throws {
        let server = try LoopbackServer { _ in
            guard let body = try? AdvisorReplyTests.completion(AdvisorReplyTests.reply(lines: "[2]")) else {
                return .status(500)
            }
            return .status(200, body: String(decoding: body, as: UTF8.self))
        }
        let answer = Self.advisor(server.url).ask([Self.question(lines: ["the only one"])]).first
        #expect(
            Self.discarded(answer)
                == "The answer of the advisor groq was not used: it cites a line that was not sent.")
    }
}
