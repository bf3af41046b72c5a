"""Variables that an agent's next start will miss, or find empty: told while the agent still runs."""
import json
import os
import re
import time
from pathlib import Path

import breaks
import secrets_of
from catalogue import EVERYWHERE, OWN, SYSTEM, USER, test
from expect import check, contains, equal, lacks
from test_hostile_files import as_agent

MISSING, EMPTY = "secret-missing", "secret-empty"
SHOWN = 5  # a finding shows so many of its facts


def named(world, agent, *names, more=""):
    """The settings name these variables as secrets of the agent."""
    user = f'user = "{agent.account}"\n' if agent.user else ""
    world.settings(more=f'[[agent]]\nname = "{agent.name}"\nunit = "{agent.unit}"\n{user}'
                        f"secrets = {json.dumps(names)}\n{more}")


def looked(world):
    """What doctor finds of secrets, by kind."""
    report = world.watchdog("doctor", "--json").json["pass"]
    return {finding["kind"]: finding for finding in report["agents"][0]["findings"]
            if finding["kind"].startswith("secret-")}


def facts(world):
    """What doctor says of each variable that something is wrong with: the kind, where that stands, the sentence."""
    return {fact["text"].split(",")[0]: (kind, fact["source"], fact["text"])
            for kind, finding in looked(world).items() for fact in finding["evidence"]}


def kinds(world, agent, names):
    """The kind of finding on each of these variables, where there is one."""
    found, names = {}, list(names)
    for start in range(0, len(names), SHOWN):
        named(world, agent, *names[start:start + SHOWN])
        found |= {name: fact[0] for name, fact in facts(world).items()}
    return found


def restart(agent):
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)


def given(agent):
    """What systemd really gives to a new start."""
    restart(agent)
    text = Path(f"/proc/{agent.state()['MainPID']}/environ").read_bytes().decode()
    return dict(line.split("=", 1) for line in text.split("\0") if line)


def file_of(agent, name, text):
    """An environment file of the unit's: of a system unit it is root's, of a user unit the account's."""
    if agent.user:
        path = agent.config.with_name(name)
        agent.write(path, text)
    else:
        path = Path("/etc/fleet") / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
    return path


def edited(agent, change, age=600):
    """A person's edit of the config, as old as that. The agent goes on with what it has read."""
    config = json.loads(agent.config.read_text())
    change(config)
    written(agent, json.dumps(config, indent=2) + "\n", age)


def written(agent, text, age=600):
    agent.write(agent.config, text)
    os.utime(agent.config, (time.time() - age,) * 2)


# Where a unit's variables come from

@test("a variable that the unit, its file or its manager sets is there; one that nobody sets is missing", EVERYWHERE)
def sources(world):
    agent = world.create("coder")
    path = file_of(agent, "more.env", "FROM_FILE=abcdef\n")
    world.drop_in(agent, f"Environment=FROM_UNIT=abcdef 'QUOTED_KEY=abc def'\nEnvironmentFile={path}")
    agent.systemctl("set-environment", "FROM_MANAGER=abcdef")
    names = ["FROM_UNIT", "QUOTED_KEY", "FROM_FILE", "FROM_MANAGER", "NOWHERE_KEY"]
    named(world, agent, *names)
    equal({name: kind for name, (kind, *_) in facts(world).items()}, {"NOWHERE_KEY": MISSING}, "what is found")
    found = given(agent)
    equal([name for name in names if found.get(name)], names[:-1], "what systemd gives to the process")
    sentence = facts(world)["NOWHERE_KEY"][2]
    for piece in ("which the settings name as a secret of coder", "set nowhere", agent.unit):
        contains(sentence, piece, "the sentence")

    agent.systemctl("set-environment", "FROM_MANAGER=", "NOWHERE_KEY=abcdef")
    fact = facts(world)
    equal({name: kind for name, (kind, *_) in fact.items()}, {"FROM_MANAGER": EMPTY},
          "what is found once the manager has the one and an empty value of the other")
    contains(fact["FROM_MANAGER"][1], "manager", "where the empty value stands")
    agent.systemctl("unset-environment", "FROM_MANAGER", "NOWHERE_KEY")
    equal({name: kind for name, (kind, *_) in facts(world).items()},
          {"FROM_MANAGER": MISSING, "NOWHERE_KEY": MISSING}, "what is found once the manager has neither")
    check("FROM_MANAGER" not in given(agent), "systemd gives to the process what its manager has not")


