"""The agent's own validator: how it is run, what its word counts, and what comes of one that does not behave."""
import json
import os
import re
import signal
import time
from pathlib import Path

import breaks
import secrets_of
from agents import bot_token, run
from catalogue import EVERYWHERE, OWN, SYSTEM, USER, test
from expect import check, contains, equal, lacks
from test_config import REFUSED, alone, apply, described, edited, handed, open_changes
from test_secrets import file_of

SCHEMA, UNSEEN = "config-schema", "watchdog-incomplete"
PROGRAM = Path("/usr/local/bin/validator")
SCHEMA_FILE = Path("/etc/fleet.schema.json")
SYSTEMD_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"  # systemd.exec(5)
NO_KEYS = {"type": "object", "properties": {}, "additionalProperties": False}  # refuses every config
ANYTHING = {"type": "object"}


def validated(world, agent, script="", words=("validator", "{}"), schema=None):
    """A program of the host's with this script, which the settings name as the agent's validator."""
    PROGRAM.write_text(f'#!/bin/sh\necho "$OPENCLAW_CONFIG_PATH" >>"$HOME/asked"\n{script}\n')
    PROGRAM.chmod(0o755)
    if schema is not None:
        SCHEMA_FILE.write_text(json.dumps(schema))
        SCHEMA_FILE.chmod(0o644)
    user = f'user = "{agent.account}"\n' if agent.user else ""
    world.settings(more=f'[[agent]]\nname = "{agent.name}"\nunit = "{agent.unit}"\n{user}'
                        f"validate = {json.dumps(words)}\n" + (f'schema = "{SCHEMA_FILE}"\n' if schema else ""))


def asked(agent):
    """The files that it was asked about, in order, since this was looked at last."""
    path = agent.home / "asked"
    found = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return found


def still(agent, age=600):
    """Nobody has edited the config for that long."""
    os.utime(agent.config, (time.time() - age,) * 2)


def created(world):
    agent = world.create("coder", start_limit="30/0")
    still(agent)
    return agent


def findings(call):
    """By kind; what is only remarked is one of them."""
    return {finding["kind"]: finding for finding in call.agent("coder")["findings"]}


def place(text, piece):
    """Line and column of the object in which the piece stands."""
    at = text.rindex("{", 0, text.index(piece))
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def processes(pattern):
    return run("pgrep", "-f", pattern, check=False).stdout.split()


# How it is run

OBSERVER = r"""
{ id -u; id -g; id -G; pwd; umask; } >"$HOME/who"
tr '\0' '\n' </proc/$$/environ >"$HOME/environ"
printf '%s\n' "$@" >"$HOME/words"
readlink /proc/$$/fd/* >"$HOME/descriptors" 2>/dev/null
cat >"$HOME/input"
"""


def environment(agent):
    lines = (agent.home / "environ").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


@test("the validator is run as the agent's user, in its home, with what the unit sets and nothing of the watchdog's",
      EVERYWHERE)
def as_the_user(world):
    agent = created(world)
    validated(world, agent, OBSERVER)
    call = world.run("--json", status=0, within=["env", "OF_THE_WATCHDOG=abcdef"])
    equal(call.agent("coder")["findings"], [], "what is found")

    wanted = [run("runuser", "-u", agent.account, "--", "id", option).stdout.strip() for option in ("-u", "-g", "-G")]
    equal((agent.home / "who").read_text().split("\n")[:-1], [*wanted, str(agent.home), "0077"],
          "user, group, groups, folder and umask of the validator")
    found = environment(agent)
    names = set(re.findall(r"^Environment=(\w+)=", agent.unit_file.read_text(), re.M))
    equal(set(found), names | {"HOME", "USER", "LOGNAME", "PATH"}, "the names of its variables")
    equal({name: found[name] for name in ("HOME", "USER", "LOGNAME", "PATH", "OPENCLAW_CONFIG_PATH")},
          {"HOME": str(agent.home), "USER": agent.account, "LOGNAME": agent.account, "PATH": SYSTEMD_PATH,
           "OPENCLAW_CONFIG_PATH": str(agent.config)}, "its variables")
    equal((agent.home / "words").read_text(), f"{agent.config}\n", "its words")
    equal((agent.home / "input").read_text(), "", "its standard input")
    for name in (str(world.state), str(world.settings_path.parent)):
        lacks((agent.home / "descriptors").read_text(), name, "what the validator has open")


