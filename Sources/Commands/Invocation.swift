internal import CLinux
internal import Glibc
internal import Model

/// The words of one call, taken apart.
struct Invocation {
    private(set) var values: [String: String] = [:]
    private(set) var operands: [String] = []
    private let name: String

    var json: Bool { values["json"] != nil }

    subscript(_ option: Option) -> String? { values[option.name] }

    /// A word that must be there; `what` says what it stands for.
    func operand(_ index: Int, _ what: String) throws(CommandFailure) -> String {
        guard index < operands.count else {
            throw CommandFailure(.usage, "watchdog \(name): it needs \(what). See `watchdog help \(name)`.")
        }
        return operands[index]
    }

    /// The value of an option that takes a time; `nil` where it is not given.
    func duration(_ option: Option, _ range: ClosedRange<Duration>) throws(CommandFailure) -> Duration? {
        guard let text = values[option.name] else { return nil }
        guard let duration = Duration(words: text), range.contains(duration) else {
            throw CommandFailure(
                .usage,
                "watchdog \(name): --\(option.name) is \"\(text.printable)\", and a time with its unit from \(range.lowerBound.components.seconds)s to \(range.upperBound.components.seconds / 3600)h was expected, such as 5min."
            )
        }
        return duration
    }

    func has(_ option: Option) -> Bool { values[option.name] != nil }

    /// The word that getopt stumbled over. Of short options that are grown together it stops inside the word, and has
    /// not moved on.
    private static func word(at index: Int, _ unknown: Int32, _ arguments: [String]) -> String {
        if let scalar = UInt8(exactly: unknown), scalar > 0, index < arguments.count {
            let next = arguments[index]
            if next.hasPrefix("-"), !next.hasPrefix("--"), next.dropFirst().utf8.contains(scalar) { return next }
        }
        return index > 0 && index <= arguments.count ? arguments[index - 1] : ""
    }

    /// `arguments` begins with the command's name, which stands where a program's name would.
    init(_ arguments: [String], of command: Command) throws(CommandFailure) {
        name = command.name
        let options = command.options + [.help]
        var names = options.map { strdup($0.name) }
        defer { for name in names { free(name) } }
        names.append(nil)
        var longs = options.enumerated().map { index, option in
            Glibc_option(
                name: UnsafePointer(names[index]), has_arg: option.value == nil ? 0 : 1, flag: nil,
                val: Int32(1000 + index))
        }
        longs.append(Glibc_option(name: nil, has_arg: 0, flag: nil, val: 0))
        var words = arguments.map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        var index: Int32 = 0
        linux_getopt_reset()
        while true {
            var argument: UnsafePointer<CChar>?
            var unknown: Int32 = 0
            let found = linux_getopt_long(
                Int32(arguments.count), words, command.takesCommandLine ? "+:h" : ":h", longs, &argument, &index,
                &unknown)
            if found == -1 { break }
            let word = Self.word(at: Int(index), unknown, arguments)
            switch found {
            case Int32(UInt8(ascii: "h")): values["help"] = ""
            case Int32(UInt8(ascii: ":")):
                throw CommandFailure(
                    .usage, "watchdog \(command.name): \(word) needs a value. See `watchdog help \(command.name)`.")
            case Int32(UInt8(ascii: "?")):
                throw CommandFailure(
                    .usage,
                    "watchdog \(command.name): \(word) is no option of this command. See `watchdog help \(command.name)`."
                )
            default:
                let option = options[Int(found) - 1000]
                values[option.name] = argument.map { String(cString: $0) } ?? ""
            }
        }
        // getopt has moved the operands behind the options.
        operands = words[Int(index)...].compactMap { $0.map { String(cString: $0) } }
        let most = command.takesCommandLine ? Int.max : command.operands.split(separator: " ").count
        if operands.count > most {
            throw CommandFailure(
                .usage,
                "watchdog \(command.name): \(operands[most]) is one word too many. See `watchdog help \(command.name)`."
            )
        }
    }
}

private typealias Glibc_option = option
