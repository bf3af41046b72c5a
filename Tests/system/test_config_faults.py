"""Configs changed on a bad day: full or read-only disks, quotas, and users who swap things in the same moment."""
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import breaks
from agents import run
from catalogue import OWN, SYSTEM, USER, test
from expect import Skip, check, contains, equal, lacks
from test_config import REFUSED, apply, described, edited, handed, open_changes, timers
from test_hostile_files import as_agent, refused

UNCHANGED = ("othing was changed", "othing was done", "cannot be replaced", "could not be kept first")
TO_DO = ("again", "can be written")
FULL, READ_ONLY, QUOTA = "No space left on device", "Read-only file system", "Disk quota exceeded"
LINK, IRREGULAR, LARGE = "ymbolic link", "not a regular file", "longer than"

# The calls of a replacement, in their order, where nothing is printed before it (--json). The first two open the
# folder and the file to look at them, the next two to see that it is still the same; then the new file is made,
# swapped in, and the old one compared.
CALLS = (("openat2", 1), ("openat2", 2), ("openat2", 3), ("openat2", 4), ("openat2", 5), ("write", 1), ("fchmod", 1),
         ("fsync", 1), ("renameat2", 1), ("openat2", 6), ("unlinkat", 1))


def traced():
    if not shutil.which("strace"):
        raise Skip("strace is not installed")


def started(world):
    """An agent whose config is the known-good one."""
    world.settings(actions_per_agent=100)
    return world.learned("coder", start_limit="30/0")


def orders(world, agent):
    """Both commands that would change the config, which a person has edited since it was learned."""
    agent.write(agent.config, edited(agent, runs=5))
    return [["config", "apply", "coder", handed(world, edited(agent, runs=7))], ["config", "rollback", "coder"]]


def beside(agent):
    """What lies in the config's folder that does not belong there; `full` is what a test fills disks with."""
    return sorted(set(os.listdir(agent.config.parent)) - {"openclaw.json", "faults.json", "full"})


def finished(world, agent, moment=""):
    """Nothing is left over, and nothing waits for ever."""
    equal(beside(agent), [], f"{moment}what lies beside the config")
    equal(open_changes(world), [], f"{moment}open changes")
    for table, end in (("incidents", "closed"), ("actions", "ended")):
        equal(world.ledger.rows(f"SELECT * FROM {table} WHERE {end} IS NULL"), [], f"{moment}open {table}")


def refuses(world, agent, words, *pieces, **options):
    """A command that changes nothing, and says so and why."""
    before, state = described(agent), agent.state()
    call = world.watchdog(*words, status=REFUSED, **options)
    says_unchanged(call, *pieces)
    equal(described(agent), before, f"the config after {words[1]}")
    equal(agent.state(), state, f"the agent after {words[1]}")
    equal((beside(agent), open_changes(world)), ([], []), f"what is left behind by {words[1]}")
    check(call.seconds < 20, f"it took {call.seconds:.0f} s")


def says_unchanged(call, *pieces):
    sentence = (call.out + call.err).rstrip("\n").splitlines()[-1]
    check(any(piece in sentence for piece in UNCHANGED), f"it is not said that nothing was changed: {sentence!r}")
    for piece in pieces:
        contains(sentence, piece, "the sentence")


def pass_refuses(world, agent, *pieces):
    """A pass that would roll a config back and cannot: it changes nothing, and asks a person."""
    before = described(agent)
    world.doubles.forget()
    call = world.run("--json", status=2)
    equal(call.verdict("coder"), "failing", "the verdict")
    equal(described(agent), before, "the config after the pass")
    equal((beside(agent), open_changes(world)), ([], []), "what is left behind by the pass")
    alerts = world.doubles.alerts()
    equal([alert["event"] for alert in alerts], ["escalated"], "what was told")
    for piece in (str(agent.config.parent), *pieces):
        contains(str(call.agent("coder")), piece, "the report")
        contains(alerts[0]["text"], piece, "the message")


def restored(agent, good):
    """As a person does it by hand."""
    agent.write(agent.config, good.decode())
    breaks.mend(agent)


def rolled_back(world, agent, good):
    """A person rolls back once that is possible, and the next pass has nothing left to do."""
    world.watchdog("config", "rollback", "coder", status=0)
    equal(agent.config.read_bytes(), good, "the config after a rollback")
    equal(world.run("--json", status=0).verdict("coder"), "healthy", "the verdict after a rollback")
    finished(world, agent)


# The disk under the config

def on_a_disk(agent, options):
    """Puts the config's folder on a small disk of its own."""
    folder, account = agent.config.parent, agent.config.stat()
    run("cp", "-a", f"{folder}/.", "/tmp/aside/")
    run("mount", "-t", "tmpfs", "-o", f"{options},mode=700,uid={account.st_uid},gid={account.st_gid}", "small",
        str(folder))
    run("cp", "-a", "/tmp/aside/.", str(folder))


