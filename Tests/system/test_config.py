"""Operators' changes of configs: applied whole, proven, and undone where they fail or nobody confirms them."""
import json
import os
import shutil
import signal
import sqlite3
import struct
import time
from pathlib import Path

import breaks
import secrets_of
from agents import run
from catalogue import EVERYWHERE, OWN, SYSTEM, USER, test
from expect import Skip, check, contains, equal, lacks
from snapshot import same, tree
from test_hostile_files import as_agent, asleep

REFUSED, USAGE, BUSY = 3, 64, 75


def edited(agent, **changes):
    """The text of its present config with other values: a bad compaction mode, another number of runs."""
    config = json.loads(agent.config.read_text())
    defaults = config["agents"]["defaults"]
    defaults["maxConcurrent"] = changes.get("runs", defaults["maxConcurrent"])
    defaults["compaction"]["mode"] = changes.get("mode", "safeguard")
    config["gateway"]["auth"]["token"] = changes.get("token", config["gateway"]["auth"]["token"])
    return json.dumps(config, indent=2) + "\n"


def handed(world, text, name="new.json"):
    """A file of the operator's, readable by whoever runs the watchdog."""
    path = Path("/tmp") / name
    world.as_owner("sh", "-c", 'cat >"$1"', "sh", str(path), input=text)
    return str(path)


def apply(world, text, *words, status=None, **options):
    return world.watchdog("config", "apply", "coder", handed(world, text), *words, status=status, **options)


def described(agent):
    """What a change of a config has to keep, and its content."""
    status = agent.config.lstat()
    return agent.config.read_bytes(), status.st_uid, status.st_gid, oct(status.st_mode)


def versions(world, name="coder"):
    report = world.watchdog("config", "history", name, "--json", status=0).json
    equal(report["schema"], 1, "the schema of the history")
    return report["versions"]


def version_of(world, content):
    """The history's entry of these bytes."""
    ids = [row["id"] for row in world.ledger.rows("SELECT id, bytes FROM config_versions")
           if row["bytes"] == content]
    found = [version for version in versions(world) if version["id"] in ids]
    equal(len(found), 1, "the number of entries of these bytes in the history")
    return found[0]


def alone(agent):
    equal(sorted(os.listdir(agent.config.parent)), ["openclaw.json"], "what lies beside the config")


def open_changes(world):
    return world.ledger.rows("SELECT * FROM config_changes WHERE ended IS NULL")


def with_mode(world, mode="640"):
    """A learned agent whose config has a mode of its own."""
    agent = world.create("coder", start_limit="30/0")
    run("chmod", mode, str(agent.config))
    agent.systemctl("restart", agent.unit)  # or the file is newer than what runs, and proves nothing
    breaks.wait("the agent to be ready", agent.ready)
    world.learn(agent)
    return agent


@test("a config that is applied keeps owner and mode, restarts the agent once, and stands in the history",
      EVERYWHERE, seconds=8)
def applied(world):
    agent = with_mode(world)
    old, before, starts = described(agent), agent.state(), agent.journal().count("listening on")
    new = edited(agent, runs=7)
    call = apply(world, new, "--json", status=0)
    report = call.json
    equal((report["schema"], report["outcome"], report["agent"]), (1, "kept", "coder"), "the report")
    check("+      \"maxConcurrent\": 7" in report["diff"], f"the diff does not show the new line: {report['diff']}")
    equal(described(agent), (new.encode(), *old[1:]), "content, owner, group and mode of the config")
    after = agent.state()
    check(after["MainPID"] not in (0, before["MainPID"]), "the agent was not restarted")
    equal((after["ActiveState"], after["NRestarts"]), ("active", before["NRestarts"]), "the unit")
    check(agent.ready(), "the agent does not answer")
    equal(agent.journal().count("listening on"), starts + 1, "how often the agent was started, with the first times")
    alone(agent)
    author = world.as_owner("id", "-un").stdout.strip()
    found = version_of(world, new.encode())
    equal((found["author"], found["state"], found["path"]), (author, "seen", str(agent.config)), "the new version")
    equal(version_of(world, old[0])["state"], "known-good", "the state of the version before")
    equal(open_changes(world), [], "open changes")
    equal(world.run(status=0).out, "", "what the next pass printed")
    equal(agent.state()["InvocationID"], after["InvocationID"], "the start after the next pass")


@test("a config can be applied to an agent that no pass has seen; the one before it is kept", (SYSTEM, USER))
def never_seen(world):
    agent = world.create("coder")
    old, new = described(agent), edited(agent, runs=7)
    apply(world, new, status=0)
    equal(described(agent), (new.encode(), *old[1:]), "the config")
    equal(version_of(world, old[0])["state"], "seen", "the state of the version before")
    world.run(status=0)


