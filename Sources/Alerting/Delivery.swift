internal import FoundationEssentials
internal import HTTP
package import Model

/// What became of one message.
package struct Delivery: Sendable {
    package enum Result: Sendable {
        case delivered
        /// The reason as a sentence, and how long the channel asked to be left alone, if it did.
        case failed(String, retryAfter: Duration?)
    }

    package let id: Int64
    package let result: Result

    private static let deadline: Duration = .seconds(10)

    /// Sends all messages at once, and says of each what became of it. A message for a channel that has no
    /// destination any more fails with that reason.
    package static func send(_ notices: [OutgoingNotice], to destinations: [Destination]) -> [Delivery] {
        var deliveries: [Delivery] = []
        var sending: [(id: Int64, destination: Destination, request: HTTPRequest)] = []
        for notice in notices {
            guard let destination = destinations.first(where: { $0.channel == notice.channel }) else {
                let reason = "The settings have no working channel \"\(notice.channel)\"."
                deliveries.append(Delivery(id: notice.id, result: .failed(reason, retryAfter: nil)))
                continue
            }
            sending.append((notice.id, destination, request(notice.notice, destination)))
        }
        for (sent, answer) in zip(sending, HTTPClient.send(sending.map(\.request))) {
            deliveries.append(Delivery(id: sent.id, result: judge(answer, sent.destination)))
        }
        return deliveries
    }

    /// Asks each channel for a sign of life that nobody is bothered by. Returns per destination what is wrong.
    package static func problems(_ destinations: [Destination]) -> [String: String] {
        let requests = destinations.map { destination in
            switch destination.address {
            case .webhook(let url):
                HTTPRequest(.head, url, deadline: deadline, shownAs: "the webhook \(destination.channel)")
            case .telegram(let api, let token, _):
                HTTPRequest(
                    .get, "\(api)/bot\(token)/getMe", deadline: deadline, shownAs: "getMe of \(destination.channel)")
            }
        }
        var problems: [String: String] = [:]
        for (destination, answer) in zip(destinations, HTTPClient.send(requests)) {
            switch (answer, destination.address) {
            // A receiver of POSTs may well refuse a HEAD; that it answers is what was asked.
            case (.success(let response), .webhook) where response.status < 500: break
            case (let answer, _):
                if case .failed(let reason, _) = judge(answer, destination) { problems[destination.channel] = reason }
            }
        }
        return problems
    }

    private static func request(_ notice: Notice, _ destination: Destination) -> HTTPRequest {
        let headers = ["Content-Type: application/json"]
        switch destination.address {
        case .webhook(let url):
            let body = JSONValue.object([
                "schema": .integer(1), "event": .text(notice.event.rawValue), "incident": .integer(notice.incident),
                "host": .text(notice.host), "agent": .text(notice.agent), "unit": .text(notice.unit),
                "kinds": .array(notice.kinds.map { .text($0.rawValue) }), "severity": .text(notice.severity.rawValue),
                "title": .text(notice.title), "text": .text(notice.text), "at": .text(notice.at.rfc3339),
            ])
            return HTTPRequest(
                .post, url, headers: headers, body: encode(body), deadline: deadline,
                shownAs: "the webhook \(destination.channel)")
        case .telegram(let api, let token, let chat):
            let text = "\(notice.title)\n\(notice.text)"
            let body = JSONValue.object(["chat_id": .text(chat), "text": .text(cut(text, to: longestTelegramText))])
            return HTTPRequest(
                .post, "\(api)/bot\(token)/sendMessage", headers: headers, body: encode(body), deadline: deadline,
                shownAs: "sendMessage of \(destination.channel)")
        }
    }

    /// The Bot API takes 4,096 characters, counted as UTF-16.
    private static let longestTelegramText = 4096

    private static func cut(_ text: String, to most: Int) -> String {
        guard text.utf16.count > most else { return text }
        var result = ""
        var length = 0
        for character in text {
            length += character.utf16.count
            guard length < most else { break }
            result.append(character)
        }
        return result + "…"
    }

    private static func judge(_ answer: Swift.Result<HTTPResponse, HTTPError>, _ destination: Destination) -> Result {
        switch answer {
        case .failure(let error): return .failed(error.description, retryAfter: nil)
        case .success(let response):
            if (200..<300).contains(response.status) { return .delivered }
            // Ignoring: a body that is not JSON; the status says enough.
            let body = try? JSONDecoder().decode(JSONValue.self, from: Data(response.body))
            let description = body?["description"]?.text ?? ""
            let asked =
                body?["parameters"]?["retry_after"]?.number ?? response.headers["retry-after"].flatMap { Double($0) }
            let wait = asked.flatMap { $0.isFinite ? Duration.seconds(min(max($0, 1), 86_400)) : nil }
            return .failed(
                "Channel \"\(destination.channel)\" answered with status \(response.status). \(description.prefix(200).printable)",
                retryAfter: wait)
        }
    }

    private static func encode(_ body: JSONValue) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Ignoring: a value made of texts, numbers and lists always encodes.
        return (try? encoder.encode(body)).map(Array.init) ?? []
    }
}
