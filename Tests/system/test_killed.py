"""A pass that is killed at any moment: the next one finishes what it began."""
import os
import shutil

import breaks
from catalogue import EVERYWHERE, OWN, SYSTEM, USER, test
from expect import Skip, check, contains, equal
from test_rollback import spoil


def victim(world):
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    world.settings(actions_per_agent=100)
    return world.learned("coder", start_limit="10/0")


def kill_at(world, call, when):
    """One pass that is killed when it makes that system call for the so-many-th time, before the call has
    happened. Returns whether it came so far."""
    status = world.run(within=["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                               "-e", f"inject={call}:signal=KILL:when={when}"]).status
    check(status in (0, -9, 137), f"the pass that was to be killed ended with {status}")
    return status != 0


def finished(world, agent, good, moment):
    """What holds after the next pass, wherever the one before it ended."""
    call = world.run("--json")
    equal(call.status, 0, f"{moment}: the exit status of the next pass")
    check(call.verdict("coder") in ("healed", "healthy"), f"{moment}: the verdict is {call.verdict('coder')}")
    equal(agent.config.read_bytes(), good, f"{moment}: the config")
    equal(agent.state()["ActiveState"], "active", f"{moment}: the state of the unit")
    breaks.wait(f"the agent to be ready ({moment})", agent.ready, 5)
    incident = world.ledger.row("SELECT * FROM incidents WHERE closed IS NULL")
    equal(incident, None, f"{moment}: the open incident")
    action = world.ledger.row("SELECT id, rung, remedy, began, ended FROM actions WHERE ended IS NULL")
    equal(action, None, f"{moment}: the action that is still open")
    return call


def everywhere(world, call, most, step=1):
    """Kills passes some system calls later each time, until one comes through."""
    agent = victim(world)
    good = agent.config.read_bytes()
    for when in range(1, most + 1, step):
        moment = f"killed at {call} {when}"
        bad = spoil(agent)
        if not kill_at(world, call, when):
            check(when > 1, f"a pass makes no {call}")
            return
        check(agent.config.read_bytes() in (bad, good), f"{moment}: the config is neither the old nor the new one")
        before = len(world.ledger.actions())
        finished(world, agent, good, moment)
        after = world.run()
        equal((after.status, after.out, after.err), (0, "", ""), f"{moment}: the pass after the next")
        check(len(world.ledger.actions()) <= before + 3, f"{moment}: things were done twice")


@test("a pass killed while it writes a config leaves the old or the new one, and the next pass heals",
      EVERYWHERE, seconds=18)
def writing(world):
    everywhere(world, "renameat2", 3)


@test("a pass killed before a config is on the disk is finished by the next", (SYSTEM, OWN), seconds=12)
def syncing(world):
    everywhere(world, "fsync", 5)


@test("a pass killed while it cleans up after a restore is finished by the next", (SYSTEM, USER), seconds=10)
def cleaning(world):
    everywhere(world, "unlinkat", 4)


@test("a pass killed at any write to its ledger is finished by the next", (SYSTEM,), seconds=40)
def recording(world):
    everywhere(world, "fdatasync", 30)


@test("a pass killed in the middle of a write to its ledger is finished by the next", (SYSTEM,), seconds=40)
def tearing(world):
    everywhere(world, "pwrite64", 100, step=3)


@test("a pass killed while it waits for an answer is finished by the next", (SYSTEM, OWN), seconds=20)
def waiting(world):
    everywhere(world, "ppoll", 12)


@test("a pass killed at any word to systemd is finished by the next", (SYSTEM, USER), seconds=30)
def speaking(world):
    everywhere(world, "sendmsg", 12)


@test("a pass killed while it waits for the agent to hold is finished by the next", (SYSTEM, OWN), seconds=10)
def settling(world):
    everywhere(world, "clock_nanosleep", 2)


@test("a rollback is told with its diff even if the pass that made it was killed", EVERYWHERE, seconds=5)
def told(world):
    agent = victim(world)
    bad = spoil(agent)
    check(kill_at(world, "clock_nanosleep", 1), "the pass was not killed")
    check(agent.config.read_bytes() != bad, "it was killed before the rollback")
    world.run()
    alerts = world.doubles.alerts(agent="coder")
    check(alerts, "nobody was told that the config was rolled back")
    contains("\n".join(alert["text"] for alert in alerts), '"mode": "auto"', "the messages")
    equal([row["bytes"] for row in world.ledger.versions(agent.config, "rejected")], [bad],
          "the refused versions in the ledger")


@test("a rollback that did not help is taken back by the next pass if the one that made it was killed",
      (SYSTEM, USER), seconds=5)
def not_taken_back(world):
    agent = victim(world)
    good = agent.config.read_bytes()
    bad = spoil(agent)
    breaks._set_fault(agent, exit=78, times=-1, lines=["Invalid config at somewhere else:"])
    check(kill_at(world, "renameat2", 2), "the pass was not killed")
    equal(agent.config.read_bytes(), good, "the config after the pass that was killed")
    world.run(status=2)
    equal(agent.config.read_bytes(), bad, "the config after the next pass")
    equal([alert["event"] for alert in world.doubles.alerts()], ["escalated"], "what was told")
    again = world.run(status=2)
    equal((again.out, again.err), ("", ""), "what the pass after that printed")
    equal(agent.config.read_bytes(), bad, "the config after the pass after that")


@test("a pass killed while it makes an agent's children safe is finished by the next", (SYSTEM, USER), seconds=15)
def upkeep(world):
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    for number, (call, when) in enumerate((
            ("mkdirat", 1), ("fsync", 1), ("renameat2", 1), ("fsync", 2), ("sendmsg", 6), ("pidfd_send_signal", 1),
            ("pwrite64", 20), ("pwrite64", 35), ("pwrite64", 45))):
        moment = f"killed at {call} {when}"
        agent = world.create(f"left{number}", kill_mode="process", children=1)
        leftovers = breaks.leftover(agent)
        own = set(agent.processes()) - set(leftovers)
        before = agent.state()
        kill_at(world, call, when)
        world.run()
        after = agent.state()
        equal((after["MainPID"], after["InvocationID"]), (before["MainPID"], before["InvocationID"]),
              f"{moment}: main process and start")
        equal(after["KillMode"], "control-group", f"{moment}: KillMode")
        equal(set(agent.processes()), own, f"{moment}: the processes in the unit")
        for table, end in (("incidents", "closed"), ("actions", "ended")):
            equal(world.ledger.rows(f"SELECT * FROM {table} WHERE {end} IS NULL"), [], f"{moment}: open {table}")
        equal(sorted(os.listdir(agent.unit_file.with_name(agent.unit + ".d"))), ["90-agent-watchdog.conf"],
              f"{moment}: the drop-ins")
        again = world.run(status=0)
        equal((again.out, again.err), ("", ""), f"{moment}: what the pass after the next printed")


@test("a message that was not sent because the pass was killed is sent by the next", (SYSTEM,))
def unsent(world):
    agent = victim(world)
    spoil(agent)
    world.doubles.behave(webhook={"delay": 3})
    process = world.begin("run")
    breaks.wait("the message to be on its way", world.doubles.alerts)
    process.kill()
    world.ended(process, "run")
    world.doubles.forget()
    call = world.run(status=0)
    equal(call.err, "", "what the next pass complains of")
    equal([alert["event"] for alert in world.doubles.alerts()], ["healed"], "what the next pass told")
    world.run(status=0)
    equal(len(world.doubles.alerts()), 1, "the number of messages")


@test("a killed pass leaves no temporary file beside the config for good", (SYSTEM, USER), seconds=8)
def litter(world):
    agent = victim(world)
    for call in ("renameat2", "unlinkat"):
        spoil(agent)
        check(kill_at(world, call, 1), f"the pass was not killed at {call}")
        world.run()
        world.run()
        equal(sorted(os.listdir(agent.config.parent)), ["openclaw.json"],
              f"what lies beside the config after a pass that was killed at {call}")
