package import Model
internal import SQLite

extension Ledger {
    /// What the Bot API said of tokens, by their fingerprints.
    package func tokenChecks() throws(LedgerError) -> [TokenFingerprint: TokenCheck] {
        var checks: [TokenFingerprint: TokenCheck] = [:]
        try run("SELECT fingerprint, at, rejected, webhook, pending FROM token_checks") { row in
            let token = TokenFingerprint(hex: row.text(0))
            checks[token] = TokenCheck(
                token: token, at: Timestamp(microseconds: row.integer(1)), isRejected: row.integer(2) == 1,
                webhookHost: row.text(3), pending: Int(row.integer(4)))
        }
        return checks
    }

    package func remember(_ check: TokenCheck) throws(LedgerError) {
        try run(
            """
            INSERT INTO token_checks (fingerprint, at, rejected, webhook, pending) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (fingerprint) DO UPDATE SET at = excluded.at, rejected = excluded.rejected,
                webhook = excluded.webhook, pending = excluded.pending
            """,
            [
                .text(check.token.hex), .integer(check.at.microseconds), .integer(check.isRejected ? 1 : 0),
                .text(check.webhookHost), .integer(Int64(check.pending)),
            ])
    }
}
