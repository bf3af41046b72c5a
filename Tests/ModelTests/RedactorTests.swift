import FixturesTests
import FoundationEssentials
import Model
import Testing

/// An agent's own secrets.
struct RedactorTests {
    private static let secret = "pa$$w0rd/with+odd=characters"

    @Test func `a known value is masked wherever it stands`() {
        let redactor = Redactor(secrets: [Self.secret])
        #expect(redactor.mask(Self.secret) == "[secret 1]")
        #expect(redactor.mask("a=\(Self.secret),b=\(Self.secret)!") == "a=[secret 1],b=[secret 1]!")
        #expect(redactor.mask("x\(Self.secret)y") == "x[secret 1]y")
    }

    @Test func `a known value is masked in its percent-encoded form`() {
        let redactor = Redactor(secrets: [Self.secret])
        let encoded = "pa%24%24w0rd%2Fwith%2Bodd%3Dcharacters"
        #expect(redactor.mask("GET /?key=\(encoded)&a=b") == "GET /?key=[secret 1]&a=b")
    }

    @Test(arguments: ["", "u", "us", "use", "user:", "user:x", "user:xy"])
    func `a known value is masked inside base64, whatever stands before and after it`(before: String) throws {
        let redactor = Redactor(secrets: [Self.secret])
        for after in ["", "z", "zz", ":more"] {
            let encoded = Data((before + Self.secret + after).utf8).base64EncodedString()
            let masked = redactor.mask("header \(encoded) end")
            let rest = masked.dropFirst("header ".count).dropLast(" end".count).filter { $0 != "=" }
            let edges = rest.split(separator: "[secret 1]", omittingEmptySubsequences: false)
            try #require(edges.count == 2, "\(masked)")
            // Four characters of base64 tell three bytes: what is left over may not tell more of the secret.
            #expect(edges[0].count * 3 / 4 <= before.utf8.count + 3, "\(masked)")
            #expect(edges[1].count * 3 / 4 <= after.utf8.count + 3, "\(masked)")
        }
    }

    @Test func `values that are too short are left alone, as ordinary words would suffer`() {
        let redactor = Redactor(secrets: ["", "on", "12345"])
        #expect(redactor.mask("on 12345 and on") == "on 12345 and on")
        #expect(Redactor(secrets: ["123456"]).mask("on 123456") == "on [secret 1]")
    }

    @Test func `a value that is part of another does not tear it apart`() {
        let redactor = Redactor(secrets: ["secret-one", "secret-one-and-more"])
        #expect(redactor.mask("secret-one-and-more secret-one") == "[secret 2] [secret 1]")
    }

    @Test func `the same value is always the same placeholder, another is another`() {
        let redactor = Redactor(secrets: ["first-value", "second-value", "first-value"])
        #expect(redactor.mask("second-value first-value second-value") == "[secret 2] [secret 1] [secret 2]")
    }

    @Test func `a secret that is an ordinary word does not tear placeholders apart`() {
        let redactor = Redactor(secrets: ["secret", "other-value"])
        #expect(redactor.mask("other-value secret") == "[secret 2] [secret 1]")
    }

    @Test func `without secrets ordinary text is not touched`() {
        for text in ["", "Started.", "zeilen\nmit ümläuten 🦞\n"] { #expect(Redactor(secrets: []).mask(text) == text) }
    }

    @Test func `a secret with characters beyond ASCII is masked raw and encoded`() {
        let redactor = Redactor(secrets: ["pässwört"])
        #expect(redactor.mask("pässwört p%C3%A4ssw%C3%B6rt") == "[secret 1] [secret 1]")
    }

    @Test func `percent-encoding in small letters is known as well`() {
        #expect(Redactor(secrets: ["a/b+c=d/e"]).mask("a%2fb%2bc%3dd%2fe") == "[secret 1]")
    }

    @Test func `a secret that JSON had to escape is known as well`() {
        #expect(Redactor(secrets: [#"quo"te\slash"#]).mask(#"{"p":"quo\"te\\slash"}"#) == #"{"p":"[secret 1]"}"#)
    }

    @Test func `base64 for addresses is known as well`() {
        // These bytes make both characters in which the two alphabets differ.
        let encoded = Data("~~~???>>>~~~???>>>".utf8).base64EncodedString()
        #expect(encoded.contains("+") || encoded.contains("/"))
        let forAddresses = String(encoded.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
        let masked = Redactor(secrets: ["~~~???>>>~~~???>>>"]).mask("?auth=\(forAddresses)")
        #expect(masked.contains("[secret 1]"))
    }

    /// A journal line holds one line of a key, never all of it.
    @Test func `each line of a secret that has several is a secret`() {
        let key =
            "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nEFAASCBKcwggSjAgEAAoIBAQC7\n-----END PRIVATE KEY-----"
        let masked = Redactor(secrets: [key]).mask("loaded EFAASCBKcwggSjAgEAAoIBAQC7")
        #expect(masked == "loaded [secret 1]")
        #expect(Redactor(secrets: [key]).mask("all: \(key)") == "all: [secret 1]")
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `no value survives in any text, whatever it is made of`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("abcXYZ019+/=%$& :\"\\.é")
        func word(_ lengths: ClosedRange<Int>) -> String {
            String(
                (0..<Int.random(in: lengths, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" }
            )
        }
        let secrets = (0..<3).map { _ in word(6...30) }
        let redactor = Redactor(secrets: secrets)
        let text = (0..<10).map { _ in word(0...8) + (secrets.randomElement(using: &random) ?? "") }.joined()
        let masked = redactor.mask(text)
        for secret in secrets where text.contains(secret) { #expect(!masked.contains(secret)) }
    }
}
