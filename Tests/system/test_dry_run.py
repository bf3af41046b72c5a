"""A dry run plans everything and touches nothing."""
import os
import re
import subprocess

import breaks
import secrets_of
import snapshot
from agents import run
from catalogue import EVERYWHERE, OWN, SYSTEM, test
from expect import check, contains, equal
from test_rollback import spoil


def everything(world):
    """Files, units and processes that a pass could change."""
    files = snapshot.tree("/home", "/etc", world.state, but=[shared_memory(world)])
    return files, snapshot.units(world.fleet.values()), world.ledger.everything(but=())


def shared_memory(world):
    """Where readers of the ledger leave their marks for each other (sqlite.org/walformat.html): it holds nothing
    that the ledger does not."""
    return world.ledger.path.with_name("ledger.db-shm")


def untouched(world, *words, status):
    """A dry run and what it prints; nothing is any different after it, and nobody heard of it."""
    files, units, rows = everything(world)
    asked, told = len(world.doubles.questions()), len(world.doubles.alerts())
    call = world.run("--dry-run", *words, status=status)
    after = everything(world)
    snapshot.same(files, after[0], "files")
    snapshot.same(units, after[1], "units")
    snapshot.same(rows, after[2], "tables of the ledger")
    equal(len(world.doubles.alerts()), told, "the number of messages")
    equal(len(world.doubles.questions()), asked, "the number of questions to the model")
    return call


@test("a dry run over every kind of break prints the plan with its diff, and changes nothing", EVERYWHERE, seconds=8)
def every_break(world):
    world.settings(advisor=True)
    world.doubles.propose("restartUnit")
    left = world.create("left", kill_mode="process", children=1)
    leftover = breaks.leftover(left)
    coder, deleted, linked = (world.create(name) for name in ("coder", "deleted", "linked"))
    scout = world.create("scout", start_limit="3/60", restart_sec="100ms")
    flaky, hopeless, held = (world.create(name, restart="no") for name in ("flaky", "hopeless", "held"))
    # `left` is not looked at by name, or these passes would mend it.
    others = [coder, deleted, linked, scout, flaky, hopeless, held]
    for agent in others:
        for _ in range(2):
            world.run("--agent", agent.name, status=0)
        check(world.known_good(agent) is not None, f"the config of {agent.name} is not known to be good")
    secrets = secrets_of.of(coder)
    spoil(coder)
    deleted.config.unlink()
    deleted.systemctl("restart", deleted.unit, check=False)
    breaks._wait_failed(deleted)
    breaks.start_limit(scout)
    breaks.crash(flaky, times=1)
    breaks.hopeless(hopeless)
    breaks.stop(held)
    folder = linked.config.parent
    run("runuser", "-u", linked.account, "--", "mv", str(folder), str(folder.with_name("aside")))
    run("runuser", "-u", linked.account, "--", "ln", "-s", "/etc", str(folder))
    linked.systemctl("restart", linked.unit, check=False)
    breaks._wait_failed(linked)
    world.doubles.behave(model={"content": ""})

    call = untouched(world, "--json", status=2)
    equal(call.json["dryRun"], True, "dryRun in the report")
    equal({agent["name"]: agent["verdict"] for agent in call.json["agents"]}, {
        "coder": "failing", "deleted": "failing", "linked": "failing", "scout": "failing", "flaky": "failing",
        "hopeless": "failing", "held": "held", "left": "degraded"}, "the verdicts")
    plans = {agent["name"]: sorted(action["remedy"] for action in agent["actions"]) for agent in call.json["agents"]}
    equal(plans, {
        "coder": ["resetFailed", "restoreConfig", "startUnit"],
        "deleted": ["resetFailed", "restoreConfig", "startUnit"], "linked": [],
        "scout": ["resetFailed", "startUnit"], "flaky": ["resetFailed", "startUnit"],
        "hopeless": ["resetFailed", "startUnit"], "held": [], "left": ["endProcess", "writeKillMode"]}, "the plans")
    check(all(action["outcome"] == "planned" for agent in call.json["agents"] for action in agent["actions"]),
          "an action is more than planned")
    contains(call.agent("left")["actions"][0]["target"] + call.agent("left")["actions"][1]["target"],
             f"PID {leftover[0]}", "the targets of the plan for left")
    contains("\n".join(call.agent("coder")["diff"]), '"mode": "auto"', "the diff")
    contains(str(call.agent("linked")["findings"]), "ymbolic link", "what was found of linked")

    text = untouched(world, status=2).out
    for piece in ("would", "restoreConfig", '"mode": "auto"', "dry run, nothing was touched"):
        contains(text, piece, "the plan as text")
    secrets_of.search(secrets, the_plan=text, the_plan_as_JSON=call.out)