@test("a config that the agent refuses is put back, with owner and mode, and is called rejected", EVERYWHERE,
      seconds=8)
def refused_by_agent(world):
    agent = with_mode(world)
    old, bad = described(agent), edited(agent, mode="auto")
    call = apply(world, bad, "--json", status=1)
    equal((call.json["schema"], call.json["outcome"]), (1, "undone"), "the report")
    contains(call.json["reason"], "old file is back", "the reason")
    contains(call.json["reason"], 'It said: "Invalid config at ', "its own words, and none of the process before it")
    equal(described(agent), old, "the config")
    equal(agent.state()["ActiveState"], "active", "the state of the unit")
    breaks.wait("the agent to be ready", agent.ready, 5)
    alone(agent)
    equal(version_of(world, bad.encode())["state"], "rejected", "the state of the bad version")
    equal(world.known_good(agent), old[0], "the known-good config")
    equal(open_changes(world), [], "open changes")
    again = world.run(status=0)
    equal((again.out, described(agent)), ("", old), "the next pass, and the config after it")


@test("a version that was rejected once and is applied again with success is rejected no longer", (SYSTEM,),
      seconds=8)
def second_try(world):
    agent = world.learned("coder", start_limit="30/0")
    new = edited(agent, runs=7)
    breaks._set_fault(agent, exit=78, times=-1, lines=["Invalid config"], **{"while": '"maxConcurrent": 7'})
    apply(world, new, status=1)
    equal(version_of(world, new.encode())["state"], "rejected", "the state after the first try")
    breaks._clear_fault(agent)
    apply(world, new, status=0)
    equal(agent.config.read_text(), new, "the config")
    check(version_of(world, new.encode())["state"] != "rejected",
          "the history calls the config that is in its place and was proven rejected")


# With a time

def timers(world):
    """(manager's systemctl words) of each timer of the watchdog's, and its unit."""
    users = [] if world.scope == SYSTEM else [world.fleet["coder"].systemctl]
    found = []
    for systemctl in [lambda *words, **more: run("systemctl", *words, **more), *users]:
        for word in systemctl("list-timers", "--all", "--no-legend", "--no-pager", check=False).stdout.split():
            if word.startswith("agent-watchdog-confirm-") and word.endswith(".timer"):
                found.append((systemctl, word))
    return found


def waiting(world, agent, new):
    """A change that waits ten seconds for its confirmation. Returns when its time is up (monotonic)."""
    call = apply(world, new, "--confirm", "10s", "--json", status=0)
    end = time.monotonic() + 10
    report = call.json
    equal((report["schema"], report["outcome"]), (1, "waiting"), "the report")
    check(report["confirmBefore"], "the report does not say until when")
    equal(agent.config.read_text(), new, "the config while it waits")
    equal(len(timers(world)), 1, "the number of timers")
    return end


def over(end):
    time.sleep(max(0, end - time.monotonic()) + 0.2)


def undone(world, agent, old, pid):
    equal(described(agent), old, "the config")
    check(agent.state()["MainPID"] not in (0, pid), "the agent was not restarted with the old config")
    breaks.wait("the agent to be ready", agent.ready, 5)
    alone(agent)
    equal(open_changes(world), [], "open changes")
    alerts = world.doubles.alerts()
    equal([alert["kinds"] for alert in alerts], [["config-undone"]], "the messages")
    contains(alerts[0]["text"], "nobody confirmed it in time", "the message")


@test("a config that nobody confirms is put back by a timer in time, and it is told once", EVERYWHERE,
      seconds=20, waits=True)
def by_timer(world):
    agent = with_mode(world)
    old = described(agent)
    waiting(world, agent, edited(agent, runs=7))
    pid = agent.state()["MainPID"]
    breaks.wait("the timer to put the config back", lambda: agent.config.read_bytes() == old[0], 25)
    breaks.wait("the change to be closed and told",
                lambda: not open_changes(world) and world.doubles.alerts(), 15)
    undone(world, agent, old, pid)
    again = world.run(status=0)
    equal((again.out, len(world.doubles.alerts())), ("", 1), "the next pass, and the number of messages after it")
    breaks.wait("the timer to be gone", lambda: not timers(world), 5)


@test("without the timer the next pass puts it back; a dry run and doctor do not", (SYSTEM, OWN),
      seconds=20, waits=True)
