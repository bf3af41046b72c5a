internal import Model
internal import Processes

/// Whose a process is and which unit runs it, for a sentence.
package struct LiveProcess {
    package let owner: String
    /// Empty where its cgroup names none.
    package let unit: String

    /// `nil` where it has ended.
    package init?(pid: Int32) {
        guard let uid = ProcessTable.owner(of: pid) else { return nil }
        owner = Accounts.name(of: uid)
        unit = UnitPlace.of(ProcessTable.cgroup(of: pid) ?? "").unit
    }
}
