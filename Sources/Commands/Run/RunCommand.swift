internal import Alerting
internal import Files
internal import Model
internal import Recording

enum RunCommand {
    static var command: Command {
        Command(
            name: "run", summary: "Make one pass: find what is broken, mend it, prove it, tell", operands: "",
            options: [.config, .json, .agent, .dryRun, .wait],
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
            var ledger: Ledger?
            do throws(LedgerError) {
                ledger = try Ledger.openToRead(in: settings.stateDirectory, at: environment.now())
            } catch  where error.cannotOpen {
                // What is not there yet need not be made: the plan is made from what is seen alone.
            } catch {
                throw CommandFailure(.unable, "watchdog: \(error)")
            }
            let key = FingerprintKey.forLooking(in: settings.stateDirectory)
            return try report(invocation, environment, settings, ledger, key, dryRun: true)
        }
        let patience = try invocation.duration(.wait, .seconds(1)...(.seconds(3600))) ?? .zero
        guard let lock = try environment.lock(settings, patience) else {
            throw CommandFailure(
                .busy, "watchdog: another pass is running with the state directory \(settings.stateDirectory).")
        }
        let status: ExitStatus
        do throws(CommandFailure) {
            let ledger: Ledger
            do throws(LedgerError) {
                ledger = try Ledger.open(in: lock.path, at: environment.now())
            } catch {
                throw CommandFailure(.unable, "watchdog: \(error)")
            }
            let key: FingerprintKey
            do throws(FileError) {
                key = try FingerprintKey.load(in: lock.path)
            } catch {
                throw CommandFailure(.unable, "watchdog: \(error)")
            }
            status = try report(invocation, environment, settings, ledger, key, dryRun: false)
        } catch {
            // The ledger is the way in which alerts are kept: where it fails, people are told from here.
            if error.status == .unable, invocation[.agent] == nil, lock.isFirstThisHour() {
                tell(error.sentence, environment, settings)
            }
            throw error
        }
        // The lock is held to the very end of the pass.
        withExtendedLifetime(lock) {}
        return status
    }

    private static func tell(_ sentence: String, _ environment: Environment, _ settings: Settings) {
        let host = environment.hostName
        let notice = Notice(
            event: .opened, incident: 0, host: host, agent: "", unit: "", kinds: [.watchdogIncomplete],
            severity: .critical, title: "[broken] \(host): the watchdog cannot do its job", text: sentence.printable,
            at: environment.now())
        let outgoing = settings.channels.map { OutgoingNotice(id: 0, channel: $0.name, notice: notice, attempts: 0) }
        for delivery in Delivery.send(outgoing, to: environment.destinations(settings).usable) {
            if case .failed(let reason, _) = delivery.result { environment.say("watchdog: \(reason)") }
        }
    }

    private static func report(
        _ invocation: Invocation, _ environment: Environment, _ settings: Settings, _ ledger: Ledger?,
        _ key: FingerprintKey, dryRun: Bool
    ) throws(CommandFailure) -> ExitStatus {
        let pass: Pass
        let report: PassReport
        do throws(LedgerError) {
            pass = try Pass(
                environment, settings, ledger: ledger, key: key, dryRun: dryRun, agentName: invocation[.agent])
            report = try pass.run()
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        if let name = invocation[.agent], report.agents.isEmpty {
            throw CommandFailure(.unable, "watchdog: no agent is called \(name); `watchdog status` lists them.")
        }
        for (channel, sentence) in pass.undelivered.sorted(by: { $0.key < $1.key }) {
            environment.say("watchdog: channel \"\(channel)\" has messages that are not delivered yet. \(sentence)")
        }
        if invocation.json {
            environment.write(try jsonText(report))
        } else if environment.isTerminal || dryRun || pass.changedSomething {
            environment.show(ReportText.lines(report, style: Style(colour: environment.colour)))
        }
        return ExitStatus(report.verdict)
    }
}
