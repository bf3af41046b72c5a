/// What a text refers to stands where its place and its pointer say, never more than `References.most` of each; white
/// space, comments and the order of keys change nothing, and `$${NAME}` in place of every `${NAME}` leaves no variable.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzReferences(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    guard case .success(let tree) = ConfigTree.parse(bytes, as: .json5) else { return 0 }
    let found = References(tree)
    checkForm(found, of: bytes)
    let text = JSONText(tree).bytes
    let escaped = References(parsed(text.replacing(Array("${".utf8), with: Array("$${".utf8))))
    precondition(escaped.variables.allSatisfy(\.isShorthand), "an escaped variable was found")
    // A key that stands twice has two values here and one in the canonical text.
    guard tree.remarks.isEmpty else { return 0 }
    for (pointer, place) in found.places {
        precondition(tree.value(at: pointer)?.place == place, "the pointer is another's")
    }
    let again = References(parsed(spaced(text)))
    precondition(again.problems.count == found.problems.count)
    let limits = [found.variables.count, found.secrets.count, found.includes.count]
    if limits.allSatisfy({ $0 < References.most }) {
        precondition(again.lines == found.lines, "another form of the same text has other references")
    }
    return 0
}

private func checkForm(_ found: References, of bytes: [UInt8]) {
    for list in [found.variables.count, found.secrets.count, found.includes.count, found.problems.count] {
        precondition(list <= References.most)
    }
    for variable in found.variables {
        let name = variable.name.utf8
        precondition(name.first.map { !(0x30...0x39).contains($0) } ?? false, "a name begins with a digit or is empty")
        precondition(name.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F })
        precondition(variable.isWhole || !variable.isShorthand)
    }
    precondition(found.secrets.allSatisfy { !$0.source.isEmpty && !$0.id.isEmpty })
    precondition(found.includes.allSatisfy { !$0.path.isEmpty })
    precondition(found.problems.allSatisfy { $0.sentence.hasSuffix(".") })
    if !bytes.contains(UInt8(ascii: "$")), !bytes.contains(UInt8(ascii: "\\")) {
        precondition(found.variables.isEmpty && found.includes.isEmpty, "something was found without a $")
    }
    let places = PlaceFinder(bytes)
    let quotes = Array("\"'".utf8)
    for place in found.variables.map(\.place) + found.includes.map(\.place) {
        precondition(bytes[places.offset(of: place)...].first.map(quotes.contains) ?? false, "no text stands there")
    }
    for place in found.secrets.map(\.place) {
        precondition(bytes[places.offset(of: place)...].first == UInt8(ascii: "{"), "no object stands there")
    }
}

extension References {
    fileprivate var places: [(String, TextPlace)] {
        variables.map { ($0.pointer, $0.place) } + secrets.map { ($0.pointer, $0.place) }
    }

    /// All that was found, without places, in an order that does not depend on the text's.
    fileprivate var lines: [[String]] {
        let all =
            variables.map { [$0.name, $0.pointer, "\($0.isWhole) \($0.isShorthand)"] }
            + secrets.map { [$0.source, $0.provider ?? "no provider", $0.id, $0.pointer] }
            + includes.map { [$0.path, $0.pointer] }
        return all.sorted { $0.lexicographicallyPrecedes($1) { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
    }
}

private func parsed(_ bytes: [UInt8]) -> ConfigTree {
    switch ConfigTree.parse(bytes, as: .json5, most: .max) {
    case .success(let tree): tree
    case .failure(let problem): preconditionFailure("the canonical text is not read: \(problem)")
    }
}

/// White space and a comment after every token of JSON.
private func spaced(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var isText = false
    var isEscaped = false
    for byte in bytes {
        result.append(byte)
        if byte == UInt8(ascii: "\""), !isEscaped { isText.toggle() }
        isEscaped = isText && byte == UInt8(ascii: "\\") && !isEscaped
        if !isText, "{}[]:,\"".utf8.contains(byte) { result += "\u{a0}/* ${A} */\r\n\t".utf8 }
    }
    return result
}