@test("variables of Environment= and EnvironmentFile= reach the validator, the file's winning, and the unit's PATH",
      (SYSTEM, OWN))
def variables(world):
    agent = created(world)
    path = file_of(agent, "more.env", f"FROM_FILE='abc def'\nIN_BOTH=file\nOPENCLAW_CONFIG_PATH={agent.config}\n")
    world.drop_in(agent, f'Environment="FROM_UNIT=abc def" IN_BOTH=unit\nEnvironmentFile={path}')
    validated(world, agent, OBSERVER)
    world.run(status=0)
    found = environment(agent)
    equal({name: found.get(name) for name in ("FROM_UNIT", "FROM_FILE", "IN_BOTH", "PATH", "OPENCLAW_CONFIG_PATH")},
          {"FROM_UNIT": "abc def", "FROM_FILE": "abc def", "IN_BOTH": "file", "PATH": SYSTEMD_PATH,
           "OPENCLAW_CONFIG_PATH": str(agent.config)}, "the variables of the validator")

    own = agent.home / "bin"
    agent.write(own / "checker", "#!/bin/sh\necho own >\"$HOME/own\"\n")
    (own / "checker").chmod(0o700)
    world.drop_in(agent, f"Environment=PATH={own}:/usr/bin:/bin")
    validated(world, agent, words=["checker", "{}"])
    world.run(status=0)
    check((agent.home / "own").exists(), "the validator is not looked for in the unit's own PATH")


@test("a variable that UnsetEnvironment= takes away from the agent does not reach its validator either")
def unset(world):
    agent = created(world)
    world.drop_in(agent, "Environment=TAKEN_AWAY=abcdef OTHER=abcdef\nUnsetEnvironment=TAKEN_AWAY")
    validated(world, agent, OBSERVER)
    world.run(status=0)
    equal([name for name in ("TAKEN_AWAY", "OTHER") if name in environment(agent)], ["OTHER"],
          "what reaches the validator")


@test("the validator's words are no shell's: each reaches it as it stands, and none is run")
def no_shell(world):
    agent = created(world)
    words = ["; touch /tmp/x", "$(touch /tmp/x)", "`touch /tmp/x`", "$HOME", "a  b", "*", "| cat", ">/tmp/x", "{}"]
    validated(world, agent, OBSERVER, ["validator", *words])
    equal(findings(world.run("--json", status=0)), {}, "what is found")
    equal((agent.home / "words").read_text().splitlines(), [*words[:-1], str(agent.config)], "its words")
    check(not os.path.exists("/tmp/x"), "a word was run")


# What it says

def listed(agent):
    """The config with a list of agents, ten minutes old. Returns line and column of the second."""
    config = json.loads(agent.config.read_text())
    config["agents"]["list"] = [{"id": "first"}, {"id": "second", "model": 7}]
    text = json.dumps(config, indent=2) + "\n"
    agent.write(agent.config, text)
    still(agent)
    return place(text, '"second"')


ISSUES = '{"valid":false,"issues":[{"path":"agents.list.1","message":"Unrecognized key: model"}]}'
WARNING = "(node:4711) [DEP0040] DeprecationWarning: The `punycode` module is deprecated."
HINT = "(Use `node --trace-deprecation ...` to show where the warning was created)"


