import FixturesTests
import Testing

@testable import Commands

/// What others have written is printed, and means nothing to a terminal.
struct ShownLinesTests {
    private static func environment(
        colour: Bool = false, write: @escaping (String) -> Void = { _ in },
        complain: @escaping (String) -> Void = { _ in }
    ) -> Environment {
        Environment(
            now: { Sample.now }, pause: { _ in }, write: write, complain: complain, isTerminal: false, colour: colour,
            uid: 1000, home: "/home/fleet", hostName: "h", program: "/p", folder: "/", variable: { _ in nil },
            become: { _ in Environment.StartProblem(isMissing: false, sentence: "") })
    }

    private func shown(_ lines: [String], colour: Bool = false) -> String {
        var output = ""
        Self.environment(colour: colour, write: { output += $0 }).show(lines)
        return output
    }

    @Test(arguments: [true, false])
    func `an escape or an end of a line in it begins nothing`(colour: Bool) {
        #expect(
            shown(["a\u{1b}[2Kb", "c\nwatchdog: all is well\r"], colour: colour) == "a·[2Kb\nc·watchdog: all is well·\n"
        )
    }

    @Test func `no lines are no output`() {
        #expect(shown([]).isEmpty)
        #expect(shown([""]) == "\n")
    }

    @Test func `the same holds for complaints`() {
        var complaints = ""
        let environment = Self.environment(complain: { complaints += $0 })
        environment.say("a\u{1b}[31m\nb")
        environment.say(["c", "d"])
        environment.say([])
        #expect(complaints == "a·[31m·b\nc\nd\n")
    }

    @Test func `our own colours are printed where there are any`() {
        #expect(shown([Style(colour: true).verdict("failing")], colour: true) == "\u{1b}[31mfailing\u{1b}[0m\n")
        #expect(shown([Style(colour: false).verdict("failing")], colour: false) == "failing\n")
        #expect(shown([Style(colour: true).verdict("failing")], colour: false) == "·failing·\n")
    }

    @Test func `what is painted can neither end its colour nor begin another`() {
        let line = Style(colour: true).dim("a\u{10FFF0}b\u{1b}[0m\u{10FFF3}c")
        #expect(Style.rendered(line, colour: true) == "\u{1b}[2ma·b·[0m·c\u{1b}[0m")
    }

    @Test func `each of our styles has its own sequence`() {
        let style = Style(colour: true)
        let painted = [
            style.good("x"), style.bold("x"), style.dim("x"), style.verdict("held"), style.verdict("failing"),
        ].map { Style.rendered($0, colour: true) }
        #expect(
            painted
                == ["32", "1", "2", "33", "31"].map { code in
                    "\u{1b}[\(code)m" + (code == "33" ? "held" : code == "31" ? "failing" : "x") + "\u{1b}[0m"
                })
    }

    // MARK: JSON

    @Test func `a program reads the same value, and a terminal nothing but letters`() throws {
        let text = "a\u{1b}[2K\u{7f}\u{9b}\u{202e}\u{200b}\u{feff}\n\t\"ü🦞"
        let json = try jsonText(["text": text])
        #expect(json.hasSuffix("\n") && !json.dropLast().contains { $0.isNewline })
        for scalar in json.unicodeScalars.dropLast() {
            #expect(scalar.value >= 0x20 && !(0x7f..<0xa0).contains(scalar.value))
            #expect(![0x202e, 0x200b, 0xfeff].contains(scalar.value))
        }
        #expect(json.contains(#"\u007f\u009b\u202e\u200b\ufeff"#))
        #expect(json.contains("ü🦞"))
    }

    @Test func `what needs no escape is written as it is`() throws {
        #expect(try jsonText(["b": "ü/🦞", "a": "x y"]) == "{\"a\":\"x y\",\"b\":\"ü/🦞\"}\n")
    }
}
