"""Where a KillMode comes from, and the drop-in that makes an unsafe one safe."""
import re
import time
from pathlib import Path

import breaks
import fleet
from agents import SYSTEM_UNITS, Agent, run
from catalogue import EVERYWHERE, OWN, SYSTEM, USER, test
from expect import check, contains, equal
from world import ACCOUNT, PROGRAM

REPOSITORY = Path("/srv/watchdog")
OURS = "90-agent-watchdog.conf"


def put(agent, path, text):
    """A file of the unit's, in its owner's name; the manager has yet to read it."""
    if agent.user:
        agent.write(path, text)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def drop_in(agent, name, unit=None):
    return agent.unit_file.with_name(f"{unit or agent.unit}.d") / name


def ours(agent, unit=None):
    return drop_in(agent, OURS, unit)


def set_by(agent, name, mode="process", unit=None):
    """A drop-in that sets the mode in its third line; returns where."""
    path = drop_in(agent, name, unit)
    put(agent, path, f"# Somebody's.\n[Service]\nKillMode={mode}\n")
    agent.systemctl("daemon-reload")
    return f"{path}:3"


def line_of(path, text="KillMode="):
    (number,) = [number for number, line in enumerate(path.read_text().splitlines(), 1) if line.startswith(text)]
    return f"{path}:{number}"


def doctor(world, name):
    """What `doctor` says of an agent's KillMode, in JSON; the text for people has to say the same."""
    found = next(agent for agent in world.watchdog("doctor", "--json").json["pass"]["agents"]
                 if agent["name"] == name)["killMode"]
    equal(sorted(found), ["source", "value"], "the keys of killMode")
    text = world.watchdog("doctor", "--agent", name).out
    contains(text, f"KillMode={found['value']}, from {found['source']}", "what `doctor` prints")
    return found["value"], found["source"]


def finding(call, name):
    found = [each for each in call.agent(name)["findings"] if each["kind"] == "unit-kill-mode"]
    equal(len(found), 1, f"the number of findings unit-kill-mode on {name}")
    return found[0]


def made_safe(world, agent, source, mode="process", unit=None):
    """An unsafe mode is found with the place that sets it, and one pass makes it safe without a restart."""
    equal(doctor(world, agent.name), (mode, source), "what `doctor` says of the KillMode")
    check(not ours(agent, unit).exists(), "`doctor` wrote a drop-in")
    before = agent.state()
    call = world.run("--json", status=0)
    found = finding(call, agent.name)
    contains(found["evidence"][0]["text"], f"{mode}, from {source}", "the evidence")
    equal([(action["remedy"], action["outcome"]) for action in call.agent(agent.name)["actions"]],
          [("writeKillMode", "done")], "what was done")
    after = agent.state()
    equal(after["KillMode"], "control-group", "KillMode as the manager has it now")
    equal((after["MainPID"], after["InvocationID"]), (before["MainPID"], before["InvocationID"]),
          "main process and start of the unit")
    equal(doctor(world, agent.name), ("control-group", line_of(ours(agent, unit))),
          "what `doctor` says of the KillMode after that")
    world.doubles.forget()
    again = world.run(status=0)
    equal((again.out, again.err, world.doubles.alerts()), ("", "", []), "what the next pass said")


@test("a KillMode of the unit's file is named with its line, and made safe", EVERYWHERE)
def unit_file(world):
    agent = world.create("unsafe", kill_mode="process")
    made_safe(world, agent, line_of(agent.unit_file))


@test("a KillMode of a drop-in before ours is named with its line, and made safe", EVERYWHERE)
def before_ours(world):
    agent = world.create("unsafe", kill_mode="mixed")
    source = set_by(agent, "10-a.conf", mode="none" if world.scope == SYSTEM else "process")
    made_safe(world, agent, source, mode="none" if world.scope == SYSTEM else "process")
    check(drop_in(agent, "10-a.conf").exists(), "the other drop-in is gone")


@test("where a drop-in after ours has the last word, nothing is written, and that file is told once", EVERYWHERE,
      seconds=6)