@test("what the validator refuses is told with line and column, once, and the agent goes on", EVERYWHERE, seconds=6)
def refuses(world):
    agent = created(world)
    line, column = listed(agent)
    validated(world, agent, f"echo '{ISSUES}'; exit 1")
    before = agent.state()
    call = world.run("--json", status=1)
    equal((call.verdict("coder"), call.agent("coder")["actions"]), ("degraded", []), "the verdict, and what was done")
    found = findings(call)
    equal(list(found), [SCHEMA], "what is found")
    equal([fact["source"] for fact in found[SCHEMA]["evidence"]], [f"{agent.config}:{line}:{column}"],
          "where it is found")
    for piece in (f"{agent.config}:{line}:{column}", "agents.list.1: Unrecognized key: model", "agent's own validator"):
        contains(found[SCHEMA]["summary"], piece, "the sentence")
    alerts = world.doubles.alerts()
    equal([(alert["event"], alert["kinds"]) for alert in alerts], [("opened", [SCHEMA])], "what was told")
    again = world.run(status=1)
    equal((again.out, again.err, len(world.doubles.alerts())), ("", "", 1), "what the next pass printed and told")
    validated(world, agent, "echo '{\"valid\":true}'")
    equal(world.run("--json", status=0).verdict("coder"), "healthy", "the verdict once it is content")
    equal([alert["event"] for alert in world.doubles.alerts()], ["opened", "healed"], "what was told")
    equal(agent.state(), before, "the agent")


def judged(world, agent, script):
    """The evidence of what is found wrong with the config, where the validator says that: place and sentence."""
    validated(world, agent, script)
    call = world.run("--json")
    found = findings(call)
    check(set(found) <= {SCHEMA}, f"what is found: {found}")
    return [(fact["source"].removeprefix(f"{agent.config}:"), fact["text"])
            for fact in found[SCHEMA]["evidence"]] if found else []


@test("the places that a validator names are found in every form, also with warnings before and after", seconds=7)
def forms(world):
    agent = created(world)
    second = "%d:%d" % listed(agent)
    said = ("%s: %s (the agent's own validator)." % ("agents.list.1", "Unrecognized key: model"))
    for what, script in (
            ("warnings", f"echo '{WARNING}' >&2; echo '{ISSUES}'; echo '{HINT}' >&2; exit 1"),
            ("status 0", f"echo '{ISSUES}'"),
            ("an index in brackets", f"echo '{ISSUES.replace('.1', '[1]')}'; exit 1"),
            ("a list of keys", "echo '%s'; exit 1" % ISSUES.replace('"agents.list.1"', '["agents","list",1]')),
            ("several lines", "printf '%s'; exit 1" % ISSUES.replace(",", r",\n  ")),
            ("errors", f"echo '{ISSUES.replace('issues', 'errors')}'; exit 1")):
        equal(judged(world, agent, script), [(second, said)], f"what is found with {what}")
    missing = ISSUES.replace("list.1", "list.1.workspace")
    equal(judged(world, agent, f"echo '{missing}'; exit 1")[0][0], second,
          "where a key is found that is not there")
    for script in ("echo '{\"valid\":true,\"issues\":[]}'", f"echo '{WARNING}' >&2; echo '{HINT}' >&2",
                   f"echo '{WARNING}' >&2; echo '{{\"valid\":true}}'; echo '{HINT}' >&2", "echo All is well."):
        equal(judged(world, agent, script), [], f"what is found with {script}")


@test("a warning with braces in it does not hide what the validator says")
def braces(world):
    agent = created(world)
    second = "%d:%d" % listed(agent)
    scripts = {"before": "echo 'Warning: ignoring {plugins: hydra}' >&2; echo '%s'; exit 1",
               "after": "echo '%s'; echo 'see {docs}' >&2; exit 1",
               "before, with status 0": "echo 'Warning: ignoring {plugins: hydra}' >&2; echo '%s'"}
    equal({where: [fact[0] for fact in judged(world, agent, script % ISSUES)] for where, script in scripts.items()},
          {where: [second] for where in scripts}, "where something is found, by where the warning stands")


