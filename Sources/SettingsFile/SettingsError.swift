/// Why a settings file was not taken: the file, the place in it, what was found, what was expected.
package struct SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
