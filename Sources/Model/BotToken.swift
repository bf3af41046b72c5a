/// What stands for a bot's token wherever it is compared, stored or shown: 32 hexadecimal digits, keyed with the
/// host's own secret. The token itself cannot be had back from it.
package struct TokenFingerprint: Hashable, Sendable {
    package let hex: String

    package init(hex: String) { self.hex = hex }

    /// Enough to tell two tokens apart in a sentence.
    package var short: String { String(hex.prefix(12)) }
}

/// A bot's token that an agent has, and every place where it was found.
package struct HeldToken: Hashable, Sendable {
    package let fingerprint: TokenFingerprint
    /// Each as a clause: `the variable TELEGRAM_BOT_TOKEN of the unit`.
    package var sources: [String]
    /// Nobody but root can have said that it is the agent's, or the agent's main process has it: only then does it prove
    /// anything against another user.
    package var isProven: Bool

    package init(fingerprint: TokenFingerprint, sources: [String], isProven: Bool = false) {
        self.fingerprint = fingerprint
        self.sources = sources
        self.isProven = isProven
    }
}

/// The form of a Telegram bot's token: the bot's number, a colon, and a key (core.telegram.org/bots/api).
package enum BotToken {
    /// As all that were ever seen: account numbers and licence keys of other services have the same colon between them.
    private static let digits = 8...10
    private static let key = 35...35

    /// Where tokens stand in a text, e.g. the value of a variable, an address, or a config file.
    package static func find(in text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var found: [ArraySlice<UInt8>] = []
        // Where the next colon of a token may stand. Most bytes need not be looked at: behind such a colon stand at
        // least `key.lowerBound` of the key's bytes, so any other byte there sends the search on to itself.
        var colon = text.startIndex
        while text.endIndex - colon > key.lowerBound {
            var last = colon + key.lowerBound
            while last > colon, isKey(text[last]) { last -= 1 }
            if last > colon {
                colon = last
            } else if text[colon] == UInt8(ascii: ":"), let token = token(around: colon, in: text) {
                found.append(token)
                colon = token.endIndex
            } else {
                colon += key.lowerBound + 1
            }
        }
        return found
    }

    private static func token(around colon: Int, in text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var start = colon
        while start > text.startIndex, isDigit(text[start - 1]) { start -= 1 }
        guard digits.contains(colon - start) else { return nil }
        var end = colon + 1
        while end < text.endIndex, isKey(text[end]) { end += 1 }
        guard key.contains(end - colon - 1) else { return nil }
        return text[start..<end]
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func isKey(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}

/// Another agent of the fleet that has one of this agent's tokens.
package struct TokenTwin: Hashable, Sendable {
    package let agent: AgentID
    package let name: String
    package let token: HeldToken
    /// Whether its main process runs, so that it may be polling now.
    package let isRunning: Bool

    package init(agent: AgentID, name: String, token: HeldToken, isRunning: Bool) {
        self.agent = agent
        self.name = name
        self.token = token
        self.isRunning = isRunning
    }
}

/// What the Bot API said of a token: by getMe and getWebhookInfo alone, which disturb nobody.
package struct TokenCheck: Hashable, Sendable {
    package let token: TokenFingerprint
    package let at: Timestamp
    /// Both calls were answered with 401.
    package var isRejected: Bool
    /// The host of the address that updates are pushed to; empty for none. The rest of the address may be a secret.
    package var webhookHost: String
    /// Updates that wait for whoever takes them.
    package var pending: Int

    package init(token: TokenFingerprint, at: Timestamp, isRejected: Bool, webhookHost: String, pending: Int) {
        self.token = token
        self.at = at
        self.isRejected = isRejected
        self.webhookHost = webhookHost
        self.pending = pending
    }
}