@test("a validator that answers in plain text is quoted, without control characters and without a secret")
def plain(world):
    agent = created(world)
    token = bot_token(agent.name)
    found = judged(world, agent, r"printf 'Config invalid\n\033[31m- agents: bad\n'; "
                                 f"echo '{token} is bad' >&2; exit 1")
    equal([where for where, _ in found], ["1:1"], "where it is found")
    for piece in ("says: Config invalid / ", "- agents: bad"):
        contains(found[0][1], piece, "the sentence")
    lacks(found[0][1], "\x1b", "the sentence")
    texts = {"the_messages": world.doubles.alerts(), "the_ledger": world.ledger.text()}
    for words in (["run"], ["run", "--json"], ["doctor"], ["doctor", "--json"], ["status"], ["status", "--json"],
                  ["incidents"], ["incidents", "--json"], ["incidents", "1"], ["incidents", "1", "--json"]):
        call = world.watchdog(*words)
        texts["_".join(words)] = call.out + call.err
    contains(judged(world, agent, "exit 1")[0][1], "says: nothing", "the sentence about one that says nothing")
    secrets_of.search({"the bot token": token}, **texts)


# Its word and the schema's

@test("the validator's word counts more than the schema's, whichever of the two refuses, and that is said", seconds=6)
def over_schema(world):
    agent = created(world)
    validated(world, agent, schema=NO_KEYS)
    call = world.run("--json", status=0)
    found = findings(call)
    equal((call.verdict("coder"), list(found)), ("healthy", [UNSEEN]), "the verdict and the findings where it accepts")
    for piece in (f"validator accepts {agent.config}", "its word counts", "the schema refuses it", "line "):
        contains(found[UNSEEN]["summary"], piece, "the sentence")
    validated(world, agent, "echo wrong; exit 1", schema=ANYTHING)
    call = world.run("--json", status=1)
    found = findings(call)
    equal((call.verdict("coder"), set(found)), ("degraded", {SCHEMA, UNSEEN}),
          "the verdict and the findings where it refuses")
    for piece in (f"The schema accepts {agent.config}", "validator does not", "its word counts"):
        contains(found[UNSEEN]["summary"], piece, "the sentence")
    # Where they agree there is nothing to say.
    validated(world, agent, schema=ANYTHING)
    equal(findings(world.run("--json", status=0)), {}, "what is found where both accept")
    validated(world, agent, "echo wrong; exit 1", schema=NO_KEYS)
    equal(list(findings(world.run("--json", status=1))), [SCHEMA], "what is found where both refuse")


@test("where the validator gives no verdict the schema's counts, and it is said why there was none", seconds=7)
def silent(world):
    agent = created(world)
    here = ["validator", "{}"]
    for script, words, piece in (
            ("exit 127", here, "it ended with status 127"), ("exit 126", here, "it ended with status 126"),
            ("kill -SEGV $$", here, "it ended with status 139"), ("kill -KILL $$", here, "it ended with status 137"),
            ("", ["/nowhere/validator", "{}"], "No such file"), ("", ["no-such-validator"], "No such file"),
            ("", ["/etc/passwd"], "ermission denied"), ("", ["/etc"], "ermission denied")):
        validated(world, agent, script, words, schema=NO_KEYS)
        call = world.run("--json", status=1)
        found = findings(call)
        equal(set(found), {SCHEMA, UNSEEN}, f"what is found with {script or words[0]}")
        contains(found[UNSEEN]["summary"], piece, "the sentence")
        lacks(found[SCHEMA]["summary"], "validator", "the schema's sentence")
    equal([alert["kinds"] for alert in world.doubles.alerts()], [[SCHEMA]], "what was told")


# One that does not behave

