"""Configs of several files, configs that their agent writes into, and configs of another release: what is kept of
them, and what is put back, by whom."""
import json
import os
import re
import time
from pathlib import Path

import breaks
from agents import run
from catalogue import EVERYWHERE, OWN, SYSTEM, USER, test
from expect import check, contains, equal
from test_config import alone, apply, described, edited, open_changes, version_of, with_mode
from test_config_faults import held, traced
from test_hostile_files import as_agent
from test_known_good import restart
from test_rollback import spoil
from test_validator import created, findings, still

MISSING, SYNTAX, INVISIBLE, UNSEEN = "config-missing", "config-syntax", "config-invisible-character", \
    "watchdog-incomplete"
BY_HAND = "watchdog config rollback coder"


def put(agent, text, path=None, age=600):
    """As its account, and as if that had been so long ago."""
    path = path or agent.config
    agent.write(path, text)
    os.utime(path, (time.time() - age,) * 2)


def main_of(agent, *includes, **changes):
    """The text of its present config with other values, which takes these files in."""
    config = json.loads(edited(agent, **changes))
    config["channels"].pop("$include", None)
    if includes:
        config["channels"]["$include"] = includes[0] if len(includes) == 1 else list(includes)
    return json.dumps(config, indent=2) + "\n"


def place(text, piece):
    """Line and column of the piece."""
    at = text.index(piece)
    return f"{text.count(chr(10), 0, at) + 1}:{at - text.rfind(chr(10), 0, at)}"


def all_of(paths):
    """What a rollback has to bring back of each."""
    found = {}
    for path in paths:
        status = path.lstat()
        found[str(path)] = (path.read_bytes(), status.st_uid, status.st_gid, oct(status.st_mode))
    return found


def known_good(world, *paths):
    return [[row["bytes"] for row in world.ledger.versions(path, "known-good")] for path in paths]


def down(agent):
    """Started anew, and refused."""
    agent.systemctl("restart", agent.unit, check=False)
    breaks._wait_failed(agent)


def told(world):
    return [alert["event"] for alert in world.doubles.alerts()]


def sql(world, statement):
    """What time would do, done to the ledger at once, by whoever runs the watchdog."""
    world.as_owner("python3", "-c", "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as ledger:\n"
                   "    assert ledger.execute(sys.argv[2]).rowcount == 1\n", str(world.ledger.path), statement)


# $include

def with_parts(world, **options):
    """A learned agent whose config takes a file in, which takes in another. Returns it with the three files."""
    agent = world.create("coder", **({"start_limit": "30/0"} | options))
    folder = agent.config.parent
    parts = [agent.config, folder / "parts" / "channels.json5", folder / "deep.json5"]
    put(agent, '{\n  // of the operator\n  $include: "../deep.json5",\n  extra: 1,\n}\n', parts[1])
    put(agent, "{ deeper: 1 }\n", parts[2])
    put(agent, main_of(agent, "./parts/channels.json5"))
    parts[1].chmod(0o640)
    restart(agent)
    world.learn(agent)
    equal(known_good(world, *parts), [[path.read_bytes()] for path in parts], "what is known to be good of each file")
    return agent, parts


@test("files that a config takes in are put back with it, also when it does not name them any more or does not parse",
      EVERYWHERE, seconds=9)
def put_back_together(world):
    agent, parts = with_parts(world)
    good = all_of(parts)
    for what, text in (("names them no more", main_of(agent, mode="auto")), ("does not parse", '{ "agents": ')):
        put(agent, text)
        put(agent, f"{{ extra: 2 }} // {what}\n", parts[1])
        parts[2].unlink()
        down(agent)
        call = world.run("--json", status=0)
        equal(call.verdict("coder"), "healed", f"the verdict on a config that {what}")
        equal(all_of(parts), good, f"the files after a config that {what}")
        equal(sorted(os.listdir(parts[1].parent)), ["channels.json5"], "what lies beside the included file")
    equal(told(world), ["healed"] * 2, "what was told")
    text = world.doubles.alerts()[0]["text"]
    for piece in ("extra: 1,", "extra: 2 }", str(parts[1])):
        contains(text, piece, "the message")
    again = world.run(status=0)
    equal((again.out, all_of(parts)), ("", good), "the next pass, and the files after it")


@test("a crash loop that began with an edit of an included file ends with that file from before, and it alone",
      (SYSTEM, USER), seconds=6)
