internal import Model

/// One fault of a config, in the JSON of the commands that look for them.
struct FaultReport: Encodable {
    let kind: String
    let line: Int
    let column: Int
    let sentence: String

    init(_ fault: ConfigFault, sentence: String) {
        kind = fault.kind.rawValue
        line = fault.line
        column = fault.column
        self.sentence = sentence
    }
}
