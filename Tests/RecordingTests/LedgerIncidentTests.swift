import FixturesTests
import Model
import Recording
import Testing

/// Incidents as they go on, and as they are shown.
struct LedgerIncidentTests {
    private let folder: ScratchFolder
    private let ledger: Ledger

    init() throws {
        folder = try ScratchFolder()
        ledger = try Ledger.open(in: folder.path, at: Sample.now)
    }

    private func opened(_ agent: AgentID? = Sample.id) throws -> Incident {
        try ledger.openIncident(
            agent, kinds: [.unitCrashLoop, .unitKillMode], severity: .critical, summary: "It crashes.", at: Sample.now)
    }

    @Test func `an incident goes on in the next pass where it was left`() throws {
        var incident = try opened()
        #expect(try ledger.openIncidents() == [incident])
        incident.kinds = [.unitFailed]
        incident.severity = .warning
        incident.summary = "Another sentence."
        incident.tried = [.rule(.unitFailed), .advisor, .lastKnownGood, .undo]
        incident.escalated = Sample.now + .seconds(5)
        incident.told = .escalated
        try ledger.update(incident, diagnosis: nil, reason: nil)
        let next = try Ledger.open(in: folder.path, at: Sample.now)
        #expect(try next.openIncidents() == [incident])
    }

    @Test func `incidents of the host, of the system and of users are told apart`() throws {
        let agents: [AgentID?] = [nil, Sample.id, AgentID(scope: Sample.user, unit: Sample.unit)]
        for agent in agents { _ = try opened(agent) }
        #expect(try ledger.openIncidents().map(\.agent) == agents)
    }

    @Test func `an incident is shown as it stands`() throws {
        var incident = try opened()
        func state() throws -> String? { try ledger.incidents(id: incident.id).first?.state }
        #expect(try state() == "open")
        incident.escalated = Sample.now
        try ledger.update(incident, diagnosis: nil, reason: nil)
        #expect(try state() == "escalated")
        try ledger.close(incident, outcome: "recovered", at: Sample.now + .seconds(60))
        #expect(try state() == "recovered")
        #expect(try ledger.incidents(id: incident.id).first?.closed == Sample.now + .seconds(60))
        #expect(try ledger.openIncidents().isEmpty)
    }

    @Test func `a cause and a reason stay until they are known better`() throws {
        let incident = try opened()
        let rule = Diagnosis(cause: "It crashes.", origin: .rule(.unitCrashLoop), confidence: 1)
        try ledger.update(incident, diagnosis: rule, reason: "Held.")
        try ledger.update(incident, diagnosis: nil, reason: nil)
        var record = try #require(try ledger.incidents(id: incident.id).first)
        #expect(record.cause == "It crashes." && record.origin == "rule:unit-crash-loop" && record.reason == "Held.")
        let advisor = Diagnosis(cause: "A port was taken.", origin: .advisor("groq"), confidence: 0.5)
        try ledger.update(incident, diagnosis: advisor, reason: "Tried.")
        record = try #require(try ledger.incidents(id: incident.id).first)
        #expect(record.cause == "A port was taken." && record.origin == "advisor:groq" && record.reason == "Tried.")
    }

    @Test func `incidents are listed with the newest first, and no more than asked for`() throws {
        let ids = try (0..<25).map { _ in try opened().id }
        #expect(try ledger.incidents().map(\.id) == ids.suffix(20).reversed())
        #expect(try ledger.incidents(most: 3).map(\.id) == ids.suffix(3).reversed())
        #expect(try ledger.incidents(id: ids[4]).map(\.id) == [ids[4]])
        #expect(try ledger.incidents(id: 9_999).isEmpty)
    }

    @Test func `a record has the agent, the kinds and what was done`() throws {
        try ledger.remember(Sample.agent(), AgentHistory())
        let incident = try opened()
        let plan = Plan(agent: Sample.id, rungs: [.rule(.unitFailed)], steps: [.resetFailed, .startUnit], reason: "")
        let ids = try ledger.plan(
            plan, targets: [Sample.unit, "the unit"], incident: incident, number: 1, at: Sample.now)
        try ledger.begin(action: ids[0], at: Sample.now)
        let failed = ActionOutcome(remedy: "resetFailed", target: "", result: .failed, reason: "No answer came.")
        try ledger.end(action: ids[0], failed, at: Sample.now + .seconds(1))
        let record = try #require(try ledger.incidents().first)
        #expect(record.agent == "coder" && record.unit == Sample.unit)
        #expect(record.kinds == ["unit-crash-loop", "unit-kill-mode"] && record.severity == "critical")
        #expect(record.opened == Sample.now && record.closed == nil && record.summary == "It crashes.")
        #expect(record.actions.map(\.remedy) == ["resetFailed", "startUnit"])
        #expect(record.actions.map(\.target) == [Sample.unit, "the unit"])
        #expect(record.actions.map(\.rung) == ["rule:unit-failed", "rule:unit-failed"])
        #expect(record.actions.map(\.outcome) == ["failed", "open"])
        #expect(record.actions.map(\.reason) == ["No answer came.", ""])
        #expect(record.actions.map(\.ended) == [Sample.now + .seconds(1), nil])
    }

    @Test func `an incident of the host has no agent`() throws {
        _ = try opened(nil)
        let record = try #require(try ledger.incidents().first)
        #expect(record.agent.isEmpty && record.unit.isEmpty)
    }

    // MARK: Consultations

    private func consult(_ outcome: Consultation.Outcome, at moment: Timestamp = Sample.now) throws -> Incident {
        let incident = try opened()
        let consultation = Consultation(
            agent: Sample.id, provider: "groq", asked: "{\"question\": 1}", answered: "an answer", outcome: outcome)
        try ledger.record(consultation, incident: incident, at: moment)
        return incident
    }

    @Test func `what an advisor was asked and answered is kept`() throws {
        let diagnosis = Diagnosis(
            cause: "A port was taken.", origin: .advisor("groq"), confidence: 0.5, proposal: .restartUnit)
        let accepted = try consult(.accepted(diagnosis))
        let one = try #require(try ledger.incidents(id: accepted.id).first?.consultations.first)
        #expect(one.provider == "groq" && one.at == Sample.now && one.accepted)
        #expect(one.asked == "{\"question\": 1}" && one.answered == "an answer")
        #expect(one.result == "restartUnit: A port was taken.")
        let discarded = try consult(.discarded("It was not used."))
        let other = try #require(try ledger.incidents(id: discarded.id).first?.consultations.first)
        #expect(!other.accepted && other.result == "It was not used.")
    }

    @Test func `calls are counted over a day, used or not`() throws {
        _ = try consult(.discarded("no"), at: Sample.now - .seconds(10))
        _ = try consult(.discarded("no"), at: Sample.now)
        #expect(try ledger.consultations(since: Sample.now - .seconds(10)) == 2)
        #expect(try ledger.consultations(since: Sample.now - .seconds(9)) == 1)
        #expect(try ledger.consultations(since: Sample.now + .seconds(1)) == 0)
    }
}
