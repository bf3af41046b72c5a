"""Putting the program in place on a host, and taking it away again: what works is not replaced by what does not, no promise
is dropped, and what is left is named."""
from pathlib import Path

import breaks
from agents import run
from catalogue import OWN, SYSTEM, USER, test
from checkouts import checkout, install, script, without_library
from expect import check, contains, equal
from test_config import described, edited, handed, open_changes, timers, with_mode
from world import PROGRAM

CRON = Path("/etc/cron.d/agent-watchdog")


def refused(done, *sentences):
    equal(done.returncode, 1, f"the exit status ({done.stderr.strip()})")
    for sentence in sentences:
        contains(done.stderr, sentence, "what is said")


def of_the_watchdog():
    """What has its name in its path, anywhere on the host's own disk."""
    found = run("find", "/etc", "/home", "/opt", "/root", "/usr/local", "/var", "-xdev", "-name", "*agent-watchdog*")
    return set(found.stdout.splitlines())


@test("installing puts program, settings and cron entry in place, and uninstalling takes them away")
def round_trip(world):
    agent = world.create("left", kill_mode="process")
    world.settings_path.unlink()
    world.settings_path.parent.rmdir()
    checkout(PROGRAM)
    Path(PROGRAM).unlink()
    before = of_the_watchdog()  # a checkout of this repository may lie anywhere
    install()
    for path, mode in ((Path("/usr/local/bin/watchdog"), 0o755), (CRON, 0o644), (world.settings_path, 0o644)):
        equal(oct(path.stat().st_mode & 0o777), oct(mode), f"the mode of {path}")
    world.run(status=0)
    drop_in = Path(f"/etc/systemd/system/{agent.unit}.d/90-agent-watchdog.conf")
    check(drop_in.exists(), "the pass wrote no drop-in")
    edited = world.settings_path.read_text() + "# mine\n"
    world.settings_path.write_text(edited)
    install()
    equal(world.settings_path.read_text(), edited, "settings that were changed, after a second installation")

    equal(script("uninstall").returncode, 0, "the exit status of uninstalling")
    for path in (Path("/usr/local/bin/watchdog"), CRON, drop_in):
        check(not path.exists(), f"{path} is left behind")
    equal(agent.state()["KillMode"], "process", "KillMode after the drop-in was taken away")
    check(world.ledger.path.exists(), "the ledger was removed without --purge")
    equal(world.settings_path.read_text(), edited, "settings that were changed, without --purge")
    equal(script("uninstall", "--purge").returncode, 0, "the exit status of a second time, with --purge")
    check(not world.state.exists() and not world.settings_path.exists(), "something is left after --purge")
    equal(of_the_watchdog() - before, set(), "files that are left after --purge")


@test("a program that does not start here replaces none that does, and its loader's words are shown")
def lacking(world):
    before = Path(PROGRAM).read_bytes()
    refused(script("install", checkout=checkout(without_library())), "libgone.so.7", "nothing was changed")
    check(Path(PROGRAM).read_bytes() == before, "the program that worked was replaced")
    equal([path.name for path in Path(PROGRAM).parent.glob(".watchdog*")], [], "what is left beside it")
    check(not CRON.exists(), "the cron entry was written")


@test("a program that does not take the settings that are here replaces none that does")
def unsettled(world):
    before = Path(PROGRAM).read_bytes()
    world.write_settings("[policy]\nsettel = \"3s\"\n")
    refused(script("install", checkout=checkout(PROGRAM)), f"{world.settings_path}:2", "nothing was changed")
    check(Path(PROGRAM).read_bytes() == before and not CRON.exists(), "something was installed")


@test("while a change of a config waits for its word nothing is uninstalled, with --purge or without; then it is",
      (SYSTEM, USER), seconds=15)
def promised(world):
    agent = with_mode(world)
    before = described(agent)
    world.watchdog("config", "apply", "coder", handed(world, edited(agent, runs=7)), "--confirm", "10min", status=0)
    changed = described(agent)
    check(changed != before, "the test is none: nothing was applied")
    for words in ([], ["--purge"]):
        refused(script("uninstall", *words), agent.config.name, "watchdog config confirm coder", "Nothing was removed")
    check(Path(PROGRAM).exists() and world.ledger.path.exists() and world.settings_path.exists(), "something was removed")
    equal((described(agent), len(timers(world)), len(open_changes(world))), (changed, 1, 1), "what waits")
    world.watchdog("config", "confirm", "coder", status=0)
    equal(script("uninstall").returncode, 0, "the exit status once it was confirmed")
    equal((described(agent), timers(world), Path(PROGRAM).exists()), (changed, [], False), "what is left")


