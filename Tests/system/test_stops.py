"""Stops that come at an awkward moment, leave no trace, or were no person's: nothing stopped is started.

A pass is held between its look and what it does by another agent's health address, which the test answers.
"""
import json
import os
import select
import socket
import time
from pathlib import Path

import breaks
from agents import PROGRAMS, SYSTEM_UNITS, run
from catalogue import EVERYWHERE, SYSTEM, USER, test
from expect import check, contains, equal, lacks
from test_proof import age

HEALTHY = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}'
QUIET = "LogLevelMax=warning"  # the unit's manager logs no start and no stop of it


# Between the look and what is done

class Window:
    """Another agent whose health address is the test's own."""

    def __init__(self, world, **policy):
        self.world = world
        other = world.create("other")
        user = f'user = "{other.account}"\n' if other.user else ""
        self.listener = socket.create_server(("127.0.0.1", 9977))
        self.listener.settimeout(30)
        world.settings(more=f'[[agent]]\nname = "other"\nunit = "{other.unit}"\n{user}'
                            'health = ["http://127.0.0.1:9977/healthz"]\n', **policy)

    def run(self, meanwhile=lambda: None):
        """A pass that has looked at everything and done nothing yet when `meanwhile` is called."""
        run("journalctl", "--sync")
        words = ["run", "--json"]
        running = self.world.begin(*words)
        self.answer(meanwhile)
        # It may ask again.
        while running.poll() is None:
            if select.select([self.listener], [], [], 0.1)[0]:
                self.answer()
        return self.world.ended(running, *words)

    def answer(self, before=lambda: None):
        connection, _ = self.listener.accept()
        with connection:
            before()
            connection.recv(8192)
            connection.sendall(HEALTHY)


def running_well(agent):
    return agent.state()["ActiveState"] == "active" and agent.ready()


def left(agent, call, state):
    """The pass has not started it."""
    equal(agent.state()["ActiveState"], state, "the state of the unit")
    check(call.verdict(agent.name) != "healed", "what was left alone is called healed")


@test("an agent that a person starts and stops between the look at it and its start stays stopped",
      EVERYWHERE)
def stopped_before_the_start(world):
    agent = world.learned("coder", restart="no")
    window = Window(world)
    breaks.crash(agent)

    def person():
        agent.systemctl("start", agent.unit)
        breaks.wait("the agent to be ready", agent.ready)
        agent.systemctl("stop", agent.unit)
        equal(agent.state()["ActiveState"], "inactive", "the state after the stop")
    left(agent, window.run(person), "inactive")
    left(agent, window.run(), "inactive")


@test("an agent that a person disables between the look at it and its start stays down", EVERYWHERE)
def disabled_before_the_start(world):
    agent = world.learned("coder", restart="no")
    window = Window(world)
    breaks.crash(agent)
    left(agent, window.run(lambda: agent.systemctl("disable", agent.unit)), "failed")
    left(agent, window.run(), "failed")


@test("an agent that a person stops between the look at it and its restart stays stopped", EVERYWHERE,
      seconds=8)
def stopped_before_the_restart(world):
    agent = world.learned("mute")
    world.drop_in(agent, f"ExecStartPre=/bin/rm -f {agent.faults}")  # mended by any restart
    window = Window(world, warm_up="1s")
    breaks.unready(agent)
    breaks.wait("the agent to be past its warm-up", lambda: age(agent) > 1.1)
    first = window.run()
    equal([finding["kind"] for finding in first.agent("mute")["findings"]], ["probe-failed"],
          "what the first pass found")
    left(agent, window.run(lambda: breaks.stop(agent)), "inactive")
    left(agent, window.run(), "inactive")


# While it is watched

@test("a config that was put back stands when a person stops the agent before it has proven itself",
      EVERYWHERE, seconds=20)
def stopped_while_it_settles(world):
    agent = world.learned("coder")
    good = agent.config.read_bytes()
    breaks.config(agent, age=600)
    bad = agent.config.read_bytes()
    world.settings(settle="8s")
    running = world.begin("run", "--json")
    breaks.wait("the agent to run again", lambda: running_well(agent))
    equal(agent.config.read_bytes(), good, "the config with which it was started")
    breaks.stop(agent)
    call = world.ended(running, "run", "--json")
    left(agent, call, "inactive")
    check(agent.config.read_bytes() != bad, "the config that the agent had refused is back in its place")
    equal(agent.config.read_bytes(), good, "the config")
    alerts = world.doubles.alerts(agent="coder")
    equal(len(alerts), 1, "the number of messages")
    contains(alerts[0]["text"], str(agent.config), "the message")

    world.settings()
    left(agent, world.run("--json"), "inactive")
    equal(len(world.doubles.alerts(agent="coder")), 1, "the number of messages after the next pass")
    # The same trouble once more, by a person who wants it to run.
    agent.write(agent.config, bad.decode())
    os.utime(agent.config, (time.time() - 600,) * 2)
    agent.systemctl("start", agent.unit, check=False)
    breaks._wait_failed(agent)
    equal(agent.state()["ExecMainStatus"], 78, "its exit status with the bad config")
    equal(world.run("--json", status=0).verdict("coder"), "healed", "the verdict when it was refused again")
    equal(agent.config.read_bytes(), good, "the config after the second rollback")
    equal(agent.state()["ActiveState"], "active", "the state of the unit after the second rollback")


