"""systemd's own word on a unit: a condition that is not met, a file that does not load or was changed since,
a user or a mount that only the unit has. It is told, and nothing is done that cannot help or would do harm.
"""
import json
import os
import shutil
import time
from pathlib import Path

import breaks
from agents import FIRST_PORT, PROGRAMS, Agent, configuration, install_programs, run
from catalogue import OWN, SYSTEM, test
from expect import check, contains, equal
from snapshot import same, tree
from world import ACCOUNT


def finding(call, name, kind):
    found = [each for each in call.agent(name)["findings"] if each["kind"] == kind]
    kinds = [each["kind"] for each in call.agent(name)["findings"]]
    equal(len(found), 1, f"the number of findings {kind} on {name}, of {kinds}")
    return found[0]


def shown(agent, what):
    return agent.systemctl("show", "-P", what, agent.unit).stdout.strip()


def edit_unit(agent, old, new, reload=False):
    """An edit of its unit file, as its owner makes it."""
    text = agent.unit_file.read_text()
    check(old in text, f"{agent.unit_file} has no {old!r}")
    if agent.user:
        agent.write(agent.unit_file, text.replace(old, new))
    else:
        agent.unit_file.write_text(text.replace(old, new))
    if reload:
        agent.systemctl("daemon-reload")


def told_once(world, name, kind):
    """And nothing more by the next pass."""
    told = [(alert["agent"], alert["kinds"]) for alert in world.doubles.alerts()]
    equal(told, [(name, [kind])], "what was told")
    again = world.run()
    equal((again.out, again.err), ("", ""), "what the next pass printed")
    equal(len(world.doubles.alerts()), 1, "the number of messages after the next pass")
    equal(world.ledger.actions(), [], "what was done after the next pass")
    return again


# Conditions

@test("an agent whose unit has a condition that is not met is not started, and that is told", (SYSTEM, OWN))
def condition(world):
    agent = world.create("coder", restart="no")
    world.learn(agent)
    world.drop_in(agent, "[Unit]\nConditionPathExists=/srv/models")
    run("kill", str(agent.state()["MainPID"]))
    breaks.wait("the unit to be inactive", lambda: agent.state()["ActiveState"] == "inactive")
    agent.systemctl("start", agent.unit)
    equal((shown(agent, "ConditionResult"), agent.state()["ActiveState"]), ("no", "inactive"),
          "ConditionResult and state of the unit")
    equal(shown(agent, "UnitFileState"), "enabled", "UnitFileState")

    call = world.run("--json")

    equal(world.ledger.actions(), [], "what was done")
    found = finding(call, "coder", "unit-condition")
    equal(found["severity"], "warning", "its severity")
    contains(found["summary"], agent.unit, "what was found")
    contains(str(found), "/srv/models", "what was found, and its evidence")
    equal((call.verdict("coder"), call.status), ("degraded", 1), "verdict and exit status")
    equal(told_once(world, "coder", "unit-condition").status, 1, "the exit status of the next pass")
    equal(agent.state()["ActiveState"], "inactive", "the state of the unit")


# Unit files

@test("an agent whose unit file does not load is not started, and that is told", (SYSTEM, OWN))
def bad_setting(world):
    agent = world.create("coder", restart="no")
    world.learn(agent)
    breaks.crash(agent)
    start = agent.state()["InvocationID"]
    edit_unit(agent, "ExecStart=", "#ExecStart=", reload=True)
    equal((shown(agent, "LoadState"), agent.state()["ActiveState"]), ("bad-setting", "failed"),
          "LoadState and state of the unit")

    call = world.run("--json")

    equal(world.ledger.actions(), [], "what was done")
    contains(finding(call, "coder", "unit-bad-setting")["summary"], agent.unit, "what was found")
    check(call.verdict("coder") in ("failing", "degraded"), f"the verdict is {call.verdict('coder')}")
    told = [alert["kinds"] for alert in world.doubles.alerts()]
    check(len(told) == 1 and "unit-bad-setting" in told[0], f"what was told is {told}")
    world.run()
    equal(len(world.doubles.alerts()), 1, "the number of messages after the next pass")
    equal(agent.state()["InvocationID"], start, "the start of the unit after two passes")


@test("a running agent whose unit file does not load any more is told before its next start fails")
def bad_setting_running(world):
    agent = world.learned("coder")
    edit_unit(agent, "ExecStart=", "#ExecStart=", reload=True)
    equal((shown(agent, "LoadState"), agent.state()["ActiveState"]), ("bad-setting", "active"),
          "LoadState and state of the unit")
    call = world.run("--json")
    contains(finding(call, "coder", "unit-bad-setting")["summary"], agent.unit, "what was found")
    equal(agent.state()["ActiveState"], "active", "the state of the unit")
    equal(world.ledger.actions(), [], "what was done")


@test("an edit of a unit file that its manager has not read yet is not put into effect by the watchdog",
      (SYSTEM, OWN))
