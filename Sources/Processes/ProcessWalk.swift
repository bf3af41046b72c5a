/// A process as the walk met it. It may have ended since.
package struct WalkedProcess<Mark>: Sendable where Mark: Sendable {
    package let status: ProcessStatus
    /// In systemd's hierarchy; empty where it could not be read.
    package let cgroup: String
    /// What the walk's reader made of its environment; `nil` where that may not be read, as for another user's.
    package let mark: Mark?

    package init(status: ProcessStatus, cgroup: String, mark: Mark?) {
        self.status = status
        self.cgroup = cgroup
        self.mark = mark
    }
}

extension ProcessTable {
    /// Far above `pid_max` of any host that people run agents on by default (proc(5): 4,194,304 at most).
    private static let mostProcesses = 200_000

    /// One walk over /proc: every process but kernel threads and those that have ended, each with its cgroup and with
    /// what `mark` makes of its environment (`NAME=value`, separated by zero bytes; the slice is valid only in the call).
    ///
    /// A process that ends half-way is passed over. `complete` is `false` where /proc could not be listed to its end.
    package static func walk<Mark: Sendable>(
        _ mark: (ArraySlice<UInt8>) -> Mark
    ) -> (processes: [WalkedProcess<Mark>], complete: Bool) {
        guard var files = ProcFiles() else { return ([], false) }
        let (pids, complete) = files.pids(most: mostProcesses)
        var found: [WalkedProcess<Mark>] = []
        found.reserveCapacity(pids.count)
        for pid in pids {
            guard let status = files.read(pid, "stat").flatMap({ ProcessStatus(pid: pid, stat: $0) }),
                !status.isKernelThread, !status.isZombie
            else { continue }
            let group = files.read(pid, "cgroup").flatMap { cgroup(in: $0) } ?? ""
            found.append(WalkedProcess(status: status, cgroup: group, mark: files.read(pid, "environ").map(mark)))
        }
        return (found, complete)
    }
}