@test("a validator that hangs is ended after 20 s with its children, and the pass goes on", seconds=28, waits=True)
def hangs(world):
    agent, other = created(world), world.create("writer", restart="no")
    validated(world, agent, "sleep 4711 &\n(sleep 4712; true) &\ntrap '' TERM INT HUP\nsleep 4713\nsleep 4714")
    other.systemctl("kill", "--signal=KILL", other.unit)
    breaks._wait_failed(other)
    call = world.run("--json", status=0)
    equal((call.verdict("coder"), call.verdict("writer")), ("healthy", "healed"), "the verdicts")
    contains(findings(call)[UNSEEN]["summary"], "not done within 20 s", "the sentence")
    check(19 < call.seconds < 35, f"the pass took {call.seconds:.0f} s")
    equal(processes("^sleep 471[1-4]"), [], "the processes of the validator that are still there")
    equal(asked(agent), [str(agent.config)], "what it was asked about")


@test("children that a validator leaves behind are ended with it, and nobody waits for them", (SYSTEM, OWN))
def leaves_children(world):
    agent = created(world)
    validated(world, agent, "sleep 4711 &\n(sleep 4712; true) &\necho '{\"valid\":true}'")
    call = world.run("--json", status=0)
    equal((call.verdict("coder"), findings(call)), ("healthy", {}), "the verdict and the findings")
    check(call.seconds < 10, f"the pass took {call.seconds:.0f} s")
    breaks.wait("the children of the validator to be gone", lambda: not processes("^sleep 471[1-2]"), 3)


def peak(world, *words):
    """A call, and the most memory that it took, in megabytes."""
    measure = ("import resource, subprocess, sys\nstatus = subprocess.run(sys.argv[1:]).returncode\n"
               "open('/tmp/peak', 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))\n"
               "sys.exit(status)")
    call = world.watchdog(*words, within=["/usr/bin/python3", "-c", measure])
    return call, int(Path("/tmp/peak").read_text()) / 1024


@test("a validator that prints megabytes takes no memory, and without a bad status it has said nothing", seconds=8)
def floods(world):
    agent = created(world)
    much = "head -c 200000000 /dev/zero | tr '\\0' x"
    validated(world, agent)
    _, usual = peak(world, "run")
    for status, kind, piece in ((0, UNSEEN, "more than 65536 bytes"), (1, SCHEMA, "says: xxx")):
        validated(world, agent, f"{much}; exit {status}", ["validator", "--all", "{}"])
        call, most = peak(world, "run", "--json")
        equal(list(findings(call)), [kind], f"what is found with status {status}")
        contains(findings(call)[kind]["summary"], piece, "the sentence")
        check(len(call.out) < 20_000, f"the pass printed {len(call.out)} characters")
        check(most < usual + 24, f"the pass took {most:.0f} MB, and {usual:.0f} MB with a short answer")
        check(call.seconds < 19, f"the pass took {call.seconds:.0f} s")


# How often it is asked

@test("the validator is asked once about a content that is well, and again about the next, and when it is another",
      (SYSTEM, OWN))
def once(world):
    agent = created(world)
    validated(world, agent)
    for _ in range(3):
        world.run(status=0)
    equal(asked(agent), [str(agent.config)], "what it was asked about in three passes")
    agent.write(agent.config, edited(agent, runs=7))
    still(agent)
    for _ in range(3):
        world.run(status=0)
    equal(asked(agent), [str(agent.config)], "what it was asked about after an edit")
    validated(world, agent, words=["validator", "--strict", "{}"])
    for _ in range(2):
        world.run(status=0)
    equal(asked(agent), [str(agent.config)], "what it was asked about with other words")


