"""Processes outside of every unit that work as an agent: ended where that is proven and nobody can be at them."""
import ctypes
import json
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

import agents
import breaks
import strays
from agents import TELEGRAM_API, bot_token
from catalogue import EVERYWHERE, SYSTEM, test
from expect import Skip, check, contains, equal, lacks
from world import ACCOUNT, PROGRAM, Call

OTHERS = "guest"  # an account that has nothing to do with any agent


def token(agent):
    return bot_token(agent.name)


def start_of(agent):
    state = agent.state()
    return state["MainPID"], state["InvocationID"]


def findings(call, name):
    return [(finding["kind"], finding["severity"]) for finding in call.agent(name)["findings"]]


def summary(call, name, kind="process-stray"):
    found = [finding["summary"] for finding in call.agent(name)["findings"] if finding["kind"] == kind]
    equal(len(found), 1, f"the number of findings {kind} on {name}, of {findings(call, name)}")
    return found[0]


def told(world):
    return sorted((alert["agent"], alert["event"]) for alert in world.doubles.alerts())


def living(found):
    return [name for name, stray in found.items() if stray.alive()]


def quiet(world, status=0):
    """One more pass, which finds nothing new and does nothing."""
    actions, alerts = world.ledger.actions(), told(world)
    call = world.run(status=status)
    equal((call.out, call.err), ("", ""), "what the next pass printed")
    equal(world.ledger.actions(), actions, "what was done after the next pass")
    equal(told(world), alerts, "what was told after the next pass")


def elsewhere(world, agent):
    """From now on the agent listens on another port than the one that its unit names."""
    port = agent.port + 1000
    start = re.search(r"^ExecStart=(.*)$", agent.unit_file.read_text(), re.M).group(1)
    start = start.replace(f"--port {agent.port}", f"--port {port}")
    world.drop_in(agent, f"ExecStart=\nExecStart=/usr/bin/env OPENCLAW_GATEWAY_PORT={port} {start}")
    agent.systemctl("restart", agent.unit)
    breaks.wait(f"{agent.unit} to listen on {port}", lambda: listening(port))


def listening(port):
    found = subprocess.run(["ss", "-Hltn", f"sport = :{port}"], text=True, check=True, capture_output=True)
    return bool(found.stdout.strip())


def copy_at(agent, account=ACCOUNT, **environment):
    """An orphan of the agent's own gateway that listens on its port, and does not know its token."""
    return strays.orphan(None, account, port=agent.port, program="gateway",
                         **{"OPENCLAW_CONFIG_PATH": str(agent.config)} | environment)


def program_at(agent, *words):
    """Some other program, an orphan of the agents' account that listens on the agent's port."""
    stray = strays.orphan(None, ACCOUNT, program=words)
    breaks.wait(f"a program to listen on {agent.port}", lambda: listening(agent.port))
    return stray


# Ended

@test("an orphan that holds an agent's token is ended, and the agent goes on", EVERYWHERE,
      seconds=80, waits=True, limit=150)
