internal import FoundationEssentials
internal import HTTP
internal import Model

/// Asks the Bot API about tokens: getMe and getWebhookInfo, and never anything that would take a bot's messages.
enum BotReader {
    private static let deadline: Duration = .seconds(5)
    /// Of one pass; the others have their turn in the next one.
    private static let mostTokens = 100

    /// One answer per token that was asked about. One that could not be had keeps what was known, and counts as asked:
    /// a dead network is not asked again before the hour is over.
    static func check(
        _ due: [TokenFingerprint], known: [TokenFingerprint: TokenCheck], book: TokenBook, api: String,
        at now: Timestamp
    ) -> [TokenCheck] {
        let asked = due.prefix(mostTokens).compactMap { fingerprint in
            book.token(of: fingerprint).map { (fingerprint, $0) }
        }
        let requests = asked.flatMap { _, token in
            ["getMe", "getWebhookInfo"].map { method in
                HTTPRequest(
                    .get, "\(api)/bot\(token)/\(method)", deadline: deadline, shownAs: "\(api)/bot[masked]/\(method)")
            }
        }
        let answers = HTTPClient.send(requests)
        return asked.enumerated().map { index, each in
            let before = known[each.0]
            var check = TokenCheck(
                token: each.0, at: now, isRejected: before?.isRejected ?? false,
                webhookHost: before?.webhookHost ?? "", pending: before?.pending ?? 0)
            let replies = [answers[2 * index], answers[2 * index + 1]].map { $0.map { ($0.status, $0.body) } }
            switch (replies[0], replies[1]) {
            case (.success((401, _)), .success((401, _))):
                // Two answers of two methods: one alone could be a slip.
                check.isRejected = true
            case (.success((200, _)), .success((200, let body))):
                check.isRejected = false
                // Ignoring: what is wrong with the text; an answer that is no JSON says nothing of a webhook.
                let result = (try? JSONDecoder().decode(JSONValue.self, from: Data(body)))?["result"]
                check.webhookHost = host(of: result?["url"]?.text ?? "")
                check.pending = Int(min(1e9, max(0, result?["pending_update_count"]?.number ?? 0)))
            default: break
            }
            return check
        }
    }

    /// The host's name alone: the path of a webhook is often its secret.
    private static func host(of url: String) -> String {
        guard let slashes = url.firstRange(of: "//") else { return url.isEmpty ? "" : "an address" }
        let host = url[slashes.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return String((host.split(separator: "@").last ?? "an address").prefix(200)).printable
    }
}