@test("the validator is not asked about a config that may still be edited", (SYSTEM, USER))
def in_edit(world):
    agent = created(world)
    validated(world, agent, "exit 1")
    world.policy(edit_grace="2min")
    agent.write(agent.config, edited(agent, runs=7))
    still(agent, 600)  # its own time is not what counts
    call = world.run("--json", status=0)
    equal((call.verdict("coder"), findings(call), asked(agent)), ("healthy", {}, []),
          "the verdict, the findings, and what it was asked about just after an edit")
    world.policy(edit_grace="0s")
    equal(list(findings(world.run("--json", status=1))), [SCHEMA], "what is found once the file is still")
    equal(asked(agent), [str(agent.config)], "what it was asked about")


# Before a change

LOOK = r"""
{ stat -c '%a %U' "$1"; cmp -s "$1" "$OPENCLAW_CONFIG_PATH" && echo same; } >"$HOME/candidate"
cat "$1" >"$HOME/content"
cat "$HOME/.openclaw-coder/openclaw.json" >"$HOME/in_place"
"""


@test("before an apply the validator is asked about the new config, in a file beside the present one that goes again",
      EVERYWHERE, seconds=7)
def before_apply(world):
    agent = world.learned("coder", start_limit="30/0")
    still(agent)
    run("chmod", "640", str(agent.config))
    validated(world, agent, LOOK)
    world.run(status=0)
    equal(asked(agent), [str(agent.config)], "what it was asked about in a pass")
    old, new = agent.config.read_text(), edited(agent, runs=7)
    world.policy(edit_grace="2min")  # what stands there from now on is not judged yet
    call = apply(world, new, "--json", status=0)
    equal((call.json["outcome"], call.err), ("kept", ""), "the outcome, and what was said")
    paths = [path for path in asked(agent) if path != str(agent.config)]
    equal([os.path.dirname(path) for path in paths], [str(agent.config.parent)], "the folder of what was asked about")
    equal((agent.home / "candidate").read_text().splitlines(), [f"600 {agent.account}", "same"],
          "mode and owner of that file, and whether the variable names it too")
    equal((agent.home / "content").read_text(), new, "the content that it was asked about")
    equal((agent.home / "in_place").read_text(), old, "the config while it was asked")
    equal((described(agent)[0].decode(), described(agent)[3]), (new, "0o100640"), "the config and its mode afterwards")
    alone(agent)


@test("a config that the validator refuses is not applied: nothing is changed, and the place is said", EVERYWHERE,
      seconds=7)
def refused_apply(world):
    agent = world.learned("coder", start_limit="30/0")
    still(agent)
    issue = ISSUES.replace("agents.list.1", "agents.defaults.maxConcurrent")
    validated(world, agent, f"grep -q '\"maxConcurrent\": 7' \"$1\" && echo '{issue}' && exit 1; exit 0")
    world.run(status=0)
    before, state, ledger = described(agent), agent.state(), world.ledger.rows("SELECT * FROM config_versions")
    new = edited(agent, runs=7)
    line = new[:new.index('"maxConcurrent"')].count("\n") + 1
    for words in ((), ("--json",), ("--confirm", "10min")):
        call = apply(world, new, *words, status=1)
        match = re.match(rf"/tmp/new\.json:{line}:(\d+): {SCHEMA}: (.*)", call.err)
        check(match, f"no place is said: {call.err!r}")
        contains(match[2], "agents.defaults.maxConcurrent: Unrecognized key", "the sentence")
        contains(call.err, "nothing was changed", "what is said")
    equal((described(agent), agent.state(), open_changes(world)), (before, state, []),
          "the config, the agent and the open changes")
    equal(world.ledger.rows("SELECT * FROM config_versions"), ledger, "the stored versions")
    alone(agent)
    equal(world.run("--json", status=0).verdict("coder"), "healthy", "the verdict of the next pass")


