internal import Diagnosing
internal import Files
internal import Model
internal import Recording

enum DoctorCommand {
    static var command: Command {
        Command(
            name: "doctor", summary: "Look at everything, touch nothing, and say what to do", operands: "",
            options: [.config, .json, .agent],
            discussion: """
                The same look that a pass takes, with the advice of the rule book for each finding, and the watchdog's \
                own needs: buses, journal, ledger, channels, cron.
                """, run: run)
    }

    private struct Report: Encodable {
        let schema = 1
        let verdict: String
        let checks: [DoctorCheck]
        let pass: PassReport

        private enum CodingKeys: String, CodingKey { case schema, verdict, checks, pass }
    }

    private static func run(_ invocation: Invocation, _ environment: Environment) throws(CommandFailure) -> ExitStatus {
        let settings = try environment.settings(invocation)
        var checks: [DoctorCheck] = []
        var ledger: Ledger?
        do throws(LedgerError) {
            ledger = try Ledger.openToRead(in: settings.stateDirectory, at: environment.now())
            checks.append(try DoctorCheck.ledger(ledger, environment))
        } catch {
            checks.append(DoctorCheck(id: "ledger", state: .problem, sentence: error.description))
        }
        let pass: Pass
        let report: PassReport
        do throws(LedgerError) {
            let key = FingerprintKey.forLooking(in: settings.stateDirectory)
            pass = try Pass(
                environment, settings, ledger: ledger, key: key, dryRun: true, agentName: invocation[.agent])
            report = PassReport(pass, pass.diagnose(try pass.observe(killModes: true)), advice: true)
        } catch {
            throw CommandFailure(.unable, "watchdog: \(error)")
        }
        if let name = invocation[.agent], report.agents.isEmpty {
            throw CommandFailure(.unable, "watchdog: no agent is called \(name); `watchdog doctor` lists them.")
        }
        checks = DoctorCheck.observation(pass) + checks + DoctorCheck.channels(environment, settings)
        checks += [DoctorCheck.telegram(settings), DoctorCheck.advisor(environment, settings)]
        checks.append(DoctorCheck.cron(environment, pass))
        let verdict = PassReport.worst(
            [report.verdict] + checks.map { $0.state == .problem ? .degraded : .healthy }, host: [])
        if invocation.json {
            environment.write(try jsonText(Report(verdict: verdict.rawValue, checks: checks, pass: report)))
        } else {
            let style = Style(colour: environment.colour)
            let width = checks.map(\.id.count).max() ?? 0
            for check in checks {
                environment.show(
                    "\(style.verdict(check.state.rawValue, width: 8)) \(check.id.padded(width))  \(check.sentence)")
            }
            environment.show(ReportText.lines(report, style: style))
        }
        return ExitStatus(verdict)
    }
}