def after_ours(world):
    agent = world.create("unsafe", kill_mode="control-group")
    set_by(agent, "10-a.conf", mode="mixed")
    source = set_by(agent, "99-z.conf")
    equal(doctor(world, "unsafe"), ("process", source), "what `doctor` says of the KillMode")
    call = world.run("--json", status=1)
    found = finding(call, "unsafe")
    contains(found["summary"], source.rsplit(":", 1)[0], "what was found")
    contains(found["evidence"][0]["text"], source, "the evidence")
    equal(call.agent("unsafe")["actions"], [], "what was done")
    check(not ours(agent).exists(), "a drop-in was written that changes nothing")
    alerts = world.doubles.alerts()
    equal([(alert["event"], alert["kinds"]) for alert in alerts], [("opened", ["unit-kill-mode"])], "what was told")
    contains(alerts[0]["text"], source.rsplit(":", 1)[0], "the message")
    again = world.run(status=1)
    equal((again.out, again.err, len(world.doubles.alerts())), ("", "", 1), "what the next pass said")
    equal(agent.state()["KillMode"], "process", "KillMode")
    # The person takes the line out: that is the end of it.
    put(agent, drop_in(agent, "99-z.conf"), "[Service]\n")
    agent.systemctl("daemon-reload")
    equal(world.run("--json", status=0).verdict("unsafe"), "healthy", "the verdict after the file was changed")
    equal([alert["event"] for alert in world.doubles.alerts()], ["opened", "healed"], "what was told at the end")
    check(not ours(agent).exists(), "a drop-in was written at the end")


@test("a KillMode that other units share, by the beginning of their names, is named where it stands", (SYSTEM, OWN))
def shared(world):
    agent = world.create("unsafe", kill_mode="mixed")
    source = set_by(agent, "20-all.conf", unit="openclaw-gateway-.service")
    made_safe(world, agent, source)
    source = set_by(agent, "99-all.conf", unit="openclaw-gateway-.service")
    call = world.run("--json", status=1)
    contains(finding(call, "unsafe")["summary"], source.rsplit(":", 1)[0], "what was found")
    equal(call.agent("unsafe")["actions"], [], "what was done")


class Instance(Agent):
    """An agent that is an instance of a template."""

    def __init__(self, name, user):
        super().__init__(name, user=user)
        self.template = "openclaw-gateway@.service"
        self.unit = f"openclaw-gateway@{name}.service"
        self.unit_file = self.unit_file.with_name(self.template)


@test("of an instance of a template, the template's file and drop-ins are named; ours is the instance's own",
      (SYSTEM, OWN), seconds=7)
def template(world):
    world.settings(fleet='units = ["openclaw-gateway@*.service"]')
    model = world.create("x", kill_mode="process")
    model.systemctl("disable", "--now", model.unit)
    agent = Instance("x", model.user)
    put(agent, agent.unit_file, model.unit_file.read_text())
    agent.systemctl("enable", "--now", agent.unit)
    breaks.wait("the instance to be ready", agent.ready)
    world.fleet["x"] = agent
    name = world.run("--dry-run", "--json").json["agents"][0]["name"]
    agent.name = name
    equal(doctor(world, name), ("process", line_of(agent.unit_file)), "what `doctor` says of the template's file")
    source = set_by(agent, "10-a.conf", unit=agent.template)
    made_safe(world, agent, source)
    check(not ours(agent, agent.template).exists(), "the drop-in is for all instances")
    # A later one, for all instances, has the last word again.
    source = set_by(agent, "95-z.conf", unit=agent.template)
    equal(doctor(world, name), ("process", source), "what `doctor` says of a later drop-in of the template")
    call = world.run("--json", status=1)
    contains(finding(call, name)["summary"], source.rsplit(":", 1)[0], "what was found")
    equal(call.agent(name)["actions"], [], "what was done")


