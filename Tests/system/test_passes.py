"""Passes among themselves, and passes that nobody starts by hand."""
import re
import shutil
from pathlib import Path

import breaks
from agents import run
from catalogue import OWN, SYSTEM, test
from checkouts import install
from expect import Skip, check, contains, equal

CRON = Path("/etc/cron.d/agent-watchdog")


@test("a second pass while one is running says so and ends with 75; the first is not disturbed", (SYSTEM, OWN))
def second(world):
    world.settings(advisor=True)
    agent = world.learned("flaky", restart="no")
    breaks.crash(agent, times=1)
    world.doubles.propose("restartUnit")
    world.doubles.behave(model={"delay": 3})
    first = world.begin("run", "--json")
    breaks.wait("the first pass to be busy", world.doubles.questions)

    call = world.run(status=75)
    equal(call.out, "", "standard output of the second")
    check(len(call.err.splitlines()) == 1, f"it does not say one sentence: {call.err!r}")
    contains(call.err, "another pass is running", "the sentence")
    contains(call.err, str(world.state), "the sentence")
    equal(world.run("--json", status=75).out, "", "standard output of the second, in JSON")
    check(world.watchdog("status").seconds < 1, "`status` waits for the pass")
    check(first.poll() is None, "the test is none: the first pass was over already")

    ended = world.ended(first, "run", "--json")
    equal(ended.status, 0, "the exit status of the first")
    equal(ended.verdict("flaky"), "healed", "the verdict of the first")
    world.run(status=0)


@test("cron starts the pass, and an agent is healed with nobody calling", seconds=100, waits=True, limit=150)
def cron(world):
    if not shutil.which("cron"):
        raise Skip("the package cron is not installed")
    agent = world.learned("coder", restart="no")
    install()
    text, changed = re.subn(r"^\*/15 \* \* \* \* root ", "* * * * * root ", CRON.read_text(), flags=re.M)
    equal(changed, 1, "the number of lines in the entry that start every 15 minutes")
    CRON.write_text(text)
    CRON.chmod(0o644)
    contains(world.settings_path.read_text(), "brake_share", "the settings after the installation")

    breaks.crash(agent)
    passes = world.ledger.value("SELECT count(*) FROM passes")
    run("systemctl", "start", "cron")
    breaks.wait("cron to have the agent healed", lambda: agent.state()["ActiveState"] == "active", 100)
    breaks.wait("the message", world.doubles.alerts, 20)
    equal([(alert["agent"], alert["event"]) for alert in world.doubles.alerts()], [("coder", "healed")],
          "what was told")
    check(world.ledger.value("SELECT count(*) FROM passes") > passes, "there was no pass")


@test("a pass that is told to end by a signal gives way, and the next one goes on", (SYSTEM,))
def terminated(world):
    world.settings(settle="10s")
    agent = world.learned("flaky", restart="no")
    breaks.crash(agent)
    process = world.begin("run")
    breaks.wait("the start to be done", lambda: world.ledger.actions()[1:])
    process.terminate()
    world.ended(process, "run", seconds=5)
    world.settings()
    world.run(status=0)
    equal(world.ledger.value("SELECT count(*) FROM incidents WHERE closed IS NULL"), 0, "the open incidents")
    equal(world.ledger.value("SELECT count(*) FROM actions WHERE ended IS NULL"), 0, "the open actions")
    equal(agent.state()["ActiveState"], "active", "the state of the unit")
