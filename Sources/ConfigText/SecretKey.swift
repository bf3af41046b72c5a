/// Keys whose values are not repeated in sentences.
enum SecretKey {
    static func isOne(_ key: String) -> Bool {
        let lowered = key.lowercased()
        return parts.contains { lowered.contains($0) }
    }

    private static let parts = [
        "token", "secret", "password", "passwd", "apikey", "api_key", "api-key", "credential",
        "privatekey", "private_key", "webhook", "auth", "cookie", "session", "signature", "bearer", "dsn", "passphrase",
    ]
}
