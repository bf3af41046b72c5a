internal import FoundationEssentials
package import Model

/// Reads what a model answered. Everything is checked here, since asking a provider for a schema binds nobody.
package enum AdvisorReply {
    private static let longestCause = 300

    /// `body` is a chat completion; `lines` is how many journal lines were sent. A model can spell out a secret that
    /// reached it in some other form, so its words are masked as well.
    package static func judge(
        _ body: [UInt8], lines: Int, provider: String, canRestore: Bool, redactor: Redactor = Redactor(secrets: [])
    ) -> Consultation.Outcome {
        func discard(_ why: String) -> Consultation.Outcome {
            .discarded(redactor.mask("The answer of the advisor \(provider) was not used: \(why)."))
        }
        guard let completion = decode(body), let choice = completion["choices"]?.array?.first,
            let content = choice["message"]?["content"]?.text
        else { return discard("it is not a chat completion") }
        guard let reply = decode(Array(content.utf8)), case .object(let members) = reply else {
            return discard("it is not one JSON object")
        }
        let expected: Set<String> = ["cause", "confidence", "lines", "remedy"]
        guard Set(members.keys) == expected else {
            let keys = members.keys.sorted().prefix(8).map { String($0.printable.prefix(40)) }
            return discard("its keys are \(keys.joined(separator: ", "))")
        }
        guard let cause = members["cause"]?.text, !cause.isEmpty else { return discard("its cause is not a text") }
        guard let confidence = members["confidence"]?.number, (0...1).contains(confidence) else {
            return discard("its confidence is not a number from 0 to 1")
        }
        var cited: [Int] = []
        for value in members["lines"]?.array ?? [.null] {
            guard case .integer(let line) = value, line >= 1, line <= Int64(lines) else {
                return discard("it cites a line that was not sent")
            }
            cited.append(Int(line))
        }
        guard let proposal = members["remedy"]?.text.flatMap({ Proposal(rawValue: $0) }) else {
            return discard("its remedy is not one of \(Proposal.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard proposal != .restoreConfig || canRestore else { return discard("there is no config to restore") }
        let shown = String(redactor.mask(cause.printable).prefix(longestCause))
        return .accepted(
            Diagnosis(
                cause: shown, origin: .advisor(provider), confidence: confidence, lines: cited, proposal: proposal))
    }

    private static func decode(_ bytes: [UInt8]) -> JSONValue? {
        // Ignoring: the parser's reason; whoever sent it cannot be asked to correct it.
        try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }
}