def crash_loop_by_include(world):
    agent, parts = with_parts(world, restart_sec="300ms", start_limit="1000/1000")
    good, inodes = all_of(parts), [parts[index].stat().st_ino for index in (0, 2)]
    world.drop_in(agent, f"ExecStartPre=/bin/sh -c '! grep -q extra:.*2 {parts[1]}'")
    put(agent, '{ $include: "../deep.json5", extra: 2 }\n', parts[1])
    parts[1].chmod(0o640)
    agent.systemctl("restart", agent.unit, check=False)
    breaks.wait("the agent to crash three times", lambda: agent.state()["NRestarts"] >= 3)
    call = world.run("--json", status=0)
    equal(call.verdict("coder"), "healed", "the verdict")
    equal(all_of(parts), good, "the files")
    equal([parts[index].stat().st_ino for index in (0, 2)], inodes, "the files that were as they should be")
    done = [action["target"] for action in call.agent("coder")["actions"] if action["remedy"] == "restoreConfig"]
    equal(done, [str(parts[1])], "what was put back")


@test("an included file that is edited while the agent runs is known to be good only after a restart")
def edited_include(world):
    agent, parts = with_parts(world)
    before = known_good(world, *parts)
    put(agent, '{ $include: "../deep.json5", extra: 2 }\n', parts[1])
    for _ in range(3):
        world.run(status=0)
    equal(known_good(world, *parts), before, "what is known to be good while the agent runs with the old file")
    restart(agent)
    for _ in range(2):
        world.run(status=0)
    equal(known_good(world, parts[1])[0], [*before[1], parts[1].read_bytes()], "what is known to be good of that file")
    # What proved itself together goes back together, and not a part of it with another.
    good = all_of(parts)
    put(agent, main_of(agent, mode="auto"))
    put(agent, before[1][0].decode(), parts[1])
    down(agent)
    equal(world.run("--json", status=0).verdict("coder"), "healed", "the verdict")
    equal(all_of([parts[0], parts[2]]), {path: good[path] for path in map(str, (parts[0], parts[2]))},
          "the other files")
    equal(parts[1].read_bytes(), good[str(parts[1])][0], "the included file")


@test("a file that a config takes in and that is not there is told with line and column, until it is", (SYSTEM, OWN))
def missing_include(world):
    agent = created(world)
    text = main_of(agent, "./here.json5", "./not-here.json5")
    put(agent, "{}\n", agent.config.with_name("here.json5"))
    put(agent, text)
    restart(agent)
    where, before = f'{agent.config}:{place(text, chr(34) + "./not-here.json5")}', agent.state()
    call = world.run("--json", status=1)
    found = findings(call)
    equal((call.verdict("coder"), list(found)), ("degraded", [MISSING]), "the verdict, and what is found")
    equal([fact["source"] for fact in found[MISSING]["evidence"]], [where], "where it is found")
    for piece in (where, str(agent.config.with_name("not-here.json5")), "is not there"):
        contains(found[MISSING]["summary"], piece, "the sentence")
    equal([alert["kinds"] for alert in world.doubles.alerts()], [[MISSING]], "what was told")
    for _ in range(2):
        world.run(status=1)
    equal((known_good(world, agent.config), told(world), agent.state()), ([[]], ["opened"], before),
          "what is known to be good, what was told, and the agent")
    put(agent, "{}\n", agent.config.with_name("not-here.json5"))
    equal(world.run("--json", status=0).verdict("coder"), "healthy", "the verdict once it is there")
    equal(told(world), ["opened", "healed"], "what was told")


@test("an $include that leads out of the config's folder is refused and not read, but not with OPENCLAW_INCLUDE_ROOTS",
      (SYSTEM, OWN), seconds=8)
