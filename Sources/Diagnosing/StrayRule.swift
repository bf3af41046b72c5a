internal import Model

/// Processes outside every agent's unit that are proven to be this agent, and what may be done about each.
enum StrayRule {
    /// A command that comes and goes, such as a status query, has the token, too.
    static let youngest: Duration = .seconds(60)

    enum Judgement: Hashable {
        /// It is none, or has every right to what it has.
        case none
        /// It has the token and no TCP socket: a shell with an exported variable polls nobody.
        case idle
        case tooYoung
        case end(EndOrder)
        /// Why it is left alone, as a clause, and what a person would type or do.
        case tell(why: String, advice: String)
        /// Another service or a container has the token: it is not the agent, but it may poll as it.
        case sharer(why: String, advice: String)
    }

    static func judge(_ found: Outsider, of seen: AgentObservation) -> Judgement {
        let alone = judgeAlone(found, of: seen)
        guard case .end = alone else { return alone }
        let kill = ShellCommand("kill", "\(found.process.id.pid)").inSentence
        // A process ends here only if everybody above it, up to the manager that they were left to, ends with it.
        for above in found.ancestors {
            if above.role == .manager { return alone }
            // What is itself a stray, and ended with it, does not start it again.
            if above.role == .outsider, let other = seen.outsiders.first(where: { $0.process.id == above.id }),
                case .end = judgeAlone(other, of: seen)
            {
                continue
            }
            let parent = "\(above.command) (PID \(above.id.pid))"
            return .tell(
                why: "\(parent), which started it, is still there and may start it again",
                advice: above.hasOthers
                    ? "stop it through \(parent), which runs others as well"
                    : "\(ShellCommand("kill", "\(above.id.pid)").inSentence), then \(kill)")
        }
        return .tell(why: "it cannot be seen who started it", advice: kill)
    }

    /// Without regard to who started it.
    private static func judgeAlone(_ found: Outsider, of seen: AgentObservation) -> Judgement {
        let pid = found.process.id.pid
        guard pid > 1, !found.isWatchdog, pid != seen.unit.mainPID else { return .none }
        // What an agent starts may leave its cgroup; it carries the mark of the present start, or descends from it.
        if let theirs = found.process.invocationID, !theirs.isEmpty, theirs == seen.unit.invocationID { return .none }
        if found.isOfPresentStart || found.ancestors.contains(where: { $0.role == .agentUnit }) { return .none }
        guard !found.tokens.isEmpty || found.port != nil else { return .none }
        if found.port == nil, found.hasSocket == false { return .idle }
        // What everything is given says of nobody what it is.
        if found.port == nil, found.isGivenToken, found.program != .agents { return .idle }
        // That a port is its own a user may say of any port, also of another's.
        if found.tokens.isEmpty, found.isOtherUsers, seen.agent.id.scope.uid != nil { return .none }
        if seen.taken - found.started < youngest { return .tooYoung }
        switch found.place {
        case .service(let unit, governs: true):
            let stop = UnitOwner(found.process.cgroup).stop(unit).inSentence
            // What a service runs for others, as cron does, is not ended by ending that.
            return foreign(
                found, "it belongs to \(unit)",
                found.isServiceMain ? stop : "\(ShellCommand("kill", "\(pid)").inSentence), or \(stop)")
        case .container(let scope):
            let name = scope.isEmpty ? "a container" : "the container of \(scope)"
            return foreign(found, "it runs in \(name)", "stop that container, or give it a bot of its own")
        default: break
        }
        let kill = ShellCommand((found.mayBeEnded ? [] : ["sudo"]) + ["kill", "\(pid)"]).inSentence
        if found.program != .agents, found.tokens.isEmpty {
            return .tell(why: "nothing but the port says that it is this agent", advice: "if it is, \(kill)")
        }
        switch found.program {
        case .agents: break
        case .other:
            let what = found.programFile.isEmpty ? found.executable : found.programFile
            return .tell(why: "it runs \(what), which is not the agent's own program", advice: "if it polls, \(kill)")
        case .unknown:
            return .tell(
                why: "it cannot be seen whether this is the agent's own program", advice: "if it is, \(kill)")
        }
        // What a user alone has said proves nothing against another.
        let isProven = seen.tokens.contains { $0.isProven && found.tokens.contains($0.fingerprint) }
        if !found.tokens.isEmpty, found.isOtherUsers, !isProven {
            return .tell(
                why: "it is \(found.owner)'s, and that the token is this agent's is its user's word alone",
                advice: "if it is this agent's, \(kill)")
        }
        if found.tokens.isEmpty, found.isOtherUsers {
            return .tell(
                why: "it is \(found.owner)'s, and nothing but the port says that it is this agent",
                advice: "if it is, \(kill)")
        }
        if found.isOfAnotherConfig {
            return .tell(
                why: "it was started with another config, state folder or profile",
                advice: "if it is this agent all the same, \(kill)")
        }
        if !found.tokens.isEmpty, found.hasOtherTokens || seen.tokens.count > 1 {
            return .tell(
                why: "there are several bot tokens, and which one it polls with is not known",
                advice: "if it is this agent's, \(kill)")
        }
        if case .session(let scope) = found.place {
            let what = scope.hasPrefix("session-") ? "the login session" : "the terminal of"
            return .tell(why: "it runs in \(what) \(scope), where somebody may be at it", advice: kill)
        }
        if found.hasTerminal { return .tell(why: "it has a terminal, where somebody may be at it", advice: kill) }
        if !found.mayBeEnded {
            return .tell(
                why: "it belongs to \(found.owner), and only a watchdog that root runs may end it", advice: kill)
        }
        let proof: EndOrder.Proof =
            if let token = found.tokens.first { .token(token) } else { .port(found.port ?? 0) }
        return .end(
            EndOrder(process: found.process.id, cgroup: found.process.cgroup, uid: found.process.uid, proof: proof))
    }