def by_pass(world):
    agent = with_mode(world)
    old, new = described(agent), edited(agent, runs=7)
    end = waiting(world, agent, new)
    for systemctl, name in timers(world):
        systemctl("stop", name)
    pid = agent.state()["MainPID"]
    world.run(status=0)
    equal(agent.config.read_text(), new, "the config after a pass before the time")
    over(end)
    ledger = world.ledger.everything(but=())
    world.run("--dry-run")
    world.watchdog("doctor")
    equal((agent.config.read_text(), agent.state()["MainPID"]), (new, pid),
          "the config and the agent after a dry run and doctor")
    equal(world.ledger.everything(but=()), ledger, "the ledger after a dry run and doctor")
    late = world.watchdog("config", "confirm", "coder", status=REFUSED)
    check(late.err.startswith("watchdog: "), f"no sentence says that it is too late: {late.err!r}")
    world.run(status=0)
    undone(world, agent, old, pid)


@test("while a change waits, no other is made; confirmed in time it stays", (SYSTEM, USER), seconds=20, waits=True)
def confirmed(world):
    agent = with_mode(world)
    new = edited(agent, runs=7)
    end = waiting(world, agent, new)
    before, ledger = (described(agent), agent.state()), world.ledger.everything(but=())
    for words in (["apply", "coder", handed(world, edited(agent, runs=9), "other.json")], ["rollback", "coder"]):
        call = world.watchdog("config", *words, status=BUSY)
        contains(call.err, "waits for a confirmation", "what a second change is told")
        equal((described(agent), agent.state()), before, "the config and the agent after a second change")
    equal(world.ledger.everything(but=()), ledger, "the ledger after a second change")
    report = world.watchdog("config", "confirm", "coder", "--json", status=0).json
    equal((report["schema"], report["outcome"]), (1, "kept"), "the report")
    equal(open_changes(world), [], "open changes")
    world.watchdog("config", "confirm", "coder", status=REFUSED)
    over(end + 2.5)  # the timer, if there is one, starts its pass
    world.run(status=0)
    equal((described(agent), agent.state()), before, "the config and the agent after the time")
    equal(world.doubles.alerts(), [], "the messages")


@test("a config that is taken back is not learned as a good one while it waits", (SYSTEM,), seconds=20, waits=True)
def not_learned(world):
    agent = with_mode(world)
    old, new = described(agent), edited(agent, runs=7)
    end = waiting(world, agent, new)
    for _ in range(3):
        world.run(status=0)
    over(end)
    world.run()
    breaks.wait("the old config", lambda: agent.config.read_bytes() == old[0], 15)
    breaks.wait("the change to be closed", lambda: not open_changes(world), 15)
    equal(version_of(world, new.encode())["state"], "rejected", "the state of what was taken back")
    check(world.known_good(agent) == old[0], "the newest known-good config is the one that was taken back")


@test("a file that was edited while its change waits is left alone, and nobody is told that it is back",
      (SYSTEM,), seconds=20, waits=True)
def overtaken(world):
    agent = with_mode(world)
    end = waiting(world, agent, edited(agent, runs=7))
    newer = edited(agent, runs=11)
    agent.write(agent.config, newer)
    over(end)
    world.run()
    breaks.wait("the change to be closed", lambda: not open_changes(world), 15)
    equal(agent.config.read_text(), newer, "the config")
    told = "\n".join(alert["text"] for alert in world.doubles.alerts())
    for claim in ("was taken back", f"{agent.config} holds version"):
        lacks(told, claim, "what is told of a file that was left alone")
    for piece in ("was not confirmed in time, and is not taken back", "watchdog config rollback coder "):
        contains(told, piece, "what is told of a change that stays although nobody confirmed it")
    contains(world.watchdog("config", "confirm", "coder", status=REFUSED).err, "is not taken back",
             "what a late confirmation is told")


@test("while a config cannot be put back nobody is told that it was, and it is once it can be", (SYSTEM,),
      seconds=20, waits=True)
def cannot_be_put_back(world):
    agent = with_mode(world)
    old, new = described(agent), edited(agent, runs=7)
    end = waiting(world, agent, new)
    for systemctl, name in timers(world):
        systemctl("stop", name)
    agent.config.parent.chmod(0o500)
    over(end)
    for _ in range(2):
        world.run()
    equal((agent.config.read_text(), len(open_changes(world))), (new, 1), "the config, and the open changes")
    told = "\n".join(alert["text"] for alert in world.doubles.alerts())
    agent.config.parent.chmod(0o700)
    world.run()
    equal((described(agent), open_changes(world)), (old, []), "the config and the open changes once it can be put back")
    lacks(told, f"{agent.config} holds version", "what is told while the file cannot be put back")


