/// Whatever is read as JSON5 means the same when it is written as JSON and read again, and every place of it lies
/// within the text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON5(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    switch ConfigTree.parse(bytes, as: .json5) {
    case .failure(let problem):
        precondition(problem.line >= 1 && problem.column >= 1 && problem.column <= count + 1)
        precondition(problem.sentence.hasSuffix("."))
    case .success(let tree):
        let text = JSONText(tree)
        guard case .success(let again) = ConfigTree.parse(text.bytes, as: .json5, most: .max) else {
            preconditionFailure("the canonical text is not read")
        }
        precondition(JSONText(again).bytes == text.bytes, "the canonical text is not its own")
        tree.forEachValue { step in
            precondition(step.node.bytes.upperBound <= count && step.node.place.column <= count + 1)
        }
        _ = References(tree)
        _ = Redacted.all(in: tree)
    }
    return 0
}
