import FixturesTests
import Model
import Testing

@testable import Observing

/// journald hears an agent and its manager over different sockets: which of two lines came first is not always how it was.
struct LineOrderTests {
    private static func line(_ text: String, _ milliseconds: Int64, _ id: String? = nil) -> JournalLine {
        JournalLine(
            at: Sample.now + .milliseconds(milliseconds), speaker: id == nil ? .unit : .manager, text: text,
            messageID: id ?? "")
    }

    private static let before = [line("old words", 0), line("old end", 1, MessageIDs.failed)]

    private enum MessageIDs {
        static let started = "39f53479d3a045ac8e11786248231fbf"
        static let failed = "d9b373ed55a64feb8242e02dbe79a49c"
    }

    private func texts(_ lines: [JournalLine], firstOfRun: Int64?) -> [String] {
        JournalReader.inOrder(
            Self.before + lines, firstOfRun: firstOfRun.map { Sample.now + .milliseconds($0) }
        ).map(\.text)
    }

    @Test func `what a process says stands behind the word that it was started`() {
        let swapped = [
            Self.line("why", 10), Self.line("Started", 12, MessageIDs.started), Self.line("more", 13),
            Self.line("end", 14, MessageIDs.failed),
        ]
        #expect(texts(swapped, firstOfRun: 10) == ["old words", "old end", "Started", "why", "more", "end"])
        #expect(texts(swapped, firstOfRun: nil) == ["old words", "old end", "why", "Started", "more", "end"])
    }

    @Test func `lines that came in order stay as they are, also those of a run that came after`() {
        let inOrder = [
            Self.line("Started", 10, MessageIDs.started), Self.line("why", 12), Self.line("end", 13, MessageIDs.failed),
            Self.line("Started again", 5000, MessageIDs.started),
        ]
        #expect(texts(inOrder, firstOfRun: 12) == ["old words", "old end", "Started", "why", "end", "Started again"])
    }
}