@test("the pass of a timer that finds an agent broken leaves no failed unit of its own behind", (SYSTEM,), seconds=25)
def timer_of_a_broken_agent(world):
    agent = with_mode(world)
    old = described(agent)
    waiting(world, agent, edited(agent, runs=7))
    breaks._set_fault(agent, exit=1, times=-1, lines=["no way"])
    breaks.wait("the timer's pass to close the change", lambda: not open_changes(world), 25)
    breaks.wait("the timer's pass to end", lambda: "activating" not in run(
        "systemctl", "list-units", "--all", "--no-legend", "agent-watchdog-confirm-*.service").stdout, 30)
    equal(described(agent), old, "the config")
    equal(run("systemctl", "list-units", "--all", "--failed", "--no-legend", "--plain", "agent-watchdog-*").stdout, "",
          "the failed units of the watchdog")


@test("the version that stands is kept for the way back, however many newer ones there are", (SYSTEM,), seconds=8)
def old_version_kept(world):
    """As after a rollback to the oldest of many versions."""
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    agent = with_mode(world)
    old = described(agent)
    ledger = sqlite3.connect(world.ledger.path)
    ledger.execute("UPDATE config_versions SET state = 'seen', since = 1")
    now = time.time_ns() // 1000
    for number in range(60):
        ledger.execute(
            "INSERT INTO config_versions (agent, path, digest, bytes, mode, uid, gid, modified, changed, state, since) "
            "SELECT agent, path, ?, ?, mode, uid, gid, modified, changed, 'seen', ? FROM config_versions "
            "WHERE since = 1",
            (f"{number:064x}", b"%d" % number, now + number))
    ledger.commit()
    ledger.close()
    call = apply(world, edited(agent, runs=7), within=[
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=clock_nanosleep", "-e",
        "inject=clock_nanosleep:signal=KILL:when=1"])
    check(call.status in (-9, 137), f"the exit status is {call.status}")
    world.run(status=0)
    check(described(agent) == old, "the next pass does not put the old config back")
    equal(open_changes(world), [], "open changes after the next pass")


@test("the mode that the file had when it was replaced comes back with it, whatever it was when it was learned",
      (SYSTEM,), seconds=20, waits=True)
def mode_of_the_moment(world):
    agent = with_mode(world, "600")
    run("chmod", "640", str(agent.config))
    old = described(agent)
    end = waiting(world, agent, edited(agent, runs=7))
    over(end)
    world.run()
    breaks.wait("the change to be closed", lambda: not open_changes(world), 15)
    check(agent.config.read_bytes() == old[0], "the old content is not back")
    equal(described(agent)[1:], old[1:], "owner, group and mode of the config")


# Versions

@test("a version is rolled back to by its id, and that rollback too", EVERYWHERE, seconds=12)
def rollback(world):
    agent = with_mode(world)
    first, second = described(agent), edited(agent, runs=7).encode()
    apply(world, second.decode(), status=0)
    ids = [version_of(world, content)["id"] for content in (first[0], second)]
    for number, content in zip([*ids, None], [first[0], second, first[0]]):
        before = agent.state()["InvocationID"]
        words = [] if number is None else [str(number)]  # without one, the newest known-good version
        report = world.watchdog("config", "rollback", "coder", *words, "--json", status=0).json
        equal((report["schema"], report["outcome"]), (1, "kept"), "the report")
        equal(described(agent), (content, *first[1:]), f"the config after a rollback to {number}")
        check(agent.state()["InvocationID"] != before, "the agent was not restarted")
        equal(agent.state()["ActiveState"], "active", "the state of the unit")
    unchanged = world.watchdog("config", "rollback", "coder", str(ids[0]), "--json", status=0)
    equal(unchanged.json["outcome"], "unchanged", "a rollback to what stands there")
    for word, status in (("999999", REFUSED), ("zero", USAGE), ("-1", USAGE)):
        call = world.watchdog("config", "rollback", "coder", word, status=status)
        check(call.err.startswith("watchdog") and word in call.err, f"no sentence about the id {word}: {call.err!r}")
    equal(described(agent), first, "the config after ids that are none")


@test("no version, difference, report or history shows a secret", (SYSTEM, OWN), seconds=8)
def secrets(world):
    agent = with_mode(world)
    found = secrets_of.of(agent)
    old, new = agent.config.read_bytes(), edited(agent, runs=7, token="5e" * 24)
    applied = apply(world, new, status=0)
    found |= {f"{name} (new)": value for name, value in secrets_of.of(agent).items()}
    bad = apply(world, edited(agent, mode="auto", token="6f" * 24), "--json", status=1)
    found["the gateway's token (refused)"] = "6f" * 24
    texts = {"apply": applied.out + applied.err, "a_refused_apply": bad.out + bad.err}
    ids = [str(version_of(world, content)["id"]) for content in (old, new.encode())]
    for words in (["show", "coder"], ["show", "coder", ids[1]], ["diff", "coder"], ["diff", "coder", *ids],
                  ["diff", "coder", *reversed(ids)], ["history", "coder"]):
        text = world.watchdog("config", *words, status=0)
        report = world.watchdog("config", *words, "--json", status=0)
        equal((report.json["schema"], report.json["agent"]), (1, "coder"), f"schema and agent of {words}")
        texts["_".join(words)] = text.out + text.err + report.out + report.err
    contains(texts[f"diff_coder_{'_'.join(ids)}"], '"maxConcurrent": 7', "the difference")
    contains(texts[f"show_coder_{ids[1]}"], '"maxConcurrent": 7', "the version shown")
    secrets_of.search(found, the_ledger=world.ledger.text(), **texts)


