"""The last-known-good config comes back only where something says that the config is to blame.

In each of these the config was changed since it was last known to be good, and the agent is down for another
reason: the file stays as its owner wrote it, and a person is told.
"""
import itertools
import json
import os
import re
import time
from pathlib import Path

import agents
import breaks
from agents import run
from catalogue import EVERYWHERE, OWN, SYSTEM, USER, test
from expect import check, contains, equal, lacks

_edits = itertools.count(31)

LOCKED = "gateway already running (pid {pid}); lock timeout after 5000ms"
NO_MODULE = ("Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/opt/openclaw/dist/agents-B7xk2.js' "
             "imported from /opt/openclaw/dist/entry.js")
NO_SPACE = "ENOSPC: no space left on device, write"
NO_MEMORY = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"


def edited(agent):
    """A good change of its config, dated back, which the agent has not read yet. Returns the file's bytes."""
    text = agent.config.read_text()
    changed = re.sub(r'"maxConcurrent": \d+', f'"maxConcurrent": {next(_edits)}', text)
    check(changed != text, "the config was not changed")
    agent.write(agent.config, changed)
    os.utime(agent.config, (time.time() - 600,) * 2)
    return agent.config.read_bytes()


def learned(world, **options):
    """An agent that is known to be good with one config and has another by now. With that one's bytes."""
    agent = world.learned("coder", **options)
    return agent, edited(agent)


def falls(agent):
    """Its next start fails, and that is the end of it. Returns its last status."""
    breaks._restart(agent)
    breaks._wait_failed(agent)
    return agent.state()["ExecMainStatus"]


def not_rolled_back(world, agent, mine):
    """One pass that leaves the config as it is throughout, and tells somebody. Returns what it reports."""
    report = world.run("--json").agent(agent.name)
    lacks([remedy for _, remedy, _ in world.ledger.actions()], "restoreConfig", "what was done")
    equal(agent.config.read_bytes(), mine, "the config")
    equal(report["verdict"], "failing", "the verdict")
    told = [(alert["agent"], alert["event"]) for alert in world.doubles.alerts()]
    check(told in ([(agent.name, "escalated")], [(agent.name, "opened")]), f"what was told is {told}")
    return report


# Something else is missing, or in the way

@test("an agent whose program is gone does not lose the last edit of its config", EVERYWHERE)
def program_gone(world):
    agent, mine = learned(world, restart="no")
    (agents.PROGRAMS / "gateway").unlink()
    equal(falls(agent), 203, "the status of the start without a program")
    not_rolled_back(world, agent, mine)


@test("an agent whose port another service holds does not lose the last edit of its config", (SYSTEM, USER))
def port_taken(world):
    agent, mine = learned(world, restart="no")
    agent.systemctl("stop", agent.unit)
    other = "import socket, time; s = socket.create_server(('127.0.0.1', {0})); time.sleep(9999)"
    run("systemd-run", "--quiet", "--unit=other-service", "/usr/bin/python3", "-c", other.format(agent.port))
    breaks.wait("the other service to listen",
                lambda: run("ss", "-Hltn", f"sport = :{agent.port}").stdout.strip())
    equal(falls(agent), 1, "the status of the start without its port")
    contains(agent.journal(), "EADDRINUSE", "what the agent said")
    not_rolled_back(world, agent, mine)
    equal(run("systemctl", "is-active", "other-service").stdout.strip(), "active", "the other service")


@test("an agent that ends with 78 because another gateway holds its lock does not lose the last edit of its "
      "config", EVERYWHERE)
def lock_held(world):
    agent, mine = learned(world)
    run("systemd-run", "--quiet", "--unit=second-gateway", "sleep", "infinity")
    holder = run("systemctl", "show", "-P", "MainPID", "second-gateway").stdout.strip()
    breaks._set_fault(agent, exit=78, times=-1, lines=[LOCKED.format(pid=holder)])
    equal(falls(agent), 78, "the status of the start without the lock")
    not_rolled_back(world, agent, mine)


@test("an agent without one of its modules does not lose the last edit of its config", EVERYWHERE, seconds=8)
def module_missing(world):
    agent, mine = learned(world, restart_sec="300ms", start_limit="1000/1000")
    breaks.hopeless(agent, lines=["node:internal/modules/esm/resolve:275", NO_MODULE, "Node.js v22.19.0"])
    report = not_rolled_back(world, agent, mine)
    equal([finding["kind"] for finding in report["findings"]], ["module-missing"], "the findings")


@test("an agent that cannot write to a full disk does not lose the last edit of its config", (SYSTEM, USER),
      seconds=8)
def disk_full(world):
    agent, mine = learned(world, restart_sec="100ms", start_limit="3/60")
    breaks._set_fault(agent, exit=1, times=-1, lines=[NO_SPACE])
    equal(falls(agent), 1, "the status of the start on a full disk")
    not_rolled_back(world, agent, mine)


