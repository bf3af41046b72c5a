internal import AgentKinds
internal import ConfigText
internal import Files
internal import FoundationEssentials
internal import Model
internal import Processes

/// What an agent's own validator says of a config.
package enum ValidatorAnswer {
    case valid
    case invalid([ValidatorIssue])
    /// It could not be asked, or said nothing that can be understood; the reason as a sentence.
    case silent(String)
}

package struct ValidatorIssue: Hashable {
    /// Keys and indices from the top, as far as it says where.
    let parts: [String]
    package let sentence: String

    /// Line and column of the value, or of the nearest one above it that is there.
    func place(in tree: ConfigTree) -> (Int, Int)? {
        for count in stride(from: parts.count, through: 1, by: -1) {
            let pointer = parts.prefix(count).map { "/" + JSONPointer.escaped($0) }.joined()
            if let node = tree.value(at: pointer) { return (node.place.line, node.place.column) }
        }
        return nil
    }
}

/// The validator that the settings name, run as the agent's user with what the agent's unit sets, without a shell.
///
/// The word `{}` stands for the file's path; the variable by which the agent is told it, if there is one, names it, too.
/// Status 0 means valid, unless a JSON answer says `"valid": false`; a list of `issues` or `errors` in it says what is wrong.
package struct ConfigValidator {
    static let deadline: Duration = .seconds(20)
    private static let mostOutput = 64 << 10
    private static let mostIssues = 20
    private static let mostTries = 100
    /// As systemd gives it to services (systemd.exec(5), "Environment Variables Set or Propagated").
    private static let usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
    /// A shell's words for "cannot be started", "is not there", and "ended by a signal".
    private static let noVerdict: Int32 = 126

    private let words: [String]
    private let kind: AgentKind
    private let program: ForeignProgram
    private let problem: String?

    init(_ agent: Agent, _ environment: Observer.UnitEnvironment) {
        words = agent.validation.command
        kind = AgentKinds.of(agent.kind)
        // What a service is given comes first; the unit's own word, and then its files', count more.
        var values: [String: String] = [:]
        if case .success(let user) = environment.identity {
            values = ["HOME": user.home, "USER": user.name, "LOGNAME": user.name, "PATH": Self.usualPath]
        }
        environment.variables.forEach { name, value in values[name] = value }
        for file in environment.files.files { file.variables?.forEach { name, value in values[name] = value } }
        values = values.filter { !environment.takesAway($0.key, $0.value) }
        switch environment.identity {
        case .success(let user):
            // What another user has written, PATH or NODE_OPTIONS for one, would run with this one's rights.
            let foreign = environment.files.files.first { file in
                file.owner.map { !file.isRoots && (user.uid == 0 || ($0 != user.uid && $0 != 0)) } ?? false
            }
            problem = foreign.map {
                "It would run as \(user.name) with what \($0.path) sets, which is not \(user.name)'s word alone."
            }
            program = ForeignProgram(
                uid: user.uid, gid: user.gid, groups: user.groups, folder: user.home,
                environment: values.map { "\($0.key)=\($0.value)" })
        case .failure(let error):
            problem = error.description
            program = ForeignProgram(uid: 0, gid: 0, groups: [], folder: "/", environment: [])
        }
    }

    package func ask(about path: String) -> ValidatorAnswer {
        if let problem { return .silent("The agent's own validator was not asked. \(problem)") }
        var environment = program.environment
        if let name = kind.configVariable {
            environment = environment.filter { !$0.hasPrefix(name + "=") } + ["\(name)=\(path)"]
        }
        let program = ForeignProgram(
            uid: program.uid, gid: program.gid, groups: program.groups, folder: program.folder,
            environment: environment)
        do throws(ProcessError) {
            let end = try program.run(
                words.map { $0 == "{}" ? path : $0 }, deadline: Self.deadline, most: Self.mostOutput)
            guard end.status < Self.noVerdict else {
                return .silent(
                    "The agent's own validator gave no verdict on \(path): it ended with status \(end.status).")
            }
            guard !end.isCut || end.status != 0 else {
                return .silent("The agent's own validator wrote more than \(Self.mostOutput) bytes about \(path).")
            }
            let answer = Self.answer(
                status: end.status, String(decoding: end.output, as: UTF8.self),
                misunderstanding: kind.misunderstanding)
            guard case .silent(let said) = answer else { return answer }
            return .silent("\(said) It was run as: \(words.joined(separator: " ").printable).")
        } catch {
            return .silent("The agent's own validator gave no verdict on \(path). \(error)")
        }
    }

    static func answer(status: Int32, _ output: String, misunderstanding: String? = nil) -> ValidatorAnswer {
        let json = verdict(in: output)
        if let json {
            let issues = (json["issues"] ?? json["errors"])?.array ?? []
            if status == 0, json["valid"] != .boolean(false) { return .valid }
            if !issues.isEmpty { return .invalid(issues.prefix(mostIssues).map(issue)) }
        }
        if status == 0, json == nil { return .valid }
        if json == nil, isMisunderstanding(output, misunderstanding) {
            return .silent(
                "The agent's own validator gave no verdict: it does not know what `validate` in the settings asks of it (status \(status))."
            )
        }
        let lines = output.split(whereSeparator: \.isNewline).prefix(5).map { $0.prefix(200).description.printable }
        let said = lines.isEmpty ? "nothing" : lines.joined(separator: " / ")
        return .invalid([
            ValidatorIssue(
                parts: [], sentence: "The agent's own validator refuses it with status \(status), and says: \(said).")
        ])
    }

    /// What a program says of words that it does not know, in its first line or the one after.
    private static func isMisunderstanding(_ output: String, _ own: String?) -> Bool {
        let start = output.split(whereSeparator: \.isNewline).prefix(2).joined(separator: " ").lowercased()
        let usual = [
            "unknown command", "unknown option", "unknown flag", "unknown argument", "unrecognized argument",
            "unrecognized option", "invalid choice", "no such command", "unknown subcommand",
        ]
        return (usual + [own].compactMap { $0 }).contains(where: start.contains)
    }

    /// The JSON object with the verdict: warnings, with braces of their own, may stand before and after it.
    private static func verdict(in output: String) -> JSONValue? {
        for (tries, start) in output.indices(of: "{").ranges.map(\.lowerBound).enumerated() where tries < mostTries {
            var depth = 0
            var isText = false
            var isEscaped = false
            let end = output[start...].firstIndex { character in
                if isEscaped {
                    isEscaped = false
                } else if isText {
                    isEscaped = character == "\\"
                    isText = character != "\""
                } else if character == "\"" {
                    isText = true
                } else if character == "{" {
                    depth += 1
                } else if character == "}" {
                    depth -= 1
                }
                return depth == 0
            }
            // Ignoring: what is wrong with the text; the next brace may begin it.
            guard let end, let found = try? JSONDecoder().decode(JSONValue.self, from: Data(output[start...end].utf8)),
                found["valid"] != nil || found["issues"] != nil || found["errors"] != nil
            else { continue }
            return found
        }
        return nil
    }

    private static func issue(_ value: JSONValue) -> ValidatorIssue {
        var parts: [String] = []
        if let path = value["path"]?.text {
            parts = path.replacing("[", with: ".").replacing("]", with: "").split(separator: ".").map(String.init)
        } else if let path = value["path"]?.array {
            parts = path.map { $0.text ?? $0.number.map { String(Int64(max(-1e15, min(1e15, $0)))) } ?? "" }
        }
        let message = (value["message"]?.text ?? value.text ?? "no reason given").prefix(300).description.printable
        let subject = parts.isEmpty ? "" : "\(parts.joined(separator: ".").prefix(200).description.printable): "
        return ValidatorIssue(parts: parts, sentence: "\(subject)\(message) (the agent's own validator).")
    }
}
