"""Applies and rollbacks of configs that are killed at one system call after the other."""
import re
import shutil
from collections import Counter
from pathlib import Path

import breaks
from agents import FleetError, run
from catalogue import test
from expect import Failure, Skip, check, equal
from test_config import alone, described, edited, handed, open_changes

HOURS = 4 * 3600
# Of each of the two sweeps of a stopped agent, so that they try 200 together.
FEWEST = 100
MOST_BROKEN = 10


class Sweep:
    """An agent, two versions of its config that take turns, and what came of each kill."""

    def __init__(self, world, verb, stopped):
        if not shutil.which("strace"):
            raise Skip("strace is not installed")
        self.world, self.verb, self.stopped = world, verb, stopped
        self.came, self.broken = Counter(), []
        self.agent = self.shared_agent()
        if stopped:
            breaks.stop(self.agent)
        texts = [self.agent.config.read_text(), edited(self.agent, runs=700)]
        self.names = {text.encode(): f"version {number}" for number, text in enumerate(texts)}
        self.files = {text.encode(): handed(world, text, f"{number}.json") for number, text in enumerate(texts)}
        for text in reversed(texts):  # so that both are stored, and version 0 stands
            world.watchdog("config", "apply", "coder", self.files[text.encode()], status=0)
        self.ids = {row["bytes"]: str(row["id"]) for row in world.ledger.versions(self.agent.config)}
        self.owner = described(self.agent)[1:]

    def shared_agent(self):
        """Its config has a mode and a group that a file does not get by itself."""
        agent = self.world.create("coder", start_limit="30/0")
        run("groupadd", "operators")
        run("usermod", "--append", "--groups", "operators", agent.account)
        run("chgrp", "operators", str(agent.config))
        run("chmod", "640", str(agent.config))
        agent.systemctl("restart", agent.unit)  # or the file is newer than what runs, and proves nothing
        breaks.wait("the agent to be ready", agent.ready)
        self.world.learn(agent)
        return agent

    def other(self):
        present = self.agent.config.read_bytes()
        return next(content for content in self.files if content != present)

    def words(self):
        """The command that puts the version in place that is not there."""
        other = self.other()
        return ["config", self.verb, "coder", self.files[other] if self.verb == "apply" else self.ids[other]]

    def seen(self):
        """The name of the version that stands there, or whatever else does, with owner, group and mode."""
        content, *owner = described(self.agent)
        return self.names.get(content, content), *owner

    # Points

    def calls(self):
        """The system calls of one that nobody kills, each with its number among those of its name, by which
        strace counts. Without the first, by which it becomes the program."""
        record, counts, found = Path("/run/calls"), Counter(), []
        self.world.watchdog(*self.words(), status=0, within=["strace", "-f", "-o", str(record)])
        lines = re.findall(r"^(\d+) +(\w+)\(", record.read_text(), re.MULTILINE)
        equal(len({thread for thread, _ in lines}), 1, "the number of threads, in each of which strace counts anew")
        for _, name in lines[1:]:
            counts[name] += 1
            found.append((name, counts[name]))
        return found

    def from_the_first_record(self, step, skip=0):
        """Every `step`-th system call from the end back to shortly before the change is written down."""
        calls = self.calls()
        first = calls.index(("fdatasync", 1)) - 5
        for name, number in calls[first:len(calls) - skip][::-step]:
            self.kill(name, number)

    def everywhere(self):
        """Every system call: of each name one more, until there is none any more to be killed at."""
        for name, most in Counter(name for name, _ in self.calls()).items():
            number = 1
            while self.kill(name, number) or number < most:
                number += 1

    # A kill

    def kill(self, name, number):
        """Kills it just before that system call, and looks at what is left. Returns whether it came so far."""
        old, new = self.seen(), (self.names[self.other()], *self.owner)
        start, last = self.agent.state()["InvocationID"], self.last_change()["id"]
        self.world.doubles.forget()
        try:
            status = self.world.watchdog(*self.words(), within=[
                "strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={name}",
                "-e", f"inject={name}:signal=KILL:when={number}"]).status
            if status == 0:
                equal(self.seen(), new, "the config after one that was not killed")
                return False
            check(status in (-9, 137), f"the exit status is {status}")
            self.came[self.outcome(old, new, last, start)] += 1
        except (Failure, FleetError) as error:
            self.came["broken"] += 1
            self.broken.append(f"killed at {name} {number}: {error}")
            check(len(self.broken) < MOST_BROKEN, self.told())
            for _ in range(2):  # what one pass did not mend is not to be counted again
                self.world.run()
        return True

    def last_change(self):
        return self.world.ledger.row("SELECT * FROM config_changes ORDER BY id DESC LIMIT 1")

    def outcome(self, old, new, last, start):
        """What came of it with the next pass: it was not begun, undone, or kept."""
        check(self.seen() in (old, new), f"the config is {self.seen()}, and neither {old} nor {new}")
        if not self.stopped:
            breaks.wait("systemd to have no job", lambda: "No jobs" in self.agent.systemctl("list-jobs").stdout, 10)
        restarted = self.agent.state()["InvocationID"]
        open_before = open_changes(self.world)
        self.world.run(status=0)
        alone(self.agent)
        equal(open_changes(self.world), [], "open changes after the next pass")
        equal([alert["kinds"] for alert in self.world.doubles.alerts()],
              [["config-undone"]] if open_before else [], "the messages")
        change = self.last_change()
        outcome = change["outcome"] if change["id"] != last else "not begun"
        wanted = ("undone",) if open_before else ("not begun", "kept")
        check(outcome in wanted, f"the ledger calls the change {outcome}, and not {' or '.join(wanted)}")
        equal(self.seen(), new if outcome == "kept" else old, "the config after the next pass")
        self.unit(start, restarted, outcome)
        return outcome

    def unit(self, start, restarted, outcome):
        state = self.agent.state()
        if self.stopped:
            equal((state["ActiveState"], state["InvocationID"]), ("inactive", start), "the unit that a person stopped")
            return
        equal(state["ActiveState"], "active", "the state of the unit")
        breaks.wait("the agent to be ready", self.agent.ready, 5)
        if restarted != start and outcome == "undone":
            check(state["InvocationID"] != restarted, "the agent still runs with the config that was taken back")

    # All of them

    def told(self):
        came = ", ".join(f"{count} {word}" for word, count in sorted(self.came.items()))
        return "; ".join([f"{self.came.total()} points ({came})", *self.broken])

    def result(self, fewest=FEWEST):
        check(not self.broken, self.told())
        check(self.came.total() >= fewest and self.came["undone"] and self.came["kept"],
              f"at least {fewest} points were expected, some of them kept and some undone, and not {self.told()}")
        again = self.world.run(status=0)
        equal((again.out, again.err), ("", ""), "what a last pass printed")
        return self.told()


