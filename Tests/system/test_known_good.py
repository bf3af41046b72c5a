"""Which configs become the last-known-good one, and when it is put back, or taken back."""
import json
import os

import breaks
from catalogue import EVERYWHERE, SYSTEM, USER, test
from expect import check, contains, equal
from test_rollback import spoil


def edit(agent, old, new):
    text = agent.config.read_text()
    check(old in text, f"the config has no {old!r}")
    agent.write(agent.config, text.replace(old, new))


def restart(agent):
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)


@test("a config that was edited after the agent's start is not known to be good before a restart", EVERYWHERE)
def edited_while_running(world):
    agent = world.learned("coder")
    good = agent.config.read_bytes()
    edit(agent, '"maxConcurrent": 4', '"maxConcurrent": 5')
    newer = agent.config.read_bytes()
    for _ in range(3):
        equal(world.run("--json", status=0).verdict("coder"), "healthy", "the verdict")
        equal(world.known_good(agent), good, "the known-good config while the agent runs with the old one")
    restart(agent)
    world.run(status=0)
    equal(world.known_good(agent), good, "the known-good config after one pass")
    world.run(status=0)
    equal(world.known_good(agent), newer, "the known-good config after two passes over the restarted agent")


@test("a config becomes known-good only when the agent has been healthy for known_good_after", seconds=6)
def takes_time(world):
    world.settings(known_good_after="3s")
    agent = world.create("coder")
    began = world.run("--json", status=0)
    passes = 0
    while world.known_good(agent) is None:
        passes += 1
        check(passes < 200, "it never became known-good")
        world.run(status=0)
    check(passes > 1, "two passes at once were enough")
    first, last = (world.ledger.value(f"SELECT {which}(started) FROM passes") for which in ("min", "max"))
    check(last - first >= 3_000_000, f"it became known-good after {(last - first) / 1e6:.1f} s")
    equal(began.verdict("coder"), "healthy", "the verdict of the first pass")


@test("a config with blanked-out secrets never becomes known-good", (SYSTEM,))
def redacted(world):
    world.settings(edit_grace="2min")
    agent = world.learned("coder")
    good = agent.config.read_bytes()
    for blank in ("***", "[redacted]", "[REDACTED]"):
        config = json.loads(good)
        config["channels"]["telegram"]["botToken"] = blank
        agent.write(agent.config, json.dumps(config, indent=2) + "\n")
        restart(agent)
        for _ in range(3):
            equal(world.run("--json", status=0).verdict("coder"), "healthy", "the verdict")
        equal(world.known_good(agent), good, f"the known-good config after one with {blank}")


@test("a bad config is left alone while it may still be edited, told once, and rolled back when it is still",
      EVERYWHERE)
def edit_in_progress(world):
    world.settings(edit_grace="2min")
    agent = world.learned("coder")
    good = agent.config.read_bytes()
    bad = spoil(agent, age=0)

    first = world.run("--json", status=2)
    equal(first.verdict("coder"), "failing", "the verdict")
    equal(agent.config.read_bytes(), bad, "the config that was changed just now")
    equal(world.ledger.actions(), [], "what was done")
    equal([alert["event"] for alert in world.doubles.alerts()], ["opened"], "what was told")
    contains(world.doubles.alerts()[0]["text"], "somebody may still be at it", "the message")

    again = world.run(status=2)
    equal((again.out, again.err), ("", ""), "what the second pass printed")
    equal(agent.config.read_bytes(), bad, "the config after the second pass")
    equal(len(world.doubles.alerts()), 1, "the number of messages")

    # Its time alone is everybody's to set: an edit that says that it is old is as new as before.
    os.utime(agent.config, (agent.config.stat().st_mtime - 121,) * 2)
    equal(world.run("--json", status=2).verdict("coder"), "failing", "the verdict on one with an older time")
    equal(agent.config.read_bytes(), bad, "the config with an older time")
    world.settings(edit_grace="0s")
    last = world.run("--json", status=0)
    equal(last.verdict("coder"), "healed", "the verdict once the file is still")
    equal(agent.config.read_bytes(), good, "the config once the file is still")
    equal([alert["event"] for alert in world.doubles.alerts()], ["opened", "healed"], "what was told")


