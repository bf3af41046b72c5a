internal import AgentKinds
internal import ConfigText
internal import Files
internal import Model

/// Judges the content of an agent's configs, each content once a pass.
final class ConfigJudge {
    private var schemas: [String: ConfigSchema] = [:]
    private var verdicts: [AgentID: (key: String, verdict: Verdict)] = [:]
    /// How long the agents' own validators may take together in one pass; those that have no turn have it in the next.
    private var left: Duration = .seconds(60)

    private struct Verdict {
        /// Of each file.
        var faults: [[ConfigFault]] = []
        var remarks: [String] = []
        /// Whether everybody was asked who is to be asked.
        var isComplete = true
    }

    /// Of a file that was changed just now nothing is said: somebody may still be at it. Files that were found to be
    /// well, as `checked` names them, are not looked at again.
    func judge(_ observation: inout AgentObservation, _ environment: Observer.UnitEnvironment?, checked: String?) {
        let versions = observation.config.compactMap(\.version)
        guard !versions.isEmpty else { return }
        let validation = observation.agent.validation
        let schema = validation.schema.map { read($0) }
        let how = validation.command + validation.ascii.sorted() + [observation.release ?? ""]
        let key = (versions.map(\.digest.hex) + [schema?.digest ?? "", sha256(Array(how.description.utf8))])
            .joined(separator: " ")
        if key == checked, observation.config.allSatisfy(\.faults.isEmpty) {
            observation.checkedConfig = key
            for index in observation.config.indices { observation.config[index].redactedBySyntax = false }
            return
        }
        if let problem = schema?.problem { remark(problem, &observation) }
        if observation.isInEdit {
            for index in observation.config.indices { observation.config[index].faults = [] }
            return
        }
        let id = observation.agent.id
        let known = verdicts[id].flatMap { $0.key == key ? $0.verdict : nil }
        let verdict = known ?? verdict(observation, schema?.check, environment)
        verdicts[id] = (key, verdict)
        for (index, more) in verdict.faults.enumerated() {
            observation.config[index].faults += more
            guard ConfigSyntax(file: observation.config[index].path) != nil else { continue }
            observation.config[index].redactedBySyntax = more.contains { $0.kind == .configRedacted }
        }
        for sentence in verdict.remarks { remark(sentence, &observation) }
        let isWell =
            verdict.isComplete && schema?.problem == nil && verdict.remarks.isEmpty
            && observation.config.allSatisfy(\.faults.isEmpty)
        observation.checkedConfig = isWell ? key : nil
    }

    private func verdict(
        _ observation: AgentObservation, _ schema: SchemaCheck?, _ environment: Observer.UnitEnvironment?
    ) -> Verdict {
        var result = Verdict()
        // What is included is a part, and what includes it is not the whole: neither is held to the schema.
        let includes = observation.config.contains { $0.includedAt != nil }
        if includes, schema != nil, observation.agent.validation.command.isEmpty {
            result.remarks.append(
                "\(observation.config[0].path) includes other files, and is not held to the schema; set `validate` for \(observation.agent.name)."
            )
        }
        for (index, file) in observation.config.enumerated() {
            guard let version = file.version else {
                result.faults.append([])
                continue
            }
            var validator: ConfigValidator?
            if index == 0, let environment, !observation.agent.validation.command.isEmpty {
                validator = ConfigValidator(observation.agent, environment)
                if left < ConfigValidator.deadline {
                    validator = nil
                    result.isComplete = false
                }
            }
            let began = ContinuousClock.now
            let verdict = ConfigChecks.verdict(
                version.bytes, path: version.path, schema: includes ? nil : schema,
                ascii: observation.agent.validation.ascii.contains(version.path),
                references: AgentKinds.of(observation.agent.kind).dialect.hasReferences
            ) { validator?.ask(about: version.path) }
            if validator != nil { left -= ContinuousClock.now - began }
            result.faults.append(verdict.faults)
            result.remarks += verdict.remarks
        }
        return result
    }

    private func remark(_ sentence: String, _ observation: inout AgentObservation) {
        observation.gaps.append(Gap(source: "config", sentence: sentence, blinding: false))
    }

    private func read(_ path: String) -> ConfigSchema {
        if let found = schemas[path] { return found }
        let schema = ConfigSchema(path)
        schemas[path] = schema
        return schema
    }
}