@test("the history tells which version stands in the config's place, and a diff how the file is different from it by now",
      EVERYWHERE, seconds=8)
def in_place(world):
    agent = with_mode(world)
    old, new = agent.config.read_bytes(), edited(agent, runs=7)
    marks = lambda: {version["id"]: version.get("inPlace") for version in versions(world)}
    first = version_of(world, old)["id"]
    equal(marks()[first], True, "the mark before anything was done")
    contains(world.watchdog("config", "diff", "coder", status=0).out, "is its last known good version", "no difference")

    apply(world, new, status=0)
    second = version_of(world, new.encode())["id"]
    equal((marks()[first], marks()[second]), (False, True), "the marks after an apply")
    text = world.watchdog("config", "history", "coder", status=0).out
    equal([line.split()[0] for line in text.splitlines() if line.endswith(", in place now")], [str(second)], "the text")
    diff = world.watchdog("config", "diff", "coder", "--json", status=0).json["diff"]
    check('+      "maxConcurrent": 7' in diff, f"the diff from the known-good one does not show the new line: {diff}")
    contains(world.watchdog("config", "diff", "coder", str(second), status=0).out, "is that version", "no difference")

    # By hand: it is none of the ledger's.
    agent.write(agent.config, edited(agent, runs=9, token="6a" * 24))
    check(True not in marks().values(), f"an edited file is taken for a version: {marks()}")
    contains(world.watchdog("config", "history", "coder", status=0).out, "is none of these now", "the text")
    call = world.watchdog("config", "diff", "coder", str(second), status=0)
    contains(call.out, '+      "maxConcurrent": 9', "the diff from a version to the file")
    lacks(call.out, "6a6a6a", "the diff from a version to the file")

    agent.config.unlink()
    contains(world.watchdog("config", "history", "coder", status=0).out, f"{agent.config} is missing now", "the text")
    contains(world.watchdog("config", "diff", "coder", status=0).out, "is missing now", "the diff")


@test("a unit that has done its work and stays active takes a new config", seconds=6)
def one_shot(world):
    agent = world.create("coder", restart="no")
    world.drop_in(agent, "Type=oneshot\nRemainAfterExit=yes\nExecStart=\nExecStart=/bin/true")
    agent.systemctl("restart", agent.unit)
    world.settings(more=f'[[agent]]\nname = "coder"\nunit = "{agent.unit}"\nhealth = []\n'
                        f'config = ["{agent.config}"]\n')
    new = edited(agent, runs=7)
    equal(apply(world, new, "--json", status=0).json["outcome"], "kept", "the outcome")
    equal((agent.config.read_text(), agent.state()["SubState"]), (new, "exited"), "the config, and the unit")


@test("what is refused for its faults is told in JSON, too, with their places")
def refused_in_json(world):
    agent = with_mode(world)
    text = edited(agent, runs=7).replace('"maxConcurrent"', '"max\u200bConcurrent"')
    call = apply(world, text, "--json", status=1)
    equal((call.json["outcome"], call.json["path"]), ("refused", str(agent.config)), "the report")
    equal([(fault["kind"], fault["line"]) for fault in call.json["faults"]],
          [("config-invisible-character", text[:text.index("\u200b")].count("\n") + 1)], "its faults")
    contains(call.err, "add --despite KIND", "what is said")
    apply(world, text, "--despite", "nonsense", status=USAGE)
    equal(apply(world, text, "--despite", "config-invisible-character", "--json", status=0).json["outcome"], "kept",
          "the outcome when an operator says so")