def out_of_folder(world):
    agent = created(world)
    shared, beside = agent.home / "shared" / "all.json5", Path(f"{agent.config.parent}-2") / "all.json5"
    for path in (shared, beside):
        put(agent, "{ mark: 'outside' }\n", path)
    restart(agent)
    for include, kept in (("../shared/all.json5", shared), (str(shared), shared),
                          ("./x/../../shared/all.json5", shared), (f"../{beside.parent.name}/all.json5", beside),
                          ("/etc/passwd", Path("/etc/passwd"))):
        text = main_of(agent, include)
        put(agent, text)
        call = world.run("--json", status=1)
        found = findings(call)
        equal(list(found), [SYNTAX], f"what is found with {include}")
        for piece in (f"{agent.config}:{place(text, chr(34) + include)}", "leads out of the folder"):
            contains(found[SYNTAX]["summary"], piece, f"the sentence about {include}")
        restart(agent)
        for _ in range(2):
            world.run(status=1)
        equal(world.ledger.versions(kept), [], f"what is kept of {kept}")
    # Of several roots one is enough, and a folder that only begins like one is none.
    put(agent, main_of(agent, "../shared/all.json5"))
    world.drop_in(agent, f"Environment=OPENCLAW_INCLUDE_ROOTS=/nowhere:{shared.parent}")
    restart(agent)
    world.learn(agent)
    equal(known_good(world, shared), [[shared.read_bytes()]], "what is known to be good of the file in a root")
    good = all_of([agent.config, shared])
    put(agent, main_of(agent, "../shared/all.json5", mode="auto"))
    put(agent, "{ mark: 'another' }\n", shared)
    down(agent)
    equal(world.run("--json", status=0).verdict("coder"), "healed", "the verdict")
    equal(all_of([agent.config, shared]), good, "config and included file")
    # Named in an environment file it is as good.
    put(agent, f"OPENCLAW_INCLUDE_ROOTS={shared.parent}\n", shared.with_name("roots.env"))
    world.drop_in(agent, f"EnvironmentFile={shared.with_name('roots.env')}")
    restart(agent)
    equal(world.run("--json", status=0).verdict("coder"), "healthy", "the verdict with a root from an environment file")
    world.drop_in(agent, f"Environment=OPENCLAW_INCLUDE_ROOTS={str(shared.parent)[:-1]}")
    still(agent)
    equal(list(findings(world.run("--json", status=1))), [SYNTAX], "what is found with a root that only begins alike")


@test("a config that would take in what is not there, or what leads out of its folder, is refused before anything is touched",
      EVERYWHERE, seconds=8)
def apply_with_includes(world):
    agent = with_mode(world)
    put(agent, "{ part: 1 }\n", agent.config.with_name("part.json5"))
    before, state = described(agent), agent.state()
    for include, kind, words in (("./gone.json5", MISSING, "gone.json5, which is included here, is not there"),
                                 ("../../outside.json5", SYNTAX, "leads out of the folder")):
        text = main_of(agent, include, runs=7)
        call = apply(world, text, status=1)
        for piece in (f"new.json:{place(text, chr(34) + include)}: {kind}: ", words, "nothing was changed"):
            contains(call.err, piece, f"the refusal of {include}")
    equal((described(agent), agent.state()["MainPID"]), (before, state["MainPID"]), "the config, and what runs")
    equal(apply(world, main_of(agent, "./part.json5", runs=7), "--json", status=0).json["outcome"], "kept",
          "the outcome with a part that is there")


@test("an included file of root's, in a root that OPENCLAW_INCLUDE_ROOTS names, is not written by a pass", seconds=6)
def of_root(world):
    """The agent's user may read it, and must not have it put back by breaking the agent's own config."""
    shared = Path("/srv/shared") / "all.json5"
    shared.parent.mkdir()
    shared.write_text("{ mark: 1 }\n")
    agent = created(world)
    world.drop_in(agent, f"Environment=OPENCLAW_INCLUDE_ROOTS={shared.parent}")
    put(agent, main_of(agent, str(shared)))
    restart(agent)
    world.learn(agent)
    shared.write_text("{ mark: 2 }\n")
    os.utime(shared, (time.time() - 600,) * 2)
    before, bad = all_of([shared]), main_of(agent, str(shared), mode="auto")
    put(agent, bad)
    down(agent)
    world.run(status=2)
    equal(all_of([shared]), before, "the file of root's")
    equal(agent.config.read_text(), bad, "the config, which cannot be put back together with it")
    equal(told(world), ["escalated"], "what was told")


@test("an included file that is a link, or lies behind one, is not followed, and without it nothing is put back",
      (SYSTEM, USER), seconds=8)
