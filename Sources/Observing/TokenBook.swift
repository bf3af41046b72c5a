internal import Files
internal import Model

/// The bot tokens that were met in this pass, by their fingerprints. They live in memory only.
final class TokenBook {
    private let key: FingerprintKey
    private var fingerprints: [ArraySlice<UInt8>: TokenFingerprint] = [:]
    private var tokens: [TokenFingerprint: String] = [:]

    init(key: FingerprintKey) { self.key = key }

    /// The tokens that stand in a text.
    func find(in text: ArraySlice<UInt8>) -> [TokenFingerprint] {
        var found: [TokenFingerprint] = []
        for token in BotToken.find(in: text) {
            let fingerprint = fingerprint(of: token)
            if !found.contains(fingerprint) { found.append(fingerprint) }
        }
        return found
    }

    func find(in text: some Sequence<UInt8>) -> [TokenFingerprint] { find(in: Array(text)[...]) }

    /// The token itself, to ask the Bot API about it.
    func token(of fingerprint: TokenFingerprint) -> String? { tokens[fingerprint] }

    private func fingerprint(of token: ArraySlice<UInt8>) -> TokenFingerprint {
        if let known = fingerprints[token] { return known }
        let fingerprint = TokenFingerprint(hex: key.fingerprint(token))
        // A copy: the slice would keep all of the text that it was found in.
        fingerprints[Array(token)[...]] = fingerprint
        tokens[fingerprint] = String(decoding: token, as: UTF8.self)
        return fingerprint
    }
}
