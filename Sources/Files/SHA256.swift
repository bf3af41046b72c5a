internal import CCrypto

/// SHA-256 as 64 lower-case hexadecimal digits, by libcrypto.
package func sha256(_ bytes: [UInt8]) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    let done = bytes.withUnsafeBytes { EVP_Digest($0.baseAddress, $0.count, &digest, &length, EVP_sha256(), nil) }
    // The algorithm is built in and the buffer has its size: libcrypto has nothing to refuse.
    precondition(done == 1 && length == 32, "libcrypto has no SHA-256")
    return hexadecimal(digest)
}

func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(2 * bytes.count)
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
}