QUOTING = r"""# A_COMMENT=abcdef
; ANOTHER_COMMENT=abcdef
PLAIN=abcdef
  INDENTED = abcdef
HASH=#abcdef
NOT_A_COMMENT=abcdef # no comment
SINGLE_QUOTED='abc def'
DOUBLE_QUOTED="abc \"def\""
SEVERAL_LINES="abc
def"
CONTINUED=abc\
def
export EXPORTED=abcdef
NO_SIGN
NOTHING=
NOTHING_SINGLE=''
NOTHING_DOUBLE=""
SPACES=" 	 "
TRAILING=changeme   
QUOTES_IN_QUOTES='""'
QUOTES_ESCAPED="\"\""
JOINED='change'"me"
TORN=change\
me
MASK="***"
REFERENCE=${PLAIN}
REFERENCE_BARE="$PLAIN"
LATER=
LATER=abcdef
LAST=abcdef
LAST=
"""
# What systemd makes of it (None: it is not set), and what is to be found.
READ = {
    "A_COMMENT": (None, MISSING), "ANOTHER_COMMENT": (None, MISSING), "EXPORTED": (None, MISSING),
    "NO_SIGN": (None, MISSING),
    "PLAIN": ("abcdef", None), "INDENTED": ("abcdef", None), "HASH": ("#abcdef", None),
    "NOT_A_COMMENT": ("abcdef # no comment", None), "SINGLE_QUOTED": ("abc def", None),
    "DOUBLE_QUOTED": ('abc "def"', None), "SEVERAL_LINES": ("abc\ndef", None), "CONTINUED": ("abcdef", None),
    "LATER": ("abcdef", None),
    "NOTHING": ("", EMPTY), "NOTHING_SINGLE": ("", EMPTY), "NOTHING_DOUBLE": ("", EMPTY), "SPACES": (" \t ", EMPTY),
    "TRAILING": ("changeme", EMPTY), "QUOTES_IN_QUOTES": ('""', EMPTY), "QUOTES_ESCAPED": ('""', EMPTY),
    "JOINED": ("changeme", EMPTY), "TORN": ("changeme", EMPTY), "MASK": ("***", EMPTY),
    "REFERENCE": ("${PLAIN}", EMPTY), "REFERENCE_BARE": ("$PLAIN", EMPTY), "LAST": ("", EMPTY),
}


@test("an environment file is read as systemd reads it: quotes, comments, continued lines, the last of a name",
      (SYSTEM, USER), seconds=6)
def quoting(world):
    agent = world.create("coder")
    path = file_of(agent, "quoting.env", QUOTING)
    world.drop_in(agent, f"EnvironmentFile={path}")
    found = given(agent)
    equal({name: found.get(name) for name in READ}, {name: value for name, (value, _) in READ.items()},
          "what systemd makes of the file")
    equal(kinds(world, agent, READ), {name: kind for name, (_, kind) in READ.items() if kind}, "what is found")


@test("a comment that ends with a backslash takes the next line with it where this host's systemd has it so")
def comment_continued(world):
    agent = world.create("coder")
    path = file_of(agent, "comment.env", "# as it was before \\\nSWALLOWED_KEY=abcdef\nOTHER_KEY=abcdef\n")
    world.drop_in(agent, f"EnvironmentFile={path}")
    found = given(agent)
    equal(kinds(world, agent, ["SWALLOWED_KEY", "OTHER_KEY"]),
          {} if "SWALLOWED_KEY" in found else {"SWALLOWED_KEY": MISSING}, "what is found")


