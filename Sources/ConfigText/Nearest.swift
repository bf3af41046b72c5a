/// The nearest of several words, for "did you mean".
enum Nearest {
    /// `nil` where none is near: at most a third of the letters differ, upper and lower case being the same; a word
    /// that begins or ends with the other counts as near as well.
    static func word(to word: String, among candidates: [String]) -> String? {
        let wanted = Array(word.lowercased().utf8.prefix(64))
        guard !wanted.isEmpty else { return nil }
        var best: (word: String, distance: Int)?
        for candidate in candidates.prefix(1000) {
            let other = Array(candidate.lowercased().utf8.prefix(64))
            guard !other.isEmpty else { continue }
            var distance = distance(wanted, other)
            let contained =
                min(wanted.count, other.count) >= 3 && (wanted.starts(with: other) || other.starts(with: wanted))
            guard distance <= max(1, max(wanted.count, other.count) / 3) || contained else { continue }
            if contained { distance = min(distance, max(1, max(wanted.count, other.count) / 3)) }
            if distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.word
    }

    /// Letters to put in, take out, change, or swap with their neighbour.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var before: [Int] = []
        var last = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(last[column + 1] + 1, current[column] + 1, last[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    cost = min(cost, before[column - 1] + 1)
                }
                current.append(cost)
            }
            (before, last) = (last, current)
        }
        return last[right.count]
    }
}