def orphans(world):
    # Each polls for an agent of its own, or their conflicts would keep them busy for long after SIGTERM.
    def of(name, account, **options):
        return strays.orphan(token(world.create(name)), account, **options)
    found = {"twice": of("twice", ACCOUNT)}
    gentle = found["gentle"] = strays.Puppet(token(world.fleet["twice"]), ACCOUNT)
    gentle.on_term(ends=True)
    deaf = found["deaf"] = strays.Puppet(token(world.create("deaf")), ACCOUNT)
    deaf.on_term(ends=False)
    for puppet in (gentle, deaf):
        puppet.connect()
    world.drop_in(world.fleet["deaf"], "TimeoutStopSec=3s")
    if world.scope != SYSTEM:
        found["managed"] = of("managed", ACCOUNT, place="user")
    if not world.by_user:
        agents._make_account(OTHERS, linger=False)
        found["guests"], found["roots"] = of("guests", OTHERS), of("roots", "root")
    if world.scope == SYSTEM:
        found["scoped"] = of("scoped", ACCOUNT, place="system")
        # As what a cron job leaves behind: in the cgroup of a service, and nothing of that service's.
        agents.run("systemd-run", "--quiet", "--unit=sleeper.service", "sleep", "infinity")
        found["beside"] = of("beside", "root", place="/system.slice/sleeper.service")
    healed = list(world.fleet.values())
    escaped = blocked = root = None
    if world.scope != SYSTEM:
        escaped = child_in_scope(world, world.create("parent"))
    if world.by_user:
        blocked = world.create("blocked")
        elsewhere(world, blocked)
        root = copy_at(blocked, "root")
    for stray in filter(None, [*found.values(), escaped, root]):
        strays.aged(stray)
    before = {agent.name: start_of(agent) for agent in world.fleet.values()}

    call = world.run("--json")

    equal(living(found), [], "the strays that still live")
    equal({agent.name: start_of(agent) for agent in world.fleet.values()}, before,
          "main process and start of the units")
    for agent in healed:
        check(agent.ready(), f"{agent.name} does not answer")
        equal(call.verdict(agent.name), "healed", f"the verdict on {agent.name}")
    contains(gentle.said(), "asked to end", "what the gentle one said before it ended")
    contains(deaf.said(), "asked to end", "what the deaf one said before it was killed")
    rows = world.ledger.rows("SELECT * FROM actions")
    equal({row["target"]: (row["rung"], row["remedy"], row["outcome"]) for row in rows},
          {f"PID {stray.pid}": ("rule:process-stray", "endProcess", "done") for stray in found.values()},
          "what was done")
    killed = [row for row in rows if "killed" in row["reason"]]
    equal([row["target"] for row in killed], [f"PID {deaf.pid}"], "what had to be killed")
    seconds = (killed[0]["ended"] - killed[0]["began"]) / 1e6
    check(3 <= seconds < 4.5, f"it was killed after {seconds:.1f} s, and TimeoutStopSec is 3 s")
    if "beside" in found:
        equal(agents.run("systemctl", "is-active", "sleeper.service").stdout.strip(), "active",
              "the service that one of them was beside")
    equal(len(world.ledger.rows("SELECT * FROM incidents WHERE outcome = 'healed'")), len(healed),
          "the number of incidents that were healed")
    equal([each for each in told(world) if each[0] != "blocked"], sorted((agent.name, "healed") for agent in healed),
          "what was told")
    if escaped:
        check(escaped.alive(), "what an agent has started in a scope of its own was ended")
        equal((findings(call, "parent"), call.verdict("parent")), ([], "healthy"), "findings and verdict on its agent")
    if blocked:
        seen_by_root_alone(world, call, blocked, root)
    equal(call.status, 1 if blocked else 0, "the exit status of the pass")
    quiet(world, status=1 if blocked else 0)


def child_in_scope(world, agent):
    """The agent starts a poller that leaves its cgroup, and with that its mark."""
    gateway = re.search(r"^ExecStart=(.*)$", agent.unit_file.read_text(), re.M).group(1)
    poller = " ".join(agents.command("poller"))
    world.drop_in(agent, f"Environment=TELEGRAM_API={TELEGRAM_API}\nExecStart=\n"
                         f"ExecStart=/bin/sh -c 'systemd-run --user --quiet --scope {poller} & exec {gateway}'")
    agent.systemctl("restart", agent.unit)
    begun = breaks.wait("its child to poll", lambda: re.search(r"polling has begun \(PID (\d+)\)",
                                                              polled_of(agent)))
    child = strays.Stray(int(begun[1]), agent.account)
    check(child.pid not in agent.processes(), "the child did not leave the cgroup of its agent")
    equal(child.parent, agent.state()["MainPID"], "the parent of the child")
    return child


def polled_of(agent):
    """Its journal; the lines of a scope are in that of the account."""
    return agents.run("journalctl", "--quiet", "--output=cat", f"_UID={agent.uid}", check=False).stdout