def to_the_end(step):
    for number in range(2000):
        try:
            step(number)
        except OSError:
            return
    raise AssertionError("the disk does not get full")


def no_room(folder):
    """A file can still be made, and nothing can be written to it."""
    full = Path(folder, "full")
    full.mkdir()
    with full.joinpath("bytes").open("wb", buffering=0) as file:
        to_the_end(lambda _: file.write(bytes(4096)))


def no_files(folder):
    full = Path(folder, "full")
    full.mkdir()
    to_the_end(lambda number: full.joinpath(str(number)).touch())


def empty(folder):
    shutil.rmtree(Path(folder, "full"))


def read_only(folder):
    run("mount", "--bind", str(folder), str(folder))
    run("mount", "-o", "remount,bind,ro", str(folder))


def writable(folder):
    run("umount", str(folder))


def overdue(world, agent):
    """A change that nobody has confirmed in time, and whose timer is gone."""
    new = edited(agent, runs=8)
    apply(world, new, "--confirm", "1h", status=0)
    for systemctl, name in timers(world):
        systemctl("stop", name)
    ledger = sqlite3.connect(world.ledger.path)
    ledger.execute("UPDATE config_changes SET deadline = began WHERE ended IS NULL")
    ledger.commit()
    ledger.close()
    return new


def cannot_be_written(world, agent, begin, end, reason):
    """Everything that would write the config, while it cannot be written and afterwards."""
    good, folder = agent.config.read_bytes(), agent.config.parent
    words = orders(world, agent)
    begin(folder)
    for each in words:
        refuses(world, agent, each, str(folder), reason)
    end(folder)
    world.watchdog(*words[0], status=0)
    equal(agent.config.read_text(), Path(words[0][-1]).read_text(), "the config once it can be written")
    rolled_back(world, agent, good)

    breaks.config(agent, age=600)
    begin(folder)
    pass_refuses(world, agent, reason)
    end(folder)
    rolled_back(world, agent, good)

    new = overdue(world, agent)
    begin(folder)
    call = world.run("--json", status=1)
    finding = call.agent("coder")["findings"][0]
    equal(finding["kind"], "config-undone", "the finding")
    contains(finding["summary"], "next pass tries again", "the finding")
    contains(finding["summary"], reason, "the finding")
    equal((agent.config.read_text(), len(open_changes(world))), (new, 1), "the config, and the open changes")
    equal(beside(agent), [], "what lies beside the config")
    end(folder)
    world.run(status=0)
    equal(agent.config.read_bytes(), good, "the config after the next pass")
    finished(world, agent)


@test("on a full disk a config is neither changed nor lost, and it can be changed once there is room", seconds=8)
def full(world):
    agent = started(world)
    on_a_disk(agent, "size=64k")
    cannot_be_written(world, agent, no_room, empty, FULL)


@test("on a disk that has no room for another file a config is neither changed nor lost", (USER,), seconds=8)
def full_of_files(world):
    agent = started(world)
    on_a_disk(agent, "size=1m,nr_inodes=16")
    cannot_be_written(world, agent, no_files, empty, FULL)


@test("on a read-only file system a config is not changed, and it can be once that is writable", (OWN,), seconds=8)
def on_read_only(world):
    cannot_be_written(world, started(world), read_only, writable, READ_ONLY)


@test("a bad config that cannot be put back because of a full disk is called open, and goes with the next pass",
      seconds=4)
def full_meanwhile(world):
    traced()
    agent = started(world)
    on_a_disk(agent, "size=64k")
    good, bad = agent.config.read_bytes(), edited(agent, mode="auto")
    words = ["config", "apply", "coder", handed(world, bad)]
    call = held(world, words, ("fsync", 2, lambda: no_room(agent.config.parent)))
    equal((agent.config.read_text(), len(open_changes(world))), (bad, 1), "the config, and the open changes")
    equal(call.status, 2, "the exit status")
    for piece in ("not proven", "the next pass takes it back", FULL):
        contains(call.out, piece, "what was printed")
    empty(agent.config.parent)
    world.run(status=0)
    equal(agent.config.read_bytes(), good, "the config after the next pass")
    breaks.wait("the agent to be ready", agent.ready, 5)
    world.run(status=0)
    finished(world, agent)


@test("what fails once the new file is in its place is not called unchanged, and the next pass has it decided",
      seconds=3)
