/// Turns an error of the validator into a sentence about the file.
struct SchemaSentences {
    let schema: SchemaGuide
    let instance: ConfigNode

    /// Listed values and keys; more are counted.
    private static let mostListed = 12

    func finding(_ error: SchemaErrors.Item) -> SchemaCheck.Finding {
        let schemas = schema.schemas(at: error.path)
        let node = instance.value(at: error.path[...])
        let name = readable(error.path)
        let text = error.text
        if let key = SchemaErrors.between(text, SchemaErrors.unknownKeyText, "'.") {
            return unknown(key, error.path, schemas)
        }
        if let key = SchemaErrors.between(text, "Missing required property '", "'.") {
            return finding(
                error.path, "required",
                "\(upper(name)) lacks the key \(quoted(key)), which the schema requires; add it.")
        }
        if let key = SchemaErrors.between(text, "Missing dependency '", "'.") {
            return finding(
                error.path, "dependencies",
                "\(upper(name)) lacks the key \(quoted(key)), which another key there requires; add it.")
        }
        if text.contains("enum values") || text.contains("'const' constraint") || text == SchemaErrors.noBranch {
            return notAllowed(error.path, node, schemas, text)
        }
        if text.contains("'type' constraint") { return wrongType(error.path, node, schemas) }
        if let bound = bound(text, schemas) {
            return finding(
                error.path, bound.keyword, "\(upper(name)) must \(bound.words)\(shownNumber(node, error.path)).")
        }
        return other(text, error.path, node)
    }

    // MARK: Kinds of errors

    private func unknown(_ key: String, _ path: [String], _ schemas: [ConfigNode]) -> SchemaCheck.Finding {
        let known = SchemaGuide.keys(schemas)
        let object = instance.value(at: path[...])
        let present = known.filter { object?.member($0) != nil }
        var sentence = "The key \(quoted(key)) is not known to the schema in \(readable(path))"
        if let near = Nearest.word(to: key, among: known.filter { !present.contains($0) }) {
            sentence += "; did you mean \(quoted(near))?"
        } else if let near = Nearest.word(to: key, among: present) {
            sentence += "; \(quoted(near)), which is there already, is the nearest. Remove this one."
        } else if known.isEmpty {
            sentence += "; remove it."
        } else {
            sentence += "; remove it. Known are \(list(known.sorted().map { quoted($0) }, "and"))."
        }
        let place = object?.member(key)?.keyPlace
        return finding(path + [key], "additionalProperties", sentence, place)
    }

    private func notAllowed(_ path: [String], _ node: ConfigNode?, _ schemas: [ConfigNode], _ text: String)
        -> SchemaCheck.Finding
    {
        let allowed = SchemaGuide.allowed(schemas)
        guard !allowed.isEmpty else { return wrongType(path, node, schemas) }
        let keyword = text.contains("'const'") ? "const" : text == SchemaErrors.noBranch ? "anyOf" : "enum"
        var choices: [String] = []
        for value in allowed {
            let shown = shown(value)
            if !choices.contains(shown) { choices.append(shown) }
        }
        // A union of constants and types allows both.
        if keyword == "anyOf" { choices += SchemaGuide.types(schemas.filter { SchemaGuide.allowed([$0]).isEmpty }) }
        var sentence = "\(upper(readable(path))) is \(value(node, path)), which is not "
        sentence += choices.count == 1 ? "\(choices[0])" : "one of \(list(choices, "and"))"
        if let word = node?.value.string, !SecretKey.isOne(path.last ?? ""),
            let near = Nearest.word(to: word, among: allowed.compactMap(\.value.string))
        {
            return finding(path, keyword, sentence + "; did you mean \(quoted(near))?")
        }
        return finding(path, keyword, sentence + "; write " + (choices.count == 1 ? "that." : "one of them."))
    }

    private func wrongType(_ path: [String], _ node: ConfigNode?, _ schemas: [ConfigNode]) -> SchemaCheck.Finding {
        let types = SchemaGuide.types(schemas)
        var kind = node?.value.kind ?? "something else"
        if case .number(let number)? = node?.value {
            if number.canonical == nil { kind = "NaN or infinity, which JSON does not have" }
            if types == ["a whole number"] { kind = "a number with a fraction" }
        }
        let expected = types.isEmpty ? "of another kind" : list(types, "or")
        return finding(path, "type", "\(upper(readable(path))) must be \(expected), and it is \(kind).")
    }