def seen_by_root_alone(world, call, agent, root):
    check(root.alive(), "a process of root was ended")
    equal(findings(call, agent.name), [("process-stray", "warning")], "the findings")
    said = summary(call, agent.name)
    for piece in (f"ort {agent.port}", "root", "Only a watchdog that root runs"):
        contains(said, piece, "the summary")
    equal(call.agent(agent.name)["actions"], [], "what was tried")
    equal([each for each in told(world) if each[0] == agent.name], [(agent.name, "opened")], "what was told")
    command = re.search(r"`sudo ([^`]+)`", said)
    check(command, f"there is no command in the summary: {said}")
    shown = subprocess.run(command[1], shell=True, text=True, capture_output=True).stdout
    contains(shown, f"pid={root.pid},", f"what `{command[1]}` shows")


# Told

def connected(token, **environment):
    """An orphan that holds the token and a connection, and is another program than any agent."""
    stray = strays.orphan(token, ACCOUNT, program=strays.connected_sleep(), **environment)
    breaks.wait("another program to run", lambda: os.readlink(f"/proc/{stray.pid}/exe").endswith("/sleep"))
    return stray


@test("one that somebody may be at, or that somebody answers for, is told with what to type, and lives",
      seconds=85, waits=True, limit=160)
def not_ended(world):
    agents._make_account(ACCOUNT, linger=True)
    names = ("tmux", "login", "terminal", "other", "served", "helper", "mine", "looped", "knowing", "young", "query")
    fleet = {name: world.create(name) for name in names}
    found = {
        "tmux": strays.session(token(fleet["tmux"])),
        "login": strays.session(token(fleet["login"]), tmux=False),
        "terminal": strays.terminal(token(fleet["terminal"]), ACCOUNT),
        "other": connected(token(fleet["other"])),
        "served": strays.service(token(fleet["served"]), unit="other.service"),
        "helper": strays.service(token(fleet["helper"]), unit="wrapped.service", in_child=True),
        "mine": strays.service(token(fleet["mine"]), unit="mine.service", account=ACCOUNT, user=True),
    }
    found["looped"], loop = strays.loop(token(fleet["looped"]), ACCOUNT)
    found["knowing"], knowing = strays.loop(token(fleet["knowing"]), ACCOUNT, knows=True)
    for stray in found.values():
        strays.aged(stray)
    young = strays.orphan(token(fleet["young"]), ACCOUNT)
    query = strays.Puppet(token(fleet["query"]), ACCOUNT)  # as `openclaw gateway status`, which comes and goes
    query.connect()

    call = world.run("--json")

    equal([name for name, stray in (found | {"young": young, "query": query}).items() if not stray.alive()], [],
          "those that were ended")
    equal(world.ledger.actions(), [], "what was done")
    pids = {name: f"kill {stray.pid}" for name, stray in found.items()}
    services = {"served": ["systemctl stop other.service"],
                "helper": [pids["helper"], "systemctl stop wrapped.service"],  # the one or the other
                "mine": [f"systemctl --user -M {pwd.getpwnam(ACCOUNT).pw_uid}@ stop mine.service"]}
    loops = {"looped": [f"kill {loop.pid}", pids["looped"]], "knowing": [f"kill {knowing.pid}", pids["knowing"]]}
    commands = {}
    for name, stray in found.items():
        kind = "poller-duplicate-token" if name in services else "process-stray"
        # A shell that knows the token is remarked beside what it starts.
        more = [("poller-duplicate-token", "info")] if name == "knowing" else []
        equal(findings(call, name), [(kind, "warning"), *more], f"the findings on {name}")
        said = summary(call, name, kind)
        contains(said, f"PID {stray.pid}", f"the summary on {name}")
        contains(said, "It is not ended, because", f"the summary on {name}")
        typed = re.findall(r"`([^`]+)`", said)
        if name == "helper":  # of the process above it the same is said
            said = said[said.index(f"(PID {stray.pid},"):]
            typed = re.findall(r"`([^`]+)`", said)
        equal(typed, (services | loops).get(name, [pids[name]]), f"what to type on {name}: {said}")
        commands[name] = typed
    contains(summary(call, "tmux"), found["tmux"].unit, "the summary on tmux")
    contains(summary(call, "login"), found["login"].unit, "the summary on login")
    contains(summary(call, "terminal"), "a terminal", "the summary on terminal")
    contains(summary(call, "other"), "not the agent's own program", "the summary on other")
    for name, shell in (("looped", loop), ("knowing", knowing)):
        contains(summary(call, name), f"PID {shell.pid}", f"the summary on {name}, of what starts it again")
    for name in ("young", "query"):
        equal((findings(call, name), call.verdict(name)), ([], "healthy"), f"findings and verdict on {name}")
    equal(told(world), sorted((name, "opened") for name in found), "what was told")
    equal(call.status, 1, "the exit status of the pass")
    query.end()
    young.end()
    quiet(world, status=1)

    for name, typed in commands.items():
        for command in typed[:1] if name == "helper" else typed:
            subprocess.run(command, shell=True, check=True, capture_output=True, timeout=30)
        breaks.wait(f"`{typed[-1]}` to end it", lambda: not found[name].alive(), 10)
    world.doubles.forget()
    call = world.run("--json", status=0)
    equal({name: call.verdict(name) for name in names}, dict.fromkeys(names, "healthy"), "the verdicts after that")
    equal(told(world), sorted((name, "healed") for name in found), "what was told after that")