def link(world):
    outside = Path("/root/outside")
    outside.mkdir()
    (outside / "all.json5").write_text("{ mark: 'of-root-alone' }\n")
    agent, parts = with_parts(world)
    folder, before = agent.config.parent, all_of([outside / "all.json5"])

    def unread(what):
        seen = [row["path"] for row in world.ledger.rows("SELECT * FROM config_versions")
                if b"of-root-alone" in row["bytes"]]
        equal(seen, [], f"where the ledger has what is behind {what}")
        equal(all_of([outside / "all.json5"]), before, f"what is behind {what}")

    # A learned one that became a link: no rollback of the others.
    bad = main_of(agent, "./parts/channels.json5", mode="auto")
    put(agent, bad)
    as_agent(agent, "rm", str(parts[1]))
    as_agent(agent, "ln", "-s", str(outside / "all.json5"), str(parts[1]))
    put(agent, "{ deeper: 2 }\n", parts[2])
    down(agent)
    call = world.run("--json", status=2)
    equal(call.verdict("coder"), "failing", "the verdict")
    equal((agent.config.read_text(), parts[2].read_text(), parts[1].is_symlink()), (bad, "{ deeper: 2 }\n", True),
          "the files")
    equal(told(world), ["escalated"], "what was told")
    for piece in (str(parts[1]), "ymbolic link"):
        contains(world.doubles.alerts()[0]["text"], piece, "the message")
    unread("the link")

    as_agent(agent, "rm", str(parts[1]))
    as_agent(agent, "ln", "-s", str(outside), str(folder / "behind"))
    kept = known_good(world, agent.config)
    put(agent, main_of(agent, "./behind/all.json5"))
    restart(agent)
    for _ in range(3):
        call = world.run("--json", status=0)
        contains(findings(call)[UNSEEN]["summary"], "ymbolic link", "the sentence about a folder that is a link")
    equal(known_good(world, agent.config), kept, "what is known to be good of a config that cannot be read whole")
    unread("the folder that is a link")


# Several config files

def configured(world, agent, *entries):
    """Settings that name its config files, each a path or a table."""
    user = f'user = "{agent.account}"\n' if agent.user else ""
    files = ", ".join(json.dumps(str(entry)) if isinstance(entry, Path) else entry for entry in entries)
    world.settings(more=f'[[agent]]\nname = "{agent.name}"\nunit = "{agent.unit}"\n{user}config = [{files}]\n')


def with_two(world, second=None):
    """A learned agent with two config files."""
    agent = world.create("coder", start_limit="30/0")
    second = second or agent.config.with_name("tools.json5")
    put(agent, "{ tools: 1 }\n", second)
    put(agent, edited(agent, runs=6))
    configured(world, agent, agent.config, second)
    restart(agent)
    world.learn(agent)
    equal(known_good(world, second), [[second.read_bytes()]], "what is known to be good of the second file")
    return agent, second


def broken(agent, second, runs, age=600):
    """Both are edited, the second so long ago."""
    put(agent, edited(agent, runs=runs, mode="auto"))
    put(agent, f"{{ tools: {runs} }}\n", second, age)
    down(agent)
    return agent.config.read_bytes(), second.read_bytes()


@test("two config files of an agent are rolled back together or not at all", (SYSTEM, OWN), seconds=9)
def one_set(world):
    agent, second = with_two(world)
    files = [agent.config, second]
    good = all_of(files)
    broken(agent, second, runs=21)
    equal(world.run("--json", status=0).verdict("coder"), "healed", "the verdict")
    equal(all_of(files), good, "both files")

    world.policy(edit_grace="2min")
    bad = broken(agent, second, runs=22, age=0)
    equal(world.run("--json", status=2).verdict("coder"), "failing", "the verdict while one may still be edited")
    equal((agent.config.read_bytes(), second.read_bytes()), bad, "both files while one may still be edited")
    contains(world.doubles.alerts()[-1]["text"], "was changed", "the message")
    world.policy(edit_grace="0s")
    equal(world.run("--json", status=0).verdict("coder"), "healed", "the verdict once both are still")
    equal(all_of(files), good, "both files once they are still")

    bad = broken(agent, second, runs=23)
    aside = second.with_name("aside.json5")
    as_agent(agent, "mv", str(second), str(aside))
    as_agent(agent, "ln", "-s", str(aside), str(second))
    actions = world.ledger.actions()
    equal(world.run("--json", status=2).verdict("coder"), "failing", "the verdict where one is a link")
    equal((agent.config.read_bytes(), aside.read_bytes(), os.readlink(second)), (*bad, str(aside)),
          "both files where one is a link")
    equal(world.ledger.actions(), actions, "what was done where one is a link")
    equal(told(world), ["healed", "opened", "healed", "escalated"], "what was told")
    contains(world.doubles.alerts()[-1]["text"], str(second), "the message")