@test("a file wins over Environment=, and a later file over an earlier one, also with an empty value", (SYSTEM, OWN))
def order(world):
    agent = world.create("coder")
    names = {"FILLED_BY_FILE": ("abcdef", None), "EMPTIED_BY_FILE": ("", EMPTY), "FILLED_LATER": ("abcdef", None),
             "EMPTIED_LATER": ("", EMPTY), "IN_UNIT": ("abcdef", None)}
    first = file_of(agent, "first.env",
                    "FILLED_BY_FILE=abcdef\nEMPTIED_BY_FILE=\nFILLED_LATER=\nEMPTIED_LATER=abcdef\n")
    second = file_of(agent, "second.env", "FILLED_LATER=abcdef\nEMPTIED_LATER=\n")
    world.drop_in(agent, f"EnvironmentFile={first}\nEnvironmentFile={second}\n"
                         "Environment=FILLED_BY_FILE= EMPTIED_BY_FILE=abcdef\nEnvironment=IN_UNIT= IN_UNIT=abcdef")
    found = given(agent)
    equal({name: found[name] for name in names}, {name: value for name, (value, _) in names.items()},
          "what systemd gives to the process")
    equal(kinds(world, agent, names), {name: kind for name, (_, kind) in names.items() if kind}, "what is found")
    fact = facts(world)
    equal([fact[name][1] for name in ("EMPTIED_BY_FILE", "EMPTIED_LATER")], [str(first), str(second)],
          "where the empty values stand")


@test("an optional environment file may be missing; without a required one the unit will not start, which is told",
      EVERYWHERE)
def missing_file(world):
    agent = world.create("coder")
    path = file_of(agent, "there.env", "A_KEY=abcdef\n")
    gone = path.with_name("gone.env")
    world.drop_in(agent, f"EnvironmentFile={path}\nEnvironmentFile=-{gone}")
    named(world, agent, "A_KEY")
    equal(looked(world), {}, "what is found without an optional file")
    restart(agent)
    world.drop_in(agent, f"EnvironmentFile={path}\nEnvironmentFile={gone}")
    found = looked(world)
    equal(list(found), [MISSING], "what is found without a required file")
    for piece in (str(gone), "EnvironmentFile=", "the unit will not start"):
        contains(found[MISSING]["summary"], piece, "the sentence")
    lacks(str(found), "A_KEY", "the finding")
    agent.systemctl("restart", agent.unit, check=False)
    breaks.wait("the unit to fail for want of the file",
                lambda: agent.manager_said("Failed to load environment files", 0))
    check(not agent.ready(), "the unit starts without the file")
    if agent.user:
        agent.write(gone, "")
    else:
        gone.write_text("")
    breaks.wait("the unit to start once the file is there", agent.ready)
    equal(looked(world), {}, "what is found once the file is there")


@test("of an agent that cannot start for want of its environment file the message names the file", seconds=6)
def down_without_file(world):
    agent = world.learned("coder", restart="no")
    world.drop_in(agent, "EnvironmentFile=/etc/fleet/gone.env")
    agent.systemctl("restart", agent.unit, check=False)
    breaks._wait_failed(agent)
    call = world.run("--json", status=2)
    equal(call.verdict("coder"), "failing", "the verdict")
    contains([finding["kind"] for finding in call.agent("coder")["findings"]], MISSING, "the kinds of findings")
    alerts = world.doubles.alerts()
    equal([alert["event"] for alert in alerts], ["escalated"], "what was told")
    contains(alerts[0]["text"], "/etc/fleet/gone.env is not there", "the message")


