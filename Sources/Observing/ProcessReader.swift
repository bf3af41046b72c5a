internal import Model
internal import Processes

/// The processes in a unit's cgroup.
enum ProcessReader {
    /// More are not looked at one by one; a unit that has them is told as a gap.
    private static let mostProcesses = 4_096

    static func read(into observation: inout AgentObservation) {
        let unit = observation.unit
        guard !unit.controlGroup.isEmpty, unit.mainPID > 0,
            let members = ProcessTable.members(ofCgroup: unit.controlGroup)
        else { return }
        if members.count > mostProcesses {
            observation.gaps.append(
                Gap(
                    source: "processes",
                    sentence:
                        "\(observation.agent.id.unit) has \(members.count) processes; leftovers are searched for among at most \(mostProcesses).",
                    blinding: false))
            return
        }
        let statuses = members.compactMap { ProcessTable.status(of: $0) }
        let main = statuses.first { $0.pid == unit.mainPID }
        observation.processes = statuses.map { status in
            // Only a process that is older than the main one can be a leftover: of the others no more is read.
            let suspect = main.map { status.startTicks < $0.startTicks } ?? false
            return ProcessFacts(
                id: ProcessID(pid: status.pid, startTicks: status.startTicks), parent: status.parent,
                command: status.command.printable, uid: suspect ? ProcessTable.owner(of: status.pid) ?? .max : .max,
                invocationID: suspect ? invocationID(of: status.pid) : nil)
        }
    }

    /// systemd puts it into the environment of everything that a unit starts (systemd.exec(5)).
    private static func invocationID(of pid: Int32) -> String? {
        ProcessTable.environment(of: pid).flatMap { Variables($0)["INVOCATION_ID"] }
    }
}
