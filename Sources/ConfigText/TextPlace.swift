/// A place in a text, as editors show it. A line ends at a line feed; a column counts characters (Unicode code points),
/// not bytes. A byte order mark at the start of the file has no column of its own.
package struct TextPlace: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// From 1.
    package let line: Int
    /// From 1.
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    static let start = TextPlace(line: 1, column: 1)

    package static func < (left: TextPlace, right: TextPlace) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }

    package var description: String { "\(line):\(column)" }
}

/// Something that is wrong with a file, or odd in it, where it is, and what to do.
package struct ConfigProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package let place: TextPlace
    /// A whole sentence without the place and without any value of the file.
    package let sentence: String

    package var line: Int { place.line }
    package var column: Int { place.column }

    package init(_ place: TextPlace, _ sentence: String) {
        self.place = place
        self.sentence = sentence
    }

    /// `12:5: Expected …`
    package var description: String { "\(place): \(sentence)" }
}