    private static func foreign(_ found: Outsider, _ why: String, _ advice: String) -> Judgement {
        found.tokens.isEmpty ? .tell(why: why, advice: advice) : .sharer(why: why, advice: advice)
    }

    static func finding(_ seen: AgentObservation) -> Finding? {
        var orders: [EndOrder] = []
        var sentences: [String] = []
        var evidence: [Evidence] = []
        for found in seen.outsiders {
            let subject = "\(name(found)) \(claim(found, seen))"
            switch judge(found, of: seen) {
            case .end(let order):
                orders.append(order)
                sentences.append("\(subject), and runs the agent's own program.")
            case .tell(let why, let advice):
                sentences.append("\(subject). It is not ended, because \(why). To end it: \(advice).")
            default: continue
            }
            evidence.append(self.evidence(found))
        }
        if let owner = seen.hiddenPortOwner, let port = seen.agent.port {
            sentences.append(
                "Port \(port) of \(seen.agent.name) is held by a process of \(owner), which this user may not look at. Only a watchdog that root runs can prove and end it. To see it: \(ShellCommand("sudo", "ss", "-ltnp", "sport = :\(port)").inSentence)."
            )
            evidence.append(Evidence("/proc/net/tcp", "port \(port) is listened on by user \(owner)"))
        }
        guard !sentences.isEmpty else { return nil }
        return Finding(
            kind: .processStray, severity: .warning, summary: sentences.joined(separator: " "), evidence: evidence,
            prescription: orders.isEmpty ? .none : .end(orders))
    }

    /// With the script that it runs: `node` alone says little.
    static func name(_ found: Outsider) -> String {
        let command = found.process.command
        let isScript = !found.programFile.isEmpty && found.programFile != found.executable
        let program = isScript ? "\(command) \(found.programFile)" : command
        return "\(program) (PID \(found.process.id.pid), user \(found.owner))"
    }

    /// What it has of the agent's.
    private static func claim(_ found: Outsider, _ seen: AgentObservation) -> String {
        let outside = "outside of the unit of \(seen.agent.name)"
        guard found.tokens.isEmpty else {
            return "has its bot token\(found.hasSocket == true ? " and a connection," : ",") \(outside)"
        }
        return "listens on its port \(found.port ?? 0), \(outside)"
    }

    /// Everything that is known of the process.
    static func evidence(_ found: Outsider) -> Evidence {
        var facts = [found.process.command]
        if !found.executable.isEmpty { facts.append("program \(found.executable)") }
        if !found.arguments.isEmpty { facts.append("called as \(found.arguments.joined(separator: " "))") }
        facts.append("user \(found.owner)")
        facts.append("since \(found.started.rfc3339)")
        facts.append("in \(found.process.cgroup)")
        if !found.ancestors.isEmpty {
            let chain = found.ancestors.map { "\($0.command) (\($0.id.pid))" }.joined(separator: ", then ")
            facts.append("started by \(chain)")
        }
        if !found.listening.isEmpty {
            facts.append("listens on \(found.listening.map(String.init).joined(separator: ", "))")
        }
        if found.hasTerminal { facts.append("has a terminal") }
        for token in found.tokens { facts.append("has bot token \(token.short)… in its environment") }
        return Evidence("/proc/\(found.process.id.pid)", facts.joined(separator: "; "))
    }
}

/// How a person would reach the manager that a cgroup's innermost unit belongs to.
private struct UnitOwner {
    private let scope: [String]

    func stop(_ unit: String) -> ShellCommand { ShellCommand(["systemctl"] + scope + ["stop", unit]) }

    init(_ cgroup: String) {
        let manager = cgroup.split(separator: "/").dropLast().last { $0.hasPrefix("user@") && $0.hasSuffix(".service") }
        let uid = manager.flatMap { UInt32($0.dropFirst("user@".count).dropLast(".service".count)) }
        scope = uid.map { ["--user", "-M", "\($0)@"] } ?? []
    }
}
