"""What a person reads, and is told to type: names that a user chose become no command and no line of their
own, and move no cursor."""
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import agents
import breaks
import strays
from agents import bot_token
from catalogue import test
from expect import check, contains, equal
from test_config_set import main_of, put
from test_known_good import restart
from world import ACCOUNT

TRAP = "$(touch pwned)"
UNIT = f"{TRAP}.service"
FORGED = "[healed] ops"
ESCAPE = "\x1b[2J\x1b[31m"


def moved(stray, *folders):
    """Into a cgroup of that path, made for it."""
    place = Path("/sys/fs/cgroup").joinpath(*folders)
    place.mkdir(parents=True, exist_ok=True)
    (place / "cgroup.procs").write_text(str(stray.pid))
    group = f"0::/{'/'.join(folders)}\n".encode()
    check(group in Path(f"/proc/{stray.pid}/cgroup").read_bytes(), "the process was not moved")


# Commands

def commands(text):
    """What stands between back quotes, and what a sentence ends with."""
    quoted = re.findall(r"`([^`]+)`", text)
    bare = re.findall(r": ((?:chown|kill|systemctl|sudo) .*)$", re.sub(r"`[^`]+`", "", text), re.M)
    return [*quoted, *(line.removesuffix(".") for line in bare)]


def typed(line):
    """The words of the command that a shell runs when it is given the line; no other one may be run."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in ("chown", "systemctl", "kill", "sudo", "watchdog"):
            (folder / name).write_text(f'#!/bin/sh\nprintf "%s\\0" {name} "$@" >"{folder}/words"\n')
            (folder / name).chmod(0o755)
        subprocess.run(["bash", "-c", f"enable -n kill\n{line}"], cwd=folder, check=False,
                       capture_output=True, env={"PATH": f"{folder}:/usr/bin:/bin"})
        left = sorted(set(os.listdir(folder)) - {"chown", "systemctl", "kill", "sudo", "watchdog", "words"})
        equal(left, [], f"what a shell makes that is given `{line}`")
        words = folder / "words"
        check(words.exists(), f"a shell that is given `{line}` starts nothing")
        return words.read_text().split("\0")[:-1]


def keeps(text, word):
    """Each command that names the trap is safe to type, and has this word."""
    for line in commands(text):
        if TRAP in line.replace("\\", "").replace("'", "").replace('"', ""):
            check(word in typed(line), f"`{line}` does not name {word}")
            check(word in shlex.split(line), f"the words of `{line}` are {shlex.split(line)}")


def said(world, call):
    """Everything that people were told of the agents."""
    summaries = [finding["summary"] for agent in call.json["agents"] for finding in agent["findings"]]
    return [*summaries, *(alert["text"] for alert in world.doubles.alerts())]


@test("what is to be typed about a process whose cgroup is called like a command is safe to paste",
      seconds=75, waits=True, limit=150)
def unit_of_a_stray(world):
    agents._make_account(ACCOUNT, linger=True)
    fleet = [world.create(name) for name in ("coder", "ops")]
    uid = fleet[0].uid
    places = [("system.slice", UNIT), ("user.slice", f"user-{uid}.slice", f"user@{uid}.service", UNIT)]
    found = []
    for agent, place in zip(fleet, places):
        stray = strays.Puppet(bot_token(agent.name), ACCOUNT, of="/opt/tools/backup.py")
        moved(stray, *place)
        stray.connect()
        found.append(stray)
    for stray in found:
        strays.aged(stray)
    call = world.run("--json", status=1)
    equal([stray.alive() for stray in found], [True, True], "whether the processes live")
    for agent, stray in zip(fleet, found):
        text = " ".join(finding["summary"] for finding in call.agent(agent.name)["findings"])
        contains(text, f"PID {stray.pid}", f"what is found on {agent.name}")
        check(world.doubles.alerts(agent=agent.name), f"nothing was told of {agent.name}")
    for text in said(world, call):
        keeps(text, UNIT)


@test("what is to be typed to give a config back, whose path is like a command, is safe to paste")
def path_of_a_config(world):
    agent = world.create("coder")
    config = agent.home / f"x{TRAP}" / "openclaw.json"
    put(agent, agent.config.read_text(), config)
    world.settings(more=f'[[agent]]\nname = "coder"\nunit = "{agent.unit}"\nconfig = ["{config}"]\n')
    world.run(status=0)
    shutil.chown(config.parent, "root", "root")
    config.parent.chmod(0o700)
    call = world.run("--json", status=1)
    equal(call.agent("coder")["findings"][0]["kind"], "config-missing", "what is found")
    texts = said(world, call)
    check(any("chown" in text for text in texts), f"nobody is told to use chown: {texts}")
    for text in texts:
        keeps(text, str(config))


# Lines

def oddities(what, text):
    """Sentences on what moves the cursor other than to the next line, and on lines that are forged."""
    odd = sorted(set(re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)))
    forged = [line for line in text.split("\n") if line.strip().startswith(FORGED)]
    return [f"{what} has the {kind} {found}"
            for kind, found in (("control characters", odd), ("lines", forged)) if found]


def looked(world, *calls):
    """What these calls, all that tells of the last pass, and the alerts look like without a terminal."""
    numbers = world.ledger.rows("SELECT id FROM incidents")
    words = [["run"], ["run", "--dry-run"], ["doctor"], ["status"], ["incidents"],
             *(["incidents", str(row["id"])] for row in numbers), ["config", "history", "coder"],
             ["config", "diff", "coder"]]
    found = []
    for call in [*calls, *(world.watchdog(*each) for each in words)]:
        found += oddities(f"`watchdog {' '.join(call.words)}`", call.out + call.err)
    for alert in world.doubles.alerts():
        # The title is one line; the program's own may not stand anywhere below it.
        found += oddities("the title of an alert", alert["title"].replace("\n", "\r"))
        found += oddities("the text of an alert", alert["text"])
    equal(found, [], "what is odd in what people read")


@test("control characters and line breaks in the path of an included file forge no line and move no cursor",
      seconds=6)
def include(world):
    agent = world.create("coder")
    part = agent.config.with_name(f"a\n{FORGED}{ESCAPE}.json")
    put(agent, '{"accounts": 1}\n', part)
    put(agent, main_of(agent, f"./{part.name}"))
    restart(agent)
    calls = [world.run(), world.run()]
    check(world.ledger.versions(part, "known-good"), "the included file is not known to be good")
    looked(world, *calls)
    put(agent, '{"accounts": 2}\n', part)
    breaks.config(agent, age=600)
    call = world.run(status=0)
    equal(part.read_text(), '{"accounts": 1}\n', "the included file after the rollback")
    looked(world, call)
    put(agent, agent.config.read_text())  # so that nobody seems to be at it
    part.unlink()
    call = world.run(status=1)
    equal([alert["kinds"] for alert in world.doubles.alerts()], [["unit-config-exit"], ["config-missing"]],
          "what was told")
    looked(world, call)


@test("control characters in the path of an included file that is not there, or elsewhere, move no cursor")
def missing_include(world):
    agent = world.create("coder")
    for name, kind in ((f"./b\n{FORGED}{ESCAPE}.json", "config-missing"),
                       (f"../../c\n{FORGED}{ESCAPE}.json", "config-syntax")):
        put(agent, main_of(agent, name))
        call = world.run(status=1)
        contains(call.out, kind, "what the pass printed")
        looked(world, call)


@test("control characters in the name of a stray's cgroup move no cursor", seconds=75, waits=True, limit=150)
def cgroup(world):
    agent = world.create("coder")
    stray = strays.Puppet(bot_token(agent.name), ACCOUNT, of="/opt/tools/backup.py")
    moved(stray, "system.slice", f"a\r{FORGED}{ESCAPE}.service")
    stray.connect()
    strays.aged(stray)
    call = world.run(status=1)
    contains(call.out, f"PID {stray.pid}", "what the pass printed")
    check(stray.alive(), "the process was ended")
    equal(len(world.doubles.alerts()), 1, "the number of alerts")
    looked(world, call)
