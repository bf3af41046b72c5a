import Diagnosing
import FixturesTests
import FoundationEssentials
import Model
import Testing

/// What a model may answer, and what is thrown away whole.
struct AdvisorReplyTests {
    /// A chat completion whose message has this content.
    static func completion(_ content: String) throws -> [UInt8] {
        let value = JSONValue.object([
            "id": .text("chatcmpl-1"),
            "choices": .array([
                .object([
                    "index": .integer(0), "message": .object(["role": .text("assistant"), "content": .text(content)]),
                ])
            ]),
        ])
        return Array(try JSONEncoder().encode(value))
    }

    static func reply(
        cause: String = #""A port was taken.""#, confidence: String = "0.8", lines: String = "[1, 3]",
        remedy: String = #""restartUnit""#, extra: String = ""
    ) -> String {
        #"{"cause": \#(cause), "confidence": \#(confidence), "lines": \#(lines), "remedy": \#(remedy)\#(extra)}"#
    }

    private static func judge(_ content: String, canRestore: Bool = true) throws -> Consultation.Outcome {
        AdvisorReply.judge(try completion(content), lines: 3, provider: "groq", canRestore: canRestore)
    }

    private static func accepted(_ content: String, canRestore: Bool = true) throws -> Diagnosis {
        guard case .accepted(let diagnosis) = try judge(content, canRestore: canRestore) else {
            Issue.record("an accepted answer was expected, and \(try judge(content)) came")
            throw NotAccepted()
        }
        return diagnosis
    }

    private struct NotAccepted: Error {}

    private static func reason(_ outcome: Consultation.Outcome) -> String? {
        if case .discarded(let reason) = outcome { return reason }
        return nil
    }

