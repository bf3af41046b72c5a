internal import Acting
internal import AgentKinds
internal import ConfigText
internal import Files
internal import Model
internal import Observing
internal import Recording

enum ConfigApplyCommand {
    static let confirm = Option(
        name: "confirm", value: "TIME",
        summary: "Put the old file back after TIME, such as 5min, unless `config confirm` comes first")

    /// How long a change may stand without a confirmation.
    static let confirmTimes: ClosedRange<Duration> = .seconds(10)...(.seconds(7 * 86_400))

    private static let despite = Option(
        name: "despite", value: "KIND", summary: "Apply it although it has faults of this kind, such as config-schema")

    private static let kinds = [
        FindingKind.configSyntax, .configSchema, .configInvisibleCharacter, .configRedacted, .configMissing,
    ].map(\.rawValue)

    static var command: Command {
        Command(
            name: "config apply", summary: "Give an agent a new config, prove that it works, or put the old one back",
            operands: "AGENT FILE", options: [.config, .json, ConfigSession.path, confirm, despite],
            discussion: """
                The present file is kept, FILE's content takes its place whole, owner and mode stay, the agent is \
                restarted and watched for `settle`. If it does not hold, the old file comes back, and the agent with it. \
                Whatever happens on the way, the file is the old one or the new one, and the next pass takes back what was not \
                proven.
                """, run: run)
    }

    private static func run(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> ExitStatus {
        let name = try invocation.operand(0, "the name of an agent")
        if let kind = invocation[despite], !kinds.contains(kind) {
            throw CommandFailure(
                .usage,
                "watchdog config apply: \(kind.printable) is no kind of fault; there are \(kinds.joined(separator: ", "))."
            )
        }
        let source = try invocation.operand(1, "the file with the new config")
        let patience = try invocation.duration(confirm, confirmTimes)
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try readOwnFile(source, most: 4 << 20)
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        return try ConfigSession.change(name, invocation, environment) { pass, ledger, each throws(CommandFailure) in
            let file = try ConfigSession.file(of: each, invocation)
            guard let old = file.version else {
                throw CommandFailure(
                    .unable,
                    "watchdog: \(file.path) cannot be replaced, because what stands there could not be kept first. \(refusal(file))"
                )
            }
            let remarks = try refuseFaults(bytes, source, old.path, each, pass, invocation)
            let redactor = each.redactor(and: WrittenSecrets.values(in: bytes, old.path))
            environment.say(remarks.map { "watchdog: \(redactor.mask($0))" })
            let new = ConfigVersion(
                path: old.path, bytes: bytes, digest: Digest(hex: sha256(bytes)), mode: old.mode, uid: old.uid,
                gid: old.gid, modified: environment.now(), changed: environment.now(),
                meaning: TouchMarks(bytes, AgentKinds.of(each.agent.kind).dialect.marks).rest.map {
                    Digest(hex: sha256($0))
                }, release: each.seen.release)
            return try ConfigOrder(
                pass: pass, ledger: ledger, each: each, old: old, new: new, patience: patience,
                invocation: invocation
            ).carryOut()
        }
    }

    private struct Refusal: Encodable {
        let schema = 1
        let agent: String
        let path: String
        let outcome = "refused"
        let faults: [FaultReport]

        private enum CodingKeys: String, CodingKey { case schema, agent, path, outcome, faults }
    }

    /// What is wrong with it is told before anything is touched. Returns what else there is to say.
    private static func refuseFaults(
        _ bytes: [UInt8], _ source: String, _ path: String, _ each: AgentCase, _ pass: Pass, _ invocation: Invocation
    ) throws(CommandFailure) -> [String] {
        let validation = each.agent.validation
        let schema = validation.schema.map { ConfigSchema($0) }
        if let problem = schema?.problem { throw CommandFailure(.unable, "watchdog: \(problem)") }
        let includes =
            each.seen.config.contains { $0.includedAt != nil }
            || String(decoding: bytes, as: UTF8.self).contains("$include")
        let isFirst = each.agent.config.first?.path == path
        // Judged by the name that it is to have.
        let verdict = ConfigChecks.verdict(
            bytes, path: path, schema: includes ? nil : schema?.check, ascii: validation.ascii.contains(path),
            references: AgentKinds.of(each.agent.kind).dialect.hasReferences
        ) {
            guard isFirst, let validator = pass.observer.validator(of: each.agent) else { return nil }
            do throws(FileError) {
                return try CandidateFile.with(bytes, beside: path, of: each.seen) { validator.ask(about: $0) }
            } catch {
                return .silent("The agent's own validator was not asked. \(error)")
            }
        }
        // Of some syntaxes nothing at all is a config; of an output that was cut off nothing is left.
        let isEmpty =
            bytes.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
            && each.seen.config.contains {
                $0.path == path && $0.version.map { !$0.bytes.isEmpty } ?? false
            }
        let empty =
            isEmpty && verdict.faults.isEmpty
            ? [ConfigFault(kind: .configSyntax, line: 1, column: 1, sentence: "There is nothing in this file.")] : []
        let faults = (verdict.faults + empty + pass.observer.includeFaults(of: each.seen, with: bytes, at: path))
            .filter { $0.kind.rawValue != invocation[despite] }
        guard !faults.isEmpty else {
            let unheld =
                includes && schema != nil && validation.command.isEmpty
                ? ["\(source) was not held to the schema, because it is only a part of what the agent reads."] : []
            let odd = verdict.oddities.prefix(20).map { "\(source):\($0.line):\($0.column): \($0.sentence)" }
            return unheld + odd + verdict.remarks
                + pass.observer.secretFaults(of: each.seen, with: bytes, at: path).map(\.sentence)
        }
        let redactor = each.redactor(and: WrittenSecrets.values(in: bytes, path))
        if invocation.json {
            let report = Refusal(
                agent: each.agent.name, path: path,
                faults: faults.map { FaultReport($0, sentence: redactor.mask($0.sentence)) })
            pass.environment.write(try jsonText(report))
        }
        let lines = faults.prefix(20).map { "\(source):\($0.line):\($0.column): \($0.kind.rawValue): \($0.sentence)" }
        throw CommandFailure(
            .degraded,
            lines: (lines + [
                "watchdog: nothing was changed, because \(each.agent.name) would stumble over \(faults.count == 1 ? "this" : "these \(faults.count) faults"). Correct \(source) and try again; or, if the agent does not mind, add --despite KIND."
            ]).map(redactor.mask))
    }

    static func refusal(_ file: ConfigFile) -> String {
        switch file.state {
        case .missing:
            "There is no such file: put the first one there yourself, or a stored one with `watchdog config rollback`."
        case .refused(let sentence): file.unreadable.map { "\(sentence) The agent is no better off: \($0)" } ?? sentence
        case .present: ""
        }
    }
}

enum ConfigRollbackCommand {
    static var command: Command {
        Command(
            name: "config rollback", summary: "Put a stored version of an agent's config back, and prove that it works",
            operands: "AGENT [ID]", options: [.config, .json, ConfigSession.path, ConfigApplyCommand.confirm],
            discussion: """
                Without an id, the newest known-good version. It is done as `config apply` does it, so that it is undone \
                if the agent does not work, and can itself be rolled back.
                """, run: run)
    }

