"""A config that the agent refuses gives way to the last one that worked."""
import itertools
import json
import os
import re

import breaks
import secrets_of
from agents import run
from catalogue import EVERYWHERE, test
from expect import check, contains, equal


_edits = itertools.count(11)


def spoil(agent, age=600):
    """A person's edit: a bad compaction mode, and both tokens changed in passing. Returns the bytes, which are others
    each time, since no rollback is made twice."""
    config = json.loads(agent.config.read_text())
    config["agents"]["defaults"]["maxConcurrent"] = next(_edits)
    config["agents"]["defaults"]["compaction"]["mode"] = "auto"
    config["gateway"]["auth"]["token"] = "5e" * 24
    config["channels"]["telegram"]["botToken"] = "7123456789:AA" + "Zk9" * 11
    agent.write(agent.config, json.dumps(config, indent=2) + "\n")
    os.utime(agent.config, (agent.config.stat().st_mtime - age,) * 2)
    agent.systemctl("restart", agent.unit, check=False)
    breaks._wait_failed(agent)
    return agent.config.read_bytes()


@test("a config that the agent refuses is rolled back, byte for byte, and the diff is told", EVERYWHERE)
def rolled_back(world):
    agent = world.create("coder")
    run("chmod", "640", str(agent.config))
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)
    world.learn(agent)
    good, before = agent.config.read_bytes(), agent.config.stat()
    secrets = secrets_of.of(agent)
    bad = spoil(agent)
    secrets |= {f"{name} (refused version)": value for name, value in secrets_of.of(agent).items()}

    call = world.run("--json", status=0)

    equal(call.verdict("coder"), "healed", "the verdict")
    equal(agent.config.read_bytes(), good, "the config")
    after = agent.config.stat()
    equal((after.st_uid, after.st_gid, oct(after.st_mode)), (before.st_uid, before.st_gid, oct(before.st_mode)),
          "owner, group and mode of the config")
    equal(agent.state()["ActiveState"], "active", "the state of the unit")
    check(agent.ready(), "the agent does not answer")
    equal(sorted(os.listdir(agent.config.parent)), ["openclaw.json"], "what lies beside the config")
    kept = world.ledger.versions(agent.config, "rejected")
    equal([row["bytes"] for row in kept], [bad], "the refused versions in the ledger")

    alerts = world.doubles.alerts()
    equal([(alert["event"], alert["agent"]) for alert in alerts], [("healed", "coder")], "what was told")
    text = alerts[0]["text"]
    check(re.search(r'^-\s+"mode": "auto"$', text, re.M), f"the alert does not show the line taken out: {text}")
    check(re.search(r'^\+\s+"mode": "safeguard"$', text, re.M), f"the alert does not show the line put in: {text}")
    check(re.search(r'^-\s+"botToken": ', text, re.M), f"the alert does not show that the token changed: {text}")
    number = str(call.agent("coder")["incident"])
    secrets_of.search(secrets, the_alert=alerts, standard_output=call.out, standard_error=call.err,
                      the_ledger=world.ledger.text(),
                      the_incident=world.watchdog("incidents", number, status=0).out,
                      the_incident_as_JSON=world.watchdog("incidents", number, "--json", status=0).out,
                      the_status=world.watchdog("status", status=0).out)


@test("the text of a pass names what was found, what was done and the diff, without a secret")
def told_as_text(world):
    agent = world.learned("coder")
    secrets = secrets_of.of(agent)
    spoil(agent)
    secrets |= {f"{name} (refused version)": value for name, value in secrets_of.of(agent).items()}
    call = world.run(status=0)
    for piece in ("coder", "healed", "status 78", "restoreConfig", str(agent.config), '"mode": "auto"',
                  '"mode": "safeguard"'):
        contains(call.out, piece, "what the pass printed")
    check(call.out.rstrip().splitlines()[-1].startswith("healed: 1 agent"),
          f"the last line is no verdict: {call.out.rstrip().splitlines()[-1]}")
    check("\x1b" not in call.out, "there are colours although there is no terminal")
    secrets_of.search(secrets, standard_output=call.out, standard_error=call.err)
