/// `NAME=value` pairs; the last one of a name counts, as systemd has it.
package struct Variables {
    private let pairs: [(name: Substring, value: Substring)]

    package init(_ lines: [String]) {
        pairs = lines.compactMap { line in
            guard let sign = line.firstIndex(of: "=") else { return nil }
            return (line[..<sign], line[line.index(after: sign)...])
        }
    }

    package subscript(_ name: String) -> String? {
        pairs.last { $0.name == name }.map { String($0.value) }
    }

    package func forEach(_ body: (String, String) -> Void) {
        for (name, value) in pairs { body(String(name), String(value)) }
    }
}

/// What is known of a variable as the next start of a unit will find it.
package enum VariableLookup: Hashable, Sendable {
    /// `isRoots`: nobody but root could have set it.
    case value(String, source: String, isRoots: Bool)
    case nowhere
    /// It may be set, and that cannot be seen.
    case unknown

    /// The source of what the unit's own lines set.
    package static let unitsOwn = "Environment= of the unit"
}