@test("safe units get no drop-in, and `doctor` says where their KillMode comes from", EVERYWHERE, seconds=7)
def safe(world):
    mixed, group, plain = (world.create(name, kill_mode=mode) for name, mode in (
        ("mixed", "mixed"), ("group", "control-group"), ("plain", "mixed")))
    put(plain, plain.unit_file, re.sub(r"(?m)^KillMode=.*\n", "", plain.unit_file.read_text()))
    plain.systemctl("daemon-reload")
    for _ in range(2):
        world.run(status=0)
    equal(doctor(world, "mixed"), ("mixed", line_of(mixed.unit_file)), "of a unit with mixed")
    equal(doctor(world, "group"), ("control-group", line_of(group.unit_file)), "of a unit with control-group")
    equal(doctor(world, "plain"), ("control-group", "systemd's default"), "of a unit that does not set it")
    for agent in (mixed, group, plain):
        check(not ours(agent).parent.exists(), f"something was written for {agent.name}")
    equal(world.ledger.actions(), [], "what was done")
    equal(world.doubles.alerts(), [], "what was told")


@test("strictly, mixed is made safe, too, and named with its line; not where a later drop-in has the last word",
      (SYSTEM, OWN), seconds=6)
def strict(world):
    world.settings(kill_mode_strict=True)
    mixed, late, group = (world.create(name, kill_mode=mode) for name, mode in (
        ("mixed", "mixed"), ("late", "control-group"), ("group", "control-group")))
    source = set_by(late, "99-z.conf", mode="mixed")
    call = world.run("--json")
    equal({agent.name: ours(agent).exists() for agent in (mixed, late, group)},
          {"mixed": True, "late": False, "group": False}, "the drop-ins")
    contains(finding(call, "mixed")["evidence"][0]["text"], f"mixed, from {line_of(mixed.unit_file)}", "the evidence")
    contains(finding(call, "late")["summary"], source.rsplit(":", 1)[0], "what was found of the later drop-in")
    equal(call.agent("late")["actions"], [], "what was done about the later drop-in")


def named_at(world, texts):
    """Each text, as a drop-in, is what systemd reads process from, and `doctor` names the line of it."""
    agent = world.create("odd", kill_mode="mixed")
    path = drop_in(agent, "10-a.conf")
    for number, text in texts:
        put(agent, path, text)
        agent.systemctl("daemon-reload")
        equal(agent.state()["KillMode"], "process", f"KillMode as systemd reads {text!r}")
        equal(doctor(world, "odd"), ("process", f"{path}:{number}"), f"what `doctor` says of {text!r}")


@test("the line that counts is the last in [Service] with a value that systemd knows")
def odd_lines(world):
    named_at(world, (
        (2, "[Service]\nKillMode=process\nKillMode=sometimes\n"),
        (5, "[Unit]\n[Service]\n# KillMode=none\nKillMode=mixed\n  KillMode = process\n[Install]\n"),
        (3, "[Service]\nKillMode=mixed\nKillMode=process\n[Install]\nKillMode=mixed\n; KillMode=none\n")))


@test("a line that goes on in the next one is one line")
def continued(world):
    named_at(world, (
        (4, "[Service]\nEnvironment=A=1 \\\n  B=2\nKillMode=process\nEnvironment=C=3 \\\nKillMode=none\n"),
        (2, "[Service]\nKillMode=\\\nprocess\n")))


def reloads(since, agent):
    """How often the agent's manager has read its units since then."""
    match = [f"_UID={agent.uid}", "_COMM=systemd"] if agent.user else ["_PID=1"]
    run("journalctl", "--sync", check=False)
    said = run("journalctl", "--quiet", "--output=cat", f"--since=@{since:.6f}", *match, check=False).stdout
    return len([line for line in said.splitlines() if re.fullmatch(r"Reloading(\.|\.\.\.)", line)])


@test("each manager reads its units once in a pass, for all drop-ins together, and not again", (SYSTEM, USER),
      seconds=9)