@test("an empty file takes no config's place, and what is odd about a file is said", seconds=6)
def empty_and_odd(world):
    agent = with_mode(world)
    more = agent.config.with_name("app.yaml")
    agent.write(more, "name: coder\n")
    world.settings(more=f'[[agent]]\nname = "coder"\nunit = "{agent.unit}"\nconfig = ["{more}"]\n')
    call = world.watchdog("config", "apply", "coder", handed(world, "\n", "empty.yaml"), status=1)
    contains(call.err, "config-syntax: There is nothing in this file", "what is said of an empty file")
    equal(more.read_text(), "name: coder\n", "the config")
    call = world.watchdog("config", "apply", "coder", handed(world, "name: coder\nname: scout\n", "odd.yaml"), status=0)
    contains(call.err, "odd.yaml:2:1: ", "what is said of a key that stands twice")
    path = handed(world, "export TOKEN=abcdef\n", "odd.env")
    report = world.watchdog("config", "check", path, "--json", status=0).json
    equal((report["faults"], [remark["line"] for remark in report["remarks"]]), ([], [1]), "faults and remarks")
    contains(world.watchdog("config", "check", path, status=0).out, "odd.env:1:1: remark: ", "the text")


# Killed

FILES = (("openat2", 5), ("write", 1), ("fchmod", 1), ("fsync", 1), ("renameat2", 1), ("openat2", 6),
         ("unlinkat", 1), ("fsync", 2))
# The first attempt writes more pages than the others: of its last record, the one that says that it holds, the
# first write is lost.
RECORDS = (("pwrite64", 20), ("pwrite64", 10), ("fdatasync", 3), ("fdatasync", 4), ("sendmsg", 19), ("sendmsg", 20),
           ("sendmsg", 24), ("clock_nanosleep", 1), ("fdatasync", 5))


def killed(world, points, mode="safeguard"):
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    world.settings(actions_per_agent=100)
    agent = with_mode(world)
    old, new = described(agent), edited(agent, runs=7, mode=mode)
    exchanged = kept = 0
    for call, when in points:
        moment = f"killed at {call} {when}"
        first = agent.state()["InvocationID"]
        world.doubles.forget()
        status = apply(world, new, "--json", within=[
            "strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
            "-e", f"inject={call}:signal=KILL:when={when}"]).status
        check(status in (-9, 137), f"{moment}: the exit status is {status}")
        check(described(agent) in (old, (new.encode(), *old[1:])), f"{moment}: the config is neither the old nor the "
              f"new one: {described(agent)}")
        exchanged += agent.config.read_bytes() != old[0]
        breaks.wait("systemd to have no job", lambda: "No jobs" in agent.systemctl("list-jobs").stdout, 10)
        second = agent.state()["InvocationID"]
        begun = open_changes(world)
        world.run(status=0)
        if not begun and described(agent) != old:
            kept += 1
            equal(world.ledger.value("SELECT outcome FROM config_changes ORDER BY id DESC LIMIT 1"), "kept",
                  f"{moment}: the outcome of a change that stands")
            apply(world, old[0].decode(), status=0)
            continue
        equal(described(agent), old, f"{moment}: the config after the next pass")
        equal(sorted(os.listdir(agent.config.parent)), ["openclaw.json"],
              f"{moment}: what lies beside the config after the next pass")
        equal(open_changes(world), [], f"{moment}: open changes")
        state = agent.state()
        equal(state["ActiveState"], "active", f"{moment}: the state of the unit")
        breaks.wait(f"the agent to be ready ({moment})", agent.ready, 5)
        if second != first:
            check(state["InvocationID"] != second, f"{moment}: the agent still runs with the config taken back")
        equal([alert["kinds"] for alert in world.doubles.alerts()], [["config-undone"]] if begun else [],
              f"{moment}: the messages")
    check(0 < exchanged < len(points), f"the new config was there after {exchanged} of {len(points)} kills")
    check(kept <= 1, f"{kept} kills came too late to be any")
    again = world.run(status=0)
    equal((again.out, again.err), ("", ""), "what a last pass printed")


@test("an apply that is killed at its files leaves the old or the new one, and the next pass the old one",
      (SYSTEM, OWN), seconds=50, limit=240)
def killed_at_files(world):
    killed(world, FILES)


@test("an apply that is killed at a record or at a word to systemd is undone by the next pass", (SYSTEM, USER),
      seconds=50, limit=240)
def killed_at_records(world):
    killed(world, RECORDS)


@test("an apply of a config that the agent refuses, killed on the way, is undone by the next pass", (SYSTEM,),
      seconds=40, limit=240)
def killed_when_bad(world):
    killed(world, (("fsync", 1), ("unlinkat", 1), ("sendmsg", 20), ("clock_nanosleep", 1), ("renameat2", 2),
                   ("unlinkat", 2)), mode="auto")


@test("a pass that is killed while it takes a config back is finished by the next, which tells it", (SYSTEM,),
      seconds=40, limit=240)
