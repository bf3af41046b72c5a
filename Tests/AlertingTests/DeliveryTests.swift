import Alerting
import FixturesTests
import FoundationEssentials
import Model
import Testing

/// Messages on their way to a channel.
struct DeliveryTests {
    static func notice(
        _ id: Int64 = 1, to channel: String = "webhook", title: String = "[broken] coder on host: unit-failed",
        text: String = "It failed.\nNext: \"look\" at it ü 🦞"
    ) -> OutgoingNotice {
        let notice = Notice(
            event: .opened, incident: 17, host: "host.example.org", agent: "coder", unit: Sample.unit,
            kinds: [.unitFailed, .unitKillMode], severity: .critical, title: title, text: text, at: Sample.now)
        return OutgoingNotice(id: id, channel: channel, notice: notice, attempts: 0)
    }

    static func webhook(_ url: String, name: String = "webhook") -> Destination {
        Destination(channel: name, address: .webhook(url: url))
    }

    static func telegram(_ api: String, name: String = "telegram") -> Destination {
        Destination(channel: name, address: .telegram(api: api, token: "123456:TOKEN", chat: "-1001234567890"))
    }

    static func failure(_ delivery: Delivery?) -> (reason: String, retryAfter: Duration?)? {
        if case .failed(let reason, let retryAfter)? = delivery?.result { return (reason, retryAfter) }
        return nil
    }

    private static func isDelivered(_ delivery: Delivery?) -> Bool {
        if case .delivered? = delivery?.result { return true }
        return false
    }

    @Test func `a webhook gets the whole message as JSON with sorted keys`() throws {
        let server = try LoopbackServer { _ in .status(200) }
        let deliveries = Delivery.send([Self.notice(9)], to: [Self.webhook(server.url + "/ops?x=1")])
        #expect(deliveries.map(\.id) == [9])
        #expect(Self.isDelivered(deliveries.first))
        let request = try #require(server.requests.first)
        #expect(request.method == "POST" && request.target == "/ops?x=1")
        #expect(request.headers["content-type"] == "application/json")
        #expect(
            request.text
                == #"{"agent":"coder","at":"2026-09-01T03:15:00Z","event":"opened","host":"host.example.org","#
                + #""incident":17,"kinds":["unit-failed","unit-kill-mode"],"schema":1,"severity":"critical","#
                + #""text":"It failed.\nNext: \"look\" at it ü 🦞","title":"[broken] coder on host: unit-failed","#
                + #""unit":"openclaw-gateway-coder.service"}"#)
    }

    @Test func `Telegram gets title and text in one message for the chat`() throws {
        let server = try LoopbackServer { _ in .status(200, body: #"{"ok":true}"#) }
        let deliveries = Delivery.send([Self.notice(to: "telegram")], to: [Self.telegram(server.url)])
        #expect(Self.isDelivered(deliveries.first))
        let request = try #require(server.requests.first)
        #expect(request.method == "POST" && request.target == "/bot123456:TOKEN/sendMessage")
        let body = try JSONDecoder().decode(JSONValue.self, from: Data(request.body))
        #expect(
            body
                == .object([
                    "chat_id": .text("-1001234567890"),
                    "text": .text("[broken] coder on host: unit-failed\nIt failed.\nNext: \"look\" at it ü 🦞"),
                ]))
    }

    @Test(arguments: ["x", "🦞", "e\u{301}", "👩‍👩‍👧‍👦"])
    func `a long message is cut to what Telegram takes, never inside a character`(character: String) throws {
        let server = try LoopbackServer { _ in .status(200) }
        let text = String(repeating: character, count: 6_000)
        _ = Delivery.send([Self.notice(to: "telegram", title: "t", text: text)], to: [Self.telegram(server.url)])
        let body = try JSONDecoder().decode(JSONValue.self, from: Data(try #require(server.requests.first).body))
        let sent = try #require(body["text"]?.text)
        #expect(sent.utf16.count <= 4096)
        #expect(sent.utf16.count > 4096 - character.utf16.count - 1)
        #expect(sent.hasPrefix("t\n") && sent.hasSuffix("…"))
        #expect(sent.dropFirst(2).dropLast().allSatisfy { String($0) == character })
    }

    @Test func `a message that just fits is not cut`() throws {
        let server = try LoopbackServer { _ in .status(200) }
        let text = String(repeating: "x", count: 4094)
        _ = Delivery.send([Self.notice(to: "telegram", title: "t", text: text)], to: [Self.telegram(server.url)])
        let body = try JSONDecoder().decode(JSONValue.self, from: Data(try #require(server.requests.first).body))
        #expect(body["text"]?.text == "t\n" + text)
    }

    @Test func `a webhook is not cut`() throws {
        let server = try LoopbackServer { _ in .status(200) }
        _ = Delivery.send([Self.notice(text: String(repeating: "x", count: 9_000))], to: [Self.webhook(server.url)])
        #expect(try #require(server.requests.first).body.count > 9_000)
    }

    @Test func `messages of several channels go out together, and each has its own fate`() throws {
        let server = try LoopbackServer { $0.target == "/good" ? .status(204) : .status(500) }
        let destinations = [
            Self.webhook(server.url + "/good", name: "webhook"), Self.webhook(server.url + "/bad", name: "webhook 2"),
        ]
        let notices = [
            Self.notice(1, to: "webhook 2"), Self.notice(2, to: "webhook"), Self.notice(3, to: "gone"),
            Self.notice(4, to: "webhook"),
        ]
        let deliveries = Delivery.send(notices, to: destinations)
        #expect(deliveries.map(\.id).sorted() == [1, 2, 3, 4])
        func delivery(_ id: Int64) -> Delivery? { deliveries.first { $0.id == id } }
        #expect(Self.isDelivered(delivery(2)) && Self.isDelivered(delivery(4)))
        #expect(Self.failure(delivery(1))?.reason == "Channel \"webhook 2\" answered with status 500. ")
        #expect(Self.failure(delivery(3))?.reason == "The settings have no working channel \"gone\".")
        #expect(Self.failure(delivery(3))?.retryAfter == nil)
        #expect(server.requests.count == 3)
    }

    @Test func `nothing to send is nothing sent`() {
        #expect(Delivery.send([], to: []).isEmpty)
    }
}
