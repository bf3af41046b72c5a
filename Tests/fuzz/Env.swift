/// Every environment file of valid UTF-8 without zero bytes is read, and each of its values lies within it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzEnv(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    switch ConfigTree.parse(bytes, as: .env) {
    case .failure:
        precondition(bytes.contains(0) || UTF8Text.firstFault(bytes) != nil, "a file that systemd reads is refused")
    case .success(let tree):
        tree.forEachValue { step in
            precondition(step.node.bytes.upperBound <= count && step.member?.keyBytes.upperBound ?? 0 <= count)
        }
        _ = References(tree)
    }
    return 0
}