    private static func run(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> ExitStatus {
        let name = try invocation.operand(0, "the name of an agent")
        let patience = try invocation.duration(ConfigApplyCommand.confirm, ConfigApplyCommand.confirmTimes)
        var id: Int64?
        if let word = invocation.operands.dropFirst().first { id = try ConfigSession.id(word) }
        return try ConfigSession.change(name, invocation, environment) { pass, ledger, each throws(CommandFailure) in
            let stored: ConfigVersion
            if let id {
                stored = try ConfigSession.version(id, of: each.agent.id, in: ledger)
            } else {
                stored = try good(each, try ConfigSession.file(of: each, invocation).path, ledger)
            }
            let file =
                each.seen.config.first { $0.path == stored.path } ?? ConfigFile(path: stored.path, state: .missing)
            if case .missing = file.state {
                return try ConfigOrder.putMissing(stored, pass, ledger, each, invocation)
            }
            guard let old = file.version else {
                throw CommandFailure(
                    .unable,
                    "watchdog: \(file.path) cannot be replaced, because what stands there could not be kept first. \(ConfigApplyCommand.refusal(file))"
                )
            }
            if let then = stored.release, let now = each.seen.release, then != now {
                environment.say(
                    "watchdog: this version is of release \(then), and \(each.agent.name) is \(now) by now.")
            }
            // Whose it is and who may read it stays as it is now: that may have been closed since.
            return try ConfigOrder(
                pass: pass, ledger: ledger, each: each, old: old,
                new: stored.with(mode: old.mode, uid: old.uid, gid: old.gid), patience: patience,
                invocation: invocation
            ).carryOut()
        }
    }

    private static func good(
        _ each: AgentCase, _ path: String, _ ledger: Ledger
    ) throws(CommandFailure) -> ConfigVersion {
        do throws(LedgerError) {
            if let found = try ledger.knownGood(of: each.agent.id).first(where: { $0.path == path }) { return found }
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        throw CommandFailure(
            .unable,
            "watchdog: no version of \(path) is known to be good yet; \(ShellCommand("watchdog", "config", "history", each.agent.name).inSentence) lists what is stored."
        )
    }
}