    private func bound(_ text: String, _ schemas: [ConfigNode]) -> (keyword: String, words: String)? {
        let forms: [(before: String, keywords: [String], words: String, unit: String)] = [
            ("Expected number less than or equal to ", ["maximum"], "be at most ", ""),
            ("Expected number less than ", ["exclusiveMaximum"], "be less than ", ""),
            ("Expected number greater than or equal to ", ["minimum"], "be at least ", ""),
            ("Expected number greater than ", ["exclusiveMinimum"], "be more than ", ""),
            ("Value should be a multiple of ", ["multipleOf"], "be a multiple of ", ""),
            ("Array should contain no more than ", ["maxItems"], "have at most ", " elements"),
            ("Array should contain no fewer than ", ["minItems"], "have at least ", " elements"),
            ("String should be no more than ", ["maxLength"], "have at most ", " characters"),
            ("String should be no fewer than ", ["minLength"], "have at least ", " characters"),
            ("Object should have no more than ", ["maxProperties"], "have at most ", " keys"),
            ("Object should have no fewer than ", ["minProperties"], "have at least ", " keys"),
        ]
        for form in forms where text.hasPrefix(form.before) {
            let told = text.dropFirst(form.before.count).prefix { $0.isNumber || ".-+einf".contains($0) }
            let number = SchemaGuide.number(form.keywords[0], schemas) ?? ConfigNumber(String(told)).canonical
            return (form.keywords[0], form.words + (number ?? String(told)) + form.unit)
        }
        return nil
    }

    private func other(_ text: String, _ path: [String], _ node: ConfigNode?) -> SchemaCheck.Finding {
        let name = upper(readable(path))
        if text.contains("'pattern' constraint") {
            return finding(path, "pattern", "\(name) does not have the form that the schema asks for.")
        }
        if text.contains("uniqueness constraint") {
            let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }.map { String($0 + 1) }
            return finding(
                path, "uniqueItems",
                "\(name) has equal elements (\(list(numbers.map { "number " + $0 }, "and"))); remove one of them.")
        }
        if text.hasPrefix("Failed to validate against exactly one") {
            return finding(path, "oneOf", "\(name) fits more than one of the forms of which the schema allows one.")
        }
        if text.contains("'not' constraint") {
            return finding(path, "not", "\(name) is what the schema rules out.")
        }
        if text.contains("'contains' constraint") {
            return finding(path, "contains", "\(name) lacks an element that the schema requires.")
        }
        if text.hasPrefix("Array contains more items") || text.hasPrefix("Cannot validate item #") {
            return finding(path, "additionalItems", "\(name) has more elements than the schema allows; remove some.")
        }
        if text.hasPrefix("String should be a valid ") {
            let what = text.dropFirst("String should be a valid ".count)
            return finding(path, "format", "\(name) must be a valid \(visible(String(what))).")
        }
        // The library says nothing of its own where a schema is false, or a key is not of the form it asks for.
        let schemas = schema.schemas(at: path)
        if schemas.contains(where: { if case .bool(false) = $0.value { true } else { false } }) {
            return finding(path, "properties", "\(name) must not be there; remove it.")
        }
        if schemas.contains(where: { $0.member("propertyNames") != nil }) {
            return finding(path, "propertyNames", "\(name) has a key whose name the schema does not allow.")
        }
        return finding(path, "", "\(name) is not as the schema asks for.")
    }

    // MARK: Words

    private func finding(_ path: [String], _ keyword: String, _ sentence: String, _ place: TextPlace? = nil)
        -> SchemaCheck.Finding
    {
        let pointer = path.map { "/" + JSONPointer.escaped($0) }.joined()
        let place = place ?? instance.value(at: path[...])?.place ?? instance.place
        return SchemaCheck.Finding(pointer: pointer, place: place, keyword: keyword, sentence: sentence)
    }

    /// `agents.list[11].mode`
    private func readable(_ path: [String]) -> String {
        guard !path.isEmpty else { return "the file" }
        var text = ""
        var node: ConfigNode? = instance
        for part in path {
            if case .array? = node?.value {
                text += "[\(part)]"
            } else {
                text += (text.isEmpty ? "" : ".") + part
            }
            node = node?.value(at: [part][...])
        }
        return quoted(text, most: 200)
    }

    private func upper(_ name: String) -> String { name == "the file" ? "The file" : "The value of \(name)" }

    private func value(_ node: ConfigNode?, _ path: [String]) -> String {
        guard let node else { return "something else" }
        switch node.value {
        case .array, .object: return node.value.kind
        case .null, .bool, .number: return shown(node)
        case .string: return path.contains(where: SecretKey.isOne) ? "a text" : shown(node)
        }
    }

    private func shownNumber(_ node: ConfigNode?, _ path: [String]) -> String {
        guard case .number(let number)? = node?.value, !path.contains(where: SecretKey.isOne) else { return "" }
        return ", and it is \(visible(number.text, most: 30))"
    }

    private func shown(_ node: ConfigNode) -> String {
        node.value.string.map { quoted($0) } ?? visible(JSONText(node).text)
    }

    private func list(_ words: [String], _ last: String) -> String {
        var words = words
        if words.count > Self.mostListed {
            let rest = words.count - Self.mostListed
            words.removeLast(rest)
            return words.joined(separator: ", ") + " and \(rest) more"
        }
        guard let final = words.popLast() else { return "" }
        return words.isEmpty ? final : words.joined(separator: ", ") + " \(last) " + final
    }
}
