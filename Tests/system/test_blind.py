"""What the watchdog cannot see or write down: it is said, never taken for health, and nothing is done on a guess."""
import os
import subprocess

import breaks
from agents import run
from catalogue import EVERYWHERE, OWN, SYSTEM, USER, test
from expect import check, contains, equal

# In a mount namespace of their own, the program and nobody else finds these folders empty.
NO_BUS = ("unshare", "-m", "sh", "-c", 'for folder in /run/systemd /run/dbus /run/user; do '
          'mount -t tmpfs none $folder; done; exec "$@"', "sh")
NO_JOURNAL = ("unshare", "-m", "sh", "-c", 'for folder in /run/log/journal /var/log/journal; do '
              '[ ! -d $folder ] || mount -t tmpfs none $folder; done; exec "$@"', "sh")


def told_once(world, kind="watchdog-incomplete"):
    equal([alert["kinds"] for alert in world.doubles.alerts()], [[kind]], "what was told")


@test("without a bus the pass says what it tried and ends with 3", EVERYWHERE)
def no_bus(world):
    agent = world.learned("fallen", restart="no")
    breaks.crash(agent)
    call = world.run("--json", before=NO_BUS, status=3)
    equal(call.json["verdict"], "unknown", "the verdict")
    findings = [finding["kind"] for finding in call.json["findings"]]
    check("watchdog-incomplete" in findings, f"the findings on the host are {findings}")
    contains(str(call.json["findings"]), "systemd", "the findings on the host")
    check("healthy" not in [each["verdict"] for each in call.json["agents"]], "an unseen agent is called healthy")
    told_once(world)
    text = world.run(before=NO_BUS, status=3)
    equal((text.out, text.err), ("", ""), "what the next pass without a bus printed")
    equal(world.ledger.actions(), [], "what was done")
    # Back again: the outage is still there to be healed, and nothing that was known is lost.
    equal(world.run("--json", status=0).verdict("fallen"), "healed", "the verdict once the bus is back")


@test("with an unreadable journal the pass says so and ends with 3", EVERYWHERE)
def no_journal(world):
    world.learned("coder")
    call = world.run("--json", before=NO_JOURNAL, status=3)
    contains(str(call.json["findings"]).lower(), "journal", "the findings on the host")
    equal(call.json["verdict"], "unknown", "the verdict")
    told_once(world)


@test("with an unreadable journal an agent that a person stopped is not started", (SYSTEM, USER, OWN))
def stopped_in_the_dark(world):
    agent = world.learned("coder")
    breaks.stop(agent)
    world.run("--json", before=NO_JOURNAL, status=3)
    equal(agent.state()["ActiveState"], "inactive", "the state of the unit")
    equal(world.ledger.actions(), [], "what was done")


@test("a user manager that is not running is said, and its agents are not called healthy", (USER,))
def no_user_manager(world):
    agent = world.learned("ops")
    run("loginctl", "disable-linger", agent.account)
    run("systemctl", "stop", f"user@{agent.uid}.service")
    call = world.run("--json", status=3)
    contains(str(call.json["findings"]), "ops", "the findings on the host")
    contains(str(call.json["findings"]), "enable-linger", "the advice")
    equal([alert["kinds"] for alert in world.doubles.alerts()], [["watchdog-incomplete"]], "what was told")


def broken(world):
    agent = world.learned("coder")
    breaks.config(agent, age=600)
    return agent, agent.config.read_bytes()


@test("a ledger that is no database is left as it is, and said; nothing is done without it", (SYSTEM, OWN))
def no_database(world):
    agent, bad = broken(world)
    rubbish = b"This is not a database. " * 4096
    for suffix in ("-wal", "-shm"):
        world.ledger.path.with_name(f"ledger.db{suffix}").unlink(missing_ok=True)
    world.ledger.path.write_bytes(rubbish)
    call = world.run(status=3)
    check(len(call.err.splitlines()) == 1, f"it does not say one sentence: {call.err!r}")
    contains(call.err, str(world.ledger.path), "the sentence")
    contains(call.err, "Move it aside", "the sentence")
    equal(world.ledger.path.read_bytes(), rubbish, "the file")
    equal(agent.config.read_bytes(), bad, "the config")
    equal(agent.state()["ActiveState"], "failed", "the state of the unit")
    for command in ("status", "incidents"):
        contains(world.watchdog(command, status=3).err, str(world.ledger.path), f"the sentence of {command}")