@test("where the second of two config files cannot be written, the first is not left as the good one alone", seconds=6)
def half_a_set(world):
    agent = world.create("other")  # makes the account
    folder = agent.home / "tools"
    agent, second = with_two(world, folder / "tools.json5")
    run("mount", "--bind", str(folder), str(folder))
    bad = broken(agent, second, runs=21)
    run("mount", "-o", "remount,bind,ro", str(folder))
    call = world.run("--json", status=2)
    equal(call.verdict("coder"), "failing", "the verdict")
    equal((agent.config.read_bytes(), second.read_bytes()), bad, "both files")
    equal(told(world), ["escalated"], "what was told")
    equal(call.agent("coder")["actions"], [], "what was done")
    contains(call.agent("coder")["reason"], "ead-only", "why nothing was done")
    alone(agent)
    run("umount", str(folder))
    equal(agent.state()["MainPID"], 0, "the main process of the agent, which has no good config")


@test("an included file whose folder is gone does not have the others put back without it", seconds=6)
def folder_gone(world):
    agent, parts = with_parts(world)
    good, bad = all_of(parts), main_of(agent, "./parts/channels.json5", mode="auto")
    put(agent, bad)
    as_agent(agent, "rm", "-r", str(parts[1].parent))
    down(agent)
    call = world.run("--json")
    if call.verdict("coder") == "healed":
        equal(all_of(parts), good, "the files after a rollback")
        return
    equal((agent.config.read_text(), parts[2].read_bytes(), told(world)), (bad, good[str(parts[2])][0], ["escalated"]),
          "the files that could not be put back whole, and what was told")
    contains(str(call.agent("coder")["actions"]), str(parts[1].parent), "what was done")


# Agents that write into their own config

TOUCH = """#!/bin/sh
exec sed -i 's/"lastTouchedAt": "[^"]*"/"lastTouchedAt": "'"$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)"'"/' \
"$OPENCLAW_CONFIG_PATH"
"""


def touching(world, moment="ExecStartPre", **options):
    """A learned agent that writes into its config on each start."""
    Path("/usr/local/bin/touch-config").write_text(TOUCH)
    Path("/usr/local/bin/touch-config").chmod(0o755)
    agent = world.create("coder", **({"start_limit": "1000/1000"} | options))
    config = json.loads(agent.config.read_text())
    config["meta"]["lastTouchedAt"] = "2026-01-01T00:00:00.000Z"
    put(agent, json.dumps(config, indent=2) + "\n")
    world.drop_in(agent, f"{moment}=/usr/local/bin/touch-config")
    restart(agent)
    world.run(status=0)
    restart(agent)
    world.learn(agent)
    return agent


def meaning(agent, content=None):
    """What somebody has set in its config."""
    config = json.loads(content or agent.config.read_text())
    config["meta"].pop("lastTouchedAt")
    return config


def touched_again(world, moment):
    agent = touching(world, moment)
    for number in range(3):
        before = agent.config.read_bytes()
        restart(agent)
        check(agent.config.read_bytes() != before, "the agent has not written into its config")
        for _ in range(2):
            equal(world.run("--json", status=0).verdict("coder"), "healthy", "the verdict")
        equal(len(world.ledger.versions(agent.config)), 1, f"the number of versions after {number + 1} restarts")
    new = main_of(agent, runs=7)
    agent.write(agent.config, new)
    world.run(status=0)
    restart(agent)
    for _ in range(2):
        world.run(status=0)
    equal([meaning(agent, content)["agents"]["defaults"]["maxConcurrent"]
           for content in known_good(world, agent.config)[0]], [4, 7], "the numbers in the known-good versions")


@test("a config that its agent writes anew before each start is known to be good, once", (SYSTEM, USER), seconds=8)
def touched_before(world):
    touched_again(world, "ExecStartPre")


@test("a config that its agent writes anew during each start is known to be good, once", (SYSTEM, OWN), seconds=8)
def touched_during(world):
    touched_again(world, "ExecStartPost")


def minutes_later(world):
    sql(world, "UPDATE agents SET config_since = config_since - 300000000 WHERE name = 'coder'")


