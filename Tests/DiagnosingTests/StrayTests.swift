import Diagnosing
import FixturesTests
import Model
import Testing

/// Processes outside of every unit that work as an agent: which one is ended, and why another is only told.
struct StrayTests {
    static let token = TokenFingerprint(hex: "0123456789abcdef0123456789abcdef")
    static let manager = Outsider.Ancestor(id: ProcessID(pid: 1, startTicks: 0), command: "systemd", role: .manager)

    /// Everything that makes a stray one which is ended.
    static func stray(_ pid: Int32 = 77, age: Duration = .seconds(600), _ change: (inout Outsider) -> Void = { _ in })
        -> Outsider
    {
        var found = Outsider(
            process: ProcessFacts(
                id: ProcessID(pid: pid, startTicks: 500), parent: 1, command: "node",
                cgroup: "/system.slice/run-r1.scope",
                uid: 1000, invocationID: "before"),
            owner: "fleet", started: Sample.now - age)
        found.ancestors = [manager]
        found.place = .loose("run-r1.scope")
        found.hasSocket = true
        found.tokens = [token]
        found.program = .agents
        change(&found)
        return found
    }

    static func seen(_ outsiders: [Outsider], _ change: (inout AgentObservation) -> Void = { _ in }) -> AgentObservation
    {
        var seen = Sample.running()
        seen.tokens = [HeldToken(fingerprint: token, sources: ["the unit's variable TELEGRAM_BOT_TOKEN"])]
        seen.agent.port = 18_789
        seen.outsiders = outsiders
        change(&seen)
        return seen
    }

    static func findings(_ seen: AgentObservation) -> [Finding] {
        Rules.findings(seen, history: AgentHistory(), policy: Policy())
    }

    static func order(_ found: Outsider, _ proof: EndOrder.Proof = .token(token)) -> EndOrder {
        EndOrder(process: found.process.id, cgroup: found.process.cgroup, uid: found.process.uid, proof: proof)
    }

    private func finding(_ found: Outsider...) throws -> Finding {
        let findings = Self.findings(Self.seen(found))
        try #require(findings.count == 1)
        return findings[0]
    }

