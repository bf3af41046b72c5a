internal import Files
internal import Model
internal import Recording

enum RunCommand {
    static var command: Command {
        Command(
            name: "run", summary: "Make one pass: find what is broken, mend it, prove it, tell", operands: "",
            options: [.config, .json, .agent, .dryRun],
            discussion: """
                Cron starts this every 15 minutes. Without a terminal it prints only what changed, so that cron mails \
                nothing while all is well. With --dry-run nothing is touched and nobody is told: the plan is printed, \
                with the difference that it would make to a config.
                """,
            run: run)
    }

    private static func run(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> ExitStatus {
        let settings = try environment.settings(invocation)
        let dryRun = invocation.has(.dryRun)
        if dryRun {
            // What is not there yet need not be made to be read.
            // Ignoring: without a ledger a dry run plans from what it sees alone.
            let ledger = try? Ledger.openToRead(in: settings.stateDirectory, at: environment.now())
            return try report(invocation, environment, settings, ledger, dryRun: true)
        }
        let lock: StateDirectory?
        do throws(FileError) {
            lock = try StateDirectory.lock(settings.stateDirectory)
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        guard let lock = consume lock else {
            throw CommandFailure(
                .busy, "watchdog: another pass is running with the state directory \(settings.stateDirectory).")
        }
        let ledger: Ledger
        do throws(LedgerError) {
            ledger = try Ledger.open(in: lock.path, at: environment.now())
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        let status = try report(invocation, environment, settings, ledger, dryRun: false)
        // The lock is held to the very end of the pass.
        withExtendedLifetime(lock) {}
        return status
    }

    private static func report(
        _ invocation: Invocation, _ environment: Environment, _ settings: Settings, _ ledger: Ledger?, dryRun: Bool
    ) throws(CommandFailure) -> ExitStatus {
        let pass: Pass
        let report: PassReport
        do throws(LedgerError) {
            pass = try Pass(environment, settings, ledger: ledger, dryRun: dryRun, agentName: invocation[.agent])
            report = try pass.run()
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        if let name = invocation[.agent], report.agents.isEmpty {
            throw CommandFailure(.unable, "watchdog: no agent is called \(name); `watchdog status` lists them.")
        }
        for sentence in pass.undelivered { environment.complain("watchdog: \(sentence)\n") }
        if invocation.json {
            environment.write(try jsonText(report))
        } else if environment.isTerminal || dryRun || pass.changedSomething {
            environment.write(ReportText.text(report, style: Style(colour: environment.colour)))
        }
        return ExitStatus(report.verdict)
    }
}
