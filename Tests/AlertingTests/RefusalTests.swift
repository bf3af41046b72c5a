import Alerting
import FixturesTests
import Model
import Testing

/// Channels that do not take a message.
struct RefusalTests {
    static func failure(_ answer: LoopbackAnswer) throws -> (reason: String, retryAfter: Duration?)? {
        let server = try LoopbackServer { _ in answer }
        return DeliveryTests.failure(
            Delivery.send([DeliveryTests.notice(to: "telegram")], to: [DeliveryTests.telegram(server.url)]).first)
    }

    @Test func `a channel that asks for time in its body gets it, and its reason is told`() throws {
        let body =
            #"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","#
            + #""parameters":{"retry_after":35}}"#
        let failure = try #require(try Self.failure(.status(429, body: body)))
        #expect(failure.retryAfter == .seconds(35))
        #expect(
            failure.reason == "Channel \"telegram\" answered with status 429. Too Many Requests: retry after 35")
    }

    @Test func `a channel that asks for time in a header gets it`() throws {
        let failure = try #require(try Self.failure(.status(503, headers: ["Retry-After: 120"], body: "busy")))
        #expect(failure.retryAfter == .seconds(120))
        #expect(failure.reason == "Channel \"telegram\" answered with status 503. ")
    }

    @Test func `the body's word counts before the header's`() throws {
        let answer = LoopbackAnswer.status(
            429, headers: ["Retry-After: 900"], body: #"{"parameters":{"retry_after":3}}"#)
        #expect(try Self.failure(answer)?.retryAfter == .seconds(3))
    }

    @Test(
        arguments: [
            ("0", 1), ("-5", 1), ("86401", 86_400), ("1e300", 86_400), ("2.5", 2.5),
        ] as [(String, Double)])
    func `a time that is odd is brought within reason`(text: String, seconds: Double) throws {
        #expect(try Self.failure(.status(429, headers: ["Retry-After: \(text)"]))?.retryAfter == .seconds(seconds))
    }

    @Test(arguments: ["soon", "Wed, 21 Oct 2026 07:28:00 GMT", ""])
    func `a time that is no number of seconds does not keep a message for ever`(text: String) throws {
        let failure = try #require(try Self.failure(.status(429, headers: ["Retry-After: \(text)"])))
        #expect((failure.retryAfter ?? .zero) <= .seconds(86_400))
    }

    /// In a process of its own, for it is the end of the process that is feared.
    @Test(arguments: ["nan", "-nan", "nan(1)"])
    func `a time that is not even a number does not end the watchdog`(text: String) async {
        await #expect(processExitsWith: .success) { [text] in
            let failure = try RefusalTests.failure(.status(429, headers: ["Retry-After: \(text)"]))
            #expect(failure != nil)
        }
    }

    @Test func `a long reason is cut`() throws {
        let body = #"{"description":"\#(String(repeating: "x", count: 5_000))"}"#
        #expect(try #require(try Self.failure(.status(400, body: body))).reason.count < 300)
    }

    @Test func `a reason cannot move a cursor`() throws {
        let failure = try #require(try Self.failure(.status(400, body: #"{"description":"a\u001b[2Jb\nc"}"#)))
        #expect(failure.reason == "Channel \"telegram\" answered with status 400. a·[2Jb·c")
    }

    @Test func `a channel that is not there is told without its secret`() throws {
        let api = "http://127.0.0.1:\(try LoopbackServer.unusedPort())"
        let telegram = DeliveryTests.failure(
            Delivery.send([DeliveryTests.notice(to: "telegram")], to: [DeliveryTests.telegram(api)]).first)
        #expect(telegram?.reason.hasPrefix("POST sendMessage of telegram: ") == true)
        #expect(telegram?.reason.contains("TOKEN") == false)
        let webhook = DeliveryTests.failure(
            Delivery.send([DeliveryTests.notice()], to: [DeliveryTests.webhook(api + "/SECRET")]).first)
        #expect(webhook?.reason.hasPrefix("POST the webhook webhook: ") == true)
        #expect(webhook?.reason.contains("SECRET") == false)
    }

    // MARK: Signs of life

    @Test func `a webhook is asked whether it is there, and nobody is bothered`() throws {
        let server = try LoopbackServer { _ in .status(200) }
        #expect(Delivery.problems([DeliveryTests.webhook(server.url + "/ops")]).isEmpty)
        #expect(server.requests.map(\.method) == ["HEAD"])
    }

    @Test(arguments: [400, 404, 405])
    func `a webhook that takes messages only is there all the same`(status: Int) throws {
        let server = try LoopbackServer { _ in .status(status) }
        #expect(Delivery.problems([DeliveryTests.webhook(server.url)]).isEmpty)
    }

    @Test func `a webhook that is broken is told`() throws {
        let server = try LoopbackServer { _ in .status(502) }
        #expect(
            Delivery.problems([DeliveryTests.webhook(server.url)])
                == ["webhook": "Channel \"webhook\" answered with status 502. "])
    }

    @Test func `Telegram is asked for the bot's own name`() throws {
        let good = try LoopbackServer { _ in .status(200) }
        #expect(Delivery.problems([DeliveryTests.telegram(good.url)]).isEmpty)
        #expect(good.requests.map(\.target) == ["/bot123456:TOKEN/getMe"])
        #expect(good.requests.map(\.method) == ["GET"])
    }

    @Test func `each destination has its own problem`() throws {
        let server = try LoopbackServer { request in
            request.target == "/ops" ? .status(200) : .status(401, body: #"{"description":"Unauthorized"}"#)
        }
        let problems = Delivery.problems([
            DeliveryTests.webhook(server.url + "/ops"), DeliveryTests.telegram(server.url),
        ])
        #expect(problems == ["telegram": "Channel \"telegram\" answered with status 401. Unauthorized"])
    }
}