@test("of what a pattern of files or PassEnvironment= may bring nothing is claimed", (SYSTEM, OWN))
def unknowable(world):
    agent = world.create("coder")
    path = file_of(agent, "first.env", "OF_PATTERN=abcdef\n")
    world.drop_in(agent, f"EnvironmentFile={path.parent}/*.env\nPassEnvironment=PASSED_KEY\nEnvironment=IN_UNIT=")
    named(world, agent, "OF_PATTERN", "PASSED_KEY", "IN_UNIT")
    equal(looked(world), {}, "what is found")
    equal(given(agent).get("OF_PATTERN"), "abcdef", "what the pattern brings")
    # What stands in a later file wins over whatever a pattern before it brings.
    later = file_of(agent, "later.conf", "OF_PATTERN=\n")
    world.drop_in(agent, f"EnvironmentFile={path.parent}/*.env\nEnvironmentFile={later}")
    equal(kinds(world, agent, ["OF_PATTERN", "PASSED_KEY"]), {"OF_PATTERN": EMPTY}, "what is found with a later file")
    equal(given(agent).get("OF_PATTERN"), "", "what the later file brings")


@test("a variable that UnsetEnvironment= takes away is missing", (SYSTEM, OWN))
def unset(world):
    agent = world.create("coder")
    world.drop_in(agent, "Environment=TAKEN_AWAY=abcdef OTHER_KEY=abcdef\nUnsetEnvironment=TAKEN_AWAY")
    found = given(agent)
    equal([name for name in ("TAKEN_AWAY", "OTHER_KEY") if name in found], ["OTHER_KEY"], "what systemd gives")
    equal(kinds(world, agent, ["TAKEN_AWAY", "OTHER_KEY"]), {"TAKEN_AWAY": MISSING}, "what is found")


@test("a credential that is there counts, an empty one is empty, and for want of its file the unit will not start",
      (SYSTEM, USER), seconds=6)
def credentials(world):
    agent = world.create("coder")
    full, empty = file_of(agent, "full.cred", "abcdef\n"), file_of(agent, "empty.cred", " \n")
    gone = full.with_name("gone.cred")
    lines = [f"LoadCredential=FULL_KEY:{full}", f"LoadCredential=EMPTY_KEY:{empty}", "SetCredential=SET_KEY:abcdef"]
    world.drop_in(agent, "\n".join(lines))
    names = ["FULL_KEY", "EMPTY_KEY", "SET_KEY", "NO_KEY"]
    named(world, agent, *names)
    fact = facts(world)
    equal({name: kind for name, (kind, *_) in fact.items()}, {"EMPTY_KEY": EMPTY, "NO_KEY": MISSING}, "what is found")
    contains(fact["EMPTY_KEY"][1], str(empty), "where the empty credential stands")
    folder = given(agent)["CREDENTIALS_DIRECTORY"]
    if agent.user:  # the system manager hands them over in a mount, which does not reach its units in this host
        equal(sorted(os.listdir(folder)), sorted(names[:3]), "what systemd gives to the process")

    # SetCredential= stands in for a file that is not there.
    world.drop_in(agent, f"LoadCredential=SET_KEY:{gone}\nSetCredential=SET_KEY:abcdef\nLoadCredential=GONE_KEY:{gone}")
    named(world, agent, "SET_KEY", "GONE_KEY")
    found = looked(world)
    equal(list(found), [MISSING], "what is found without the file")
    for piece in ("GONE_KEY", str(gone), "the unit will not start"):
        contains(found[MISSING]["summary"], piece, "the sentence")
    lacks(str(found), "SET_KEY", "the finding")
    agent.systemctl("restart", agent.unit, check=False)
    breaks.wait("the unit to fail for want of the credential",
                lambda: agent.manager_said("Failed to set up credentials", 0) or agent.manager_said("CREDENTIALS", 0))
    check(not agent.ready(), "the unit starts without the credential")


# Where the agent itself looks

