/// A line of a poller's own, in which a poll of its own has ended with 409: as the well-known gateways and libraries write
/// it. What somebody wrote to the bot, or another agent's log that this one repeats, may hold the same words.
enum ConflictLine {
    private static let sentence = "conflict: terminated by other getupdates request"

    /// What the libraries write before it, as it stands.
    private static let phrases = [
        "call to 'getupdates' failed!", "error while getting updates", "exception happened while polling for updates",
        "a request to the telegram api was unsuccessful", "error code", "failed to fetch updates",
        "telegram server says",
        "\"message\":", "\"description\":", "\"error_code\":", "\"ok\":false", "\"code\":", "description:",
    ]

    /// What may stand before the sentence beside those and numbers: names of loggers and of errors, no prose.
    private static let names: Set<String> = [
        "telegram", "gateway", "channel", "channels", "error", "err", "warn", "warning", "info", "critical", "fatal",
        "exception", "getupdates", "conflict", "grammyerror", "telegramerror", "telegramconflicterror", "httperror",
        "polling", "polling_error", "poller", "etelegram", "updater", "ext", "network", "retry", "loop", "telebot",
        "aiogram",
        "dispatcher", "telegraf", "apihelper", "apitelegramexception", "_updater", "application", "default", "main",
    ]

    static func isPollers(_ line: String) -> Bool {
        let text = line.lowercased()
        guard let found = text.firstRange(of: sentence) else { return false }
        var before = String(text[..<found.lowerBound])
        for phrase in phrases {
            while let place = before.firstRange(of: phrase) { before.replaceSubrange(place, with: " ") }
        }
        return before.split { !($0.isLetter || $0.isNumber || $0 == "_") }.allSatisfy { word in
            names.contains(String(word)) || word.allSatisfy(\.isNumber) || isTime(word)
        }
    }

    /// `2026T`, `12ms`, `05z`: parts of a time that were grown together with a letter.
    private static func isTime(_ word: Substring) -> Bool {
        word.first?.isNumber ?? false && word.filter(\.isLetter).count <= 2
    }
}