def looping(world):
    """A learned agent that writes into its config on each start and crashes since an edit, which a pass has seen."""
    agent = touching(world, restart_sec="1s")
    world.policy(edit_grace="2min")
    good = meaning(agent)
    breaks._set_fault(agent, exit=1, times=-1, lines=["no"], **{"while": '"maxConcurrent": 5'})
    agent.write(agent.config, main_of(agent, runs=5))
    bad = meaning(agent)
    agent.systemctl("restart", agent.unit, check=False)
    breaks.wait("the agent to crash three times", lambda: agent.state()["NRestarts"] >= 3)
    equal(world.run("--json", status=2).verdict("coder"), "failing", "the verdict just after the edit")
    equal((meaning(agent), world.ledger.actions()), (bad, []), "the config and what was done just after the edit")
    contains(world.doubles.alerts()[0]["text"], "somebody may still be at it", "the message")
    minutes_later(world)
    check(time.time() - agent.config.stat().st_mtime < 60, "the agent does not write into its config any more")
    seen = agent.state()["NRestarts"]
    breaks.wait("the next crash, after which there is a second of rest", lambda: agent.state()["NRestarts"] > seen
                and agent.state()["SubState"] == "auto-restart")
    return agent, good


@test("an agent in a crash loop that writes into its config on each start is not taken for one that is being edited",
      (SYSTEM, OWN), seconds=11)
def touched_in_a_loop(world):
    agent, good = looping(world)
    call = world.run("--json")
    equal((call.verdict("coder"), call.status, meaning(agent)), ("healed", 0, good),
          f"the verdict, the status and the config minutes later, after {call.agent('coder')['actions']}")
    equal(told(world), ["opened", "healed"], "what was told")


@test("a crash that comes just while a pass puts the config back does not leave the agent in its loop", seconds=11)
def touched_meanwhile(world):
    traced()
    agent, good = looping(world)
    before = agent.config.read_bytes()
    call = held(world, ["run", "--json"], ("fsync", 1, lambda: breaks.wait(
        "the agent to write into its config", lambda: agent.config.read_bytes() != before)))
    if call.verdict("coder") != "healed":
        equal(call.verdict("coder"), "failing", "the verdict while nothing was done about it")
        crashes = int(agent.state()["NRestarts"])
        breaks.wait("the loop to go on", lambda: int(agent.state()["NRestarts"]) >= crashes + 3)
        world.run()
    equal(meaning(agent), good, f"the config one pass later, after {call.agent('coder')['actions']}")


@test("a rollback that does not help is taken back, also where the agent writes into its config on each start",
      (SYSTEM, USER), seconds=7)
def touched_and_no_help(world):
    agent = touching(world)
    spoil(agent)
    bad = meaning(agent)
    breaks._set_fault(agent, exit=78, times=-1, lines=["Invalid config at somewhere else:"])
    world.run(status=2)
    minutes_later(world)
    equal(world.run("--json", status=2).verdict("coder"), "failing", "the verdict")
    check(("rule:unit-config-exit", "restoreConfig", "done") in world.ledger.actions(), "no rollback was tried")
    equal(meaning(agent), bad, "the config after a rollback that did not help")


@test("a change of a config is undone, also where the agent writes into its config on each start", (SYSTEM, USER),
      seconds=8)
def touched_and_undone(world):
    agent = touching(world)
    good = meaning(agent)
    call = apply(world, edited(agent, mode="auto"), "--json", status=1)
    equal((call.json["outcome"], meaning(agent)), ("undone", good),
          "the outcome of a change that the agent refuses, and the config")
    breaks.wait("the agent to be ready", agent.ready, 5)


@test("a change that nobody confirms is put back, also where the agent writes into its config on each start",
      (SYSTEM, USER), seconds=8)
def touched_and_not_confirmed(world):
    agent = touching(world)
    good = meaning(agent)
    call = apply(world, edited(agent, runs=7), "--confirm", "10min", "--json", status=0)
    equal((call.json["outcome"], meaning(agent)["agents"]["defaults"]["maxConcurrent"]), ("waiting", 7),
          "the outcome, and the number in the config")
    sql(world, "UPDATE config_changes SET deadline = deadline - 900000000 WHERE ended IS NULL")
    world.run(status=0)
    equal(meaning(agent), good, "the config once the time is up")
    equal(open_changes(world), [], "open changes")
    equal([alert["kinds"] for alert in world.doubles.alerts()], [["config-undone"]], "the messages")


# Releases

def of_release(world, agent, release):
    world.drop_in(agent, f"Environment=OPENCLAW_SERVICE_VERSION={release}")


def of_release_one(world):
    agent = world.create("coder", start_limit="30/0")
    of_release(world, agent, "1.9.3")
    restart(agent)
    world.learn(agent)
    equal(version_of(world, agent.config.read_bytes())["release"], "1.9.3", "the release in the history")
    return agent


