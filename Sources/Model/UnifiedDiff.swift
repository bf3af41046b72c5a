/// What changes between two texts, in the form that `diff -u` has made familiar.
package enum UnifiedDiff {
    private static let context = 3
    /// Larger texts are compared by their digests only: a diff is for people.
    private static let mostLines = 4_000

    /// Lines begin with ` `, `-`, `+` or `@@`. Empty where nothing differs.
    package static func lines(from old: String, to new: String, oldName: String, newName: String) -> [String] {
        let before = split(old)
        let after = split(new)
        guard before != after else { return [] }
        let header = ["--- \(oldName)", "+++ \(newName)"]
        guard before.count <= mostLines, after.count <= mostLines else {
            return header + ["@@ too long to be shown: \(before.count) and \(after.count) lines @@"]
        }
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in after.difference(from: before) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        // Every line of both texts in reading order: kept lines stand in both, at (old, new).
        var script: [(mark: Character, text: Substring, old: Int, new: Int)] = []
        var (i, j) = (0, 0)
        while i < before.count || j < after.count {
            if i < before.count, removed.contains(i) {
                script.append(("-", before[i], i, j))
                i += 1
            } else if j < after.count, inserted.contains(j) {
                script.append(("+", after[j], i, j))
                j += 1
            } else if i < before.count, j < after.count {
                script.append((" ", before[i], i, j))
                i += 1
                j += 1
            } else {
                break
            }
        }
        return header + hunks(script)
    }

    /// A last line without a line feed is another line than the same one with it, and carries this mark.
    private static let unended: Character = "\0"

    private static func split(_ text: String) -> [Substring] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" {
            lines.removeLast()
        } else if let last = lines.popLast() {
            lines.append(last + String(unended))
        }
        return lines
    }

    private static func shown(_ mark: Character, _ line: Substring) -> [String] {
        guard line.last == unended else { return ["\(mark)\(line)"] }
        return ["\(mark)\(line.dropLast())", "\\ No newline at end of file"]
    }

    private static func hunks(_ script: [(mark: Character, text: Substring, old: Int, new: Int)]) -> [String] {
        var result: [String] = []
        var index = 0
        while let first = script[index...].firstIndex(where: { $0.mark != " " }) {
            let start = max(index, first - context)
            var end = first
            var quiet = 0
            var cursor = first
            while cursor < script.count, quiet <= 2 * context {
                if script[cursor].mark == " " {
                    quiet += 1
                } else {
                    quiet = 0
                    end = cursor
                }
                cursor += 1
            }
            let stop = min(script.count, end + 1 + context)
            let hunk = script[start..<stop]
            let olds = hunk.count { $0.mark != "+" }
            let news = hunk.count { $0.mark != "-" }
            // Where one side has no line, its number is that of the line before.
            let oldStart = script[start].old + (olds == 0 ? 0 : 1)
            let newStart = script[start].new + (news == 0 ? 0 : 1)
            result.append("@@ -\(oldStart),\(olds) +\(newStart),\(news) @@")
            result += hunk.flatMap { shown($0.mark, $0.text) }
            index = stop
        }
        return result
    }
}