def user_service(account, *words):
    """The main process of a service of the account's manager, which has no variables but those of the manager."""
    uid = pwd.getpwnam(account).pw_uid
    manager = ["runuser", "-u", account, "--", "env", f"XDG_RUNTIME_DIR=/run/user/{uid}"]
    agents.run(*manager, "systemd-run", "--user", "--quiet", "--unit=mailer.service", *words)
    shown = agents.run(*manager, "systemctl", "--user", "show", "--property=MainPID", "--value", "mailer.service")
    stray = strays.Stray(int(shown.stdout), account)
    breaks.wait("the service to run its program", lambda: os.readlink(f"/proc/{stray.pid}/exe").endswith("/sleep"))
    return stray


def given_token(account, token):
    """The account, whose manager has been started with the token."""
    agents._make_account(account, linger=False)
    uid = pwd.getpwnam(account).pw_uid
    folder = Path(f"/etc/systemd/system/user@{uid}.service.d")
    folder.mkdir()
    (folder / "token.conf").write_text(f"[Service]\nEnvironment=TELEGRAM_BOT_TOKEN={token}\n")
    agents.run("systemctl", "daemon-reload")
    agents._make_account(account, linger=True)


INLINE = f"""\
import socket, time
connection = socket.create_connection({tuple(TELEGRAM_API.removeprefix("http://").split(":"))})
time.sleep(86400)
"""


@test("a script that uses an agent's token for a job of its own, a worker of another service, and what is left of a "
      "broken agent's environment are told, and live", seconds=85, waits=True, limit=160)
