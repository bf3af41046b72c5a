"""How lately a config was changed: what counts is when somebody was at it, not the time that it carries."""
import os
import time

import breaks
from agents import run
from catalogue import EVERYWHERE, test
from expect import check, contains, equal


def left_alone(world, agent):
    """A pass that leaves the refused config as it is for now; without a time of grace it is rolled back."""
    good, bad = world.known_good(agent), agent.config.read_bytes()
    check(good != bad, "the edit did not change the config")
    check(time.time() - agent.config.stat().st_mtime > 300, "the file carries the time of the edit")
    check(time.time() - agent.config.stat().st_ctime < 60, "the edit was not a moment ago")
    call = world.run("--json")
    equal(agent.config.read_bytes(), bad, "the config after a pass that came at once")
    equal((call.status, call.verdict("coder")), (2, "failing"), "the exit status and the verdict")
    equal(world.ledger.actions(), [], "what was done")
    contains(call.agent("coder")["reason"] or "", "changed", "the reason")
    world.settings(edit_grace="0s")
    equal(world.run("--json", status=0).verdict("coder"), "healed", "the verdict without a time of grace")
    equal(agent.config.read_bytes(), good, "the config without a time of grace")


@test("an edit of a moment ago is not rolled back at once, whatever time the file carries", EVERYWHERE)
def dated_back(world):
    world.settings(edit_grace="2min")
    agent = world.learned("coder")
    breaks.config(agent, age=86_400)
    left_alone(world, agent)


@test("an old file that was moved over the config a moment ago is not rolled back at once", EVERYWHERE)
def copied_over(world):
    world.settings(edit_grace="2min")
    agent = world.learned("coder")
    # As from a backup: with the time that it had.
    backup, beside = agent.home / "backup.json", agent.config.with_name("openclaw.json.old")
    agent.write(backup, agent.config.read_text().replace('"safeguard"', '"auto"'))
    os.utime(backup, (time.time() - 86_400,) * 2)
    as_account = ["runuser", "-u", agent.account, "--"]
    run(*as_account, "cp", "-p", str(backup), str(beside))
    run(*as_account, "mv", str(beside), str(agent.config))
    agent.systemctl("restart", agent.unit, check=False)
    breaks._wait_failed(agent)
    left_alone(world, agent)