def fails_too_late(world):
    """Above all: an operator who reads that nothing was changed does not look again."""
    traced()
    agent = started(world)
    folder, wrong = agent.config.parent, []
    for number in range(4):
        # A file system that turns read-only, as many do after a fault, and a quota that is only felt at the end.
        on_disk, words = number % 2 == 0, orders(world, agent)[number // 2]
        old = agent.config.read_bytes()
        if on_disk:
            run("mount", "--bind", str(folder), str(folder))
            call = held(world, words, ("renameat2", 1, lambda: run("mount", "-o", "remount,bind,ro", str(folder))))
        else:
            call = world.watchdog(*words, within=failing("fsync", 2, "EDQUOT"))
        moment = f"{words[1]}, {READ_ONLY if on_disk else QUOTA}: "
        if agent.config.read_bytes() != old and "othing was changed" in call.out:
            wrong.append(f"{moment}it is said that nothing was changed")
        if on_disk:
            run("umount", str(folder))
        world.run()
        decided = agent.config.read_bytes() == old or world.ledger.value(
            "SELECT outcome FROM config_changes ORDER BY id DESC LIMIT 1") == "kept"
        wrong += [] if decided else [f"{moment}the new config stands, and nothing has proven it"]
        wrong += [f"{moment}{name.split('-')[0]}-… lies beside the config for good" for name in beside(agent)]
        run("find", str(folder), "-name", ".openclaw.json.*", "-delete")
    equal(wrong, [], "what is wrong")


@test("a pass's rollback that fails once the file is in its place is not called refused, and leaves nothing behind",
      seconds=4)
def pass_fails_too_late(world):
    traced()
    agent = started(world)
    good, folder = agent.config.read_bytes(), agent.config.parent
    breaks.config(agent, age=600)
    run("mount", "--bind", str(folder), str(folder))
    held(world, ["run"], ("renameat2", 1, lambda: run("mount", "-o", "remount,bind,ro", str(folder))))
    present, told = agent.config.read_bytes(), world.ledger.actions("coder")
    run("umount", str(folder))
    world.run()
    if agent.state()["ActiveState"] != "active":
        restored(agent, good)
    world.run(status=0)
    equal(agent.config.read_bytes(), good, "the config after a person came")
    finished(world, agent)
    check(present != good or ("rule:unit-config-exit", "restoreConfig", "refused") not in told,
          f"the good config was put in its place, and that is called refused: {told}")


# Quotas

def failing(call, when, error):
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
            f"inject={call}:error={error}:when={when}"]


@test("a quota that is spent at any step of a replacement leaves the config as it was, and nothing beside it",
      seconds=9)
def quota(world):
    """Not every kernel has quotas, and none has them on what a throwaway host lies on: the calls are made to fail
    as they would with one."""
    traced()
    agent = started(world)
    good = agent.config.read_bytes()
    for call, when in (("openat2", 5), ("write", 1), ("fchmod", 1), ("fsync", 1), ("renameat2", 1)):
        for words in orders(world, agent):
            refuses(world, agent, [*words, "--json"], str(agent.config.parent), QUOTA,
                    within=failing(call, when, "EDQUOT"))
    rolled_back(world, agent, good)
    for call, when in (("openat2", 5), ("write", 1), ("fsync", 1)):
        breaks.config(agent, age=600)
        bad = described(agent)
        report = world.run("--json", status=2, within=failing(call, when, "EDQUOT"))
        contains(str(report.agent("coder")["actions"]), QUOTA, f"what was done (a quota spent at {call} {when})")
        equal((described(agent), beside(agent)), (bad, []), "the config, and what lies beside it")
        rolled_back(world, agent, good)


# The disk under the ledger

def ledger_cannot_be_written(world, begin, end, reason):
    agent = started(world)
    good = agent.config.read_bytes()
    words = orders(world, agent)
    begin(world.state)
    for each in words:
        before, state = described(agent), agent.state()
        call = world.watchdog(*each, status=REFUSED)
        for piece in (str(world.state), reason):
            contains(call.err, piece, "the sentence")
        equal((described(agent), agent.state()), (before, state), f"the config and the agent after {each[1]}")
        equal((beside(agent), open_changes(world)), ([], []), f"what is left behind by {each[1]}")
    end(world.state)
    world.watchdog(*words[1], status=0)
    equal(agent.config.read_bytes(), good, "the config once the ledger can be written")

    breaks.config(agent, age=600)
    begin(world.state)
    bad = described(agent)
    call = world.run(status=REFUSED)
    contains(call.err, reason, "the sentence of the pass")
    equal((described(agent), agent.state()["ActiveState"]), (bad, "failed"), "the config and the agent after the pass")
    end(world.state)
    equal(world.run("--json", status=0).verdict("coder"), "healed", "the verdict once the ledger can be written")
    equal(agent.config.read_bytes(), good, "the config after that pass")
    finished(world, agent)


@test("no config is changed while the ledger has no room to write it down first", (OWN,), seconds=4)
def full_state(world):
    owner = world.settings_path.stat()
    world.as_owner("mkdir", "-p", "-m", "700", str(world.state))
    run("mount", "-t", "tmpfs", "-o", f"size=2m,mode=700,uid={owner.st_uid},gid={owner.st_gid}", "small",
        str(world.state))
    ledger_cannot_be_written(world, no_room, empty, "disk is full")


