package import Model

/// Every condition that the watchdog knows, in the order in which `rules` and `explain` show them.
package enum RuleBook {
    package static let rules: [Rule] = [
        Rule(
            kind: .unitNotRun, title: "The program of the unit was never run", severity: .critical,
            silences: [.unitFailed, .unitCrashLoop, .unitStartLimit, .unitConfigExit],
            rule: "A process of the unit ended with one of systemd's own statuses, 200 to 243 (systemd.exec(5)).",
            reason:
                "systemd prepares a process before it runs the program: its folder, user, namespace, output. 203 means that the program itself cannot be started, 200 its folder, 217 its user. What the agent has in its config plays no part in it.",
            advice:
                "The watchdog starts nothing and puts no config back; it tells what systemd says. Correct the unit (`systemctl cat UNIT`) or what it names, then `systemctl restart UNIT`.",
            consequence: "The agent cannot come up, however often it is started."),
        Rule(
            kind: .unitBadSetting, title: "The unit file cannot be loaded", severity: .critical,
            silences: [
                .unitFailed, .unitCrashLoop, .unitStartLimit, .unitConfigExit, .unitInactive, .unitCondition,
            ],
            rule: "LoadState of the unit is bad-setting or error.",
            reason: "Somebody has changed the unit file, and systemd does not accept it. No start is possible.",
            advice:
                "The watchdog touches nothing. `systemd-analyze verify UNIT` names the line; correct it, then `systemctl daemon-reload`.",
            consequence: "What runs goes on; once it ends it cannot be started again."),
        Rule(
            kind: .unitReloadNeeded, title: "The unit file has changed and was not loaded", severity: .info,
            rule: "NeedDaemonReload of the unit is true.",
            reason:
                "Whoever changed it may not be done yet. The watchdog must not make it effective, as a reload for a drop-in of its own would.",
            advice: "`systemctl daemon-reload` when the change is complete. Until then no drop-in is written.",
            consequence: "The unit goes on with its old settings."),
        Rule(
            kind: .unitCondition, title: "A condition of the unit holds it back", severity: .warning,
            rule:
                "The unit is enabled and inactive, and a Condition…= of it was not met when it was to be started last.",
            reason: "systemd passes such a unit over without an error: a start does nothing.",
            advice:
                "The watchdog starts nothing. Make what the finding names so, then `systemctl start UNIT`; or take the condition out.",
            consequence: "The agent stays down, and nothing turns red."),
        Rule(
            kind: .unitStuck, title: "The unit does not come to the end of a start or stop", severity: .warning,
            rule:
                "The unit has been activating, deactivating or reloading for a quarter of an hour, and for longer than three times its own timeout for that.",
            reason: "A job that never ends holds the unit: no other start or stop comes through.",
            advice:
                "The watchdog waits and starts nothing. `systemctl status UNIT` shows the process that is waited for; a timeout that is no infinity (`TimeoutStartSec=`, `TimeoutStopSec=`) keeps it from happening again.",
            consequence: "The agent is neither up nor down, and nothing turns red."),
        Rule(
            kind: .instanceRunning, title: "Another instance of the agent has its place", severity: .critical,
            silences: [.unitFailed, .unitCrashLoop, .unitStartLimit, .unitConfigExit, .unitInactive],
            rule:
                "Two units, in the system manager or a user's, are gateways with the same config; or the agent's last lines say that another instance of it runs already.",
            reason:
                "Only one can hold the lock, the port and the bot. To start the other one, or to put its config back, would harm the one that serves.",
            advice: "The watchdog touches neither. Keep one of the two, and disable the other as the finding says.",
            consequence: "The two take turns in failing, or in losing messages."),
        Rule(
            kind: .portInUse, title: "The agent's port is in use", severity: .critical,
            silences: [.unitFailed, .unitCrashLoop, .unitStartLimit, .unitConfigExit],
            rule: "The agent went away, and its last lines say that its port or address is in use.",
            reason: "Somebody else listens there. A start, or another config, does not change that.",
            advice:
                "A stray copy of the agent is ended where that is proven and safe; where the port is free again, the unit is started once. Otherwise you are told who holds it: stop that, or give one of the two another port.",
            consequence: "The agent cannot come up."),
        Rule(
            kind: .outOfMemory, title: "The agent ran out of memory", severity: .critical,
            silences: [.unitFailed, .unitConfigExit],
            rule:
                "The kernel ended it for want of memory (Result=oom-kill), or its last lines say that its heap is full.",
            reason: "It is no fault of its config. A fresh start often holds for a while; what fills the memory stays.",
            advice:
                "The watchdog starts a failed unit once, and puts no config back. See `systemctl status UNIT` for its memory, and MemoryMax= and the limit of its heap.",
            consequence: "It dies again when its memory is full again."),
        Rule(
            kind: .diskFull, title: "A disk is full", severity: .critical,
            silences: [.unitFailed, .unitCrashLoop, .unitStartLimit, .unitConfigExit],
            rule: "The agent went away, and its last lines say that no space is left on a device.",
            reason: "No start can help, and a config that is put back may not even be written.",
            advice:
                "The watchdog touches nothing. `df -h` and `df -i` show which disk; make room, then `systemctl restart UNIT`.",
            consequence: "Agents lose what they cannot write."),
        Rule(
            kind: .moduleMissing, title: "A part of the agent's program is missing", severity: .critical,
            silences: [.unitFailed, .unitCrashLoop, .unitStartLimit, .unitConfigExit],
            rule: "The agent went away, and its last lines name a module that is not there.",
            reason: "An update was not finished, or another one took it away. No start and no config brings it back.",
            advice: "The watchdog touches nothing. Install the agent's program again, then `systemctl restart UNIT`.",
            consequence: "It ends at each start."),
        Rule(
            kind: .unitConfigExit, title: "The agent refused its configuration", severity: .critical,
            silences: [.unitFailed, .unitStartLimit, .unitCrashLoop],
            rule: "The unit's main process ended with status 78 and the unit is not running.",
            reason:
                "78 is EX_CONFIG: a gateway ends with it when its config does not validate, and units are set not to start again after it (RestartPreventExitStatus=78). A restart cannot help, because the file is still the same.",
            advice:
                "The watchdog puts the last-known-good config back if the file was changed after the agent last worked, starts the unit, and keeps the refused file; where another cause is named, such as a port or another instance, it leaves the config alone. To do it by hand: read what the agent says of its config (`journalctl -u UNIT -n 20`), correct the file, then `systemctl reset-failed UNIT` and `systemctl start UNIT`.",
            consequence: "The agent stays silent until its config is valid."),
        Rule(
            kind: .unitStartLimit, title: "systemd refuses to start the unit", severity: .critical,
            silences: [.unitFailed, .unitCrashLoop],
            rule:
                "The unit failed, and its result is start-limit-hit or its manager logged \"Start request repeated too quickly\".",
            reason:
                "After StartLimitBurst starts within StartLimitIntervalSec the manager refuses any further start, also one that would work, until the failed state is cleared.",
            advice:
                "The watchdog clears the failed state, starts the unit once and watches whether it holds. By hand: `systemctl reset-failed UNIT && systemctl start UNIT`.",
            consequence: "Nothing starts the unit again by itself, even when the cause is long gone."),
        Rule(
            kind: .unitCrashLoop, title: "The unit is restarted again and again", severity: .critical,
            silences: [.unitFailed],
            rule:
                "The restart counter grew by three or more since the last pass and the main process is younger than five minutes, or an automatic restart is pending and three have gone before. Ends with success, and those that the unit itself declares as a success or a wanted restart (SuccessExitStatus=, RestartForceExitStatus=), do not count. Once found, it is over when a main process has held for five minutes or the counter has begun again; one that has lived twice as long as those that crashed is waited for.",
            reason:
                "systemd is already restarting it; one more start from outside would only compete with that. The cause has to be found.",
            advice:
                "The watchdog asks the advisor if there is one, then tries the last-known-good config if the file was changed after the agent last worked, then tells a person. By hand: `journalctl -u UNIT -n 50`.",
            consequence: "The agent answers only between two crashes, and may run into its start limit."),
        Rule(
            kind: .unitFailed, title: "The unit has failed", severity: .critical,
            rule: "ActiveState is failed, and no more specific condition explains it.",
            reason: "The agent is gone and systemd will not start it again.",
            advice:
                "Where it is proven that nobody stopped it, the watchdog clears the failed state and starts the unit once. If that does not hold it asks the advisor, then tries the last-known-good config if the file was changed after the agent last worked, then tells a person. Without that proof, and where a timer, a socket or another unit starts it, it is told and left alone. By hand: `systemctl status UNIT`.",
            consequence: "The agent stays down."),
        Rule(
            kind: .unitInactive, title: "An enabled unit is not running", severity: .critical,
            rule:
                "The unit is enabled and inactive, it is no one-shot and nothing else starts it. Critical where it is proven that it ended by itself; a warning where nothing shows why it is down, where it went down with a unit that it depends on, or where it has been down by a request for longer than stopped_reminder.",
            reason:
                "A main process that ends with status 0 leaves its unit inactive, not failed: nothing restarts it unless Restart=always, and nothing turns red. A stop looks the same: only what systemd has logged of this very run, or an end that no stop produces, tells one from the other.",
            advice:
                "Where it is proven that it ended by itself, the watchdog starts the unit once and watches whether it holds. Otherwise it is told and left alone. If it is meant to be off: `systemctl disable UNIT`.",
            consequence: "The agent stays down without any sign of failure."),
        Rule(
            kind: .probeFailed, title: "The agent runs but does not work", severity: .critical,
            rule:
                "A health address fails in two passes one after the other although the unit is active and past its warm-up. From an address that is guessed, and from what this host could not ask, follows a remark; from a process that somebody has frozen or holds, a warning.",
            reason:
                "A process can live and still be wedged. One failed answer proves little, so the second pass has to confirm it.",
            advice:
                "The watchdog restarts the unit once after the second failure, unless somebody holds its process. By hand: ask the address yourself with `curl`, then `systemctl restart UNIT`.",
            consequence: "The agent looks well to systemd and answers nobody."),
        Rule(
            kind: .unitKillMode, title: "Children of the agent outlive a restart", severity: .warning,
            rule: "KillMode of the unit is process or none (or mixed, with kill_mode_strict).",
            reason:
                "With these settings a stop ends the main process only. What it started goes on in the unit's cgroup and may keep polling the same bot token, which is answered with 409 Conflict.",
            advice:
                "The watchdog writes the drop-in 90-agent-watchdog.conf with KillMode=control-group and has the manager reload its units; nothing is restarted. To take it back: delete that file and run `systemctl daemon-reload`; it is not written again.",
            consequence: "The next restart leaves a second poller behind."),
        Rule(
            kind: .processLeftover, title: "A process of an earlier start is still there", severity: .warning,
            rule:
                "A process in the unit's cgroup, or in a cgroup below it, started before the present main process, is not its descendant, and carries the invocation id of another start; or carries none and is older than the present activation.",
            reason:
                "It belongs to a start that is over. It may poll the same bot token, hold a port or write the same files.",
            advice:
                "The watchdog ends exactly that process: SIGTERM, the unit's own stop timeout, then SIGKILL. Where it, or anything below it, has a terminal, it is told and left alone. By hand: `kill PID`.",
            consequence: "Two processes work as one agent; messages get lost between them."),
        Rule(
            kind: .processStray, title: "A second copy of the agent runs outside its unit", severity: .warning,
            rule:
                "A process outside every agent unit's cgroup is older than a minute and has the agent's bot token in its environment and a TCP connection to something else than the agent, or listens on the agent's own port. A token that a user's manager gives to everything that it starts proves nothing.",
            reason:
                "Started by hand, by another supervisor, or left by an update: systemd does not know it, a restart of the unit does not reach it, and it takes the agent's messages or its port.",
            advice:
                "The watchdog ends it only if it has the token or the port and runs the agent's own program (the same file by its whole path, with the same command behind it), if it has no second bot token and no other config or profile, if its parent is gone, and if nobody can be at it: no terminal, no login session, no other service or container. SIGTERM, the unit's own stop timeout, then SIGKILL. Otherwise the finding says why not, and what to type.",
            consequence: "Two processes answer as one agent, and each loses messages to the other."),
        Rule(
            kind: .pollerConflict, title: "Polls for messages end with 409 Conflict", severity: .warning,
            rule:
                "The agent's journal has a new line with 409 and getUpdates, or the Bot API's sentence for it, from the present main process. Only a line as the well-known gateways and libraries write it counts; what somebody wrote to the bot, or another agent's log, is a remark.",
            reason:
                "The Bot API lets one poll at a time stand and ends the older one with 409. Another process may hold the token, here or on another host; an agent can also conflict with itself.",
            advice:
                "With a second holder of the token on this host, the watchdog ends the one outside the unit, if it may. With the agent as the only holder, and a conflict that goes on for 20 seconds, or goes on in a second pass, it restarts the unit once in an incident. With none, or if that did not help, the token is polled somewhere else: stop it there, or rotate the token (@BotFather, /revoke) and set the new one. It is called over only when a later pass has seen no such line.",
            consequence: "The agent receives some of its messages, or none."),
        Rule(
            kind: .pollerDuplicateToken, title: "Two hold the same bot token", severity: .warning,
            rule:
                "Another agent has the same bot token in its unit's environment, an environment file, its config a .env beside that or its main process; or another service or container has it.",
            reason: "Only one can poll a bot. It goes unnoticed until both run, and then both lose messages.",
            advice:
                "Give each agent a bot of its own (@BotFather, /newbot), or take the token away from the one that does not need it. The watchdog changes nothing here.",
            consequence: "As soon as both poll, the Bot API ends each poll of one with the next of the other."),
        Rule(
            kind: .pollerWebhook, title: "A webhook keeps the agent from polling", severity: .warning,
            rule:
                "getWebhookInfo names an address that neither the agent's config nor its environment has, or the journal has the Bot API's sentence that a webhook is active.",
            reason: "While a webhook is set, the Bot API refuses every poll and sends the messages there.",
            advice:
                "If the webhook is a remnant: `curl \"https://api.telegram.org/bot$TELEGRAM_BOT_TOKEN/deleteWebhook\"`, or the same of your own Bot API server. The watchdog asks at most once an hour, so that it may take an hour until it calls this over.",
            consequence: "The agent receives no messages at all."),
        Rule(
            kind: .secretMissing, title: "A variable that the agent needs is not set", severity: .warning,
            rule:
                "A variable that the settings name as a secret, or that the agent's config refers to as ${NAME} or as a secret reference, stands nowhere that the unit's next start would find it; or an EnvironmentFile= without `-` is not there.",
            reason:
                "The running process may still have it. What the next start is given comes from Environment=, EnvironmentFile=, PassEnvironment=, the manager's environment and credentials, and where the agent's kind has these from its .env and the config's own env.",
            advice:
                "Set it where the unit looks, e.g. in its EnvironmentFile=, run `systemctl daemon-reload` if a unit file was changed, and restart the agent when it suits. The watchdog changes no secret.",
            consequence:
                "After the next restart the feature is gone with no more than a warning, or the agent refuses to start."
        ),
        Rule(
            kind: .secretEmpty, title: "A variable that the agent needs is empty", severity: .warning,
            rule:
                "Such a variable is set, and its value is empty, spaces, quotes, a mask, a placeholder such as changeme, or a reference that nothing expands.",
            reason:
                "systemd expands nothing in an environment file, and a template that was rendered without its secret leaves an empty value behind; both look as if the variable were set.",
            advice:
                "Put the value where the finding says, and restart the agent when it suits. The watchdog changes no secret.",
            consequence: "The agent starts and is refused by its services, or does without them in silence."),
        Rule(
            kind: .secretRejected, title: "The bot token is refused", severity: .warning,
            rule: "getMe and getWebhookInfo both answer 401 for the agent's bot token.",
            reason: "The token was revoked or replaced. No restart and no older config makes it valid again.",
            advice:
                "Get the present token from @BotFather (/token), set it where the finding says, and restart the unit. The watchdog asks at most once an hour.",
            consequence: "The bot neither receives nor sends anything."),
        Rule(
            kind: .configMissing, title: "A config file is not there, or the agent cannot read it", severity: .warning,
            rule:
                "A config file of the agent does not exist, or its user may not read it any more, and that was otherwise in an earlier pass; or the settings name it.",
            reason: "The agent may still run with what it has in its memory; its next start will find nothing.",
            advice:
                "`watchdog config rollback AGENT` puts the last version that is known to work in its place. After an edit as another user, give the file back with chown.",
            consequence: "The next restart fails, or the agent starts with defaults."),
        Rule(
            kind: .configSyntax, title: "A config file cannot be parsed", severity: .warning,
            rule:
                "The file is not valid JSON5, TOML, YAML or an environment file, by its suffix, and was not changed within the last two minutes.",
            reason: "A running agent does not notice; at its next start it refuses the file.",
            advice:
                "Correct the line that the finding names, or go back: `watchdog config rollback AGENT`. Before the next edit: `watchdog config check FILE`.",
            consequence: "The agent goes down at its next restart, whenever that comes."),
        Rule(
            kind: .configSchema, title: "A config does not fit its schema", severity: .warning,
            rule:
                "The agent's own validator (`validate` in the settings) refuses the file; or, where there is none, the file parses and does not validate against the JSON Schema (draft-07) that the settings name.",
            reason: "A plausible value that the agent does not know is refused as a whole at its next start.",
            advice:
                "Correct what the finding names, or go back: `watchdog config rollback AGENT`. Before the next edit: `watchdog config apply AGENT FILE`, which asks the same judges first.",
            consequence: "The agent goes down at its next restart, whenever that comes."),
        Rule(
            kind: .configInvisibleCharacter, title: "A config holds characters that nobody sees", severity: .warning,
            rule:
                "The file holds a zero-width, bidirectional or other invisible character where no ordinary writing has one, or a key with a letter that is not ASCII.",
            reason:
                "A key with such a character looks right and is another key: it came with a copy from a chat or a web page.",
            advice:
                "`watchdog config check --fix-invisible FILE` shows what it would change and changes it. A letter of another script in a key has to be typed anew.",
            consequence: "The setting is unknown to the agent, or silently has no effect."),
        Rule(
            kind: .configRedacted, title: "A config holds a mask where a value belongs", severity: .warning,
            rule: "A value is `***`, `[redacted]` or another mask that a tool prints in place of a secret.",
            reason: "Somebody wrote back what a tool had printed: the secret itself is gone from the file.",
            advice: "Put the value back; `watchdog config history AGENT` lists versions that still have it.",
            consequence: "The agent uses the mask as its secret, and is refused."),
        Rule(
            kind: .configUndone, title: "A change of the config was taken back", severity: .warning,
            rule:
                "A change made by `watchdog config apply` or `rollback` was not confirmed in time, broke the agent while it waited, or was left unfinished by a program that died; it was taken back, or is to be and cannot be yet.",
            reason:
                "A change is a transaction: it is proven and, where that was asked for, confirmed, or the old file comes back.",
            advice:
                "Nothing needs doing where the old file is back; where it is not, the finding says what is in the way. The new version is kept: `watchdog config history AGENT` lists it, and `watchdog config rollback AGENT ID` puts it in place again.",
            consequence: "The agent goes on with the config that it had before."),
        Rule(
            kind: .fleetWide, title: "Most of the fleet broke at once", severity: .critical,
            rule: "More than brake_share of a fleet of four or more is broken in the same pass.",
            reason:
                "So many agents do not break by themselves: the network, the disk, a provider or an upgrade is behind it, and restarts would only add load.",
            advice: "The watchdog restarts nothing and tells a person once. Look for what the agents share.",
            consequence: "Restarting a fleet into a common cause makes the outage longer."),
        Rule(
            kind: .watchdogIncomplete, title: "The watchdog could not see everything", severity: .warning,
            rule: "A bus, the journal, a file or a unit's properties could not be read.",
            reason: "What was not seen is not healthy, it is unknown.",
            advice: "The sentence of the finding says what was tried, what came back and what to do.",
            consequence: "Faults in the dark part go unnoticed."),
    ]

    package static func rule(_ kind: FindingKind) -> Rule? {
        rules.first { $0.kind == kind }
    }
}