# The two make the same system calls from their first record on: each is killed at those that the other is not.

@test("an apply killed at every second system call leaves the old config or the new one, whole", seconds=35, limit=300)
def half_of_apply(world):
    sweep = Sweep(world, "apply", stopped=True)
    sweep.from_the_first_record(2)
    return sweep.result()


@test("a rollback killed at the other system calls leaves the old config or the new one, whole", seconds=35, limit=300)
def half_of_rollback(world):
    sweep = Sweep(world, "rollback", stopped=True)
    sweep.from_the_first_record(2, skip=1)
    return sweep.result()


@test("an apply killed anywhere leaves an agent that runs, and with the config that is there", seconds=35, limit=300)
def running(world):
    sweep = Sweep(world, "apply", stopped=False)
    sweep.from_the_first_record(50)
    return sweep.result(fewest=10)


def everywhere(world, verb, stopped):
    sweep = Sweep(world, verb, stopped)
    sweep.everywhere()
    return sweep.result()


@test("an apply to a stopped agent, killed at every system call", seconds=400, limit=HOURS, long=True)
def apply_stopped(world):
    return everywhere(world, "apply", stopped=True)


@test("a rollback of a stopped agent, killed at every system call", seconds=400, limit=HOURS, long=True)
def rollback_stopped(world):
    return everywhere(world, "rollback", stopped=True)


@test("an apply to a running agent, killed at every system call", seconds=2000, limit=HOURS, long=True)
def apply_running(world):
    return everywhere(world, "apply", stopped=False)


@test("a rollback of a running agent, killed at every system call", seconds=2000, limit=HOURS, long=True)
def rollback_running(world):
    return everywhere(world, "rollback", stopped=False)