    @Test func `an orphan that polls with the agent's token is ended, and everything that proves it is told`() throws {
        let found = Self.stray {
            $0.executable = "/usr/bin/node"
            $0.programFile = "/opt/openclaw/dist/index.js"
            $0.arguments = ["openclaw", "gateway"]
            $0.listening = [18_789, 9_000]
        }
        let finding = try finding(found)
        #expect(finding.kind == .processStray && finding.severity == .warning)
        #expect(finding.prescription == .end([Self.order(found)]))
        #expect(
            finding.summary
                == "node /opt/openclaw/dist/index.js (PID 77, user fleet) has its bot token and a connection, outside of the unit of coder, and runs the agent's own program."
        )
        #expect(
            finding.evidence == [
                Evidence(
                    "/proc/77",
                    "node; program /usr/bin/node; called as openclaw gateway; user fleet; since 2026-09-01T03:05:00Z; "
                        + "in /system.slice/run-r1.scope; started by systemd (1); listens on 18789, 9000; "
                        + "has bot token 0123456789ab… in its environment")
            ])
    }

    @Test func `one that only has the agent's port, and is of its make, is ended for that`() throws {
        let found = Self.stray {
            $0.tokens = []
            $0.port = 18_789
            $0.hasSocket = nil
        }
        #expect(try finding(found).prescription == .end([Self.order(found, .port(18_789))]))
    }

    @Test func `of several every one that may be is ended`() throws {
        let told = Self.stray(79) { $0.hasTerminal = true }
        let finding = try finding(Self.stray(77), told, Self.stray(78))
        #expect(finding.prescription == .end([Self.order(Self.stray(77)), Self.order(Self.stray(78))]))
        #expect(finding.evidence.map(\.source) == ["/proc/77", "/proc/79", "/proc/78"])
    }

    typealias Change = @Sendable (inout Outsider) -> Void

    private static let none: [(why: String, change: Change)] = [
        ("it is the watchdog, or above it", { $0.isWatchdog = true }),
        ("it has neither token nor port", { $0.tokens = [] }),
        (
            "an agent's process has started it",
            {
                $0.ancestors.insert(
                    Outsider.Ancestor(id: ProcessID(pid: 70, startTicks: 1), command: "node", role: .agentUnit), at: 0)
            }
        ),
    ]

    @Test(arguments: none)
    func `a process is no stray where that is so`(why: String, change: Change) {
        #expect(Self.findings(Self.seen([Self.stray(77, change)])).isEmpty, "\(why)")
    }

    @Test func `PID 1, the main process, and what carries the present start's mark are no strays`() {
        #expect(Self.findings(Self.seen([Self.stray(1), Self.stray(0), Self.stray(4711)])).isEmpty)
        func started(_ invocation: String?) -> Bool {
            let process = ProcessFacts(
                id: ProcessID(pid: 77, startTicks: 500), parent: 1, command: "node", cgroup: "/", uid: 1000,
                invocationID: invocation)
            var found = Outsider(process: process, owner: "fleet", started: Sample.now - .seconds(600))
            found.tokens = [Self.token]
            found.hasSocket = true
            found.program = .agents
            found.ancestors = [Self.manager]
            return Self.findings(Self.seen([found])).isEmpty
        }
        #expect(started(Sample.invocation))
        for other in [nil, "", "another"] as [String?] { #expect(!started(other)) }
        let noMark = Self.seen([Self.stray()]) { $0.unit.invocationID = "" }
        #expect(Self.findings(noMark).first?.kind == .processStray)
    }

    @Test(arguments: [(59_999, 0), (60_000, 1)]) func `whatever comes and goes within a minute is left alone`(
        age: Int64, count: Int
    ) {
        #expect(Self.findings(Self.seen([Self.stray(age: .milliseconds(age))])).count == count)
    }

    private static let told: [(change: Change, why: String)] = [
        ({ $0.hasTerminal = true }, "it has a terminal, where somebody may be at it. To end it: `kill 77`."),
        (
            { $0.place = .session("session-3.scope") },
            "it runs in the login session session-3.scope, where somebody may be at it. To end it: `kill 77`."
        ),
        (
            { $0.mayBeEnded = false },
            "it belongs to fleet, and only a watchdog that root runs may end it. To end it: `sudo kill 77`."
        ),
        ({ $0.ancestors = [] }, "it cannot be seen who started it. To end it: `kill 77`."),
        (
            { $0.ancestors.insert(above(70, .ordinary, "bash"), at: 0) },
            "bash (PID 70), which started it, is still there and may start it again. "
                + "To end it: `kill 70`, then `kill 77`."
        ),
        (
            {
                $0.tokens = []
                $0.port = 18_789
                $0.program = .other
            },
            "nothing but the port says that it is this agent. To end it: if it is, `kill 77`."
        ),
        (
            {
                $0.executable = "/usr/bin/curl"
                $0.program = .other
            },
            "it runs /usr/bin/curl, which is not the agent's own program. To end it: if it polls, `kill 77`."
        ),
        (
            {
                $0.tokens = []
                $0.port = 18_789
                $0.place = .service("other.service", governs: true)
            },
            "it belongs to other.service. To end it: `systemctl stop other.service`."
        ),
        (
            {
                $0.tokens = []
                $0.port = 18_789
                $0.place = .container("docker-1.scope")
            },
            "it runs in the container of docker-1.scope. To end it: stop that container, or give it a bot of its own."
        ),
    ]

    static func above(_ pid: Int32, _ role: Outsider.Ancestor.Role, _ command: String) -> Outsider.Ancestor {
        Outsider.Ancestor(id: ProcessID(pid: pid, startTicks: 500), command: command, role: role)
    }

    @Test(arguments: told)
    func `one that may be somebody's is told with the reason and what to type`(change: Change, why: String) throws {
        let finding = try finding(Self.stray(77, change))
        #expect(finding.kind == .processStray && finding.prescription == .none)
        #expect(
            finding.summary.hasSuffix("outside of the unit of coder. It is not ended, because \(why)"))
        #expect(
            finding.summary.hasPrefix("node (PID 77, user fleet) has its bot token and a connection, ")
                || finding.summary.hasPrefix("node (PID 77, user fleet) listens on its port 18789, "))
    }

    @Test func `where it is not known which bot it polls, or whose it is, it is told and never ended`() throws {
        let port: Change = {
            $0.tokens = []
            $0.port = 18_789
        }
        let cases: [(Change, String)] = [
            ({ $0.hasOtherTokens = true }, "several bot tokens"),
            ({ $0.isOfAnotherConfig = true }, "another config, state folder or profile"),
            (
                {
                    port(&$0)
                    $0.isOtherUsers = true
                }, "nothing but the port says"
            ),
            (
                {
                    port(&$0)
                    $0.isOfAnotherConfig = true
                }, "another config, state folder or profile"
            ),
        ]
        for (change, why) in cases {
            let finding = try finding(Self.stray(77, change))
            #expect(finding.prescription == .none)
            #expect(finding.summary.contains(why))
        }
        // Of the agent itself it is not known either.
        let other = HeldToken(fingerprint: TokenFingerprint(hex: "ff"), sources: ["a file"])
        let findings = Self.findings(Self.seen([Self.stray()]) { $0.tokens.append(other) })
        #expect(findings.first { $0.kind == .processStray }?.prescription == Prescription.none)
    }

    @Test func `of a supervisor it is not said to end that`() throws {
        let finding = try finding(
            Self.stray {
                var above = Self.above(60, .ordinary, "supervisord")
                above.hasOthers = true
                $0.ancestors.insert(above, at: 0)
            })
        #expect(finding.prescription == .none)
        #expect(
            finding.summary.hasSuffix("To end it: stop it through supervisord (PID 60), which runs others as well."))
        #expect(!finding.summary.contains("kill 60"))
    }

    @Test func `whose program is not known is told, and never ended`() throws {
        for change in [{ $0.program = .unknown }, { $0.program = .other }] as [Change] {
            let finding = try finding(Self.stray(77, change))
            #expect(finding.prescription == .none)
        }
    }

    @Test func `what a service runs for others is not ended by ending the service`() throws {
        let found = Self.stray {
            $0.tokens = []
            $0.port = 18_789
            $0.place = .service("cron.service", governs: true)
            $0.isServiceMain = false
        }
        #expect(try finding(found).summary.hasSuffix("To end it: `kill 77`, or `systemctl stop cron.service`."))
    }

    @Test func `a token that the user's manager gives to everything proves nothing of another program`() throws {
        let other = Self.stray {
            $0.isGivenToken = true
            $0.program = .other
        }
        let findings = Self.findings(Self.seen([other]))
        #expect(findings.map(\.kind) == [.pollerDuplicateToken] && findings.map(\.severity) == [.info])
        #expect(try finding(Self.stray { $0.isGivenToken = true }).prescription == .end([Self.order(Self.stray())]))
    }

    @Test func `what another service only left behind in its cgroup is ended`() throws {
        let found = Self.stray { $0.place = .service("cron.service", governs: false) }
        #expect(try finding(found).prescription == .end([Self.order(found)]))
    }

    @Test func `who holds the port where that cannot be seen is told by the user's name`() throws {
        let findings = Self.findings(Self.seen([]) { $0.hiddenPortOwner = "mallory" })
        #expect(findings.map(\.kind) == [.processStray])
        #expect(findings[0].prescription == .none)
        #expect(findings[0].summary.contains("Port 18789 of coder is held by a process of mallory"))
        #expect(findings[0].summary.contains("`sudo ss -ltnp 'sport = :18789'`"))
    }

    // MARK: One above the other

    private func family(_ parent: Outsider) -> Prescription? {
        let child = Self.stray(78) { $0.ancestors = [Self.above(77, .outsider, "bash"), Self.manager] }
        return Self.findings(Self.seen([parent, child])).first { $0.kind == .processStray }?.prescription
    }

    @Test func `a stray that another stray has started is ended with it`() {
        let orders = [Self.order(Self.stray(77)), Self.order(Self.stray(78))]
        #expect(family(Self.stray(77)) == .end(orders))
    }

    private static let staying: [(why: String, change: Change)] = [
        ("it polls nobody itself, and would start the next one", { $0.hasSocket = false }),
        ("it is a service's main process", { $0.place = .service("other.service", governs: true) }),
        ("it is in a container", { $0.place = .container("x.scope") }),
        ("it is a login's shell", { $0.place = .session("session-3.scope") }),
        ("it has a terminal", { $0.hasTerminal = true }),
        ("it is another user's", { $0.mayBeEnded = false }),
        ("it is the watchdog", { $0.isWatchdog = true }),
    ]

    @Test(arguments: staying)
    func `one whose starter has the token as well, and is not ended, is not ended either`(why: String, change: Change) {
        switch family(Self.stray(77, change)) {
        case Prescription.none?, nil: break
        case let other: Issue.record("\(why): \(String(describing: other))")
        }
    }

    @Test(.timeLimit(.minutes(1))) func `strays that seem to have started each other hang nobody`() {
        let chain = (0..<64).map { _ in Self.above(77, .outsider, "a") }
        let ring = [
            Self.stray(77) { $0.ancestors = chain.map { _ in Self.above(78, .outsider, "b") } },
            Self.stray(78) { $0.ancestors = chain },
        ]
        #expect(Self.findings(Self.seen(ring)).first?.prescription == Prescription.none)
    }
}
