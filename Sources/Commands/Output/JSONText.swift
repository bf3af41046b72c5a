internal import FoundationEssentials
internal import Model

/// One JSON value with sorted keys and a line feed.
func jsonText(_ value: some Encodable) throws(CommandFailure) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
        return plain(String(decoding: try encoder.encode(value), as: UTF8.self)) + "\n"
    } catch {
        throw CommandFailure(.unable, "watchdog: the answer could not be written as JSON: \(error).")
    }
}

/// The same value, with what nobody sees or a terminal would obey written as `\u….`, as JSON has it for any character.
private func plain(_ json: String) -> String {
    guard json != json.printable else { return json }
    var result = ""
    for unit in json.unicodeScalars {
        guard String(unit) != String(unit).printable, unit.value > 0x20, unit.value < 0x10000 else {
            result.unicodeScalars.append(unit)
            continue
        }
        let digits = String(unit.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
    return result
}