@test("a config of another release is not put back before it has worked with the present one, and a person is told",
      (SYSTEM, OWN), seconds=8)
def another_release(world):
    agent = of_release_one(world)
    good = agent.config.read_bytes()
    of_release(world, agent, "2.0.1")
    bad = spoil(agent)
    call = world.run("--json", status=2)
    equal((call.verdict("coder"), agent.config.read_bytes()), ("failing", bad), "the verdict, and the config")
    equal((world.ledger.actions(), told(world)), ([], ["escalated"]), "what was done and told")
    text = world.doubles.alerts()[0]["text"]
    check(re.search(r"1\.9\.3[^.]* .*2\.0\.1.*" + BY_HAND, text), f"the message does not say all of it: {text}")

    # A person does it by hand, and is told of the releases.
    by_hand = world.watchdog("config", "rollback", "coder", status=0)
    for piece in ("1.9.3", "2.0.1"):
        contains(by_hand.err, piece, "what a rollback by hand says")
    equal(agent.config.read_bytes(), good, "the config after a rollback by hand")
    for _ in range(3):
        world.run(status=0)
    entry = version_of(world, good)
    equal((entry["release"], entry["state"]), ("2.0.1", "known-good"), "release and state of it in the history")
    contains(world.watchdog("config", "history", "coder", status=0).out, "release 2.0.1", "the history as text")
    spoil(agent)
    equal((world.run("--json", status=0).verdict("coder"), agent.config.read_bytes()), ("healed", good),
          "the verdict and the config once it has worked with the new release")


@test("with rollback_across_releases a config of another release is put back", (USER,))
def across_releases(world):
    world.settings(rollback_across_releases=True)
    agent = of_release_one(world)
    good = agent.config.read_bytes()
    of_release(world, agent, "2.0.1")
    spoil(agent)
    equal((world.run("--json", status=0).verdict("coder"), agent.config.read_bytes()), ("healed", good),
          "the verdict and the config")


@test("a release that an agent has written into its config counts where its unit names none")
def release_in_config(world):
    agent = world.learned("coder", start_limit="30/0")
    equal(version_of(world, agent.config.read_bytes())["release"], "2026.9.1", "the release in the history")
    bad = edited(agent, mode="auto").replace("2026.9.1", "2026.11.4")
    put(agent, bad)
    down(agent)
    equal((world.run("--json", status=2).verdict("coder"), agent.config.read_text()), ("failing", bad),
          "the verdict, and the config")
    for piece in ("2026.9.1", "2026.11.4", BY_HAND):
        contains(world.doubles.alerts()[0]["text"], piece, "the message")


# Twice

@test("the same bad config is not rolled back a second time: a person is told with what command to do it",
      (SYSTEM, OWN), seconds=7)
def not_twice(world):
    agent = world.learned("coder", start_limit="30/0")
    good, bad = agent.config.read_bytes(), spoil(agent)
    equal((world.run("--json", status=0).verdict("coder"), agent.config.read_bytes()), ("healed", good),
          "the verdict and the config the first time")
    world.run(status=0)
    put(agent, bad.decode())
    down(agent)
    call = world.run("--json", status=2)
    equal((call.verdict("coder"), agent.config.read_bytes()), ("failing", bad),
          "the verdict and the config the second time")
    equal(told(world), ["healed", "escalated"], "what was told")
    for piece in (str(agent.config), "never done twice", BY_HAND):
        contains(world.doubles.alerts()[1]["text"], piece, "the message")
    again = world.run(status=2)
    equal((again.out, len(world.doubles.alerts()), agent.config.read_bytes()), ("", 2, bad), "the next pass")
    world.watchdog(*BY_HAND.split()[1:], status=0)
    equal(agent.config.read_bytes(), good, "the config after that command")
    equal(world.run("--json", status=0).verdict("coder"), "healthy", "the verdict after that command")
    # Another bad one is another matter.
    spoil(agent)
    equal((world.run("--json", status=0).verdict("coder"), agent.config.read_bytes()), ("healed", good),
          "the verdict and the config after another edit")


# Modes

@test("a rollback by hand leaves the config the mode that it has now", (SYSTEM, OWN), seconds=6)
def mode_by_hand(world):
    agent = with_mode(world, "644")
    good = agent.config.read_bytes()
    apply(world, edited(agent, runs=7), status=0)
    for mode in (0o600, 0o640):
        os.chmod(agent.config, mode)
        owner = described(agent)[1:3]
        content = good if agent.config.read_bytes() != good else edited(agent, runs=7).encode()
        world.watchdog("config", "rollback", "coder", str(version_of(world, content)["id"]), status=0)
        equal(described(agent), (content, *owner, oct(0o100000 | mode)), "content, owner, group and mode")