def ordinary(world):
    agents._make_account(ACCOUNT, linger=True)
    down = world.create("down", restart="no")
    world.run(status=0)  # so that it is known what it runs when it does
    names = ("scoped", "beside", "script", "inline", "forking", "given", "set")
    fleet = {name: world.create(name) for name in (*names, "optioned")} | {"down": down}
    breaks.hopeless(down)
    unseen = fleet["unseen"] = world.create("unseen", restart="no")
    world.drop_in(unseen, "ExecStartPre=/bin/false")  # so that its program is never seen, whatever starts it
    unseen.systemctl("restart", unseen.unit, check=False)
    breaks.wait("the unit to fail", lambda: unseen.state()["ActiveState"] == "failed")
    agents.run("systemd-run", "--quiet", "--unit=sleeper.service", "sleep", "infinity")
    backup, report = "/opt/tools/backup.py", "/opt/tools/report.py"
    # What an option of the interpreter takes is not yet the program.
    optioned, options = fleet["optioned"], ["/usr/bin/python3", "-W", "ignore"]
    world.drop_in(optioned, f"ExecStart=\nExecStart={' '.join(options)} {agents.PROGRAMS}/gateway")
    optioned.systemctl("restart", optioned.unit)
    found = {
        "scoped": strays.Puppet(token(fleet["scoped"]), ACCOUNT, "system", of=backup),
        # As what a cron job leaves behind: in the cgroup of a service, and nothing of that service's.
        "beside": strays.Puppet(token(fleet["beside"]), "root", "/system.slice/sleeper.service", of=backup),
        "script": strays.Puppet(token(fleet["script"]), ACCOUNT, "user", of=report),
        "inline": strays.orphan(token(fleet["inline"]), ACCOUNT, program=["/usr/bin/python3", "-c", INLINE]),
        "unseen": strays.Puppet(token(unseen), ACCOUNT),
        "optioned": strays.orphan(token(optioned), ACCOUNT, program=[
            *options, *strays.installed("job", "/opt/tools/job.py", INLINE)]),
        "down": connected(token(down), OPENCLAW_CONFIG_PATH=str(down.config), OPENCLAW_GATEWAY_PORT=str(down.port)),
    }
    for name in ("scoped", "beside", "script", "unseen"):
        found[name].connect()
    main, *workers = strays.forking(token(fleet["forking"]))
    given_token(OTHERS, token(fleet["given"]))
    given = user_service(OTHERS, *strays.connected_sleep())
    uid = pwd.getpwnam(ACCOUNT).pw_uid
    agents.run("systemctl", "--user", "-M", f"{uid}@", "set-environment", f"TELEGRAM_BOT_TOKEN={token(fleet['set'])}")
    found["set"] = user_service(ACCOUNT, *strays.connected_sleep())
    everyone = found | {"main": main, "worker": workers[0], "other worker": workers[1], "given": given}
    for stray in everyone.values():
        strays.aged(stray)

    call = world.run("--json", status=2)

    equal([name for name, stray in everyone.items() if not stray.alive()], [], "those that were ended")
    contains(summary(call, "optioned"), "It is not ended, because", "the summary on optioned")
    equal([action for action in world.ledger.actions() if action[1] == "endProcess"], [], "what was to be ended")
    equal([world.ledger.actions(name) for name in names], [[]] * len(names), "what was done to those that run")
    for name, script in (("scoped", backup), ("beside", backup), ("script", report)):
        equal(findings(call, name), [("process-stray", "warning")], f"the findings on {name}")
        owner = "root" if name == "beside" else ACCOUNT
        equal(summary(call, name),
              f"python3 {script} (PID {found[name].pid}, user {owner}) has its bot token and a connection, outside of "
              f"the unit of {name}. It is not ended, because it runs {script}, which is not the agent's own program. "
              f"To end it: if it polls, `kill {found[name].pid}`.", f"the summary on {name}")
    contains(summary(call, "down"), "/sleep, which is not the agent's own program", "the summary on down")
    for name in ("inline", "unseen"):
        contains(summary(call, name), "it cannot be seen whether this is the agent's own program",
                 f"the summary on {name}")
    for name in ("inline", "down", "unseen"):
        contains(summary(call, name), f"`kill {found[name].pid}`", f"the summary on {name}")
    for name in ("forking", "set"):
        equal(findings(call, name), [("poller-duplicate-token", "warning")], f"the findings on {name}")
    said = summary(call, "forking", "poller-duplicate-token")
    stop = "`systemctl stop forking.service`"
    for stray, advice in ((main, stop), *((worker, f"`kill {worker.pid}`, or {stop}") for worker in workers)):
        check(re.search(rf"\(PID {stray.pid}, user root\) holds [^(]* because it belongs to forking.service\. "
                        rf"If it polls: {re.escape(advice)}\.", said),
              f"the summary on forking does not say {advice} of {stray.pid}: {said}")
    contains(summary(call, "set", "poller-duplicate-token"), "stop mailer.service`", "the summary on set")
    # What everything there is given says nothing of any of it.
    equal((findings(call, "given"), call.verdict("given")), ([("poller-duplicate-token", "info")], "healthy"),
          "findings and verdict on given")
    equal([each for each in told(world) if each[0] in names],
          sorted((name, "opened") for name in names if name != "given"), "what was told of those that run")


@test("one that does not end is left the time that its agent's unit has for that, however many passes it takes",
      seconds=140, waits=True, limit=230)