@test("no config is changed while the ledger lies on a read-only file system", seconds=4)
def read_only_state(world):
    ledger_cannot_be_written(world, read_only, writable, READ_ONLY)


def full_from(when):
    """The disk under the ledger is full from that write on. SQLite is the only one that writes like this."""
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64", "-e",
            f"inject=pwrite64:error=ENOSPC:when={when}+"]


@test("a disk that gets full at any record of an apply costs no config: the next pass undoes what is not proven",
      seconds=12, limit=180)
def full_at_any_record(world):
    traced()
    agent = started(world)
    old = agent.config.read_bytes()
    outcomes = set()
    for when in range(1, 60, 2):
        new = edited(agent, runs=10 + when)
        call = apply(world, new, within=full_from(when))
        moment, present = f"full from write {when} on: ", agent.config.read_bytes()
        check(present in (old, new.encode()), f"{moment}the config is neither the old nor the new one")
        world.run(status=0)
        if call.status == 0:
            break
        equal(call.status, REFUSED, f"{moment}the exit status")
        contains(call.err, "disk is full", f"{moment}the sentence")
        outcomes.add(present == old)
        equal(agent.config.read_bytes(), old, f"{moment}the config after the next pass")
        if present != old:
            finished(world, agent, moment)
    equal(call.status, 0, "the exit status of the last apply")
    equal(agent.config.read_text(), new, "the config after an apply that could write everything down")
    equal(outcomes, {True, False}, "whether the old file stood there after the applies that failed")


@test("a disk that gets full at any record of a pass's rollback costs no config: the next pass finishes it",
      seconds=12, limit=180)
def full_at_any_record_of_a_pass(world):
    traced()
    agent = started(world)
    good = agent.config.read_bytes()
    outcomes = set()
    for when in range(1, 100, 9):
        breaks.config(agent, age=600)
        bad = agent.config.read_bytes()
        call = world.run(within=full_from(when))
        moment, present = f"full from write {when} on: ", agent.config.read_bytes()
        check(present in (bad, good), f"{moment}the config is neither the bad nor the good one")
        if call.status == 0:
            break
        equal(call.status, REFUSED, f"{moment}the exit status")
        outcomes.add(present == good)
        world.run(status=0)
        equal(agent.config.read_bytes(), good, f"{moment}the config after the next pass")
        breaks.wait(f"the agent to be ready ({moment})", agent.ready, 5)
        finished(world, agent, moment)
    equal(call.status, 0, "the exit status of the last pass")
    equal(outcomes, {True, False}, "whether the good file stood there after the passes that failed")


# What the agent's user does in the same moment

def held(world, words, *stops, without=()):
    """The program, stopped right after each of these system calls for as long as something else is done:
    (call, the so-many-th one, what is done). `without` names calls that the file system does not know."""
    log = Path("/tmp/calls")
    log.unlink(missing_ok=True)
    traced = ",".join({*(call for call, _, _ in stops), *without})
    injected = [f"inject={call}:signal=STOP:when={when}" for call, when, _ in stops]
    injected += [f"inject={call}:error=EINVAL" for call in without]
    process = world.begin(*words, within=["strace", "-f", "-qq", "-o", str(log), "-e", f"trace={traced}",
                                          *(word for each in injected for word in ("-e", each))])
    for number, (call, when, meanwhile) in enumerate(stops, 1):
        breaks.wait(f"the program to be stopped after {call} {when}", lambda: process.poll() is not None or (
            log.exists() and log.read_text().count("stopped by SIGSTOP") == number))
        check(process.poll() is None, f"the program ended before it came to {call} {when}")
        meanwhile()
        os.kill(int(log.read_text().split()[0]), signal.SIGCONT)
    return world.ended(process, *words)


SWAP = """\
import ctypes, signal, sys
libc, ending, swaps = ctypes.CDLL(None, use_errno=True), [], 0
one, other = (path.encode() for path in sys.argv[1:3])
signal.signal(signal.SIGTERM, lambda *_: ending.append(True))
print(flush=True)
while not ending or swaps % 2:
    if libc.renameat2(-100, one, -100, other, 2):
        sys.exit(f"renameat2: error {ctypes.get_errno()}")
    swaps += 1
    if sys.argv[3:] == ["once"]:
        break
print(swaps)
"""


def swapping(agent, one, other, *once):
    """Exchanges two names as the agent's user, as fast as it can or once."""
    return ["runuser", "-u", agent.account, "--", "/usr/bin/python3", "-c", SWAP, str(one), str(other), *once]