def not_reloaded(world):
    agent = world.create("coder", kill_mode="process")
    edit_unit(agent, "KillMode=process\n", "KillMode=process\nEnvironment=HALF_DONE=1\n")
    equal((shown(agent, "NeedDaemonReload"), shown(agent, "KillMode")), ("yes", "process"),
          "NeedDaemonReload and KillMode before the pass")

    call = world.run("--json")

    equal(shown(agent, "NeedDaemonReload"), "yes", "NeedDaemonReload after the pass")
    check("HALF_DONE" not in shown(agent, "Environment"), "the edit has come into effect")
    dropped = agent.unit_file.with_name(agent.unit + ".d") / "90-agent-watchdog.conf"
    check(not dropped.exists(), f"{dropped} was written")
    equal(world.ledger.actions(), [], "what was done")
    found = finding(call, "coder", "unit-reload-needed")
    contains(found["summary"], "daemon-reload", "what was found")
    check(found["severity"] in ("info", "warning"), f"its severity is {found['severity']}")

    # Once the edit is in effect, the rest is done as ever.
    agent.systemctl("daemon-reload")
    world.run()
    equal(shown(agent, "KillMode"), "control-group", "KillMode once the manager has read the edit")
    contains(shown(agent, "Environment"), "HALF_DONE", "the environment")


# What only the unit sees

DYNAMIC = """\
[Service]
DynamicUser=yes
StateDirectory=openclaw-passing
ExecStart={program} gateway --port {port}
Restart=always
RestartPreventExitStatus=78
Environment=OPENCLAW_SERVICE_MARKER=openclaw
Environment=OPENCLAW_SERVICE_KIND=gateway
Environment=OPENCLAW_GATEWAY_PORT={port}
Environment=OPENCLAW_CONFIG_PATH={config}
[Install]
WantedBy=multi-user.target
"""


def dynamic(world):
    """An agent whose user lasts as long as a start, with its config in its state directory."""
    agent = world.fleet["passing"] = Agent("passing")
    install_programs()
    agent.config = Path("/var/lib/private/openclaw-passing/openclaw.json")
    agent.unit_file.write_text(DYNAMIC.format(
        program=f"{PROGRAMS}/gateway", port=FIRST_PORT, config="/var/lib/openclaw-passing/openclaw.json"))
    # systemd gives the folder to whom the unit runs as.
    agent.config.parent.mkdir(parents=True, mode=0o700)
    agent.config.parent.parent.chmod(0o700)
    agent.config.write_text(configuration(agent, FIRST_PORT))
    agent.config.chmod(0o600)
    run("systemctl", "enable", "--now", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)
    check(agent.config.stat().st_uid >= 61184, f"its user is a lasting one: {agent.config.stat().st_uid}")
    return agent


def restored(world):
    return [remedy for _, remedy, _ in world.ledger.actions() if remedy == "restoreConfig"]


def everything_said(call):
    """By a report in JSON, of the agents and of the host."""
    return json.dumps([call.json["findings"], *([agent["findings"], agent.get("reason")]
                                                for agent in call.json["agents"])])


@test("of an agent with DynamicUser=yes it is said that its config is left alone, and when it breaks it is")
def dynamic_user(world):
    agent = dynamic(world)
    first = [world.run("--json"), world.run("--json")][0]
    agent.config.write_text(agent.config.read_text().replace('"safeguard"', '"auto"'))
    os.utime(agent.config, (time.time() - 600,) * 2)
    agent.systemctl("restart", agent.unit)
    breaks._wait_failed(agent)
    equal(agent.state()["ExecMainStatus"], 78, "the status that the agent ended with")
    before = tree(agent.config.parent)

    call = world.run("--json", status=2)

    same(before, tree(agent.config.parent), "its state directory")
    equal(restored(world), [], "what was put back")
    equal(call.verdict("passing"), "failing", "the verdict")
    equal(len(world.doubles.alerts("escalated")), 1, "the number of messages that ask a person")
    contains(everything_said(call), "DynamicUser", "what is said of the broken agent")
    contains(everything_said(first), "DynamicUser", "what the first pass says, before anything breaks")
    contains(world.watchdog("doctor").out, "DynamicUser", "what `doctor` says")


def elsewhere(world):
    """An agent that has another folder at the place of its config's than everybody else on the host."""
    agent = world.create("coder")
    other = Path("/srv/other")
    other.mkdir()
    theirs = other / agent.config.name
    shutil.copyfile(agent.config, theirs)
    shutil.chown(other, ACCOUNT)
    shutil.chown(theirs, ACCOUNT)
    world.drop_in(agent, f"BindPaths={other}:{agent.config.parent}")
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)
    return agent, theirs


@test("a file that the agent does not see, because its unit mounts another one there, is none of its configs")
def bind_paths(world):
    agent, theirs = elsewhere(world)
    first = world.run("--json")
    world.run("--json")
    # What the host has there is edited, and has nothing to do with the agent; what the agent reads breaks it.
    agent.write(agent.config, agent.config.read_text().replace('"maxConcurrent": 4', '"maxConcurrent": 9'))
    theirs.write_text(theirs.read_text().replace('"safeguard"', '"auto"'))
    for file in (agent.config, theirs):
        os.utime(file, (time.time() - 600,) * 2)
    agent.systemctl("restart", agent.unit)
    breaks._wait_failed(agent)
    equal(agent.state()["ExecMainStatus"], 78, "the status that the agent ended with")
    before = agent.config.read_bytes(), theirs.read_bytes()

    call = world.run("--json", status=2)

    equal(restored(world), [], "what was put back")
    equal(agent.config.read_bytes(), before[0], "the file that the host has there")
    equal(theirs.read_bytes(), before[1], "the file that the agent reads")
    equal(call.verdict("coder"), "failing", "the verdict")
    for path in (agent.config, theirs):
        equal(world.ledger.versions(path, "known-good"), [], f"what is known to be good of {path}")
    for said in (everything_said(first), everything_said(call), world.watchdog("doctor").out):
        contains(said, "BindPaths", "what is said")
        contains(said, str(agent.config), "what is said")