def patience(world):
    world.settings(deadline="30s")
    fleet = {name: world.create(name) for name in ("slow", "endless")}
    world.drop_in(fleet["slow"], "TimeoutStopSec=330")
    world.drop_in(fleet["endless"], "TimeoutStopSec=infinity")
    deaf = {name: strays.Puppet(token(agent), ACCOUNT) for name, agent in fleet.items()}
    for stray in deaf.values():
        stray.on_term(ends=False)
        stray.connect()
        strays.aged(stray)
    before = {name: start_of(agent) for name, agent in fleet.items()}
    for number in (1, 2):
        call = world.run("--json", status=1)
        check(call.seconds < 40, f"pass {number} took {call.seconds:.1f} s, and its deadline is 30 s")
        for name, stray in deaf.items():
            check(stray.alive(), f"what does not end of {name} was killed in pass {number}")
            breaks.wait("it to say so", lambda: stray.said().count("asked to end") >= number, 5)
            equal([(action["remedy"], action["target"], action["outcome"]) for action in call.agent(name)["actions"]],
                  [("endProcess", f"PID {stray.pid}", "pending")], f"what pass {number} did on {name}")
            equal(world.ledger.actions(name), [("rule:process-stray", "endProcess", "pending")] * number,
                  f"what the ledger knows of {name} after pass {number}")
            equal(call.verdict(name), "degraded", f"the verdict of pass {number} on {name}")
    equal(told(world), [("endless", "opened"), ("slow", "opened")], "what was told in two passes")
    for stray in deaf.values():
        stray.end()
    call = world.run("--json", status=0)
    equal([call.verdict(name) for name in fleet], ["healthy"] * 2, "the verdicts once they have ended")
    equal([each for each in told(world) if each[1] != "opened"], [("endless", "healed"), ("slow", "healed")],
          "what was told once they have ended")
    equal({name: start_of(agent) for name, agent in fleet.items()}, before, "main processes and starts")


@test("a shell that knows the token and is connected to nothing is at most remarked", EVERYWHERE)
def shell(world):
    agent = world.create("known")
    found = strays.shell(token(agent), agent.account)
    call = world.run("--json", status=0)
    equal(call.verdict("known"), "healthy", "the verdict")
    equal(findings(call, "known"), [("poller-duplicate-token", "info")], "the findings")
    contains(summary(call, "known", "poller-duplicate-token"), f"PID {found.pid}", "the summary")
    quiet(world)
    check(found.alive(), "the shell was ended")
    equal(world.ledger.rows("SELECT * FROM incidents"), [], "the incidents")
    equal(told(world), [], "what was told")


# By the port, and never

@test("what holds an agent's port is ended if it is the agent's own program; an agent's own processes, "
      "the watchdog and its caller never are", seconds=90, waits=True, limit=160)