@test("an agent that runs out of memory does not lose the last edit of its config", (SYSTEM, USER))
def heap_full(world):
    agent = world.create("coder", restart="no")
    # As Node does it: the words, and then the signal.
    start = re.search(r"^ExecStart=(.*)$", agent.unit_file.read_text(), re.M).group(1)
    full = Path("/var/tmp/heap-is-full")
    world.drop_in(agent, f"ExecStart=\nExecStart=/bin/sh -c 'if [ -e {full} ]; then "
                  f"echo \"{NO_MEMORY}\" >&2; kill -ABRT $$$$; fi; exec {start}'")
    breaks._restart(agent)
    breaks.wait("the agent to be ready", agent.ready)
    world.learn(agent)
    mine = edited(agent)
    full.touch()
    equal(falls(agent), 6, "the signal that ended the agent")
    contains(agent.journal(), "heap out of memory", "what the agent said")
    not_rolled_back(world, agent, mine)


# The config that stands there has worked

def works_with_another(world, **options):
    """An agent that is known to be good with one config and has worked with a newer one. With that one's
    bytes."""
    agent = world.learned("coder", **options)
    first = agent.config.read_bytes()
    world.settings(known_good_after="1h")
    mine = edited(agent)
    breaks._restart(agent)
    breaks.wait("the agent to be ready", agent.ready)
    for _ in range(2):
        equal(world.run("--json", status=0).verdict("coder"), "healthy", "the verdict with the newer config")
    equal(world.known_good(agent), first, "the known-good config before anything broke")
    return agent, mine


@test("a config with which the agent has worked is not taken back when it ends with 78 later", EVERYWHERE)
def worked_before(world):
    agent, mine = works_with_another(world)
    breaks._set_fault(agent, exit=78, times=-1, lines=list(breaks.UNKNOWN_LINES))
    equal(falls(agent), 78, "the status of the agent")
    not_rolled_back(world, agent, mine)


@test("a config with which the agent has worked is not taken back when the agent crashes later", EVERYWHERE)
def worked_before_a_crash(world):
    agent, mine = works_with_another(world, restart="no")
    breaks.hopeless(agent)
    not_rolled_back(world, agent, mine)


@test("a config with which the agent has worked is not taken back in a crash loop", (SYSTEM, USER), seconds=8)
def worked_before_a_loop(world):
    agent, mine = works_with_another(world, restart_sec="300ms", start_limit="1000/1000")
    breaks.hopeless(agent)
    not_rolled_back(world, agent, mine)


# The file was changed only after it broke

@test("what a person changed in the config to repair a broken agent is not taken back", EVERYWHERE)
def changed_afterwards(world):
    agent = world.learned("coder", restart="no")
    breaks.hopeless(agent)
    not_rolled_back(world, agent, edited(agent))


@test("what a person changed in the config after the agent had ended with 78 is not taken back", EVERYWHERE)
def changed_after_a_refusal(world):
    agent = world.learned("coder")
    breaks.config(agent, age=600)
    repaired = agent.config.read_text().replace('"mode": "auto"', '"mode": "default"')
    agent.write(agent.config, repaired)
    os.utime(agent.config, (time.time() - 300,) * 2)
    world.run("--json")
    lacks([remedy for _, remedy, _ in world.ledger.actions()], "restoreConfig", "what was done")
    equal(agent.config.read_text(), repaired, "the config")
    equal([alert["agent"] for alert in world.doubles.alerts()], ["coder"], "of whom was told")


# And where the config is to blame

@test("an agent that refuses the last edit of its config gets the one that it has worked with", EVERYWHERE)
def config_to_blame(world):
    agent = world.learned("coder")
    good = agent.config.read_bytes()
    breaks.config(agent, age=600)
    contains(agent.journal(), f"Invalid config at {agent.config}:", "what the agent said")
    equal(world.run("--json", status=0).verdict("coder"), "healed", "the verdict")
    equal(agent.config.read_bytes(), good, "the config")
    check(agent.ready(), "the agent does not answer")


@test("the last words of an agent that had ended before journald looked at it are told all the same", (USER, OWN),
      seconds=6)
def unlooked(world):
    agent = world.learned("coder", restart="no")
    breaks._set_fault(agent, exit=1, times=-1, lines=["[gateway] shard 4711 is gone"])
    run("systemctl", "kill", "--signal=STOP", "systemd-journald.service")
    try:
        breaks._restart(agent)
        breaks._wait_failed(agent)
    finally:
        run("systemctl", "kill", "--signal=CONT", "systemd-journald.service")
    run("journalctl", "--sync")
    pid = agent.systemctl("show", "--value", "--property", "ExecMainPID", agent.unit).stdout.strip()
    check("_SYSTEMD_USER_UNIT" not in run("journalctl", "-o", "verbose", f"_PID={pid}", "_TRANSPORT=stdout").stdout,
          "the test is none: journald knows the unit")
    found = json.dumps(world.run("--dry-run", "--json").agent("coder")["findings"])
    contains(found, "shard 4711 is gone", "what is found")
