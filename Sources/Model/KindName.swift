/// Which kind of agent one is, by name, as settings and reports have it.
package struct KindName: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    /// Of which nothing is assumed.
    package static let plain = KindName(rawValue: "plain")
}
