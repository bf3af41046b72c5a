package import Files
package import Model
internal import Processes
package import Systemd

/// One round of acting: every approved plan's steps, in their order.
///
/// What can be done at once is done as plans come in; what is shared or takes time (reloading a manager, jobs of
/// units, waiting for processes to end) is done for all of them together by `finish`.
package final class Round {
    private let manager: (Scope) -> UnitManager?
    /// How long jobs and ending processes may take, at most.
    private let limit: Duration
    private let key: FingerprintKey

    private struct Step {
        let index: Int
        let remedy: Remedy
        let seen: AgentObservation
        let log: StepLog

        func close(_ result: ActionOutcome.Result, _ target: String, _ reason: String) {
            log.ended(index, ActionOutcome(remedy: remedy.name, target: target, result: result, reason: reason))
        }
    }

    private var jobs: [(step: Step, job: UnitJob)] = []
    private var dropIns: [(step: Step, path: String)] = []
    private var ending: [(step: Step, process: EndingProcess)] = []

    package init(limit: Duration, key: FingerprintKey, manager: @escaping (Scope) -> UnitManager?) {
        self.key = key
        self.limit = limit
        self.manager = manager
    }

    /// Carries out a plan, as far as it can be before `finish`. After a step that failed the rest is not begun.
    package func perform(_ approved: consuming Approved, seen: AgentObservation, log: StepLog) {
        let plan = approved.spend()
        var failed = false
        for (index, remedy) in plan.steps.enumerated() {
            let step = Step(index: index, remedy: remedy, seen: seen, log: log)
            if failed {
                step.close(.refused, Self.target(remedy, seen), "Not begun, because the step before it failed.")
                continue
            }
            if let reason = log.began(index) {
                step.close(
                    .refused, Self.target(remedy, seen),
                    "Not begun, because it could not be written down first. \(reason)")
                failed = true
                continue
            }
            // One process that is not what was seen any more says nothing of the next.
            if !begin(step), !remedy.isEnd { failed = true }
        }
    }

    /// `false` where the step has failed already.
    private func begin(_ step: Step) -> Bool {
        let unit = step.seen.agent.id.unit
        switch step.remedy {
        case .startUnit: jobs.append((step, UnitJob(.start, unit)))
        case .restartUnit: jobs.append((step, UnitJob(.restart, unit)))
        case .resetFailed:
            do throws(SystemdError) {
                guard let manager = manager(step.seen.agent.id.scope) else { return unreachable(step) }
                try manager.resetFailed(unit)
                step.close(.done, unit, "The failed state of \(unit) is cleared.")
            } catch {
                step.close(.failed, unit, error.description)
                return false
            }
        case .writeKillMode(let mode):
            let path = KillModeDropIn.shownPath(step.seen.agent.id)
            do throws(FileError) {
                dropIns.append((step, try KillModeDropIn.write(mode, for: step.seen)))
            } catch {
                step.close(.failed, path, error.description)
                return false
            }
        case .restoreConfig(let restore):
            do throws(FileError) {
                let problems = try ConfigRestoring.put(restore, for: step.seen)
                let done = "Version \(restore.version.digest.short) is in its place."
                step.close(.done, restore.version.path, ([done] + problems).joined(separator: " "))
            } catch {
                // Whoever changed it in this moment, an editor or the agent itself: the next pass looks again.
                let result: ActionOutcome.Result = error.code == .changedMeanwhile ? .pending : .refused
                step.close(result, restore.version.path, error.description)
                return false
            }
        case .endProcess(let order):
            let id = order.process
            do throws(ProcessError) {
                switch try EndingProcess.terminate(order, in: step.seen, key: key) {
                case .asked(let process): ending.append((step, process))
                case .gone: step.close(.done, "PID \(id.pid)", "The process had already ended.")
                case .notProven(let reason):
                    step.close(.refused, "PID \(id.pid)", reason)
                    return false
                }
            } catch {
                step.close(.failed, "PID \(id.pid)", error.description)
                return false
            }
        }
        return true
    }

    /// Reloads each manager whose drop-ins changed, once; runs all jobs; waits for all processes that were asked to end.
    package func finish() {
        for (scope, group) in Dictionary(grouping: dropIns, by: { $0.step.seen.agent.id.scope }) {
            do throws(SystemdError) {
                guard let manager = manager(scope) else {
                    for (step, _) in group { _ = unreachable(step) }
                    continue
                }
                try manager.reload()
                for (step, path) in group {
                    step.close(
                        .done, path,
                        "Written, and read by \(scope.manager); delete the file and reload to take it back.")
                }
            } catch {
                for (step, path) in group {
                    step.close(.failed, path, "Written, but not yet read by the manager. \(error)")
                }
            }
        }
        for (scope, group) in Dictionary(grouping: jobs, by: { $0.step.seen.agent.id.scope }) {
            runJobs(group, scope)
        }
        for (step, process) in ending {
            let target = "PID \(process.id.pid)"
            do throws(ProcessError) {
                if let end = try process.waitForEnd(step.seen.unit.timeoutStop, within: limit) {
                    step.close(.done, target, end)
                } else {
                    step.close(
                        .pending, target,
                        "It was asked to end (SIGTERM) and is still at it, for which its unit gives it time; the next pass looks again."
                    )
                }
            } catch {
                step.close(.failed, "PID \(process.id.pid)", error.description)
            }
        }
        jobs = []
        dropIns = []
        ending = []
    }

    private func runJobs(_ group: [(step: Step, job: UnitJob)], _ scope: Scope) {
        guard let manager = manager(scope) else {
            for (step, _) in group { _ = unreachable(step) }
            return
        }
        do throws(SystemdError) {
            let answers = try manager.run(group.map(\.job), seconds: limit.seconds)
            for ((step, job), answer) in zip(group, answers) {
                switch answer {
                case .success("done"): step.close(.done, job.unit, "systemd reports the job as done.")
                case .success(let word): step.close(.failed, job.unit, "systemd reports the job as \(word).")
                case .failure(let error): step.close(.failed, job.unit, error.description)
                }
            }
        } catch {
            for (step, job) in group { step.close(.failed, job.unit, error.description) }
        }
    }

    private func unreachable(_ step: Step) -> Bool {
        step.close(.failed, step.seen.agent.id.unit, "There is no connection to \(step.seen.agent.id.scope.manager).")
        return false
    }

    /// What a step is done to, for the ledger and for people.
    package static func target(_ remedy: Remedy, _ seen: AgentObservation) -> String {
        switch remedy {
        case .startUnit, .restartUnit, .resetFailed: seen.agent.id.unit
        case .writeKillMode: KillModeDropIn.shownPath(seen.agent.id)
        case .restoreConfig(let restore): restore.version.path
        case .endProcess(let order): "PID \(order.process.pid)"
        }
    }
}