@test("a variable of the agent's own .env or of its config's env is there", (SYSTEM, USER), seconds=6)
def own_sources(world):
    agent = world.create("coder")
    folder = agent.config.parent
    agent.write(folder / ".env", "IN_DOTENV=abcdef\nEMPTY_IN_DOTENV=\n")
    edited(agent, lambda config: config.update(
        env={"IN_CONFIG": "abcdef", "EMPTY_IN_CONFIG": " ",
             "vars": {"IN_VARS": "abcdef", "EMPTY_IN_VARS": "changeme"}}))
    names = ["IN_DOTENV", "IN_CONFIG", "IN_VARS", "EMPTY_IN_DOTENV", "EMPTY_IN_CONFIG", "EMPTY_IN_VARS", "NOWHERE_KEY"]
    equal(kinds(world, agent, names),
          {"EMPTY_IN_DOTENV": EMPTY, "EMPTY_IN_CONFIG": EMPTY, "EMPTY_IN_VARS": EMPTY, "NOWHERE_KEY": MISSING},
          "what is found")
    named(world, agent, "EMPTY_IN_DOTENV", "EMPTY_IN_CONFIG", "EMPTY_IN_VARS")
    fact = facts(world)
    contains(fact["EMPTY_IN_DOTENV"][1], str(folder / ".env"), "where the empty value stands")
    contains(fact["EMPTY_IN_CONFIG"][1], str(agent.config), "where the empty value stands")
    # The unit's own word comes first, also an empty one.
    world.drop_in(agent, "Environment=IN_DOTENV=")
    equal(kinds(world, agent, ["IN_DOTENV"]), {"IN_DOTENV": EMPTY}, "what is found once the unit sets an empty value")


@test("the .env of the unit's working directory counts, and one that leads somewhere else proves nothing",
      (SYSTEM, OWN))
def other_dotenv(world):
    agent = world.create("coder")
    work = agent.home / "work"
    agent.write(work / ".env", "IN_WORK=abcdef\n")
    world.drop_in(agent, f"WorkingDirectory={work}")
    equal(kinds(world, agent, ["IN_WORK", "NOWHERE_KEY"]), {"NOWHERE_KEY": MISSING}, "what is found")
    as_agent(agent, "ln", "-s", "/etc/shadow", str(agent.config.with_name(".env")))
    equal(looked(world), {}, "what is found beside a link")


@test("a line of .env that begins with export sets its variable, as dotenv has it")
def exported(world):
    agent = world.create("coder")
    agent.write(agent.config.with_name(".env"), "export EXPORTED_KEY=abcdef\nEMPTY_KEY= # to be filled in\n")
    equal(kinds(world, agent, ["EXPORTED_KEY", "EMPTY_KEY"]), {"EMPTY_KEY": EMPTY}, "what is found")


@test("the .env of OPENCLAW_STATE_DIR counts, wherever the config lies", (SYSTEM, OWN))
def state_dir(world):
    agent = world.create("coder")
    state = agent.home / "state"
    agent.write(state / ".env", "IN_STATE=abcdef\n")
    world.drop_in(agent, f"Environment=OPENCLAW_STATE_DIR={state}")
    equal(kinds(world, agent, ["IN_STATE", "NOWHERE_KEY"]), {"NOWHERE_KEY": MISSING}, "what is found")


@test("nothing is claimed of a variable that the agent may take from a login shell")
def login_shell(world):
    agent = world.create("coder")
    named(world, agent, "SHELL_KEY")
    equal(list(looked(world)), [MISSING], "what is found without a shell")
    world.drop_in(agent, "Environment=OPENCLAW_LOAD_SHELL_ENV=1")
    by_unit = looked(world)
    world.drop_in(agent, "")
    edited(agent, lambda config: config.update(env={"shellEnv": {"enabled": True}}))
    equal(looked(world), {}, "what is found with env.shellEnv in the config")
    equal(by_unit, {}, "what is found with OPENCLAW_LOAD_SHELL_ENV=1 in the unit")


# References of the config