# Stops that left no trace

def quiet(world, name, more="", **options):
    """An agent of which its manager logs warnings alone."""
    agent = world.create(name, **options)
    world.drop_in(agent, f"{QUIET}\n{more}")
    agent.systemctl("restart", agent.unit)
    breaks.wait(f"{agent.unit} to be ready", agent.ready)
    return agent


def traceless(agent):
    """Nothing in the journal tells of the stop."""
    run("journalctl", "--sync")
    match = (["_SYSTEMD_USER_UNIT=init.scope", f"USER_UNIT={agent.unit}"] if agent.user
             else ["_PID=1", f"UNIT={agent.unit}"])
    shown = run("journalctl", "--quiet", "-o", "json", *match, check=False).stdout
    last = [json.loads(line) for line in shown.splitlines()]
    # A restart before has its own mark.
    found = [entry["MESSAGE"] for entry in last if entry.get("JOB_TYPE") == "stop"]
    equal(found, [], f"what the journal knows of a stop of {agent.name}")


def doubtful(world, *stopped):
    """Two passes that leave what was stopped as it is, and of which the first one tells of each, once."""
    states = [agent.state()["ActiveState"] for agent in stopped]
    for count in (1, 0):
        call = world.run("--json")
        equal([agent.state()["ActiveState"] for agent in stopped], states, "the states of the units")
        equal(call.status, 1, "the exit status")
        for agent in stopped:
            check(call.verdict(agent.name) in ("degraded", "held"),
                  f"the verdict on {agent.name} is {call.verdict(agent.name)}")
            told = world.doubles.alerts(agent=agent.name)
            equal(len(told), count, f"the number of messages on {agent.name}")
        world.doubles.forget()


@test("an agent that was stopped without a trace in its journal stays stopped, and is told once",
      EVERYWHERE)
def quietly_stopped(world):
    agent = quiet(world, "coder")
    world.learn(agent)
    breaks.stop(agent)
    traceless(agent)
    doubtful(world, agent)


@test("an agent whose stop the journal forgot before any pass saw it stays stopped, and is told once",
      (SYSTEM, USER))
def forgotten_stop(world):
    agent = world.learned("coder")
    breaks.stop(agent)
    run("journalctl", "--rotate", "--vacuum-time=1us")
    run("logger", "an entry, so that the journal is not empty")
    traceless(agent)
    doubtful(world, agent)


@test("an agent that fails when it is stopped, without a trace of the stop, stays down and is told once",
      (SYSTEM, USER), seconds=8)
def quietly_failed_to_stop(world):
    shell = f"/bin/sh -c 'trap \"exit 1\" TERM; {PROGRAMS}/gateway gateway & wait'"
    stopped = [
        quiet(world, "stopcommand", "ExecStop=/bin/false"),
        # As programs do that treat SIGTERM as an error.
        quiet(world, "errorexit", f"ExecStart=\nExecStart={shell}"),
        quiet(world, "ownsignal", "KillSignal=SIGQUIT"),
    ]
    world.learn(*stopped)
    for agent in stopped:
        agent.systemctl("stop", agent.unit, check=False)
        equal(agent.state()["ActiveState"], "failed", f"the state of {agent.name} after the stop")
        traceless(agent)
    doubtful(world, *stopped)


@test("an agent that crashed as no stop would have it is started, although its journal tells of no end",
      EVERYWHERE)
def quietly_crashed(world):
    agent = quiet(world, "coder", restart="no")
    world.learn(agent)
    run("kill", "-SEGV", str(agent.state()["MainPID"]))
    breaks._wait_failed(agent)
    traceless(agent)
    equal(world.run("--json", status=0).verdict("coder"), "healed", "the verdict")
    equal(agent.state()["ActiveState"], "active", "the state of the unit")


@test("doctor says of which agents a stop could not be told from an end, and by which setting",
      EVERYWHERE)
def doctor(world):
    quiet(world, "coder")
    world.create("writer")
    for name, named in (("coder", True), ("writer", False)):
        out = world.watchdog("doctor", "--agent", name).out
        lines = [line for line in out.splitlines() if "stop" in line.lower()]
        check(lines, f"doctor says nothing of stops of {name}: {out}")
        found = any("LogLevelMax" in line for line in lines)
        equal(found, named, f"whether doctor names LogLevelMax for {name}")


# Whose stop it was

def remedies(world):
    return [remedy for _, remedy, _ in world.ledger.actions()]


@test("a restart of the watchdog's own that outlives the pass is not taken for a person's stop",
      (SYSTEM, USER), seconds=45, limit=150, waits=True)