def port_and_own(world):
    world.settings(warm_up="600s")  # nothing answers for those that listen elsewhere
    copied, same = world.create("copied"), world.create("same", program="poller")
    foreign, flagged, down = world.create("foreign"), world.create("flagged"), world.create("down")
    marked, caller = world.create("marked"), world.create("caller")
    child = world.create("child", program="poller", in_child=True)
    # Without the mark nothing but its parent tells whose it is.
    world.drop_in(child, "UnsetEnvironment=INVOCATION_ID")
    child.systemctl("restart", child.unit)
    breaks.wait("the child to poll", child.ready)
    world.run(status=0)  # so that it is known what the one that is down runs when it does
    moved = set(child.processes()) - {child.state()["MainPID"]}
    equal(len(moved), 1, "the number of children that poll")
    for agent in (copied, same, foreign, flagged):
        elsewhere(world, agent)
    breaks.stop(down)
    serve = ["-m", "http.server", "--bind", "127.0.0.1"]
    ended = {"copied": copy_at(copied), "down": copy_at(down),
             "same": strays.orphan(bot_token("some other bot"), ACCOUNT, port=same.port, of="poller")}
    kept = {"foreign": program_at(foreign, "/usr/bin/python3", *serve, str(foreign.port)),
            # The same interpreter, called with the same flags, and another program.
            "flagged": program_at(flagged, "/usr/bin/python3", "-IS", *serve, str(flagged.port)),
            "marked": strays.orphan(token(marked), ACCOUNT, INVOCATION_ID=marked.state()["InvocationID"]),
            "caller": strays.Puppet(token(caller))}
    kept["caller"].connect()
    group = strays.GROUPS / "elsewhere"
    group.mkdir()
    (group / "cgroup.procs").write_text(str(*moved))
    kept["child"] = strays.Stray(*moved, ACCOUNT)
    down.systemctl("start", down.unit)  # and it cannot have its port
    for stray in [*ended.values(), *kept.values()]:
        strays.aged(stray)
    breaks.wait("the agent without its port to be down for good", lambda: down.state()["ActiveState"] == "failed")
    before = {agent.name: start_of(agent) for agent in world.fleet.values() if agent is not down}

    report = kept["caller"].log.with_name("report")
    kept["caller"].tell(f"subprocess.run('{PROGRAM} run --json >{report} 2>&1 </dev/null', shell=True)")
    call = Report(report.read_text())

    equal([name for name, stray in kept.items() if not stray.alive()], [], "those that should not have been ended")
    equal([name for name in ("copied", "same") if ended[name].alive()], [], "those that still hold a port")
    equal({agent.name: start_of(agent) for agent in world.fleet.values() if agent is not down}, before,
          "main process and start of the units")
    for name in ("copied", "same"):
        equal(call.verdict(name), "healed", f"the verdict on {name}")
    for name in ("marked", "child", "caller"):
        equal((findings(call, name), call.verdict(name)), ([], "healthy"), f"findings and verdict on {name}")
    for name in ("foreign", "flagged"):
        contains(summary(call, name), "nothing but the port", f"the summary on {name}")
        contains(summary(call, name), f"kill {kept[name].pid}`", f"the summary on {name}")
        equal(call.agent(name)["actions"], [], f"what was tried on {name}")
    for name in ("foreign", "flagged"):
        kept.pop(name).end()

    # With the next start the mark is of an earlier one, and this pass has another caller: nothing speaks for the two
    # any more.
    marked.systemctl("restart", marked.unit)
    breaks.wait("the agent to be ready", marked.ready)
    call = world.run("--json", status=0)
    equal(living(kept), ["child"], "those that still live after the second pass")
    for name in ("marked", "caller"):
        equal(call.verdict(name), "healed", f"the verdict of the second pass on {name}")

    check(not ended["down"].alive(), "what keeps a broken agent from its port still lives")
    check(down.ready(), "the agent that could not have its port does not answer")
    equal([each for each in told(world) if each[0] == "down"], [("down", "healed")], "what was told of it")


class Report:
    """What a pass that something else started has printed."""

    def __init__(self, text):
        self._call = Call(("run", "--json"), 0, text, "", 0)

    def __getattr__(self, name):
        return getattr(self._call, name)


# What changes under the watchdog's hands

class CloneArguments(ctypes.Structure):
    """clone3(2)."""
    _fields_ = [(name, ctypes.c_uint64) for name in (
        "flags", "pidfd", "child_tid", "parent_tid", "exit_signal", "stack", "stack_size", "tls", "set_tid",
        "set_tid_size", "cgroup")]


def process_with(pid, account, variables):
    """Starts a process with exactly this PID, as one gets by chance when the numbers have gone round."""
    wanted = (ctypes.c_int * 1)(pid)
    words = CloneArguments(exit_signal=17, set_tid=ctypes.addressof(wanted), set_tid_size=1)
    entry = pwd.getpwnam(account)
    clone3 = 435
    # Holding the interpreter's lock: the child has to come out of the call with it.
    found = ctypes.PyDLL(None, use_errno=True).syscall(clone3, ctypes.byref(words), ctypes.sizeof(words))
    if found == 0:
        # Whoever waits for what this test prints must not wait for it.
        nothing = os.open("/dev/null", os.O_RDWR)
        for number in range(3):
            os.dup2(nothing, number)
        os.closerange(3, 256)
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
        os.execve("/bin/sleep", ["sleep", "600"], variables)
    check(found == pid, f"no process could be given PID {pid}: {os.strerror(ctypes.get_errno())}")


@test("a PID that changes hands while the watchdog reaches for it costs nobody his life; "
      "and what is started again and again is not ended for ever", seconds=90, waits=True, limit=160)
