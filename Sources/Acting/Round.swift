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
    private let lastLook: LastLooks

    /// What becomes of a job of a unit after one more look at it, directly before it would be asked for. All at once.
    package typealias LastLooks = ([(remedy: Remedy, seen: AgentObservation)]) -> [JobChoice]

    /// One user's jobs hold up nobody else's pass for longer.
    private static let mostForUser: Duration = .seconds(60)

    private struct Step {
        let index: Int
        let remedy: Remedy
        let seen: AgentObservation
        let log: StepLog

        func close(
            _ result: ActionOutcome.Result, _ target: String, _ reason: String, isOvertaken: Bool = false
        ) {
            log.ended(
                index,
                ActionOutcome(
                    remedy: remedy.name, target: target, result: result, reason: reason, isOvertaken: isOvertaken))
        }
    }

    private var jobs: [Step] = []
    /// Failed states that are cleared directly before the start that needs it.
    private var resets: [AgentID: Step] = [:]
    private var dropIns: [(step: Step, path: String)] = []
    private var ending: [(step: Step, process: EndingProcess)] = []

    package init(
        limit: Duration, key: FingerprintKey, lastLook: @escaping LastLooks,
        manager: @escaping (Scope) -> UnitManager?
    ) {
        self.lastLook = lastLook
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
        switch step.remedy {
        case .startUnit, .restartUnit: jobs.append(step)
        case .resetFailed: resets[step.seen.agent.id] = step
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
        runJobs()
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
        resets = [:]
        dropIns = []
        ending = []
    }

    private func runJobs() {
        guard !jobs.isEmpty else { return }
        let choices = lastLook(jobs.map { ($0.remedy, $0.seen) })
        var asked: [Scope: [(step: Step, job: UnitJob)]] = [:]
        for (step, choice) in zip(jobs, choices) {
            let id = step.seen.agent.id
            let reset = resets.removeValue(forKey: id)
            switch choice {
            case .no(let reason):
                reset?.close(.refused, id.unit, reason, isOvertaken: true)
                step.close(.refused, id.unit, reason, isOvertaken: true)
            case .go(let kind):
                if let reset, !clear(reset) {
                    step.close(.refused, id.unit, "Not begun, because the step before it failed.")
                } else {
                    asked[id.scope, default: []].append((step, UnitJob(Self.verb(kind), id.unit)))
                }
            }
        }
        var batches: [(group: [(step: Step, job: UnitJob)], batch: JobBatch, limit: Duration)] = []
        // The system's first.
        for (scope, group) in asked.sorted(by: { ($0.key.uid ?? 0) < ($1.key.uid ?? 0) }) {
            guard let manager = manager(scope) else {
                for (step, _) in group { _ = unreachable(step) }
                continue
            }
            do throws(SystemdError) {
                let most = scope == .system ? limit : min(limit, Self.mostForUser)
                batches.append((group, try manager.begin(group.map(\.job)), most))
            } catch {
                for (step, job) in group { step.close(.failed, job.unit, error.description) }
            }
        }
        let began = ContinuousClock.now
        for (group, batch, limit) in batches {
            do throws(SystemdError) {
                // Those of other managers go on meanwhile.
                try batch.wait(max(.zero, began + limit - ContinuousClock.now))
                close(group, batch.results(after: limit))
            } catch {
                for (step, job) in group { step.close(.failed, job.unit, error.description) }
            }
        }
    }

    private func close(_ group: [(step: Step, job: UnitJob)], _ answers: [Result<String, SystemdError>]) {
        for ((step, job), answer) in zip(group, answers) {
            switch answer {
            case .success("done"): step.close(.done, job.unit, "systemd reports the job as done.")
            case .success("canceled"):
                step.close(
                    .failed, job.unit, "systemd reports the job as canceled: something else was asked of the unit.",
                    isOvertaken: true)
            case .success(let word): step.close(.failed, job.unit, "systemd reports the job as \(word).")
            case .failure(let error) where error.code == .timedOut:
                step.close(.pending, job.unit, "\(error) systemd is still at it; the next pass looks again.")
            case .failure(let error): step.close(.failed, job.unit, error.description)
            }
        }
    }

    private static func verb(_ kind: UnitJobKind) -> UnitJob.Verb {
        switch kind {
        case .start: .start
        case .restart: .restart
        case .tryRestart: .tryRestart
        }
    }

    /// Without it systemd refuses a start that comes too soon after many others.
    private func clear(_ step: Step) -> Bool {
        let unit = step.seen.agent.id.unit
        do throws(SystemdError) {
            guard let manager = manager(step.seen.agent.id.scope) else { return unreachable(step) }
            try manager.resetFailed(unit)
            step.close(.done, unit, "The failed state of \(unit) is cleared.")
            return true
        } catch {
            step.close(.failed, unit, error.description)
            return false
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