def killed_taking_back(world):
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    agent = with_mode(world)
    old = described(agent)
    missing = []
    for when in range(1, 12):
        moment = f"killed at fdatasync {when}"
        new = edited(agent, runs=6 + when)
        apply(world, new, "--confirm", "1h", status=0)
        for systemctl, name in timers(world):
            systemctl("stop", name)
        ledger = sqlite3.connect(world.ledger.path)  # the hour is over
        ledger.execute("UPDATE config_changes SET deadline = began WHERE ended IS NULL")
        ledger.commit()
        ledger.close()
        world.doubles.forget()
        status = world.run(within=["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e",
                                   f"inject=fdatasync:signal=KILL:when={when}"]).status
        world.run(status=0)
        equal((described(agent), open_changes(world)), (old, []), f"{moment}: the config and the open changes")
        alone(agent)
        breaks.wait(f"the agent to be ready ({moment})", agent.ready, 5)
        told = [alert["kinds"] for alert in world.doubles.alerts()]
        state = version_of(world, new.encode())["state"]
        if (told, state) != ([["config-undone"]], "rejected"):
            missing.append((moment, told, state))
        if status == 0:
            check(when > 3, "the pass makes too few records")
            break
    equal(missing, [], "where it was not told once, or not called rejected")


@test("an agent that breaks with a config that waits gets its old one back before the time, and it is told once",
      (SYSTEM, OWN), seconds=8)
def broken_while_waiting(world):
    agent = with_mode(world)
    old = described(agent)
    apply(world, edited(agent, runs=7), "--confirm", "1h", status=0)
    breaks._set_fault(agent, exit=78, times=-1, lines=["Invalid config"], **{"while": '"maxConcurrent": 7'})
    agent.systemctl("restart", agent.unit, check=False)
    breaks._wait_failed(agent)
    world.run(status=0)
    equal((described(agent), open_changes(world)), (old, []), "the config and the open changes")
    equal(agent.state()["ActiveState"], "active", "the state of the unit")
    alerts = world.doubles.alerts()
    equal([alert["kinds"] for alert in alerts], [["config-undone"]], "the messages")
    contains(alerts[0]["text"], "broke before anybody confirmed it", "the message")


# Left as it is

@test("a config is applied to a unit that a person has stopped, and the unit is not started", EVERYWHERE, seconds=8)
def stopped(world):
    agent = with_mode(world)
    old = described(agent)
    breaks.stop(agent)
    for text, outcome in ((edited(agent, runs=7), "kept"), (edited(agent, mode="auto"), "kept")):
        call = apply(world, text, "--json", status=0)
        equal(call.json["outcome"], outcome, "the outcome")
        contains(call.json["reason"], "stopped", "the reason")
        equal(described(agent), (text.encode(), *old[1:]), "the config")
    equal(agent.state()["ActiveState"], "inactive", "the state of the unit")
    world.run(status=0)
    equal(agent.state()["ActiveState"], "inactive", "the state of the unit after a pass")


def untouched(world, agent, words, status, *pieces):
    """A command that is refused with a sentence, and changes nothing."""
    before, state = tree(agent.home, but=[world.state]), agent.state()
    call = world.watchdog("config", *words, status=status)
    check(call.err.startswith("watchdog") and call.err.count("\n") == 1, f"no sentence: {call.err!r}")
    for piece in pieces:
        contains(call.err, piece, "the sentence")
    same(before, tree(agent.home, but=[world.state]), "the home")
    equal(agent.state(), state, "the agent")
    equal(open_changes(world), [], "open changes")
    check(call.seconds < 30, f"it took {call.seconds:.0f} s")


@test("what cannot be applied is refused with a sentence, and nothing is changed", (SYSTEM, USER), seconds=10)
def refused(world):
    agent = with_mode(world)
    new = handed(world, edited(agent, runs=7))
    os.mkfifo("/tmp/fifo.json")
    Path("/tmp/large.json").write_bytes(b" " * ((4 << 20) + 1))
    for file, piece in (("/tmp/missing.json", "/tmp/missing.json"), ("/tmp", "not a regular file"),
                        ("/tmp/fifo.json", "not a regular file"), ("/tmp/large.json", "longer than")):
        untouched(world, agent, ["apply", "coder", file], REFUSED, piece)
    for words in (["apply", "nobody", new], ["rollback", "nobody"], ["confirm", "nobody"], ["history", "nobody"],
                  ["show", "nobody"], ["diff", "nobody"]):
        untouched(world, agent, words, REFUSED, "nobody")
    for words in (["apply", "coder"], ["apply"], ["apply", "coder", new, "--confirm", "soon"],
                  ["apply", "coder", new, "--confirm", "9s"], ["apply", "coder", new, "--path", "/etc/passwd"]):
        untouched(world, agent, words, USAGE)
    other = agent.config.with_name("other.json")
    agent.write(other, "{}\n")
    user = f'user = "{agent.account}"\n' if agent.user else ""
    world.settings(more=f'[[agent]]\nunit = "{agent.unit}"\n{user}config = ["{agent.config}", "{other}"]\n')
    untouched(world, agent, ["apply", "coder", new], USAGE, "--path", str(other))
    world.watchdog("config", "apply", "coder", new, "--path", str(agent.config), status=0)
    equal((agent.config.read_text(), other.read_text()), (Path(new).read_text(), "{}\n"), "the two files")