@test("what there is to say of the validator is said before an apply, which goes on", seconds=9)
def remarks(world):
    agent = created(world)
    for runs, script, schema, piece in (
            (11, "", NO_KEYS, "although the schema refuses it"), (12, "exit 127", None, "it ended with status 127"),
            (13, "kill -KILL $$", ANYTHING, "it ended with status 137")):
        validated(world, agent, script, schema=schema)
        new = edited(agent, runs=runs)
        call = apply(world, new, "--json", status=0)
        equal((call.json["outcome"], agent.config.read_text()), ("kept", new), "the outcome, and the config")
        contains(call.err, piece, "what is said")
        check(call.err.startswith("watchdog: "), f"no sentence: {call.err!r}")
        alone(agent)
    # The schema's word counts where the validator has none.
    validated(world, agent, "exit 127", schema=NO_KEYS)
    before = described(agent)
    contains(apply(world, edited(agent, runs=14), status=1).err, SCHEMA, "what is said of one that the schema refuses")
    equal(described(agent), before, "the config")
    validated(world, agent, "exit 1")
    apply(world, before[0].decode(), status=1)


@test("an apply that is killed while the validator is asked leaves the old config, and after a pass nothing beside it",
      EVERYWHERE, seconds=7)
def killed(world):
    agent = world.learned("coder", start_limit="30/0")
    still(agent)
    hang = agent.home / "hang"
    validated(world, agent, 'if [ -e "$HOME/hang" ]; then echo $$ >"$HOME/hangs"; exec sleep 4711; fi')
    world.run(status=0)
    for words in ((), ("--confirm", "10min")):
        before, state = described(agent), agent.state()
        agent.write(hang, "")
        words = ["config", "apply", "coder", handed(world, edited(agent, runs=7)), *words]
        process = world.begin(*words)
        breaks.wait("the validator to be asked", (agent.home / "hangs").exists)
        beside = sorted(set(os.listdir(agent.config.parent)) - {"openclaw.json"})
        equal(len(beside), 1, "the number of files beside the config while it is asked")
        for pid in processes("^/usr/local/bin/watchdog config apply"):
            os.kill(int(pid), signal.SIGKILL)
        call = world.ended(process, *words)
        check(call.status in (-9, 137), f"the exit status is {call.status}")
        breaks.wait("the validator to go with the watchdog", lambda: not processes("^sleep 4711"), 3)
        hang.unlink()
        (agent.home / "hangs").unlink()
        equal((described(agent), agent.state(), open_changes(world)), (before, state, []),
              "the config, the agent and the open changes")
        equal(world.run("--json", status=0).verdict("coder"), "healthy", "the verdict of the next pass")
        alone(agent)
        equal((described(agent), agent.state()), (before, state), "the config and the agent after the next pass")
    again = world.run(status=0)
    equal((again.out, again.err), ("", ""), "what a last pass printed")


@test("a candidate that an apply left behind is gone after the next one, too")
def killed_and_applied_again(world):
    agent = world.learned("coder", start_limit="30/0")
    still(agent)
    validated(world, agent)
    world.run(status=0)
    left = agent.config.with_name(".openclaw.json.watchdog-4711")
    agent.write(left, edited(agent, runs=11))
    new = edited(agent, runs=7)
    apply(world, new, status=0)
    equal(agent.config.read_text(), new, "the config")
    alone(agent)
    equal(world.watchdog("config", "apply", "coder", "/tmp/nowhere", status=REFUSED).out, "", "what is printed")


@test("a refused apply repeats what the validator said without the secrets of the file that was handed in",
      (SYSTEM, USER))
def masks_of_a_refused_apply(world):
    agent = created(world)
    validated(world, agent, 'grep -h token "$1"; echo "gateway.auth.token: not accepted"; exit 1')
    secret = "5e" * 24
    for words in ((), ("--json",)):
        call = apply(world, edited(agent, token=secret), *words, status=1)
        contains(call.out + call.err, "[secret ", "what is said")
        lacks(call.out + call.err, secret, "what is said")
    world.run()
    lacks(str(world.ledger.rows("SELECT * FROM incidents")), secret, "the ledger's incidents")
