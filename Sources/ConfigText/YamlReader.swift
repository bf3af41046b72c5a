internal import CYaml

/// YAML through libyaml: one document, aliases put in where they are used, `<<` merged.
struct YamlReader {
    private let events: YamlEvents
    private var remarks = Remarks()
    private var anchors: [String: (node: ConfigNode, weight: Int)] = [:]
    /// Values so far, those that aliases repeat counted again: a few lines can stand for billions.
    private var values = 0
    /// Anchors whose value is still being read.
    private var open: Set<String> = []

    static func tree(_ bytes: [UInt8]) throws(ConfigProblem) -> ConfigTree {
        var reader = YamlReader(events: try YamlEvents(bytes))
        let root = try reader.document()
        return ConfigTree(syntax: .yaml, root: root, remarks: reader.remarks.sorted)
    }

    private init(events: YamlEvents) { self.events = events }

    private mutating func document() throws(ConfigProblem) -> ConfigNode {
        _ = try events.next()
        let first = try events.next()
        guard first.type == YAML_DOCUMENT_START_EVENT else { return ConfigNode(.null, .start) }
        let root = try node(try events.next(), depth: 0)
        _ = try events.next()
        let after = try events.next()
        if after.type == YAML_DOCUMENT_START_EVENT {
            throw ConfigProblem(after.place, "A second document begins here; a configuration file holds one only.")
        }
        return root
    }

    private mutating func count(_ weight: Int, _ place: TextPlace) throws(ConfigProblem) {
        values += weight
        guard values <= ConfigTree.mostValues else {
            throw ConfigProblem(
                place,
                "With its aliases written out the file has more than \(ConfigTree.mostValues) values; use fewer.")
        }
    }

    private mutating func node(_ event: YamlEvents.Event, depth: Int) throws(ConfigProblem) -> ConfigNode {
        guard depth <= ConfigTree.deepest else {
            throw ConfigProblem(
                event.place,
                "Lists and mappings lie more than \(ConfigTree.deepest) deep in one another; make it flatter.")
        }
        if event.type == YAML_ALIAS_EVENT { return try alias(event) }
        let before = values
        try count(1 + event.text.utf8.count / 64, event.place)
        if let anchor = event.anchor { open.insert(anchor) }
        let value: ConfigValue
        var end = event.bytes.upperBound
        switch event.type {
        case YAML_SCALAR_EVENT: value = scalar(event)
        case YAML_SEQUENCE_START_EVENT:
            var elements: [ConfigNode] = []
            while true {
                let next = try events.next()
                if next.type == YAML_SEQUENCE_END_EVENT {
                    end = next.bytes.upperBound
                    break
                }
                elements.append(try node(next, depth: depth + 1))
            }
            value = .array(elements)
        case YAML_MAPPING_START_EVENT: value = .object(try members(depth, &end))
        default: throw ConfigProblem(event.place, "Expected a value here.")
        }
        let node = ConfigNode(value, event.place, event.bytes.lowerBound..<max(end, event.bytes.lowerBound))
        if let anchor = event.anchor {
            open.remove(anchor)
            anchors[anchor] = (node, values - before)
        }
        return node
    }

    private mutating func alias(_ event: YamlEvents.Event) throws(ConfigProblem) -> ConfigNode {
        let name = event.anchor ?? ""
        if open.contains(name) {
            throw ConfigProblem(event.place, "The alias *\(visible(name)) stands inside of what it stands for.")
        }
        guard let anchor = anchors[name] else {
            throw ConfigProblem(
                event.place, "The alias *\(visible(name)) has no anchor &\(visible(name)) before it; add one.")
        }
        try count(anchor.weight, event.place)
        return anchor.node
    }

    private func scalar(_ event: YamlEvents.Event) -> ConfigValue {
        guard event.isPlain else { return .string(event.text) }
        return YamlScalar.value(event.text)
    }

