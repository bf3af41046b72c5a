"""Agents that were updated: of which release a config is, and what an agent makes of its config by itself."""
import json
import os
import re
import shutil
from pathlib import Path

import agents
import breaks
from agents import PROGRAMS
from catalogue import EVERYWHERE, OWN, SYSTEM, test
from expect import check, contains, equal, lacks
from world import HOME

OLD, NEW = "2026.8.1", "2026.9.1"


def written(agent, change, age=600):
    """A config as `change` leaves the present one, long ago. Returns its bytes."""
    config = json.loads(agent.config.read_text())
    change(config)
    agent.write(agent.config, json.dumps(config, indent=2) + "\n")
    os.utime(agent.config, (agent.config.stat().st_mtime - age,) * 2)
    return agent.config.read_bytes()


def of_release(release):
    return lambda config: config["meta"].update(lastTouchedVersion=release)


def restored(world, name):
    return [remedy for _, remedy, _ in world.ledger.actions(name) if remedy == "restoreConfig"]


# Which release

@test("a config of an older release is not put back because the unit's own mark is from then", (SYSTEM, OWN))
def stale_mark(world):
    agent, beside = world.create("coder"), world.create("beside")
    for each in (agent, beside):
        written(each, of_release(OLD))
        # As the installer wrote it once; an update of the program does not touch the unit.
        world.drop_in(each, f"Environment=OPENCLAW_SERVICE_VERSION={OLD}")
        each.systemctl("restart", each.unit)
        breaks.wait("the agent to be ready", each.ready)
    world.learn(agent, beside)
    # This one was not updated, and breaks, too.
    good = beside.config.read_bytes()
    breaks.config(beside, age=600)

    def edit(config):
        of_release(NEW)(config)
        config["agents"]["defaults"]["compaction"]["mode"] = "auto"
    bad = written(agent, edit)
    agent.systemctl("restart", agent.unit)
    breaks._wait_failed(agent)
    equal(agent.state()["ExecMainStatus"], 78, "the status that the agent ended with")

    call = world.run("--json")

    equal(agent.config.read_bytes(), bad, "the config of the newer release")
    equal(restored(world, "coder"), [], "what was put back")
    equal((call.verdict("coder"), call.verdict("beside")), ("failing", "healed"), "the verdicts")
    equal(beside.config.read_bytes(), good, "the config of the agent that was not updated")
    told = world.doubles.alerts(agent="coder")
    equal([alert["event"] for alert in told], ["escalated"], "what was told")
    for words in (OLD, NEW, "watchdog config rollback coder"):
        contains(told[0]["text"], words, "the message")
    world.run()
    equal((agent.config.read_bytes(), restored(world, "coder")), (bad, []),
          "config and what was put back after the next pass")


# What an agent writes by itself

def installed():
    """A program that brings a config into a newer form lies there, before any config has proven itself."""
    agents.install_programs()
    shutil.copyfile(Path(agents.__file__).with_name("migrating"), PROGRAMS / "migrating")
    (PROGRAMS / "migrating").chmod(0o755)


def updated(agent, world):
    """From its next start on it is a release that brings its config into a newer form."""
    start = re.search(r"^ExecStart=(.*)$", agent.unit_file.read_text(), re.M).group(1)
    start = start.replace(f"{PROGRAMS}/gateway", f"{PROGRAMS}/migrating")
    world.drop_in(agent, f"ExecStart=\nExecStart={start}")


def broken_either_way(world, code, *lines):
    """An updated agent that is broken whatever its config says, and the config as the operator left it."""
    installed()
    agent = world.learned("coder", restart="no")
    good = agent.config.read_bytes()
    updated(agent, world)

    def edit(config):
        config["agents"]["defaults"]["maxConcurrent"] = 7
    written(agent, edit)
    breaks._set_fault(agent, exit=code, times=-1, lines=list(lines))
    agent.systemctl("restart", agent.unit)
    breaks._wait_failed(agent)
    equal(agent.state()["ExecMainStatus"], code, "the status that the agent ended with")
    os.utime(agent.config, (agent.config.stat().st_mtime - 600,) * 2)
    newer = agent.config.read_bytes()
    for words in (b'"maxConcurrent": 7', b'"memory"'):
        contains(newer, words, "the operator's config, as the agent has migrated it")
    lacks(good, b'"memory"', "the config that is known to be good")
    return agent, newer


def comes_back(world, agent, newer):
    calls = [world.run("--json"), world.run("--json")]
    equal(agent.config.read_bytes(), newer, "the config, of which the operator made an edit")
    equal([call.verdict("coder") for call in calls], ["failing", "failing"], "the verdicts")
    equal(len(world.doubles.alerts("escalated")), 1, "the number of messages that ask a person")
    kept = [row["bytes"] for row in world.ledger.versions(agent.config)]
    check(newer in kept or not restored(world, "coder"), "the operator's config was replaced and is not kept")


@test("an agent that crashes with any config, and rewrites it as it starts, keeps the operator's edit of it",
      EVERYWHERE, seconds=8)
def crashes(world):
    comes_back(world, *broken_either_way(world, 1, *breaks.UNKNOWN_LINES))


@test("an agent that refuses any config, and rewrites it as it starts, has the operator's edit back after "
      "the rollback", EVERYWHERE, seconds=8)
def refuses(world):
    agent, newer = broken_either_way(world, 78, f"Invalid config at {HOME}/.openclaw-coder/openclaw.json:",
                                     '- agents.defaults: Unrecognized key: "memory"')
    comes_back(world, agent, newer)
    equal(len(restored(world, "coder")), 2, f"the number of configs put back, of {world.ledger.actions()}")
