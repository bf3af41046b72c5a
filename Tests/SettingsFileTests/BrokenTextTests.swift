import FixturesTests
import SettingsFile
import Testing

/// Texts that are not TOML, or hardly.
struct BrokenTextTests {
    private static let broken: [(text: String, place: String)] = [
        ("a = \n", "1:5"), ("[policy\n", "1:8"), ("x = 1\nx = 2\n", "2:5"), ("[policy]\nsettle = \"5s\n", "2:13"),
        ("\u{0}", "1:1"), ("[fleet]\n[fleet]\n", "2:1"), ("settle: 5s\n", "1:7"), ("{\"policy\": {}}", "1:1"),
    ]

    @Test(arguments: broken)
    func `a text that is not TOML is refused with its place and the parser's reason`(text: String, place: String) throws
    {
        let sentence = try #require(refusal(text))
        #expect(sentence.hasPrefix("watchdog.toml:\(place): "), "\(sentence)")
        #expect(sentence.count > 30)
        #expect(!sentence.contains("\n"))
    }

    @Test(arguments: [[0xff], [0x61, 0x3d, 0x22, 0xc3, 0x28, 0x22], Array("a = 1 # ".utf8) + [0xfe]] as [[UInt8]])
    func `bytes that are no text are refused with their place`(bytes: [UInt8]) {
        #expect {
            _ = try SettingsReader.read(bytes, file: "watchdog.toml", defaults: CompleteSettings.defaults)
        } throws: { error in
            "\(error)".hasPrefix("watchdog.toml:1:")
        }
    }

    @Test func `a value that is nested too deeply is refused`() throws {
        let text = "a = " + String(repeating: "[", count: 100_000)
        #expect(try #require(refusal(text)).hasPrefix("watchdog.toml:1:"))
    }

    /// The parser guards itself with assert(3), which ends the process unless the build says NDEBUG.
    @Test(arguments: ["[[[", "[.policy]\n", "[[ [a]]]\n", "a = 1\n[=]\n"])
    func `a table header that is mistyped is refused, and does not end the watchdog`(text: String) async {
        await #expect(processExitsWith: .success) { [text] in
            #expect(refusal(text)?.hasPrefix("watchdog.toml:") == true)
        }
    }

    @Test func `a key of very many parts does not end the watchdog`() async {
        await #expect(processExitsWith: .success) {
            #expect(refusal(String(repeating: "a.", count: 300_000) + "b = 1\n") != nil)
        }
    }

    /// In a process of its own, since some of what comes out trips the parser's assertions.
    @Test func `a thousand damaged files are each taken or refused with a sentence`() async {
        await #expect(processExitsWith: .success) {
            var random = SeededGenerator(seed: 20_260_901)
            for _ in 0..<1000 {
                var bytes = Array(CompleteSettings.text.utf8)
                for _ in 0..<Int.random(in: 1...10, using: &random) { BrokenTextTests.damage(&bytes, &random) }
                do throws(SettingsError) {
                    _ = try SettingsReader.read(bytes, file: "watchdog.toml", defaults: CompleteSettings.defaults)
                } catch {
                    #expect(error.description.hasPrefix("watchdog.toml:"))
                }
            }
        }
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let marks = Array("[]{}=.,\"'#\\\n 0-:".utf8)
        switch Int.random(in: 0...4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.insert(marks.randomElement(using: &random) ?? 0, at: place)
        case 2: bytes.remove(at: place)
        case 3: bytes.removeLast(min(bytes.count, Int.random(in: 1...40, using: &random)))
        default:
            let other = Int.random(in: 0..<bytes.count, using: &random)
            bytes.insert(contentsOf: bytes[min(place, other)..<max(place, other)].prefix(60), at: place)
        }
    }

    /// It ended the program: the parser's own guard stood in a function that may not throw.
    @Test func `a date that goes on and on is refused, and ends nothing`() {
        let date = "[0988-05-27T07:32:00.28-07:09, 1979-05-27" + String(repeating: "_", count: 116) + " 07:32:00Z, 0.5]"
        #expect(refusal("dates = \(date)\n")?.hasPrefix("watchdog.toml:1:") == true)
        #expect(refusal("[policy]\nsettle = \"20s\"\n") == nil)
    }
}
