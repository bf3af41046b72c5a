internal import FoundationEssentials

/// One JSON value with sorted keys and a line feed.
func jsonText(_ value: some Encodable) throws(CommandFailure) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    } catch {
        throw CommandFailure(.unable, "watchdog: the answer could not be written as JSON: \(error).")
    }
}