    @Test func `an answer in which everything fits is taken over`() throws {
        #expect(
            try Self.accepted(Self.reply())
                == Diagnosis(
                    cause: "A port was taken.", origin: .advisor("groq"), confidence: 0.8, lines: [1, 3],
                    proposal: .restartUnit))
    }

    @Test func `of several answers the first counts`() throws {
        let choice = { (remedy: String) in
            JSONValue.object(["message": .object(["content": .text(Self.reply(remedy: remedy))])])
        }
        let body = try JSONEncoder().encode(
            JSONValue.object(["choices": .array([choice(#""escalate""#), choice(#""restartUnit""#)])]))
        guard
            case .accepted(let diagnosis) = AdvisorReply.judge(
                Array(body), lines: 3, provider: "groq", canRestore: true)
        else {
            Issue.record("it was not accepted")
            return
        }
        #expect(diagnosis.proposal == .escalate)
    }

    @Test(arguments: Proposal.allCases)
    func `each remedy of the set may be proposed`(proposal: Proposal) throws {
        let diagnosis = try Self.accepted(Self.reply(remedy: #""\#(proposal.rawValue)""#))
        #expect(diagnosis.proposal == proposal)
    }

    @Test(arguments: [("0", 0.0), ("1", 1.0), ("0.25", 0.25)])
    func `a confidence may be either end of its range`(text: String, value: Double) throws {
        #expect(try Self.accepted(Self.reply(confidence: text)).confidence == value)
    }

    @Test func `an answer that rests on no line is weak, and taken all the same`() throws {
        #expect(try Self.accepted(Self.reply(lines: "[]")).lines == [])
    }

    @Test(arguments: [
        "", "null", "[]", "{}", "<html>502 Bad Gateway</html>", #"{"choices": []}"#, #"{"choices": [{}]}"#,
        #"{"choices": [{"message": {"content": null}}]}"#, #"{"choices": [{"message": {"content": ["a"]}}]}"#,
        #"{"error": {"message": "model not found"}}"#, #"{"choices": [{"message": {"content": "cut"#,
    ])
    func `what is no chat completion is not used`(body: String) {
        let outcome = AdvisorReply.judge(Array(body.utf8), lines: 3, provider: "groq", canRestore: true)
        #expect(Self.reason(outcome) == "The answer of the advisor groq was not used: it is not a chat completion.")
    }

    @Test func `bytes that are no text are not used`() {
        let outcome = AdvisorReply.judge([0xff, 0x00, 0x80], lines: 3, provider: "groq", canRestore: true)
        #expect(Self.reason(outcome) == "The answer of the advisor groq was not used: it is not a chat completion.")
    }

    private static let wrong: [(content: String, why: String)] = [
        ("Restart it, I would say.", "it is not one JSON object"),
        ("[]", "it is not one JSON object"),
        (#""restartUnit""#, "it is not one JSON object"),
        ("```json\n\(reply())\n```", "it is not one JSON object"),
        (reply() + reply(), "it is not one JSON object"),
        (reply() + " rm -rf /", "it is not one JSON object"),
        (#"{"cause": "x"}"#, "its keys are cause"),
        (
            reply(extra: #", "command": "systemctl stop x""#),
            "its keys are cause, command, confidence, lines, remedy"
        ),
        (reply(cause: "7"), "its cause is not a text"),
        (reply(cause: #""""#), "its cause is not a text"),
        (reply(cause: "null"), "its cause is not a text"),
        (reply(confidence: "1.01"), "its confidence is not a number from 0 to 1"),
        (reply(confidence: "-0.1"), "its confidence is not a number from 0 to 1"),
        (reply(confidence: #""0.9""#), "its confidence is not a number from 0 to 1"),
        (reply(confidence: "true"), "its confidence is not a number from 0 to 1"),
        (reply(confidence: "null"), "its confidence is not a number from 0 to 1"),
        (reply(lines: "[0]"), "it cites a line that was not sent"),
        (reply(lines: "[-1]"), "it cites a line that was not sent"),
        (reply(lines: "[1, 4]"), "it cites a line that was not sent"),
        (reply(lines: "[1.5]"), "it cites a line that was not sent"),
        (reply(lines: #"["1"]"#), "it cites a line that was not sent"),
        (reply(lines: "[true]"), "it cites a line that was not sent"),
        (reply(lines: "[99999999999999999999]"), "it cites a line that was not sent"),
        (reply(lines: "1"), "it cites a line that was not sent"),
        (reply(lines: "null"), "it cites a line that was not sent"),
        (reply(remedy: #""endProcess""#), "its remedy is not one of restartUnit, restoreConfig, escalate"),
        (reply(remedy: #""RestartUnit""#), "its remedy is not one of restartUnit, restoreConfig, escalate"),
        (reply(remedy: #""restartUnit; reboot""#), "its remedy is not one of restartUnit, restoreConfig, escalate"),
        (reply(remedy: "null"), "its remedy is not one of restartUnit, restoreConfig, escalate"),
        (reply(remedy: #"["restartUnit"]"#), "its remedy is not one of restartUnit, restoreConfig, escalate"),
    ]

    @Test(arguments: wrong)
    func `an answer in which anything does not fit is thrown away whole`(content: String, why: String) throws {
        #expect(
            Self.reason(try Self.judge(content)) == "The answer of the advisor groq was not used: \(why).")
    }

    @Test func `a rollback that is not possible cannot be proposed`() throws {
        let outcome = try Self.judge(Self.reply(remedy: #""restoreConfig""#), canRestore: false)
        #expect(
            Self.reason(outcome) == "The answer of the advisor groq was not used: there is no config to restore.")
    }

    @Test func `a cause cannot move a cursor, break a line or hide text`() throws {
        let cause = #""a\u001b[31mred\nnext\u202Eback\u200bwide\u0000end""#
        #expect(try Self.accepted(Self.reply(cause: cause)).cause == "a·[31mred·next·back·wide·end")
    }

    @Test func `keys that a model made up cannot do so either`() throws {
        let reason = try #require(Self.reason(try Self.judge(#"{"\u001b[2Jgone\n": 1}"#)))
        #expect(reason == "The answer of the advisor groq was not used: its keys are ·[2Jgone·.")
    }

    @Test func `keys that a model made up cannot fill a message`() throws {
        let key = String(repeating: "k", count: 20_000)
        let reason = try #require(Self.reason(try Self.judge(#"{"\#(key)": 1}"#)))
        #expect(reason.count < 1_000)
    }

    @Test func `a long cause is cut`() throws {
        let cause = String(repeating: "x", count: 5_000)
        #expect(try Self.accepted(Self.reply(cause: #""\#(cause)""#)).cause.count == 300)
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `an answer that was damaged on its way never crashes the watchdog, nor widens the set`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bytes = try Self.completion(Self.reply())
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            bytes[place] = UInt8.random(in: 0...255, using: &random)
        }
        switch AdvisorReply.judge(bytes, lines: 3, provider: "groq", canRestore: false) {
        case .discarded(let reason): #expect(reason.hasPrefix("The answer of the advisor groq was not used: "))
        case .accepted(let diagnosis):
            #expect((0...1).contains(diagnosis.confidence))
            #expect(diagnosis.lines.allSatisfy { (1...3).contains($0) })
            #expect(diagnosis.proposal != .restoreConfig)
        }
    }
}