@test("a ledger of a newer release is left as it is", (SYSTEM,))
def newer_ledger(world):
    agent, bad = broken(world)
    subprocess.run(["python3", "-c", "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\n"
                    "c.execute('PRAGMA user_version = 99')\nc.commit()\nc.close()", str(world.ledger.path)], check=True)
    contains(world.run(status=3).err, "newer release", "the sentence")
    equal(agent.config.read_bytes(), bad, "the config")


def on_a_small_disk(world):
    """An agent, and the file that fills the disk of the state directory."""
    world.state.mkdir(mode=0o700)
    run("mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "none", str(world.state))
    world.settings(actions_per_agent=100)
    return world.learned("coder", start_limit="10/0"), world.state / "filler"


@test("a full disk is said in one sentence")
def said_full(world):
    agent, filler = on_a_small_disk(world)
    breaks.config(agent, age=600)
    for free in (0, 48):
        _fill(filler, free)
        call = world.run(status=3)
        contains(call.err, "full", f"{free} KiB free: what it says")
        contains(call.err, str(world.state), f"{free} KiB free: what it says")
        check(len(call.err.splitlines()) == 1, f"{free} KiB free: it does not say one sentence: {call.err!r}")


@test("with a full disk nothing is done that cannot be written down first, and nothing is lost", seconds=15)
def full_disk(world):
    agent, filler = on_a_small_disk(world)
    good = agent.config.read_bytes()
    refusals = 0
    for free in (0, 16, 48, 72, 96, 128, 192):
        breaks.config(agent, age=600)
        bad = agent.config.read_bytes()
        _fill(filler, free)
        done = world.run("--json")
        filler.unlink()
        config, begun = agent.config.read_bytes(), world.ledger.rows(
            "SELECT remedy FROM actions WHERE began IS NOT NULL AND outcome IS NOT 'interrupted'")
        check(config in (bad, good), f"{free} KiB free: the config is neither the old nor the new one")
        if done.status == 3:
            refusals += 1
            check(len(done.err.splitlines()) == 1, f"{free} KiB free: it does not say one sentence: {done.err!r}")
        else:
            equal(done.status, 0, f"{free} KiB free: the exit status")
        check(config == bad or ("restoreConfig" in [row["remedy"] for row in begun]),
              f"{free} KiB free: the config was replaced and the ledger does not know of it")
        equal(world.known_good(agent), good, f"{free} KiB free: the known-good config")
        world.run(status=0)
        equal(agent.config.read_bytes(), good, f"{free} KiB free: the config once there is room")
        equal(agent.state()["ActiveState"], "active", f"{free} KiB free: the state of the unit once there is room")
    check(refusals, "the disk was never full enough")


def _fill(path, free):
    """Leaves so many KiB on its file system."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        while True:
            os.write(file, b"\0" * 4096)
    except OSError:
        pass  # it is full
    os.ftruncate(file, max(0, os.fstat(file).st_size - free * 1024))
    os.close(file)


@test("a state directory that others can write to, or that is a link, is refused", (SYSTEM, OWN))
def open_state(world):
    agent, bad = broken(world)
    world.state.chmod(0o777)
    contains(world.run(status=3).err, str(world.state), "the sentence")
    world.state.chmod(0o700)
    aside = world.state.with_name("aside")
    world.state.rename(aside)
    world.as_owner("ln", "-s", str(aside), str(world.state))
    contains(world.run(status=3).err, str(world.state), "the sentence")
    equal(agent.config.read_bytes(), bad, "the config")