    private mutating func members(_ depth: Int, _ end: inout Int) throws(ConfigProblem) -> [ConfigMember] {
        var members: [ConfigMember] = []
        var merged: [ConfigMember] = []
        while true {
            let event = try events.next()
            if event.type == YAML_MAPPING_END_EVENT {
                end = event.bytes.upperBound
                break
            }
            guard event.type == YAML_SCALAR_EVENT else {
                throw ConfigProblem(event.place, "A key must be a text here, and this one is none; put it in quotes.")
            }
            try count(1, event.place)
            let value = try node(try events.next(), depth: depth + 1)
            if event.isPlain, event.text == "<<" {
                merged += mergeable(value)
            } else {
                members.append(ConfigMember(event.text, event.place, event.bytes, value))
            }
        }
        remarks.duplicates(in: members)
        guard !merged.isEmpty else { return members }
        // What stands in the mapping itself wins, and of what is merged the first.
        var seen = Set(members.map { Array($0.key.utf8) })
        for member in merged where seen.insert(Array(member.key.utf8)).inserted { members.append(member) }
        return members
    }

    private func mergeable(_ node: ConfigNode) -> [ConfigMember] {
        switch node.value {
        case .object(let members): members
        case .array(let elements): elements.flatMap(mergeable)
        case .null, .bool, .number, .string: []
        }
    }
}

/// libyaml's events as values.
final class YamlEvents {
    struct Event {
        let type: yaml_event_type_t
        /// Of a scalar.
        let text: String
        let anchor: String?
        /// A scalar without quotes and without a tag that says it is a text.
        let isPlain: Bool
        let place: TextPlace
        let bytes: Range<Int>
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>
    private var marks: MarkFinder
    private var places: PlaceFinder

    init(_ bytes: [UInt8]) throws(ConfigProblem) {
        parser = .allocate(capacity: 1)
        input = .allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        marks = MarkFinder(bytes)
        places = PlaceFinder(bytes)
        parser.initialize(to: yaml_parser_t())
        guard yaml_parser_initialize(parser) == 1 else {
            throw ConfigProblem(.start, "There is no memory for the YAML parser.")
        }
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    func next() throws(ConfigProblem) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        defer { yaml_event_delete(&event) }
        let range = marks.offset(event.start_mark.index)..<marks.offset(event.end_mark.index)
        var text = ""
        var anchor: UnsafeMutablePointer<yaml_char_t>?
        var isPlain = false
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            anchor = scalar.anchor
            isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.tag == nil
        case YAML_SEQUENCE_START_EVENT: anchor = event.data.sequence_start.anchor
        case YAML_MAPPING_START_EVENT: anchor = event.data.mapping_start.anchor
        case YAML_ALIAS_EVENT: anchor = event.data.alias.anchor
        default: break
        }
        return Event(
            type: event.type, text: text, anchor: anchor.map { String(cString: $0) }, isPlain: isPlain,
            place: places.place(at: range.lowerBound), bytes: range)
    }

    private func problem() -> ConfigProblem {
        let failure = parser.pointee
        let offset =
            failure.error == YAML_READER_ERROR ? failure.problem_offset : marks.offset(failure.problem_mark.index)
        let reason = failure.problem.map { String(cString: $0) } ?? "it could not be read"
        let context = failure.context.map { " " + String(cString: $0) } ?? ""
        var sentence = "This is not YAML: \(reason)\(context)"
        if failure.context != nil, failure.context_mark.line != failure.problem_mark.line {
            let begun = places.place(at: marks.offset(failure.context_mark.index))
            sentence += " that begins on line \(begun.line), column \(begun.column)"
        }
        return ConfigProblem(places.place(at: offset), sentence + "; correct it here.")
    }
}

/// libyaml counts characters from the beginning; this turns a count into bytes, going on from the last one.
private struct MarkFinder {
    private let bytes: [UInt8]
    private let start: Int
    private var last: (index: Int, offset: Int)

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        start = bytes.starts(with: UTF8Text.byteOrderMark) ? UTF8Text.byteOrderMark.count : 0
        last = (0, start)
    }

    mutating func offset(_ index: Int) -> Int {
        // The end of an event may lie before the start of the next one, never far.
        if index < last.index {
            while last.index > index {
                last.offset -= 1
                while last.offset > start, bytes[last.offset] & 0xC0 == 0x80 { last.offset -= 1 }
                last.index -= 1
            }
        }
        while last.index < index, last.offset < bytes.count {
            last.offset += UTF8Text.scalar(bytes, at: last.offset)?.length ?? 1
            last.index += 1
        }
        return last.offset
    }
}
