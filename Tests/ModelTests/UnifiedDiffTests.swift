import FixturesTests
import Model
import Testing

struct UnifiedDiffTests {
    private static func diff(_ old: [String], _ new: [String]) -> [String] {
        UnifiedDiff.lines(
            from: old.map { $0 + "\n" }.joined(), to: new.map { $0 + "\n" }.joined(), oldName: "found", newName: "good")
    }

    private static func numbered(_ range: ClosedRange<Int>, changing changes: [Int: String] = [:]) -> [String] {
        range.map { changes[$0] ?? "\($0)" }
    }

    @Test func `texts that are the same have no difference`() {
        #expect(Self.diff(["a", "b"], ["a", "b"]).isEmpty)
        #expect(Self.diff([], []).isEmpty)
    }

    @Test func `a changed line stands between three lines on each side`() {
        #expect(
            Self.diff(Self.numbered(1...9), Self.numbered(1...9, changing: [5: "five"])) == [
                "--- found", "+++ good", "@@ -2,7 +2,7 @@", " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8",
            ])
    }

    @Test func `a change at the beginning or the end has context on one side`() {
        #expect(
            Self.diff(Self.numbered(1...6), Self.numbered(1...6, changing: [1: "one"])) == [
                "--- found", "+++ good", "@@ -1,4 +1,4 @@", "-1", "+one", " 2", " 3", " 4",
            ])
        #expect(
            Self.diff(Self.numbered(1...6), Self.numbered(1...6, changing: [6: "six"])) == [
                "--- found", "+++ good", "@@ -3,4 +3,4 @@", " 3", " 4", " 5", "-6", "+six",
            ])
    }

    @Test func `changes with up to six lines between them share a hunk`() {
        let near = Self.diff(Self.numbered(1...20), Self.numbered(1...20, changing: [5: "x", 12: "y"]))
        #expect(near.filter { $0.hasPrefix("@@") } == ["@@ -2,14 +2,14 @@"])
        let far = Self.diff(Self.numbered(1...20), Self.numbered(1...20, changing: [5: "x", 13: "y"]))
        #expect(far.filter { $0.hasPrefix("@@") } == ["@@ -2,7 +2,7 @@", "@@ -10,7 +10,7 @@"])
    }

    @Test func `inserted and removed lines move the numbers of what follows`() {
        let old = Self.numbered(1...30)
        let new = ["new"] + Self.numbered(1...30).filter { $0 != "20" }
        #expect(Self.diff(old, new).filter { $0.hasPrefix("@@") } == ["@@ -1,3 +1,4 @@", "@@ -17,7 +18,6 @@"])
    }

    private static func diff(_ old: String, _ new: String) -> [String] {
        Array(UnifiedDiff.lines(from: old, to: new, oldName: "found", newName: "good").dropFirst(2))
    }

    @Test func `a line feed that is missing at the end is a difference`() {
        #expect(!Self.diff("a\nb", "a\nb\n").isEmpty)
        #expect(!Self.diff("a\nb\n", "a\nb").isEmpty)
    }

    @Test func `a file that is missing is shown as all added`() {
        #expect(Self.diff("", "{\n}\n").filter { $0.hasPrefix("+") } == ["+{", "+}"])
    }

    /// What diff(1) prints for the same texts.
    @Test func `the line feed at the end of a text is no line of its own`() {
        #expect(Self.diff("a\nb\n", "a\nc\n") == ["@@ -1,2 +1,2 @@", " a", "-b", "+c"])
        #expect(Self.diff("", "{\n}\n") == ["@@ -0,0 +1,2 @@", "+{", "+}"])
        #expect(Self.diff("{\n}\n", "") == ["@@ -1,2 +0,0 @@", "-{", "-}"])
        #expect(
            Self.diff("a\nb", "a\nb\n") == ["@@ -1,2 +1,2 @@", " a", "-b", "\\ No newline at end of file", "+b"])
    }

    @Test func `a text that is too long to be read is not compared line by line`() {
        let long = Self.numbered(1...4001)
        #expect(
            Self.diff(long, long + ["more"]) == [
                "--- found", "+++ good", "@@ too long to be shown: 4001 and 4002 lines @@",
            ])
    }

    @Test func `a line keeps its own leading sign`() {
        #expect(Self.diff(["-a"], ["+a"]).suffix(2) == ["--a", "++a"])
    }

    /// Applies the difference as patch(1) does: each hunk's context and removed lines must stand where it says.
    private static func applied(_ diff: [String], to old: [String]) throws -> [String] {
        var result: [String] = []
        var position = 0
        var (olds, news) = (0, 0)
        for line in diff.dropFirst(2) {
            if olds == 0, news == 0 {
                let numbers = line.split { !$0.isNumber }.compactMap { Int($0) }
                try #require(line.hasPrefix("@@ -") && numbers.count == 4, "\(line)")
                let start = numbers[1] == 0 ? numbers[0] : numbers[0] - 1
                try #require(start >= position && start <= old.count)
                result += old[position..<start]
                position = start
                #expect(numbers[2] == result.count + (numbers[3] == 0 ? 0 : 1), "\(line)")
                (olds, news) = (numbers[1], numbers[3])
                continue
            }
            let text = String(line.dropFirst())
            if line.first != "+" {
                try #require(position < old.count && old[position] == text, "\(line)")
                position += 1
                olds -= 1
            }
            if line.first != "-" {
                result.append(text)
                news -= 1
            }
        }
        #expect(olds == 0 && news == 0)
        return result + old[position...]
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `whatever two texts are, the difference leads from one to the other`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let words = ["{", "}", "  \"mode\": \"auto\",", "", "a", "b", "+c", "-d", " e"]
        let old = (0..<Int.random(in: 1...60, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }
        var new = old
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            let place = Int.random(in: 0...new.count, using: &random)
            let word = words.randomElement(using: &random) ?? ""
            switch Int.random(in: 0...2, using: &random) {
            case 0: new.insert(word, at: place)
            case 1 where place < new.count && new.count > 1: new.remove(at: place)
            default: if place < new.count { new[place] = word }
            }
        }
        let diff = Self.diff(old, new)
        #expect(diff.isEmpty == (old == new))
        #expect(try Self.applied(diff, to: old) == new)
    }
}