CONFIG = """// The reference ${IN_A_COMMENT} is none.
{
  "channels": {"telegram": {"enabled": true,
    "botToken": "${MISSING_KEY}"}},
  "gateway": {"mode": "local", "port": %d, "auth": {"mode": "token",
    "token": {"source": "env", "provider": "default", "id": "MISSING_SECRET"}}},
  "agents": {"defaults": {"workspace": "/srv/${EMPTY_PART}/work", "model": "$${ESCAPED_KEY}", "maxConcurrent": 4,
    "note": "$NOT_ALONE here, ${not_a_name}, ${}, ${IN_UNIT}",
    "other": {"source": "file", "provider": "default", "id": "/OTHER_SOURCE"}}}
}
"""


@test("a variable to which the config refers and that nobody sets is told with line and column", EVERYWHERE)
def references(world):
    agent = world.create("coder")
    world.drop_in(agent, "Environment=EMPTY_PART= IN_UNIT=abcdef")
    written(agent, CONFIG % agent.port)
    fact = facts(world)
    equal({name: (kind, source) for name, (kind, source, _) in fact.items()},
          {"MISSING_KEY": (MISSING, f"{agent.config}:4:17"), "MISSING_SECRET": (MISSING, f"{agent.config}:6:14"),
           "EMPTY_PART": (EMPTY, "Environment= of the unit")}, "what is found")
    contains(fact["EMPTY_PART"][2], f"to which {agent.config}:7:40 refers", "the sentence")
    contains(world.watchdog("doctor").out, f"{agent.config}:4:17", "what doctor prints")
    world.drop_in(agent, "Environment=MISSING_KEY=abcdef MISSING_SECRET=abcdef EMPTY_PART=abcdef IN_UNIT=abcdef")
    equal(looked(world), {}, "what is found once all of them are set")


@test("what systemd gives by itself, a shell may export, or is no secret, is no missing or empty one", (SYSTEM, OWN),
      seconds=6)
def no_alarm(world):
    agent = world.create("coder")
    names = ("HOME", "USER", "LOGNAME", "SHELL", "INVOCATION_ID", "JOURNAL_STREAM", "STATE_DIRECTORY", "PATH")
    world.drop_in(agent, "Environment=CORS_ORIGIN=* NEXT_STEP=todo")
    edited(agent, lambda config: config.update(
        used=[f"${{{name}}}/x" for name in (*names, "CORS_ORIGIN", "NEXT_STEP")],
        channels={"slack": {"enabled": False, "botToken": "${SLACK_TOKEN}"}}))
    equal(looked(world), {}, "what is found")
    edited(agent, lambda config: config.update(used=["${WRAPPED}"]))
    equal({name: fact[0] for name, fact in facts(world).items()}, {"WRAPPED": MISSING}, "what is found without a wrapper")
    start = re.search(r"^ExecStart=(.*)$", agent.unit_file.read_text(), re.M).group(1)
    world.drop_in(agent, f"ExecStart=\nExecStart=/bin/sh -c 'export WRAPPED=abcdef; exec {start}'")
    equal(looked(world), {}, "what is found of a variable that a shell may export")


@test("a secret that the config takes from a file is missing or empty as that file says, and none of it is printed",
      EVERYWHERE, seconds=6)