def one_reload(world):
    here = [world.create(name, kill_mode="process", restart="no", children=1) for name in ("one", "two", "three")]
    # As root the pass is over the system's manager and the user's.
    there = [fleet.create(name, user=ACCOUNT if world.scope == SYSTEM else None, kill_mode="process")
             for name in ("four", "five")]
    since = time.time()
    here[0].systemctl("daemon-reload")
    breaks.wait("the manager to tell of a reload", lambda: reloads(since, here[0]), 5)
    equal(reloads(since, here[0]), 1, "the lines that tell of one reload")

    breaks.crash(here[1])
    since = time.time()
    world.run()
    equal((reloads(since, here[0]), reloads(since, there[0])), (1, 1), "how often the two managers were reloaded")
    equal([agent.state()["KillMode"] for agent in here + there], ["control-group"] * 5, "the KillModes")
    check(here[1].state()["ActiveState"] == "active", "the agent that was broken is not up")
    world.run(status=0)
    world.watchdog("doctor")
    equal((reloads(since, here[0]), reloads(since, there[0])), (1, 1), "the same after a second pass and `doctor`")


@test("taking our file away and reloading brings the old KillMode back", EVERYWHERE)
def taken_back(world):
    agent = world.create("unsafe", kill_mode="process")
    world.run(status=0)
    file = ours(agent)
    equal(agent.state()["KillMode"], "control-group", "KillMode with our file")
    contains(file.read_text(), "delete this file and reload", "our file")
    file.unlink()
    agent.systemctl("daemon-reload")
    equal(agent.state()["KillMode"], "process", "KillMode without our file")
    equal(doctor(world, "unsafe"), ("process", line_of(agent.unit_file)), "what `doctor` says then")
    # It is left so, for good.
    alerts, actions = len(world.doubles.alerts()), len(world.ledger.actions())
    for _ in range(2):
        call = world.run("--json", status=0)
        found = [finding for finding in call.agent("unsafe")["findings"] if finding["kind"] == "unit-kill-mode"]
        equal([finding["severity"] for finding in found], ["info"], "the severity of what is found then")
        contains(found[0]["summary"], "was taken away or changed, so it is left as it is", "what is found then")
    equal(agent.state()["KillMode"], "process", "KillMode after two more passes")
    check(not file.exists(), "our file has been written again")
    equal((len(world.doubles.alerts()), len(world.ledger.actions())), (alerts, actions), "messages and actions since")
    contains(world.watchdog("doctor", "--agent", "unsafe").out, "set KillMode=control-group in a drop-in of",
             "what `doctor` says to do")


@test("our file that a person has changed or emptied is not written over", (SYSTEM, USER))
def changed_by_a_person(world):
    agent = world.create("unsafe", kill_mode="process")
    world.run(status=0)
    for text in ("[Service]\nKillMode=process\n", ""):
        put(agent, ours(agent), text)
        agent.systemctl("daemon-reload")
        equal(agent.state()["KillMode"], "process", "KillMode with the changed file")
        actions = world.ledger.actions()
        world.run(status=0)
        equal((ours(agent).read_text(), world.ledger.actions()), (text, actions), "our file, and what was done")


@test("uninstalling takes away every drop-in of ours, of the system and of users, and no other file", (USER,),
      seconds=8)
def uninstalled(world):
    agents = [world.create("mine", kill_mode="process"), fleet.create("roots", kill_mode="process"),
              fleet.create("second", user="second", kill_mode="process")]
    other = drop_in(agents[0], "10-a.conf")
    put(agents[0], other, "[Service]\nNice=1\n")
    agents[0].systemctl("daemon-reload")  # what was not read yet would hold the watchdog back
    # Of that name, and not ours.
    foreign = SYSTEM_UNITS / "openclaw-gateway-foreign.service.d" / OURS
    foreign.parent.mkdir()
    foreign.write_text("[Service]\nKillMode=mixed\n")
    world.run()
    equal([agent.state()["KillMode"] for agent in agents], ["control-group"] * 3, "the KillModes before")
    run(str(REPOSITORY / "scripts/uninstall"))
    equal([ours(agent).exists() for agent in agents], [False] * 3, "whether our files are left")
    equal([agent.state()["KillMode"] for agent in agents], ["process"] * 3, "the KillModes after")
    check(other.exists(), "another drop-in is gone")
    check(foreign.exists(), "a file that is not ours is gone")
    equal([ours(agent).parent.exists() for agent in agents], [True, False, False], "whether the folders are left")
    check(not Path(PROGRAM).exists(), "the program is left")
    for agent in agents:
        check(agent.ready(), f"{agent.name} does not answer any more")
