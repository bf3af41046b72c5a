internal import CSystemd

/// The variants that properties of units come in, each by its signature (sd_bus_message_read(3)).
extension MessageReader {
    /// A variant that holds a time.
    func timestamp() throws(SystemdError) -> UInt64 { try variant("t", UInt64.self) }

    /// A variant that holds a text.
    func variantOfText() throws(SystemdError) -> String { try variant() }

    /// A variant that holds a list of texts.
    func texts() throws(SystemdError) -> [String] { try variantOfList() }

    func variant() throws(SystemdError) -> String {
        _ = try enter("v", "s")
        let value = try text()
        try exit()
        return value
    }

    func variant<Number: FixedWidthInteger>(
        _ type: Character, _ number: Number.Type
    ) throws(SystemdError) -> Number {
        _ = try enter("v", String(type))
        let value = try self.number(type, as: number)
        try exit()
        return value
    }

    func variantOfList() throws(SystemdError) -> [String] {
        _ = try enter("v", "as")
        _ = try enter("a", "s")
        var list: [String] = []
        while sd_bus_message_at_end(raw, 0) == 0 { list.append(try text()) }
        try exit()
        try exit()
        return list
    }

    /// An array of bytes, as hexadecimal digits.
    func variantOfBytes() throws(SystemdError) -> String {
        _ = try enter("v", "ay")
        _ = try enter("a", "y")
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        while sd_bus_message_at_end(raw, 0) == 0 {
            let byte = try number("y", as: UInt8.self)
            text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        try exit()
        try exit()
        return String(decoding: text, as: UTF8.self)
    }

    func variantOfFlag() throws(SystemdError) -> Bool {
        _ = try enter("v", "b")
        // A boolean of D-Bus is a C int (sd_bus_message_read_basic(3)).
        let value = try number("b", as: Int32.self) != 0
        try exit()
        return value
    }

    /// Out of `a(sbbsi)` (type, whether it is one of several alternatives, whether it is negated, parameter, result) those
    /// whose result is negative.
    func variantOfConditions() throws(SystemdError) -> [String] {
        var unmet: [String] = []
        try eachRow("sbbsi") { () throws(SystemdError) -> Void in
            let name = try text()
            try skip("b")
            let isNegated = try number("b", as: Int32.self) != 0
            let parameter = try text()
            if try number("i", as: Int32.self) < 0 { unmet.append("\(name)=\(isNegated ? "!" : "")\(parameter)") }
        }
        return unmet
    }

    /// The message out of `(ss)`, an error's name and text.
    func variantOfError() throws(SystemdError) -> String {
        _ = try enter("v", "(ss)")
        _ = try enter("r", "ss")
        try skip("s")
        let value = try text()
        try exit()
        try exit()
        return value
    }

    /// `(aiai)`
    func variantOfStatuses() throws(SystemdError) -> UnitProperties.ExitStatuses {
        _ = try enter("v", "(aiai)")
        _ = try enter("r", "aiai")
        var found = UnitProperties.ExitStatuses()
        for place in [\UnitProperties.ExitStatuses.codes, \.signals] {
            _ = try enter("a", "i")
            while sd_bus_message_at_end(raw, 0) == 0 { found[keyPath: place].append(try number("i", as: Int32.self)) }
            try exit()
        }
        try exit()
        try exit()
        return found
    }

    /// `a(ssbt)`
    func variantOfMounts() throws(SystemdError) -> [UnitProperties.BindMount] {
        var mounts: [UnitProperties.BindMount] = []
        try eachRow("ssbt") { () throws(SystemdError) -> Void in
            mounts.append(UnitProperties.BindMount(source: try text(), place: try text()))
            try skip("bt")
        }
        return mounts
    }

    /// The id out of `(uo)`.
    func variantOfJob() throws(SystemdError) -> UInt32 {
        _ = try enter("v", "(uo)")
        _ = try enter("r", "uo")
        let id = try number("u", as: UInt32.self)
        try skip("o")
        try exit()
        try exit()
        return id
    }

    /// `a(sb)`, where the flag says that the file may be missing.
    func variantOfFiles() throws(SystemdError) -> [UnitProperties.EnvironmentFile] {
        var files: [UnitProperties.EnvironmentFile] = []
        try eachRow("sb") { () throws(SystemdError) -> Void in
            let path = try text()
            // A boolean of D-Bus is a C int (sd_bus_message_read_basic(3)).
            files.append(UnitProperties.EnvironmentFile(path: path, isOptional: try number("b", as: Int32.self) != 0))
        }
        return files
    }

    /// The path and the words out of `a(sasbttttuii)`; what became of the last start is passed over.
    func variantOfCommands() throws(SystemdError) -> [String] {
        var words: [String] = []
        try eachRow("sasbttttuii") { () throws(SystemdError) -> Void in
            words.append(try text())
            _ = try enter("a", "s")
            while sd_bus_message_at_end(raw, 0) == 0 { words.append(try text()) }
            try exit()
            try skip("bttttuii")
        }
        return words
    }

    /// `a(ss)`
    func variantOfPairs() throws(SystemdError) -> [UnitProperties.Credential] {
        var pairs: [UnitProperties.Credential] = []
        try eachRow("ss") { () throws(SystemdError) -> Void in
            pairs.append(UnitProperties.Credential(name: try text(), path: try text()))
        }
        return pairs
    }

    /// The names out of `a(say)`; the bytes are secrets, and stay where they are.
    func variantOfNames() throws(SystemdError) -> [String] {
        var names: [String] = []
        try eachRow("say") { () throws(SystemdError) -> Void in
            names.append(try text())
            try skip("ay")
        }
        return names
    }

    /// Reads each row of a variant that holds `a(…)`, whose types are `row`.
    private func eachRow(_ row: String, _ read: () throws(SystemdError) -> Void) throws(SystemdError) {
        _ = try enter("v", "a(\(row))")
        _ = try enter("a", "(\(row))")
        while try enter("r", row) {
            try read()
            try exit()
        }
        try exit()
        try exit()
    }
}