def from_file(world):
    agent = world.create("coder")
    vault = agent.config.with_name("vault.json")
    text = json.dumps({"bot": {"token": "kept-out-of-sight"}, "empty": "", "mask": "***"})
    ids = ("/bot/token", "/empty", "/mask", "/gone")
    providers = {"vault": {"source": "file", "path": str(vault)}}
    edited(agent, lambda config: config.update(
        secrets={"providers": providers},
        keys=[{"source": "file", "provider": "vault", "id": id} for id in ids],
        off={"enabled": False, "key": {"source": "file", "provider": "vault", "id": "/off"}}))
    expected = {f"file:vault:{id}": (MISSING, str(vault)) for id in ids}
    equal({name: fact[:2] for name, fact in facts(world).items()}, expected, "what is found without the file")
    agent.write(vault, text)
    found = facts(world)
    equal({name: fact[:2] for name, fact in found.items()},
          {"file:vault:/empty": (EMPTY, str(vault)), "file:vault:/mask": (EMPTY, str(vault)),
           "file:vault:/gone": (MISSING, str(vault))}, "what is found in the file")
    contains(found["file:vault:/gone"][2], "has nothing at /gone", "the sentence")
    lacks(world.watchdog("doctor").out + world.watchdog("doctor", "--json").out, "out-of-sight", "what doctor prints")
    # A link proves nothing: who is to say where it leads when the agent starts?
    agent.write(agent.config.with_name("elsewhere.json"), text)
    vault.unlink()
    as_agent(agent, "ln", "-s", "elsewhere.json", str(vault))
    equal(looked(world), {}, "what is found behind a link")


@test("a reference in an included file is told with that file's line and column")
def included(world):
    agent = world.create("coder")
    part = agent.config.with_name("channels.json5")
    agent.write(part, '{\n  telegram: {botToken: "${MISSING_KEY}"},\n}\n')
    os.utime(part, (1, 1))
    edited(agent, lambda config: config.update(channels={"$include": "./channels.json5"}))
    equal({name: fact[:2] for name, fact in facts(world).items()}, {"MISSING_KEY": (MISSING, f"{part}:2:24")},
          "what is found")


@test("references are not judged while the config is being edited; what the settings name is", (SYSTEM, OWN))
def in_edit(world):
    agent = world.create("coder")
    written(agent, agent.config.read_text().replace('"loopback"', '"${MISSING_KEY}"'), age=60)
    named(world, agent, "NAMED_KEY")
    world.policy(edit_grace="2min")
    equal(sorted(facts(world)), ["NAMED_KEY"], "what is found while the file may still be edited")
    world.policy(edit_grace="0s")
    equal(sorted(facts(world)), ["MISSING_KEY", "NAMED_KEY"], "what is found once it is still")


# What is told

FORMS = ("", " ", "\"\"", "''", "${OTHER_KEY}", "$OTHER_KEY", "changeme", "CHANGE-ME", "***", "*****************",
         "<redacted>", "[REDACTED]", "TODO", "placeholder")
VALUES = ("abcdef", "$", "$5", "${lower}", "a***", "changeme2", "todo list", "**", "0", "'", "x")


@test("empty, quoted, masked, unexpanded and placeholder values are told apart from values", seconds=7)
def forms(world):
    agent = world.create("coder")
    bad = {f"BAD_{number}": form for number, form in enumerate(FORMS)}
    good = {f"GOOD_{number}": form for number, form in enumerate(VALUES) if form not in ("**", "'")}
    path = file_of(agent, "forms.env", "".join(f"{name}='{form}'\n" if "'" not in form else f'{name}="{form}"\n'
                                               for name, form in (bad | good).items()))
    world.drop_in(agent, f"EnvironmentFile={path}")
    found = given(agent)
    equal({name: found.get(name) for name in bad | good}, bad | good, "what systemd gives to the process")
    equal(kinds(world, agent, [*bad, *good]), dict.fromkeys(bad, EMPTY), "what is found")
    named(world, agent, *list(bad)[4:9])
    found = looked(world)[EMPTY]
    for form in list(bad.values())[4:9]:
        lacks(json.dumps([found["summary"], found["evidence"]]), form, "the finding")