@test("a pass's rollback opens no config to everybody that was closed to them since", (SYSTEM, USER), seconds=6)
def mode_by_pass(world):
    # A change of its mode, too, makes it a file that the agent has perhaps not met: each time it is started with it first.
    world.settings(actions_per_agent=9)
    agent = with_mode(world, "644")
    good = agent.config.read_bytes()
    for mode in (0o600, 0o640):
        spoil(agent)
        os.chmod(agent.config, mode)
        equal(world.run("--json", status=0).verdict("coder"), "healed", "the verdict")
        equal(agent.config.read_bytes(), good, "the config")
        found = agent.config.stat().st_mode & 0o7777
        check(found in (mode, 0o640), f"a config with mode {mode:o} has {found:o} after a rollback to one with 644")


# Letters beyond ASCII

@test("a file that is said to be ASCII is told where a value holds any other letter, and others are not",
      (SYSTEM, OWN), seconds=5)
def ascii_only(world):
    agent, second = with_two(world)
    text = main_of(agent, runs=8).replace("anthropic/claude", "anthröpic/claude")
    tools = '{\n  tools: "Grüße"\n}\n'
    put(agent, text)
    put(agent, tools, second)
    equal(findings(world.run("--json", status=0)), {}, "what is found where nothing is said to be ASCII")
    for strict, where in ((agent.config, place(text, "ö")), (second, place(tools, "ü"))):
        entries = [f'{{ path = "{path}", ascii = {"true" if path == strict else "false"} }}'
                   for path in (agent.config, second)]
        configured(world, agent, *entries)
        found = findings(world.run("--json", status=1))
        equal(list(found), [INVISIBLE], f"what is found where {strict} is said to be ASCII")
        contains(found[INVISIBLE]["summary"], f"{strict}:{where}", "the sentence")
        equal({fact["source"].rsplit(":", 2)[0] for fact in found[INVISIBLE]["evidence"]}, {str(strict)},
              "where something is found")
    configured(world, agent, f'{{ path = "{agent.config}", ascii = true }}')
    before = described(agent)
    call = apply(world, edited(agent, runs=9).replace("loopback", "lööpback"), status=1)
    contains(call.err, INVISIBLE, "what is said of a config that is applied")
    equal(described(agent), before, "the config")


# The history

@test("a version that somebody put back and that stayed is called restored, and one that did not stay is not",
      (USER,), seconds=9)
def called_restored(world):
    agent = world.learned("coder", start_limit="30/0")
    first, seventh, eighth = (edited(agent, runs=runs) for runs in (4, 7, 8))
    for text in (seventh, eighth):
        apply(world, text, status=0)
    equal([version_of(world, text.encode())["state"] for text in (first, seventh, eighth)],
          ["known-good", "seen", "seen"], "the states before")

    back = str(version_of(world, seventh.encode())["id"])
    call = world.watchdog("config", "rollback", "coder", back, "--confirm", "10min", "--json", status=0)
    equal((call.json["outcome"], version_of(world, seventh.encode())["state"]), ("waiting", "seen"),
          "the outcome, and the state while it waits")
    world.watchdog("config", "confirm", "coder", status=0)
    found = version_of(world, seventh.encode())
    equal((found["state"], found["release"]), ("restored", "2026.9.1"), "state and release of what was put back")
    line = next(line for line in world.watchdog("config", "history", "coder", status=0).out.splitlines()
                if line.split()[0] == back)
    for piece in (" restored ", "release 2026.9.1", "by root"):
        contains(line, piece, "the history as text")

    # One that does not hold is none.
    breaks._set_fault(agent, exit=78, times=-1, lines=["Invalid config"], **{"while": '"maxConcurrent": 8'})
    world.watchdog("config", "rollback", "coder", str(version_of(world, eighth.encode())["id"]), status=1)
    equal([version_of(world, text.encode())["state"] for text in (first, seventh, eighth)],
          ["known-good", "restored", "rejected"], "the states after a rollback that did not hold")
    equal(agent.config.read_text(), seventh, "the config")
    # What was put back and has proven itself is as good as any.
    for _ in range(3):
        world.run(status=0)
    equal(version_of(world, seventh.encode())["state"], "known-good", "the state once it has proven itself")
