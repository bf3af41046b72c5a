"""A config whose owner or group the agent's own user could not give it again: that is said before anything
breaks, and a rollback is not lost over it.
"""
import json
import os
import re
import time

import breaks
from agents import run
from catalogue import OWN, SYSTEM, USER, test
from expect import check, equal


def of_roots_group(world):
    """A healthy agent after `chown fleet FILE`: its user owns the config, whose group is still root's."""
    agent = world.create("coder")
    os.chown(agent.config, agent.uid, 0)
    agent.config.chmod(0o640)
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)
    equal(standing(agent), (agent.uid, 0, "0o640"), "owner, group and mode of the config")
    check("root" not in run("id", "-nG", agent.account).stdout.split(), f"{agent.account} is in group root")
    return agent


def standing(agent):
    status = agent.config.stat()
    return status.st_uid, status.st_gid, oct(status.st_mode & 0o7777)


def broken_in_place(agent):
    """A bad edit by an editor that writes into the file, so that owner, group and mode stay."""
    text = agent.config.read_text()
    with open(agent.config, "r+", encoding="utf-8") as file:
        file.write(text.replace('"safeguard"', '"auto"'))
        file.truncate()
    os.utime(agent.config, (time.time() - 600,) * 2)
    agent.systemctl("restart", agent.unit)
    breaks._wait_failed(agent)
    equal(agent.state()["ExecMainStatus"], 78, "the status that the agent ended with")


def sentences(call):
    """Everything that a report in JSON finds, of the host and of the agents."""
    found = [*call.json["findings"], *(each for agent in call.json["agents"] for each in agent["findings"])]
    return [finding["summary"] for finding in found]


def said(texts, *words):
    return [text for text in texts if all(word in text for word in words)]


@test("a config whose group the agent's user could not give it again is told before anything breaks",
      (SYSTEM, USER, OWN))
def told_before(world):
    agent = of_roots_group(world)
    call = world.run("--json")
    check(call.verdict("coder") in ("healthy", "degraded"), f"the verdict is {call.verdict('coder')}")
    doctor = world.watchdog("doctor").out
    found = said([*sentences(call), *doctor.splitlines()], str(agent.config), "group")
    check(found, f"neither the pass nor `doctor` says it: {sentences(call)} {doctor}")


@test("a config whose group cannot be given to it again is rolled back all the same, readable by nobody else",
      (SYSTEM, USER, OWN))
def rolled_back(world):
    agent = of_roots_group(world)
    for _ in range(2):
        world.run()
    good = agent.config.read_bytes()
    equal(world.known_good(agent), good, "what is known to be good")
    broken_in_place(agent)

    call = world.run("--json")

    equal((call.verdict("coder"), agent.state()["ActiveState"]), ("healed", "active"),
          "verdict and state of the unit")
    equal(agent.config.read_bytes(), good, "the config")
    owner, group, mode = standing(agent)
    equal(owner, agent.uid, "the owner of the config")
    # With its old group it may be as open as it was; with any other one, only its owner may have it.
    most = 0o640 if group == 0 else 0o600
    equal(int(mode, 8) & ~most, 0, f"what group {group} and others may do with the config, of mode {mode}")
    if group != 0:
        text = json.dumps([call.agent("coder")["actions"], world.doubles.alerts("healed")])
        check(re.search(r"(?<![\w-])group\b", text), f"it is not said that its group was not kept: {text}")
    world.doubles.forget()
    again = world.run()
    check(again.status in (0, 1), f"the exit status of the next pass is {again.status}")
    equal(agent.config.read_bytes(), good, "the config after the next pass")


@test("a config that is root's in the agent's own folder is told, with the command, before anything breaks",
      (SYSTEM, USER, OWN))
def roots_own(world):
    agent = world.create("coder")
    os.chown(agent.config, 0, 0)
    agent.config.chmod(0o644)
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)
    equal(standing(agent), (0, 0, "0o644"), "owner, group and mode of the config")
    call = world.run("--json")
    check(agent.ready(), "the agent does not answer")
    check(said(sentences(call), str(agent.config), "chown"),
          f"the pass does not say it: {sentences(call)}")
    doctor = world.watchdog("doctor").out
    check(said(doctor.splitlines(), str(agent.config), "chown"), f"`doctor` does not say it: {doctor}")
    equal(standing(agent), (0, 0, "0o644"), "owner, group and mode of the config after the pass")
    told = len(world.doubles.alerts())
    world.run()
    equal(len(world.doubles.alerts()), told, "the number of messages after the next pass")