@test("a rollback that does not help is taken back, byte for byte, and a person is told", EVERYWHERE)
def no_help(world):
    agent = world.learned("coder")
    os.chmod(agent.config, 0o640)
    spoil(agent)
    os.chmod(agent.config, 0o644)
    bad, before = agent.config.read_bytes(), agent.config.stat()
    # By now the agent ends with 78 whatever its config says.
    breaks._set_fault(agent, exit=78, times=-1, lines=["Invalid config at somewhere else:"])

    call = world.run("--json", status=2)

    equal(agent.config.read_bytes(), bad, "the config")
    after = agent.config.stat()
    equal((after.st_uid, after.st_gid, oct(after.st_mode)), (before.st_uid, before.st_gid, oct(before.st_mode)),
          "owner, group and mode of the config")
    done = [action[:2] for action in world.ledger.actions("coder")]
    check(("rule:unit-config-exit", "restoreConfig") in done, f"no rollback was tried: {done}")
    check(("undo", "restoreConfig") in done, f"no rollback was taken back: {done}")
    equal(call.verdict("coder"), "failing", "the verdict")
    equal([alert["event"] for alert in world.doubles.alerts()], ["escalated"], "what was told")
    equal(world.ledger.versions(agent.config, "rejected"), [], "versions called rejected")

    actions = world.ledger.actions()
    again = world.run(status=2)
    equal((again.out, again.err), ("", ""), "what the next pass printed")
    equal(world.ledger.actions(), actions, "what was done after the next pass")
    equal(agent.config.read_bytes(), bad, "the config after the next pass")
    equal(len(world.doubles.alerts()), 1, "the number of messages")


def fussy(world, agent):
    """Its start fails, with no word about the config, while that has a certain value; which it has from now on,
    set ten minutes ago. Returns the config from before."""
    good = agent.config.read_bytes()
    world.drop_in(agent, f"ExecStartPre=/bin/sh -c '! grep -q maxConcurrent.*5 {agent.config}'")
    edit(agent, '"maxConcurrent": 4', '"maxConcurrent": 5')
    os.utime(agent.config, (agent.config.stat().st_mtime - 600,) * 2)
    agent.systemctl("restart", agent.unit, check=False)
    return good


@test("a crash loop that began with an edit of the config ends with the config from before", EVERYWHERE)
def crash_loop(world):
    agent = world.learned("coder", restart_sec="300ms", start_limit="1000/1000")
    good = fussy(world, agent)
    breaks.wait("the agent to crash three times", lambda: agent.state()["NRestarts"] >= 3)
    call = world.run("--json", status=0)
    equal(call.verdict("coder"), "healed", "the verdict")
    equal(agent.config.read_bytes(), good, "the config")
    check(agent.ready(), "the agent does not answer")
    equal([alert["event"] for alert in world.doubles.alerts()], ["healed"], "what was told")
    contains(world.doubles.alerts()[0]["text"], '"maxConcurrent": 5', "the message")


@test("a start limit that was reached after an edit of the config ends with the config from before",
      (SYSTEM, USER))
def start_limit(world):
    agent = world.learned("coder", restart_sec="100ms", start_limit="3/60")
    good = fussy(world, agent)
    breaks.wait("the manager to give up", lambda: agent.state()["ActiveState"] == "failed")
    call = world.run("--json", status=0)
    equal(call.verdict("coder"), "healed", "the verdict")
    equal(agent.config.read_bytes(), good, "the config")
    done = [action[:2] for action in world.ledger.actions()]
    equal(done[:3], [
        ("rule:unit-start-limit", "resetFailed"), ("rule:unit-start-limit", "startUnit"),
        ("last-known-good", "restoreConfig")], "what was done first")
    # After the failed start systemd may be about to restart the unit, or may have given up already.
    check(done[3:] in ([("last-known-good", "restartUnit")],
                       [("last-known-good", "resetFailed"), ("last-known-good", "startUnit")]),
          f"the start after the rollback was {done[3:]}")


@test("a config that was deleted is put back", (SYSTEM, USER))
def deleted(world):
    agent = world.learned("coder")
    good, before = agent.config.read_bytes(), agent.config.stat()
    agent.config.unlink()
    agent.systemctl("restart", agent.unit, check=False)
    breaks._wait_failed(agent)
    call = world.run("--json", status=0)
    equal(call.verdict("coder"), "healed", "the verdict")
    equal(agent.config.read_bytes(), good, "the config")
    after = agent.config.stat()
    equal((after.st_uid, oct(after.st_mode)), (before.st_uid, oct(before.st_mode)), "owner and mode")


@test("an agent that never was healthy has no config to go back to; a person is asked")
def nothing_known(world):
    agent = world.create("coder")
    bad = spoil(agent)
    call = world.run("--json", status=2)
    equal(call.verdict("coder"), "failing", "the verdict")
    equal(agent.config.read_bytes(), bad, "the config")
    equal([alert["event"] for alert in world.doubles.alerts()], ["escalated"], "what was told")


@test("a running agent with a bad config in its file is not touched")
def bad_but_running(world):
    agent = world.learned("coder")
    edit(agent, '"mode": "safeguard"', '"mode": "auto"')
    os.utime(agent.config, (1, 1))
    bad, pid = agent.config.read_bytes(), agent.state()["MainPID"]
    for _ in range(2):
        world.run(status=0)
    equal((agent.config.read_bytes(), agent.state()["MainPID"]), (bad, pid), "config and main process")
