internal import Model
internal import Processes

extension Suspension {
    /// `systemctl freeze` holds a whole cgroup, a signal or a debugger one process.
    static func of(_ seen: AgentObservation) -> Suspension? {
        let unit = seen.unit
        if !unit.controlGroup.isEmpty, ProcessTable.isFrozen(unit.controlGroup) {
            return Suspension("its cgroup is frozen", seen.agent.id.systemctl("thaw"))
        }
        guard unit.mainPID > 0, ProcessTable.status(of: unit.mainPID)?.isStopped == true else { return nil }
        return Suspension(
            "its main process is stopped, by a signal or a debugger",
            ShellCommand("kill", "-CONT", "\(unit.mainPID)"))
    }
}