def changing(world):
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    world.settings(actions_per_agent=2)
    reused, again, pair = world.create("reused"), world.create("again"), world.create("pair")
    victim = strays.Puppet(token(reused), ACCOUNT)
    both = [strays.Puppet(token(pair), ACCOUNT) for _ in range(2)]
    for stray in (victim, *both):
        stray.connect()
    copies = [strays.Puppet(account=ACCOUNT) for _ in range(3)]
    for stray in [victim, *both, *copies]:
        strays.aged(stray)
    handed_over(world, reused, victim, pair, both)
    started_again(world, again, copies)


def handed_over(world, agent, victim, pair, both):
    process = world.begin("run", "--json", within=[
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pidfd_open", "-e", "inject=pidfd_open:delay_enter=5s"])

    def reached_for(stray):
        breaks.wait(f"the watchdog to reach for {stray.pid}", lambda: world.ledger.path.exists() and world.ledger.row(
            "SELECT * FROM actions WHERE began IS NOT NULL AND target = ?", f"PID {stray.pid}"))
        equal(world.ledger.value("SELECT ended FROM actions WHERE target = ?", f"PID {stray.pid}"), None,
              f"the end of the action when {stray.pid} was reached for")
    first, second = both
    reached_for(first)
    group = strays.GROUPS / "elsewhere"
    group.mkdir()
    (group / "cgroup.procs").write_text(str(first.pid))
    reached_for(victim)
    victim.end()
    # Everything else about it proves what the old one did: account, cgroup, token.
    process_with(victim.pid, ACCOUNT, {"TELEGRAM_BOT_TOKEN": token(agent)})
    equal(world.ledger.value("SELECT ended FROM actions WHERE target = ?", f"PID {victim.pid}"), None,
          "the end of the action when the PID had changed hands")
    call = world.ended(process, "run", "--json")

    check(victim.alive(), "the process that got the PID was ended")
    equal(strays.Stray(victim.pid, ACCOUNT).parent, os.getpid(), "the parent of the process with that PID")
    actions = call.agent(agent.name)["actions"]
    equal([(action["remedy"], action["target"], action["outcome"]) for action in actions],
          [("endProcess", f"PID {victim.pid}", "refused")], "what was done")
    contains(actions[0]["reason"], "another process", "the reason")
    # What has become of one of two says nothing of the other.
    equal([(action["target"], action["outcome"]) for action in call.agent(pair.name)["actions"]],
          [(f"PID {first.pid}", "refused"), (f"PID {second.pid}", "done")], "what was done to the pair")
    equal((first.alive(), second.alive()), (True, False), "which of the pair live")
    for text in (call.out, json.dumps(world.doubles.alerts())):
        lacks(text, "did not last", "what was said of the pair")
    os.kill(victim.pid, 9)
    os.waitpid(victim.pid, 0)
    call = world.run("--json", status=0)
    equal((call.verdict(agent.name), call.verdict(pair.name)), ("healthy", "healed"), "the verdicts of the next pass")
    check(not first.alive(), "the other of the pair still lives after the next pass")


def started_again(world, agent, copies):
    """It may be ended twice."""
    world.doubles.forget()
    before = start_of(agent)
    for number, copy in enumerate(copies[:2], 1):
        copy.become(token(agent))
        call = world.run("--json", status=0)
        equal(call.verdict(agent.name), "healed", f"the verdict of pass {number}")
        check(not copy.alive(), f"copy {number} still lives")
    last = copies[2].become(token(agent))
    done = world.ledger.actions()

    call = world.run("--json", status=1)

    check(last.alive(), "the third copy was ended, too")
    equal(call.verdict(agent.name), "degraded", "the verdict")
    contains(call.agent(agent.name)["reason"], "2 healing actions", "the reason")
    equal(world.ledger.actions(), done, "what was done")
    equal([(alert["agent"], alert["event"]) for alert in world.doubles.alerts()],
          [(agent.name, "healed"), (agent.name, "healed"), (agent.name, "escalated")], "what was told")
    quiet(world, status=1)
    check(last.alive(), "the third copy was ended, too")
    equal(start_of(agent), before, "main process and start of the unit")