@test("a missing variable is told once, the agent goes on, and it is told when it is set", EVERYWHERE, seconds=6)
def told_once(world):
    agent = world.learned("coder")
    named(world, agent, "MISSING_KEY")
    before = agent.state()
    call = world.run("--json", status=1)
    equal(call.verdict("coder"), "degraded", "the verdict")
    equal(call.agent("coder")["actions"], [], "what was done")
    alerts = world.doubles.alerts()
    equal([(alert["event"], alert["kinds"]) for alert in alerts], [("opened", [MISSING])], "what was told")
    contains(alerts[0]["text"], "MISSING_KEY", "the message")
    for _ in range(2):
        again = world.run(status=1)
        equal((again.out, again.err), ("", ""), "what a later pass printed")
    equal(len(world.doubles.alerts()), 1, "the number of messages")
    equal(agent.state(), before, "the agent")

    report = world.watchdog("doctor", "--json", status=1).json
    finding = next(each for each in report["pass"]["agents"][0]["findings"] if each["kind"] == MISSING)
    equal(finding["severity"], "warning", "the severity")
    contains(finding["advice"], "Set it where the unit looks", "the advice")
    contains(world.watchdog("doctor", status=1).out, finding["advice"][:40], "what doctor prints")
    contains(world.watchdog("explain", MISSING, status=0).out, "EnvironmentFile=", "the explanation")

    world.drop_in(agent, "Environment=MISSING_KEY=abcdef")
    equal(world.run("--json", status=0).verdict("coder"), "healthy", "the verdict once it is set")
    equal([alert["event"] for alert in world.doubles.alerts()], ["opened", "healed"], "what was told")
    equal(agent.state()["MainPID"], before["MainPID"], "the process of the agent")


@test("an agent that has all its variables has no finding", EVERYWHERE)
def all_there(world):
    agent = world.create("coder")
    world.drop_in(agent, "Environment=A_KEY=abcdef")
    written(agent, agent.config.read_text().replace('"loopback"', '"${A_KEY}${TELEGRAM_BOT_TOKEN}"'))
    named(world, agent, "A_KEY", "TELEGRAM_BOT_TOKEN")
    call = world.run("--json", status=0)
    equal((call.verdict("coder"), call.agent("coder")["findings"]), ("healthy", []), "the verdict and the findings")
    equal(world.doubles.alerts(), [], "what was told")
    world.drop_in(agent, "Environment=A_KEY=")
    equal({name: kind for name, (kind, *_) in facts(world).items()}, {"A_KEY": EMPTY}, "what is found without one")


@test("no value of a variable is shown, told or kept, wherever it comes from", (SYSTEM, OWN), seconds=6)
def no_value(world):
    agent = world.create("coder")
    values = {source: f"{source.lower()}-Zk9Qw7Lm3Xc5" for source in (
        "UNIT", "FILE", "MANAGER", "CREDENTIAL", "DOTENV", "ENV_OF_CONFIG")}
    path = file_of(agent, "more.env", f'KEY_FILE="{values["FILE"]}"\n')
    credential = file_of(agent, "one.cred", values["CREDENTIAL"])
    world.drop_in(agent, f"Environment=KEY_UNIT={values['UNIT']}\nEnvironmentFile={path}\n"
                         f"LoadCredential=KEY_CREDENTIAL:{credential}")
    agent.systemctl("set-environment", f"KEY_MANAGER={values['MANAGER']}")
    agent.write(agent.config.with_name(".env"), f"KEY_DOTENV={values['DOTENV']}\n")
    edited(agent, lambda config: config.update(
        env={"KEY_ENV_OF_CONFIG": values["ENV_OF_CONFIG"], "KEY_EMPTY": ""}))
    named(world, agent, *[f"KEY_{source}" for source in values], "KEY_EMPTY", "KEY_NOWHERE")
    call = world.run("--json", status=1)
    equal([finding["kind"] for finding in call.agent("coder")["findings"]], [MISSING, EMPTY], "what is found")
    texts = {"the_pass": call.out + call.err, "the_alerts": world.doubles.alerts(), "the_ledger": world.ledger.text()}
    for words in (["run"], ["doctor"], ["doctor", "--json"], ["status"], ["status", "--json"], ["incidents"],
                  ["incidents", "1"], ["incidents", "1", "--json"], ["run", "--dry-run"]):
        done = world.watchdog(*words)
        texts["_".join(words)] = done.out + done.err
    secrets_of.search(values, **texts)