def slow_restart(world):
    agent = world.learned("mute")
    draining = agent.home / "draining"
    agent.write(draining, "")
    drain = f"/bin/sh -c 'while [ -e {draining} ]; do sleep 0.1; done'"
    world.drop_in(agent, f"TimeoutStopSec=100\nExecStop={drain}")
    world.settings(warm_up="1s", deadline="30s")
    breaks.unready(agent)
    breaks.wait("the agent to be past its warm-up", lambda: age(agent) > 1.1)
    try:
        world.run(status=1)
        second = world.run("--json")
        equal(agent.state()["ActiveState"], "deactivating", "the state after the pass that restarts it")
        equal(remedies(world), ["restartUnit"], "what that pass did")
        third = world.run("--json")
        equal(agent.state()["ActiveState"], "deactivating", "the state after the next pass")
    finally:
        draining.unlink()
    for call in (second, third):
        lacks(json.dumps(call.agent("mute")).lower(), "operator", "what is said of the agent")
        verdict = call.verdict("mute")
        check(verdict not in ("held", "healed", "healthy"), f"the verdict is {verdict}")
        check(call.status != 0, "the exit status of a pass that left the agent on its way down is 0")
    equal(remedies(world), ["restartUnit"], "what was done while it was on its way down")

    breaks._clear_fault(agent)
    breaks.wait("the agent to be ready again", lambda: running_well(agent))
    breaks.wait("the agent to be past its warm-up", lambda: age(agent) > 1.1)
    last = world.run("--json", status=0)
    check(last.verdict("mute") in ("healed", "healthy"), f"the last verdict is {last.verdict('mute')}")
    equal(len(world.doubles.alerts("healed", "mute")), 1, "the messages that it is healed")
    equal(remedies(world), ["restartUnit"], "what was done in the end")


def bound(world):
    """An agent that is stopped with another unit."""
    agent = world.create("coder")
    text = "[Service]\nExecStart=/bin/sleep infinity\n"
    if agent.user:
        agent.write(agent.unit_file.with_name("dep.service"), text)
    else:
        Path(SYSTEM_UNITS, "dep.service").write_text(text)
    agent.systemctl("daemon-reload")
    agent.systemctl("start", "dep.service")
    world.drop_in(agent, "[Unit]\nBindsTo=dep.service\nAfter=dep.service")
    world.learn(agent)
    return agent


def named(world, agent):
    """It is left alone, and people are told once, with the unit that took it along."""
    breaks.wait("the agent to be stopped with it", lambda: agent.state()["ActiveState"] == "inactive")
    call = world.run("--json")
    left(agent, call, "inactive")
    lacks(json.dumps(call.agent("coder")).lower(), "operator", "what is said of the agent")
    alerts = world.doubles.alerts(agent="coder")
    equal(len(alerts), 1, "the number of messages")
    contains(alerts[0]["text"], "dep.service", "the message")
    lacks(alerts[0]["text"].lower(), "operator", "the message")
    world.doubles.forget()
    left(agent, world.run("--json"), "inactive")
    equal(world.doubles.alerts(), [], "what the next pass told")


@test("an agent that was stopped with a unit that it is bound to stays down, and that unit is named",
      EVERYWHERE)
def stopped_with_another(world):
    agent = bound(world)
    agent.systemctl("stop", "dep.service")
    named(world, agent)


@test("an agent that went down with a unit that died stays down, and that unit is named", EVERYWHERE)
def died_with_another(world):
    agent = bound(world)
    agent.systemctl("kill", "--signal=KILL", "dep.service")
    named(world, agent)


@test("of a stop that another program asked for nobody says that a person did", (SYSTEM, USER))
def stopped_by_a_program(world):
    agent = world.learned("coder")
    place = f"XDG_RUNTIME_DIR=/run/user/{agent.uid}"
    as_user = ["runuser", "-u", agent.account, "--", "env", place]
    manager = ["--user"] if agent.user else []
    run(*(as_user if agent.user else []), "systemd-run", *manager, "--quiet", "--wait",
        "systemctl", *manager, "stop", agent.unit)
    call = world.run("--json", status=0)
    left(agent, call, "inactive")
    equal(call.verdict("coder"), "held", "the verdict")
    for text in (json.dumps(call.agent("coder")).lower(), world.watchdog("status").out.lower()):
        for word in ("operator", "person"):
            lacks(text, word, "what is said of the agent")


@test("a stop that has lasted for long is told of once, and the agent stays stopped", EVERYWHERE, seconds=6)
def reminder(world):
    world.settings(stopped_reminder="3s")
    agent = world.learned("coder")
    breaks.stop(agent)
    stopped = time.monotonic()
    call = world.run("--json", status=0)
    equal((call.verdict("coder"), world.doubles.alerts()), ("held", []), "verdict and alerts just after the stop")
    breaks.wait("three seconds to be over", lambda: time.monotonic() - stopped > 3.5)
    for number in (1, 2):
        equal(world.run("--json", status=0).verdict("coder"), "held", f"the verdict of pass {number} after that")
        alerts = world.doubles.alerts(agent="coder")
        equal([alert["kinds"] for alert in alerts], [["unit-inactive"]], f"what was told after pass {number}")
    for words in ("asked to stop it", "disable", "start"):
        contains(alerts[0]["text"], words, "the message")
    equal(agent.state()["ActiveState"], "inactive", "the state of the agent")
