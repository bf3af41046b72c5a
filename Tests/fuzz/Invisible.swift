/// The first byte chooses the syntax. What is fixed once is fixed for good; where nothing can be fixed, nothing
/// changes; and findings stand in the order of the text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzInvisible(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let bytes = Array(UnsafeBufferPointer(start: data + 1, count: count - 1))
    let syntax = ConfigSyntax.allCases[Int(data[0] & 3)]
    let findings = InvisibleCharacters.findings(in: bytes, as: syntax)
    for (finding, next) in zip(findings, findings.dropFirst()) { precondition(finding.place <= next.place) }
    for finding in findings { precondition(finding.sentence.hasSuffix(".")) }
    let fixed = InvisibleCharacters.fixed(bytes, as: syntax)
    if UTF8Text.firstFault(bytes) == nil {
        let left = InvisibleCharacters.findings(in: fixed, as: syntax)
        precondition(!left.contains { $0.kind.isFixable && !$0.isEscaped }, "something was left")
    }
    precondition(InvisibleCharacters.fixed(fixed, as: syntax) == fixed, "fixed twice is not fixed once")
    if !findings.contains(where: { $0.kind.isFixable && !$0.isEscaped }), findings.count < 1000 {
        precondition(fixed == bytes, "something changed that was not reported")
    }
    _ = InvisibleCharacters.findings(in: bytes, as: syntax, ascii: true)
    return 0
}
