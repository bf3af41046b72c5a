"""What is known of a config's place and state: which file it is, that it is gone, that its agent cannot read it."""
import json
import os
import time

import breaks
from agents import run
from catalogue import EVERYWHERE, OWN, SYSTEM, USER, test
from expect import check, contains, equal, lacks
from test_config import REFUSED, apply, edited, with_mode
from test_secrets import file_of
from test_validator import findings

MISSING, SCHEMA, UNSEEN = "config-missing", "config-schema", "watchdog-incomplete"


def told(world):
    return [alert["event"] for alert in world.doubles.alerts()]


def restart(agent):
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)


@test("the config is the file that the unit's environment file names, and no other is written", (SYSTEM, OWN), seconds=8)
def named_in_a_file(world):
    agent = world.create("coder", start_limit="30/0")
    stale, real = agent.config, agent.home / "real" / "openclaw.json"
    agent.write(real, stale.read_text())
    world.drop_in(agent, f"EnvironmentFile={file_of(agent, 'place.env', f'OPENCLAW_CONFIG_PATH={real}')}")
    restart(agent)
    agent.config = real
    world.learn(agent)
    before, new = stale.read_bytes(), edited(agent, runs=7)
    equal(apply(world, new, "--json", status=0).json["path"], str(real), "the path of the change")
    equal((real.read_text(), stale.read_bytes()), (new, before), "the config, and the file that is none")


@test("where it cannot be told which config the agent reads, none is written and it is said what to set", (SYSTEM, OWN),
      seconds=6)
def unknown_place(world):
    agent = world.create("coder", start_limit="30/0")
    before = agent.config.read_bytes()
    world.drop_in(agent, "Environment=OPENCLAW_CONFIG_PATH=openclaw.json\n"
                         f"WorkingDirectory={agent.config.parent}")
    restart(agent)
    call = world.run("--json", status=0)
    contains(findings(call)[UNSEEN]["summary"], "OPENCLAW_CONFIG_PATH is no absolute path: name it in the settings",
             "what is said")
    call = apply(world, edited(agent, runs=7), status=64)
    contains(call.err, "no config file that is known", "what an apply says")
    equal(agent.config.read_bytes(), before, "the config")
    # What runs was started with another file than the next start will have.
    world.drop_in(agent, f"EnvironmentFile={file_of(agent, 'place.env', f'OPENCLAW_CONFIG_PATH={agent.config}2')}")
    contains(findings(world.run("--json", status=0))[UNSEEN]["summary"], "was started with another OPENCLAW_CONFIG_PATH",
             "what is said of a file that was named since")


@test("a config that is gone is missed until it is back, also one that was never found to be well", EVERYWHERE, seconds=6)
def gone(world):
    agent = world.create("coder")
    text = edited(agent, runs=5)
    agent.write(agent.config, text)  # just now, so that nobody has judged it
    world.run(status=0)
    agent.config.unlink()
    for _ in range(3):
        call = world.run("--json", status=1)
        equal(list(findings(call)), [MISSING], "what is found while the file is gone")
    equal(told(world), ["opened"], "what is told while the file is gone")
    agent.write(agent.config, text)
    equal(world.run("--json", status=0).verdict("coder"), "healthy", "the verdict once it is back")
    equal(told(world), ["opened", "healed"], "what was told")


@test("a config that its agent may not read any more is told with the command that gives it back", (SYSTEM, USER),
      seconds=6)
def unreadable(world):
    agent = with_mode(world)
    os.chown(agent.config, 0, 0)
    agent.config.chmod(0o600)
    for _ in range(2):
        found = findings(world.run("--json", status=1))
        contains(found[MISSING]["summary"], f"chown {agent.account}: {agent.config}", "the sentence")
    equal(told(world), ["opened"], "what is told")
    call = world.watchdog("config", "rollback", "coder", status=REFUSED)
    contains(call.err, f"chown {agent.account}: {agent.config}", "what a rollback says")
    run("chown", f"{agent.account}:", str(agent.config))
    world.run(status=0)
    equal(told(world), ["opened", "healed"], "what was told")


@test("a faulty config that is saved again is not told to be well, nor to be broken anew", seconds=6)
def saved_again(world):
    agent = world.create("coder")
    text = edited(agent, runs=5).replace('"maxConcurrent"', '"max\u200bConcurrent"')
    agent.write(agent.config, text)
    os.utime(agent.config, (time.time() - 600,) * 2)
    equal(list(findings(world.run("--json", status=1))), ["config-invisible-character"], "what is found")
    for _ in range(2):
        agent.write(agent.config, text)
        world.policy(edit_grace="2min")
        world.run(status=0)
        world.policy(edit_grace="0s")
        world.run(status=1)
    equal(told(world), ["opened"], "what is told of a file that stayed faulty")
    agent.write(agent.config, json.dumps(json.loads(text.replace("\u200b", "")), indent=1))
    world.policy(edit_grace="2min")
    world.run(status=0)
    equal(told(world), ["opened"], "what is told while somebody may still be at it")
    world.policy(edit_grace="0s")
    world.run(status=0)
    equal(told(world), ["opened", "healed"], "what was told")