@contextmanager
def racing(agent, one, other):
    """While it is on, `one` and `other` change places all the time; in the end they are where they were."""
    process = subprocess.Popen(swapping(agent, one, other), text=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/")
    process.stdout.readline()
    yield
    check(process.poll() is None, "the race ended early")
    process.terminate()  # runuser hands it on
    out, err = process.communicate(timeout=20)
    check(out.strip().isdigit() and int(out) > 1000, f"there was no race: {out!r} {err!r}")


class Outside:
    """A folder of root's with a file of the config's name and content, and a link of the agent's user to it."""

    def __init__(self, agent):
        self.folder = Path("/outside")
        self.folder.mkdir(mode=0o755)
        self.file = self.folder / agent.config.name
        self.link = agent.home / "link"
        as_agent(agent, "ln", "-s", str(self.folder), str(self.link))
        # However the names are swapped, this is where the config really lies.
        self.real = os.open(agent.config.parent, os.O_RDONLY | os.O_DIRECTORY)

    def config(self):
        with os.fdopen(os.open("openclaw.json", os.O_RDONLY, dir_fd=self.real), "rb") as file:
            return file.read()

    def prepare(self):
        """What follows the link sees the very file that it expects, and would replace it."""
        self.file.write_bytes(self.config())
        self.file.chmod(0o644)
        os.utime(self.file, (1, 1))
        self.before = self.state()

    def state(self):
        """Every file, also one that was made and removed: that shows in the folder's times."""
        paths = [self.folder, *sorted(self.folder.iterdir())]
        return [(str(path), path.is_file() and path.read_bytes(), path.lstat().st_ino, path.lstat().st_mtime_ns,
                 path.lstat().st_ctime_ns) for path in paths]

    def untouched(self, moment=""):
        equal(self.state(), self.before, f"{moment}root's folder")


def two_versions(world, agent):
    """The commands that put either of two contents in the config's place, by content and verb. The unit is
    stopped, so that a change costs no restart: all that is tried is the file."""
    breaks.stop(agent)
    commands = {}
    for runs in (7, 9):
        text = edited(agent, runs=runs)
        file = handed(world, text, f"{runs}.json")
        world.watchdog("config", "apply", "coder", file, status=0)
        number = world.ledger.value("SELECT id FROM config_versions WHERE bytes = ?", text.encode())
        commands[text.encode()] = {"apply": ["config", "apply", "coder", file],
                                   "rollback": ["config", "rollback", "coder", str(number)]}
    return commands


def other(commands, outside, verb):
    """A command that changes the config as it is now, and what it puts there."""
    new = next(content for content in commands if content != outside.config())
    return commands[new][verb], new


def quickly(world, words):
    """Without the wait for the journal, of which such a command has no use."""
    return world.ended(world.begin(*words), *words)


def old_or_new(call, outside, old, new, moment):
    """A command in a race ends in one of two ways; both are said as they are."""
    present = outside.config()
    check(call.status in (0, REFUSED), f"{moment}the exit status is {call.status}")
    check(present == (old if call.status else new), f"{moment}with the exit status {call.status} the config is not "
          f"the {'old' if call.status else 'new'} one")
    outside.untouched(moment)
    return "refused" if call.status else "done"


@test("a folder that is swapped for a link after any call of a change leads nowhere", (SYSTEM, USER), seconds=4)
def swapped_after_any_call(world):
    traced()
    agent = started(world)
    outside, folder, home = Outside(agent), agent.config.parent, set(os.listdir(agent.home))
    commands, outcomes = two_versions(world, agent), set()

    def swap():
        run(*swapping(agent, folder, outside.link, "once"))
    for number, (call, when) in enumerate(CALLS):
        verb = VERBS[(number + (world.scope == USER)) % 2]  # either is tried in one of the two scopes
        moment = f"{verb}, swapped after {call} {when}: "
        old = outside.config()
        words, new = other(commands, outside, verb)
        outside.prepare()
        ended = held(world, [*words, "--json"], (call, when, swap))
        outcome = old_or_new(ended, outside, old, new, moment)
        if outcome == "refused":
            for piece in (str(folder), LINK):
                contains(ended.out + ended.err, piece, f"{moment}what was printed")
        outcomes.add(outcome)
        swap()
        equal(beside(agent), [], f"{moment}what lies beside the config")
    equal(outcomes, {"refused", "done"}, "what came of it")
    equal(set(os.listdir(agent.home)), home, "what lies in the home")
    world.run(status=0)
    finished(world, agent)


@test("a folder that is swapped for a link after any call of a pass's rollback leads nowhere", seconds=7)
def swapped_in_a_pass(world):
    traced()
    agent = started(world)
    good, outside, folder = agent.config.read_bytes(), Outside(agent), agent.config.parent
    outcomes = set()

    def swap():
        run(*swapping(agent, folder, outside.link, "once"))
    for call, when in CALLS[1::2]:
        moment = f"swapped after {call} {when}: "
        breaks.config(agent, age=600)
        bad = outside.config()
        outside.prepare()
        ended = held(world, ["run", "--json"], (call, when, swap))
        outside.untouched(moment)
        present = outside.config()
        check(present in (bad, good), f"{moment}the config is neither the bad nor the good one")
        if present == bad:
            contains(ended.out, LINK, f"{moment}the report")
        outcomes.add(present == good)
        swap()
        equal(beside(agent), [], f"{moment}what lies beside the config")
        restored(agent, good)
        world.run(status=0)
        finished(world, agent, moment)
    equal(outcomes, {True, False}, "whether the good config was put back")


VERBS = ("apply", "rollback")
ENOUGH = 5


@test("a folder that is swapped for a link as fast as can be leads no apply and no rollback anywhere",
      (SYSTEM, USER), seconds=8, limit=180)
def race(world):
    agent = started(world)
    outside, home = Outside(agent), set(os.listdir(agent.home))
    commands = two_versions(world, agent)
    outcomes = {(verb, outcome): 0 for verb in VERBS for outcome in ("done", "refused")}
    tries = 0
    with racing(agent, agent.config.parent, outside.link):
        while min(outcomes.values()) < ENOUGH:
            tries += 1
            check(tries < 400, f"the race is not on: {outcomes}")
            verb, old = VERBS[tries % 2], outside.config()
            words, new = other(commands, outside, verb)
            outside.prepare()
            call = quickly(world, words)
            outcome = old_or_new(call, outside, old, new, f"{verb}, try {tries}: ")
            if outcome == "refused":
                contains(call.out + call.err, LINK if verb == "apply" else str(agent.config.parent), "what was printed")
            outcomes[verb, outcome] += 1
    equal(set(os.listdir(agent.home)), home, "what lies in the home")
    world.run(status=0)
    finished(world, agent)
    return f"{tries} tries"


@test("a config that is swapped for a link as fast as can be leads no apply and no rollback anywhere", seconds=5,
      limit=180)
def race_for_the_file(world):
    """The user may spoil the own file; whatever is at the other end of the link is not theirs."""
    agent = started(world)
    outside = Outside(agent)
    commands = [words for each in two_versions(world, agent).values() for words in each.values()]
    beside_it = agent.config.with_name("link")
    as_agent(agent, "ln", "-s", str(outside.file), str(beside_it))
    outside.prepare()
    outcomes = {0: 0, REFUSED: 0}
    with racing(agent, agent.config, beside_it):
        for number in range(24):
            words = commands[number % 4]
            call = quickly(world, words)
            check(call.status in outcomes, f"the exit status is {call.status}")
            outcomes[call.status] += 1
            outside.untouched(f"{words[1]}, try {number}: ")
    check(min(outcomes.values()) > 0, f"the race was not on: {outcomes}")
    # Where the file was changed twice in one moment, what was there first lies beside it under a temporary name.
    files = {path.name: path.is_symlink() for path in agent.config.parent.iterdir()}
    equal(sum(files.values()), 1, f"the number of links, of {files}")


@test("a folder that is swapped for a link as fast as can be leads no pass's rollback anywhere", seconds=9, limit=180)
def race_with_a_pass(world):
    agent = started(world)
    outside, good = Outside(agent), agent.config.read_bytes()
    outcomes = {"done": 0, "refused": 0}
    with racing(agent, agent.config.parent, outside.link):
        while min(outcomes.values()) < 2:
            check(sum(outcomes.values()) < 80, f"the race is not on: {outcomes}")
            bad = good.replace(b'"safeguard"', b'"auto"').replace(
                b'"maxConcurrent": 4', b'"maxConcurrent": %d' % (100 + sum(outcomes.values())))
            spoil(agent, outside, bad)
            call = world.run("--json")
            outside.untouched(f"after {outcomes}: ")
            done = [action for action in call.agent("coder")["actions"]
                    if (action["remedy"], action["outcome"]) == ("restoreConfig", "done")]
            # Where the agent reads the other file and does not start, the pass may take the rollback back.
            check(outside.config() in ((bad, good) if done else (bad,)), f"the config is wrong after {outcomes}")
            outcomes["done" if done else "refused"] += 1
            forget_incident(world)
    restored(agent, good)
    world.run(status=0)
    finished(world, agent)
    return f"{sum(outcomes.values())} passes"


def spoil(agent, outside, bad):
    """A bad config, which is old enough to be rolled back, wherever its folder is now; and an agent that was started
    with it or with its like."""
    with os.fdopen(os.open("openclaw.json", os.O_WRONLY | os.O_TRUNC, dir_fd=outside.real), "wb") as file:
        file.write(bad)
    os.utime("openclaw.json", (time.time() - 600,) * 2, dir_fd=outside.real)
    outside.prepare()
    if agent.state()["ActiveState"] != "failed":
        agent.systemctl("restart", agent.unit, check=False)
        breaks._wait_failed(agent)


def forget_incident(world):
    """Or the next pass leaves the agent to the person that it has asked."""
    ledger = sqlite3.connect(world.ledger.path)
    ledger.execute("UPDATE incidents SET closed = ?, outcome = 'recovered' WHERE closed IS NULL",
                   (time.time_ns() // 1000,))
    ledger.commit()
    ledger.close()


# What stands in the config's place

def device(agent, path):
    run("mknod", "-m", "600", str(path), "c", "1", "5")  # as /dev/zero, which never ends
    shutil.chown(path, agent.account, agent.account)


def large(agent, path):
    as_agent(agent, "truncate", "-s", "4G", str(path))


def link(agent, path):
    as_agent(agent, "ln", "-s", "/etc/passwd", str(path))


def fifo(agent, path):
    as_agent(agent, "mkfifo", str(path))


def folder(agent, path):
    as_agent(agent, "mkdir", str(path))


def identity(path):
    status = path.lstat()
    return status.st_ino, status.st_mode, status.st_size, status.st_uid, status.st_mtime_ns


def small():
    """What the programs that have ended since the test began took of memory."""
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    check(most < 200 << 10, f"a program took {most >> 10} MiB")


@test("a device or a file of four gigabytes in the config's place is refused at once by apply, rollback and a pass",
      (SYSTEM, USER), seconds=3)
def endless(world):
    agent = started(world)
    good = agent.config.read_bytes()
    for make, reason in ((device, IRREGULAR), (large, LARGE)):
        words = orders(world, agent)
        agent.config.unlink()
        make(agent, agent.config)
        before = identity(agent.config)
        for each in words:
            state = agent.state()
            call = world.watchdog(*each, status=REFUSED)
            says_unchanged(call, str(agent.config))
            equal((identity(agent.config), agent.state()), (before, state), f"config and agent after {each[1]}")
            check(call.seconds < 10, f"{each[1]} took {call.seconds:.0f} s")
        # Down because of a config that is gone: an agent that reads this one would not end.
        agent.config.unlink()
        agent.systemctl("restart", agent.unit, check=False)
        breaks._wait_failed(agent)
        make(agent, agent.config)
        before = identity(agent.config)
        world.doubles.forget()
        call = refused(world, agent, str(agent.config), reason)
        check(call.seconds < 10, f"the pass took {call.seconds:.0f} s")
        equal((identity(agent.config), beside(agent)), (before, []), "config, and what lies beside it, after the pass")
        small()
        agent.config.unlink()
        restored(agent, good)
        world.run(status=0)
        finished(world, agent)
    check(all(len(row["bytes"]) < 1 << 20 for row in world.ledger.versions(agent.config)), "the ledger has kept it")


@test("whatever comes into the config's place during a change is left there", (SYSTEM, OWN), seconds=4)
def replaced_meanwhile(world):
    traced()
    agent = started(world)
    words_of_both, text = orders(world, agent), agent.config.read_text()
    points = (("openat2", 3), ("openat2", 4), ("fsync", 1))
    for number, make in enumerate((device, large, link, fifo, folder)):
        for words, (call, when) in zip(words_of_both, (points[number % 3], points[(number + 1) % 3])):
            agent.write(agent.config, text)
            moment = f"{make.__name__} after {call} {when} of {words[1]}: "
            seen = []

            def put():
                agent.config.unlink()
                make(agent, agent.config)
                seen.append(identity(agent.config))
            ended = held(world, words, (call, when, put))
            equal(ended.status, REFUSED, f"{moment}the exit status")
            says_unchanged(ended, str(agent.config))
            equal(identity(agent.config), seen[0], f"{moment}what stands in the config's place")
            equal((beside(agent), open_changes(world)), ([], []), f"{moment}what is left behind")
            run("rm", "-r", str(agent.config))
    small()
    agent.write(agent.config, text)
    world.run(status=0)
    finished(world, agent)


# Edits in the same moment

def in_place(agent, path, text):
    run("runuser", "-u", agent.account, "--", "sh", "-c", 'cat >"$1"', "sh", str(path), stdin=text)


EDITS = (("openat2", 3), ("openat2", 4), ("fsync", 1))


@test("an edit that is made between the check and the exchange of a rollback is not lost", (SYSTEM, OWN), seconds=4)
def edited_during_a_rollback(world):
    traced()
    agent = started(world)
    pid = agent.state()["MainPID"]
    for number, (call, when) in enumerate(EDITS):
        for how in (agent.write, lambda path, text: in_place(agent, path, text)):
            words, newer = orders(world, agent)[1], edited(agent, runs=20 + number)
            ended = held(world, words, (call, when, lambda: how(agent.config, newer)))
            moment = f"edited after {call} {when}: "
            equal(agent.config.read_text(), newer, f"{moment}the config")
            equal(ended.status, REFUSED, f"{moment}the exit status")
            says_unchanged(ended, str(agent.config), "changed")
            equal((beside(agent), open_changes(world)), ([], []), f"{moment}what is left behind")
    # In a file that was open before the exchange; so it is one that is about to be removed.
    words, newer = orders(world, agent)[1], edited(agent, runs=30)
    with agent.config.open("r+") as file:
        ended = held(world, words, ("renameat2", 1, lambda: (file.write(newer), file.truncate(), file.flush())))
    equal((ended.status, agent.config.read_text()), (REFUSED, newer), "exit status and config, edited in an open file")
    equal(agent.state()["MainPID"], pid, "the agent's process")
    # And in the new file, which is then not what the agent is started with.
    words, newer = orders(world, agent)[1], edited(agent, runs=31)
    held(world, words, ("renameat2", 1, lambda: agent.write(agent.config, newer)))
    equal(agent.config.read_text(), newer, "the config, edited after the exchange")
    world.run(status=0)
    finished(world, agent)


@test("an edit that is made between the check and the exchange of a pass's rollback is not lost", (SYSTEM, USER),
      seconds=4)
def edited_during_a_pass(world):
    traced()
    agent = started(world)
    good = agent.config.read_bytes()
    newer = good.decode().replace('"maxConcurrent": 4', '"maxConcurrent": 7')
    for number, (call, when) in enumerate(EDITS):
        how = agent.write if number % 2 else lambda path, text: in_place(agent, path, text)
        breaks.config(agent, age=600)
        ended = held(world, ["run", "--json"], (call, when, lambda: how(agent.config, newer)))
        moment = f"edited after {call} {when}: "
        equal(agent.config.read_text(), newer, f"{moment}the config")
        contains(str(ended.agent("coder")["actions"]), "changed", f"{moment}what was done")
        check(ended.verdict("coder") != "healed", f"{moment}the agent is called healed")
        equal(beside(agent), [], f"{moment}what lies beside the config")
        restored(agent, good)
        world.run(status=0)
        finished(world, agent, moment)


@test("the second of two edits that are made during one change is not lost", seconds=3)
def edited_twice(world):
    """The first is seen when the files have been exchanged. The second comes before they are exchanged back."""
    traced()
    agent = started(world)
    first, second = edited(agent, runs=21), edited(agent, runs=22)
    for words in orders(world, agent):
        held(world, words, ("fsync", 1, lambda: agent.write(agent.config, first)),
             ("openat2", 6, lambda: agent.write(agent.config, second)))
        equal(agent.config.read_text(), second, f"the config after {words[1]}")
        world.run(status=0)
        finished(world, agent)


@test("on a file system that cannot exchange two files a config is changed all the same, and an edit is not lost",
      seconds=3)
def no_exchange(world):
    """As on NFS."""
    traced()
    agent = started(world)
    words = orders(world, agent)
    for number, each in enumerate(words):
        # The look that comes after the refusal of the exchange sees it.
        newer = edited(agent, runs=11 + number)
        call = held(world, each, ("fsync", 1, lambda: agent.write(agent.config, newer)), without=["renameat2"])
        says_unchanged(call, str(agent.config), "changed")
        equal((call.status, agent.config.read_text(), beside(agent)), (REFUSED, newer, []),
              "exit status, config, and what lies beside it")
    before = described(agent)
    world.watchdog(*words[0], status=0, within=failing("renameat2", 1, "EINVAL"))
    equal(described(agent), (Path(words[0][-1]).read_bytes(), *before[1:]), "the config")
    world.run(status=0)
    finished(world, agent)


# What is said

@test("every refusal of a change says why, and what to do or that nothing was changed", seconds=3)
def sentences(world):
    traced()
    agent = started(world)
    words, text = orders(world, agent), agent.config.read_text()
    agent.config.unlink()
    fifo(agent, agent.config)
    said = {f"{each[1]}, a FIFO": (world.watchdog(*each, status=REFUSED).err, IRREGULAR) for each in words}
    agent.config.unlink()
    agent.write(agent.config, text)
    read_only(world.state)
    said |= {f"{each[1]}, no ledger": (world.watchdog(*each, status=REFUSED).err, READ_ONLY) for each in words}
    writable(world.state)
    wrong = [(name, sentence) for name, (sentence, reason) in said.items()
             if reason not in sentence or not any(piece in sentence for piece in UNCHANGED + TO_DO)]
    # The last record, which says that it holds, is the one that does not fit any more.
    call = apply(world, edited(agent, runs=10), status=REFUSED, within=failing("fdatasync", 5, "ENOSPC"))
    check(agent.config.read_text() != text, "the disk was full before the new file was in its place")
    if str(agent.config) not in call.out + call.err:
        wrong.append(("apply, the new file stands unproven", call.err))
    equal(wrong, [], "what is said badly")


@test("a rollback that could not be made is not told as if it had changed something", seconds=2)
def not_told_as_changed(world):
    agent = started(world)
    breaks.config(agent, age=600)
    read_only(agent.config.parent)
    call = world.run(status=2)
    texts = [alert["text"] for alert in world.doubles.alerts()]
    writable(agent.config.parent)
    contains(call.out, READ_ONLY, "what was printed")
    lacks("\n".join(texts), "What the rollback changed", "the message")
