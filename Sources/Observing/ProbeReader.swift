internal import HTTP
internal import Model

/// The health addresses of all running agents, asked in one batch.
enum ProbeReader {
    private static let deadline: Duration = .seconds(3)

    /// `doubt` says why an address that the settings do not name is a guess; it is asked only where that matters.
    static func read(into agents: inout [AgentObservation], doubt: (AgentObservation) -> String?) {
        var asked: [(agent: Int, probe: HealthProbe)] = []
        for (index, observation) in agents.enumerated() where observation.unit.isRunning {
            for probe in observation.agent.health { asked.append((index, probe)) }
        }
        let answers = HTTPClient.send(asked.map { HTTPRequest(.get, $0.probe.url, deadline: deadline) })
        for ((agent, probe), answer) in zip(asked, answers) {
            var facts = ProbeFacts(probe: probe, answer: judge(probe, answer))
            if probe.assumed, case .unhealthy = facts.answer { facts.doubt = doubt(agents[agent]) }
            agents[agent].probes.append(facts)
        }
    }

    /// A gateway answers any unknown page with 200 and HTML: only a body that speaks of health is an answer.
    private static func judge(_ probe: HealthProbe, _ answer: Result<HTTPResponse, HTTPError>) -> ProbeFacts.Answer {
        switch answer {
        case .failure(let error) where error.code == .noResources || error.code == .unknownHost:
            return .notAsked(error.description)
        case .failure(let error): return .unhealthy(error.description)
        case .success(let response):
            let isHTML = response.headers["content-type"]?.contains("html") ?? response.text.hasPrefix("<")
            if isHTML || response.status == 404 {
                if probe.assumed { return .unsupported }
                if isHTML {
                    return .unhealthy("GET \(probe.url): answered \(response.status) with a web page, not with health.")
                }
            }
            let body = response.text.filter { !$0.isWhitespace }
            let denies = body.contains("\"ready\":false") || body.contains("\"ok\":false")
            guard (200..<300).contains(response.status), !denies else {
                return .unhealthy(
                    "GET \(probe.url): answered \(response.status) \(response.text.prefix(200).printable)")
            }
            return .healthy
        }
    }
}
