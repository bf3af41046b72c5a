import FixturesTests
import Model
import Testing

/// What counts as a bot's token, and where it stands in a text.
struct BotTokenTests {
    private static func key(_ length: Int) -> String {
        String(repeating: "aB3_-", count: 13).prefix(length).description
    }

    private func find(_ text: String) -> [String] {
        BotToken.find(in: Array(text.utf8)[...]).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [(7, false), (8, true), (9, true), (10, true), (11, false)])
    func `the bot's number has eight to ten digits`(count: Int, isOne: Bool) {
        let token = String(repeating: "7", count: count) + ":" + Self.key(35)
        #expect(find(token) == (isOne ? [token] : []))
        #expect(find("x=\(token)\n") == (isOne ? [token] : []))
    }

    @Test(arguments: [(0, false), (34, false), (35, true), (36, false), (64, false)])
    func `the key has thirty-five letters`(count: Int, isOne: Bool) {
        let token = "123456789:" + Self.key(count)
        #expect(find(token) == (isOne ? [token] : []))
        #expect(find("\"\(token)\",") == (isOne ? [token] : []))
    }

    private static let token = "123456789:" + key(35)
    private static let other = "987654321:" + key(35)

    @Test(arguments: [
        "TELEGRAM_BOT_TOKEN=\(token)", "https://api.telegram.org/bot\(token)/getMe", "'\(token)'", "\(token)\0",
        "{\"botToken\":\"\(token)\"}", "a:\(token)", ":\(token):", "\(token).", "token=\(token)&x=1", "é\(token)é",
        "x\(token)", "_\(token)", "::\(token)\n",
    ])
    func `a token is found wherever it stands, without what is around it`(text: String) {
        #expect(find(text) == [Self.token])
    }

    @Test(arguments: [
        "", ":", "::::", "12:34:56", "123456789", "123456789:", ":" + key(35), "123456789: " + key(35),
        "123456789 :" + key(35), "12345678x:" + key(35), "123456789:" + key(20) + "." + key(20), "1234567:" + key(40),
        "123456789012:" + key(35),
        "١٢٣٤٥٦٧٨٩:" + key(35), "2026-09-01T03:15:00Z",
    ])
    func `what only resembles one is none`(text: String) {
        #expect(find(text) == [])
    }

    @Test func `several are found in the order in which they stand`() {
        #expect(find("A=\(Self.token)\0B=\(Self.other)\0C=\(Self.token)") == [Self.token, Self.other, Self.token])
        #expect(find("\(Self.token):\(Self.other)") == [Self.token, Self.other])
    }

    /// Letters of one key may be the number of what follows: the first one counts.
    @Test func `tokens never overlap`() {
        let first = "123456789:" + String(repeating: "1", count: 35)
        #expect(find(first + ":" + Self.key(35)) == [first])
    }

    @Test func `places are those of the text that was given, whole or a part of it`() {
        let bytes = Array("xx \(Self.token) yy".utf8)
        let found = BotToken.find(in: bytes[...])
        #expect(found.first?.startIndex == 3 && found.first?.endIndex == 3 + Self.token.utf8.count)
        #expect(BotToken.find(in: bytes[2..<(3 + Self.token.utf8.count)]).first?.startIndex == 3)
        #expect(BotToken.find(in: bytes[4...]).first?.startIndex == 4, "what is cut off in front is not looked at")
        #expect(BotToken.find(in: bytes[8...]) == [])
    }

    @Test func `colons and digits without end take no time`() {
        let colons = [UInt8](repeating: UInt8(ascii: ":"), count: 1_000_000)
        #expect(BotToken.find(in: colons[...]).isEmpty)
        let digits = [UInt8](repeating: UInt8(ascii: "7"), count: 1_000_000) + Array((":" + Self.key(35)).utf8)
        #expect(BotToken.find(in: digits[...]).isEmpty)
    }

    /// Against a second, plainer way of saying the same, over texts that are nearly tokens.
    @Test(arguments: 0..<300 as Range<UInt64>)
    func `in any text exactly the tokens are found`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var text: [UInt8] = []
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let digits = Int.random(in: 6...12, using: &random)
            text += (0..<digits).map { _ in UInt8.random(in: 48...57, using: &random) }
            if Int.random(in: 0..<6, using: &random) > 0 { text.append(UInt8(ascii: ":")) }
            let letters = Int.random(in: 33...37, using: &random)
            text += Self.key(letters).utf8
            text += [[], [0], [10], [58], [46], [200]].randomElement(using: &random) ?? []
        }
        var expected: [[UInt8]] = []
        var from = 0
        for colon in text.indices where text[colon] == UInt8(ascii: ":") && colon >= from {
            let number = text[..<colon].reversed().prefix { (48...57).contains($0) }.count
            let key = text[(colon + 1)...].prefix { $0 != 0 && $0 != 10 && $0 != 58 && $0 != 46 && $0 != 200 }.count
            guard (8...10).contains(number), key == 35 else { continue }
            expected.append(Array(text[(colon - number)...(colon + key)]))
            from = colon + key + 1
        }
        #expect(BotToken.find(in: text[...]).map(Array.init) == expected, "seed \(seed)")
    }
}