@test("a dry run of a first pass needs no ledger and makes none", (SYSTEM, OWN))
def first(world):
    agent = world.create("fallen", restart="no")
    breaks.crash(agent)
    call = world.run("--dry-run", "--json", status=2)
    equal([action["remedy"] for action in call.agent("fallen")["actions"]], ["resetFailed", "startUnit"], "the plan")
    check(not os.path.exists(world.state), "the dry run made a state directory")
    equal(agent.state()["ActiveState"], "failed", "the state of the unit")


@test("a dry run while all is well says so and ends with 0", (SYSTEM,))
def healthy(world):
    world.learned("coder")
    contains(untouched(world, status=0).out, "1 healthy", "what it printed")


@test("a dry run respects a spent budget and an operator's stop", (SYSTEM,))
def held_back(world):
    world.settings(actions_per_agent=0)
    spent, held = (world.create(name, restart="no") for name in ("spent", "held"))
    world.learn(spent, held)
    breaks.crash(spent)
    breaks.stop(held)
    call = untouched(world, "--json", status=2)
    equal(call.verdict("held"), "held", "the verdict on held")
    equal(call.agent("held")["actions"], [], "the plan for held")
    equal([action["remedy"] for action in call.agent("spent")["actions"]], [],
          "the plan for an agent whose budget is spent")


@test("commands that only look leave no file behind in the state directory", (SYSTEM, OWN))
def no_file(world):
    world.learned("coder")
    names, before = sorted(os.listdir(world.state)), snapshot.tree(world.state, but=[shared_memory(world)])
    for words in (["run", "--dry-run"], ["doctor"], ["status"], ["incidents"]):
        world.watchdog(*words)
        what = f"after `watchdog {' '.join(words)}` the state directory"
        equal(sorted(os.listdir(world.state)), names, what)
        snapshot.same(before, snapshot.tree(world.state, but=[shared_memory(world)]), what)


@test("doctor looks at every break, advises, and changes nothing", EVERYWHERE)
def doctor(world):
    coder, held = world.create("coder"), world.create("held")
    world.learn(coder, held)
    spoil(coder)
    breaks.stop(held)
    files, units, rows = everything(world)
    told = len(world.doubles.alerts())
    call = world.watchdog("doctor", status=2)
    after = everything(world)
    snapshot.same(files, after[0], "files")
    snapshot.same(units, after[1], "units")
    snapshot.same(rows, after[2], "tables of the ledger")
    equal(len(world.doubles.alerts()), told, "the number of messages")
    for piece in ("coder", "failing", "unit-config-exit", "systemctl", "held"):
        contains(call.out, piece, "what doctor printed")


@test("what doctor says to type can be typed, and shows the unit it speaks of", EVERYWHERE)
def advice(world):
    coder, flaky = world.create("coder"), world.create("flaky", restart="no")
    world.learn(coder, flaky)
    spoil(coder)
    breaks.hopeless(flaky)
    text = world.watchdog("doctor", status=2).out
    for agent in (coder, flaky):
        commands = re.findall(rf"((?:systemctl|journalctl)[^`;\n]*{agent.unit}[^`;\n]*)", text)
        commands = [command for command in commands if "journalctl" in command or " status " in command]
        check(commands, f"doctor names no command that shows {agent.unit}")
        for command in commands:
            done = subprocess.run([*world.identity(), "sh", "-c", f"{command} | cat"], text=True, capture_output=True)
            contains(done.stdout, "gateway", f"what `{command}` shows")