@test("a change that a user's own watchdog waits with is a promise, too", (OWN,), seconds=12)
def promised_by_user(world):
    agent = with_mode(world)
    world.watchdog("config", "apply", "coder", handed(world, edited(agent, runs=7)), "--confirm", "10min", status=0)
    refused(script("uninstall"), "watchdog config confirm coder")
    check(Path(PROGRAM).exists(), "the program was removed")
    world.watchdog("config", "confirm", "coder", status=0)
    # What another user's ledger says or hides is no reason to keep root from anything.
    broken = Path("/home/second/.local/state/agent-watchdog/ledger.db")
    run("useradd", "--create-home", "second")
    broken.mkdir(parents=True)
    done = script("uninstall", "--purge")
    equal(done.returncode, 0, f"the exit status once it was confirmed ({done.stderr})")
    contains(done.stdout, "unknown  second's own watchdog", "what is said of the other's")
    contains(done.stdout, f"kept     {world.state}", "what is said of the user's own")
    check(world.ledger.path.exists(), "root took away what a user's watchdog knows")


@test("a change by settings that lie elsewhere is a promise, too", seconds=12)
def promised_elsewhere(world):
    agent = with_mode(world)
    other = Path("/srv/other.toml")
    other.write_text(world.settings_path.read_text() + "[state]\ndirectory = \"/srv/state\"\n")
    for _ in range(2):
        world.run("--config", str(other))
    world.watchdog("config", "apply", "coder", handed(world, edited(agent, runs=7)), "--confirm", "10min", "--config", str(other),
                   status=0)
    refused(script("uninstall"), "watchdog config confirm coder")
    check(Path(PROGRAM).exists(), "the program was removed")


@test("--purge takes the ledger and its key from wherever the settings have them, and names what it leaves")
def elsewhere(world):
    state = Path("/srv/state")
    token = world.settings_path.with_name("telegram.token")
    key = Path("/srv/model.key")
    for path in (token, key):
        path.write_text("1:secret\n")
    world.settings(more=f"""
[[advisor.provider]]
url = "{world.doubles.url}/v1"
model = "small"
key = {{ file = "{key}" }}
[state]
directory = "{state}"
""")
    world.create("coder")
    world.run()
    check((state / "ledger.db").exists() and (state / "fingerprint.key").exists(), "the test is none: no state")
    (state / "mine.txt").write_text("not the watchdog's\n")
    done = script("uninstall", "--purge")
    equal((done.returncode, done.stderr), (0, ""), "the exit status, and complaints")
    equal(sorted(path.name for path in state.iterdir()), ["mine.txt"], "what is left of the state")
    for path in (state, token, key):
        contains(done.stdout, f"kept     {path}", "what is said")
    check(token.exists() and key.exists() and not world.settings_path.exists(), "a secret was removed, or the settings kept")


@test("messages that were not delivered hold up --purge, which would lose them, and are told otherwise", seconds=8)
def undelivered(world):
    agent = world.learned("coder", restart="no")
    world.doubles.behave(webhook={"status": 500})
    breaks.crash(agent)
    world.run()
    refused(script("uninstall", "--purge"), "not delivered", "Nothing was removed")
    check(Path(PROGRAM).exists() and world.ledger.path.exists(), "something was removed")
    done = script("uninstall")
    equal(done.returncode, 0, "the exit status without --purge")
    contains(done.stdout, "not delivered", "what is said")
    check(world.ledger.path.exists(), "the messages were removed")


@test("a ledger that cannot be asked is not taken for one in which nothing waits")
def damaged(world):
    world.create("coder")
    world.run()
    world.ledger.path.write_bytes(b"not a ledger\n" * 1000)
    refused(script("uninstall", "--purge"), "not known", "Nothing was removed")
    done = script("uninstall")
    equal(done.returncode, 0, "the exit status without --purge")
    contains(done.stdout, "unknown", "what is said")
    check(world.ledger.path.exists(), "the ledger was removed")