@test("a link or a FIFO in the config's place is neither followed nor replaced by an apply", EVERYWHERE, seconds=8)
def hostile(world):
    agent = with_mode(world)
    new = handed(world, edited(agent, runs=7))
    before = tree("/etc")
    for make in (["ln", "-s", "/etc/shadow"], ["mkfifo"]):
        as_agent(agent, "rm", str(agent.config))
        as_agent(agent, *make, str(agent.config))
        for words in (["apply", "coder", new], ["rollback", "coder"]):
            untouched(world, agent, words, REFUSED, str(agent.config))
    same(before, tree("/etc"), "/etc")


@test("an edit that is made in the very moment of an apply is not lost", EVERYWHERE, seconds=10)
def edit_meanwhile(world):
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    agent = with_mode(world)
    new, newer, pid = edited(agent, runs=7), edited(agent, runs=11), agent.state()["MainPID"]
    words = ["config", "apply", "coder", handed(world, new)]
    process = world.begin(*words, within=["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat2", "-e",
                                          "inject=renameat2:delay_enter=3000000:when=1"])
    breaks.wait("the new file to be written beside the old one",
                lambda: list(agent.config.parent.glob(".openclaw.json.*")) and asleep(process.pid))
    agent.write(agent.config, newer)
    call = world.ended(process, *words)
    equal(agent.config.read_text(), newer, "the config")
    contains(call.out + call.err, "changed", "what was printed")
    alone(agent)
    equal((agent.state()["MainPID"], open_changes(world)), (pid, []), "the agent's process, and open changes")
    equal(call.status, REFUSED, "the exit status")


# What must not get lost on the way

def access_list(*entries):
    """acl(5), as the kernel takes it: (tag, permissions, id)."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


@test("a config keeps its access control list, which closes it to the group", (SYSTEM, OWN))
def keeps_access_list(world):
    agent = with_mode(world)
    nobody = 0xFFFFFFFF
    wanted = access_list((1, 6, nobody), (2, 4, 1), (4, 0, nobody), (16, 6, nobody), (32, 0, nobody))
    os.setxattr(agent.config, "system.posix_acl_access", wanted)
    equal(described(agent)[3], oct(0o100660), "the mode that stat shows")
    apply(world, edited(agent, runs=7), status=0)
    equal(os.getxattr(agent.config, "system.posix_acl_access"), wanted, "the list after an apply")
    world.watchdog("config", "rollback", "coder", status=0)
    equal(os.getxattr(agent.config, "system.posix_acl_access"), wanted, "the list after a rollback")


@test("an apply outlives its session and Ctrl-C, and sets the time for its confirmation", EVERYWHERE, seconds=8)
def outlives_its_session(world):
    world.settings(settle="3s")
    agent = with_mode(world)
    old, first = described(agent), agent.state()["InvocationID"]
    words = ["config", "apply", "coder", handed(world, edited(agent, runs=7)), "--confirm", "1h", "--json"]
    process = world.begin(*words)
    breaks.wait("the agent to be restarted", lambda: agent.state()["InvocationID"] != first)
    for each in (signal.SIGHUP, signal.SIGINT):
        run("pkill", f"-{each.value}", "-f", "watchdog config apply")
    call = world.ended(process, *words)
    equal((call.status, call.json["outcome"]), (0, "waiting"), "exit status and outcome")
    check(described(agent)[0] != old[0], "the new config is not in place")
    world.watchdog("config", "confirm", "coder", status=0)


@test("no difference shows a secret among a command's words, in a hook's address or in a key", (SYSTEM,))
def secrets_by_form(world):
    agent = with_mode(world)
    values = ["Zq8" * 6, "T0AAA/B0BBB/Zq9" * 2, "Zr7" * 8, "glpat-" + "Zs6" * 6, "Zt5" * 6]
    config = json.loads(edited(agent, runs=7))
    config["mcp"] = {"args": ["-y", "server", "--api-token", values[0]],
                     "hook": f"https://hooks.slack.com/services/{values[1]}", "maps": f"https://maps.test/x?key={values[2]}",
                     "odd": values[3], "variables": [{"key": "API_KEY", "value": values[4]}]}
    call = apply(world, json.dumps(config, indent=2) + "\n", "--despite", "config-schema")
    contains(call.out, "--api-token", "the difference")
    for value in values:
        lacks(call.out + call.err, value, "the difference")
