"""Processes that are nobody's any more: of an earlier start without its mark, of a unit that is gone; and a
second poller of whom nothing is known.
"""
import json
import re
from pathlib import Path

import breaks
import strays
from agents import SYSTEM_UNITS, bot_token, run
from catalogue import EVERYWHERE, OWN, SYSTEM, test
from expect import check, contains, equal, lacks
from world import ACCOUNT


def living(found):
    return [pid for pid in found.values() if strays.Stray(pid, ACCOUNT).alive()]


def kinds(call, name):
    return [finding["kind"] for finding in call.agent(name)["findings"]]


def told_text(call, world):
    """Everything that a person reads of it."""
    return json.dumps(call.json["agents"]) + json.dumps(world.doubles.alerts())


# Without the mark of a start

BARE = "/usr/bin/setsid /usr/bin/env -i /bin/sleep"


def forgetful(world):
    """An agent that starts two programs with an environment of their own, one of them by ExecStartPre=."""
    agent = world.create("coder", kill_mode="process")
    start = re.search(r"^ExecStart=(.*)$", agent.unit_file.read_text(), re.M).group(1)
    world.drop_in(agent, f"ExecStartPre=/bin/sh -c '{BARE} 90001 >/dev/null 2>&1 </dev/null &'\nExecStart=\n"
                         f"ExecStart=/bin/sh -c '{BARE} 90002 >/dev/null 2>&1 </dev/null & exec {start}'")
    agent.systemctl("restart", agent.unit)
    return agent, bare(agent)


def bare(agent):
    """Those programs of the present start, once both run: their PIDs by how long they sleep."""
    def found():
        sleeping = {}
        for pid in agent.processes():
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if words[0] == b"/bin/sleep":
                sleeping.setdefault(words[1].decode(), []).append(pid)
        return agent.ready() and set(sleeping) == {"90001", "90002"} and sleeping
    newest = breaks.wait("what the agent starts to run", found)
    return {seconds: max(pids, key=started) for seconds, pids in newest.items()}


def started(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19])


@test("children of an earlier start that have lost its mark are ended, and those of the present one go on",
      EVERYWHERE)
def without_mark(world):
    agent, before = forgetful(world)
    for pid in before.values():
        lacks(Path(f"/proc/{pid}/environ").read_bytes(), b"INVOCATION_ID", f"the environment of PID {pid}")
    main = agent.state()["MainPID"]
    agent.systemctl("restart", agent.unit)
    breaks.wait("another main process", lambda: agent.state()["MainPID"] not in (0, main))
    breaks.wait("what the new start begins", lambda: not set(bare(agent).values()) & set(before.values()))
    now = bare(agent)
    equal(living(before), list(before.values()), "what is left of the earlier start")
    check(started(now["90001"]) <= started(agent.state()["MainPID"]), "ExecStartPre= did not come first")
    start = agent.state()["InvocationID"]

    call = world.run("--json", status=0)

    equal(living(before), [], "the processes of the earlier start that still live")
    equal(living(now), list(now.values()), "the processes of the present start that still live")
    check("process-leftover" in kinds(call, "coder"), f"the findings are {kinds(call, 'coder')}")
    actions = call.agent("coder")["actions"]
    ended = [action["target"] for action in actions if action["remedy"] == "endProcess"]
    equal(sorted(ended), sorted(f"PID {pid}" for pid in before.values()), "what was ended")
    equal(agent.state()["InvocationID"], start, "the start of the unit")
    again = world.run(status=0)
    equal((again.out, again.err), ("", ""), "what the next pass printed")
    equal(living(now), list(now.values()), "the processes that live after the next pass")


# Of a unit that is gone

def renamed(agent, unit):
    """The agent had another unit once, which left a process behind when it was stopped. Returns that."""
    stray = strays.service(bot_token(agent.name), unit=unit, account=ACCOUNT, in_child=True)
    folder = SYSTEM_UNITS / f"{unit}.d"
    folder.mkdir()
    (folder / "kill.conf").write_text("[Service]\nKillMode=process\n")
    run("systemctl", "daemon-reload")
    run("systemctl", "stop", unit)
    breaks.wait(f"{unit} to be stopped", lambda: shown(unit, "ActiveState") in ("inactive", "failed"))
    breaks.wait("its child to be left", lambda: stray.parent == 1)
    check(stray.alive() and unit in stray.cgroup, f"PID {stray.pid} is not left in {unit}")
    return stray


def shown(unit, what):
    return run("systemctl", "show", "-P", what, unit).stdout.strip()


@test("what still runs in an agent's old unit, which is stopped or gone, is ended, or told with a command "
      "that ends it", seconds=70, waits=True, limit=150)
def old_unit(world):
    found = {}
    for name in ("stopped", "removed"):
        agent = world.create(name)
        found[name] = renamed(agent, f"clawdbot-gateway-{name}.service")
    gone = SYSTEM_UNITS / "clawdbot-gateway-removed.service"
    run("rm", "-r", str(gone), f"{gone}.d")
    run("systemctl", "daemon-reload")
    run("systemctl", "reset-failed", gone.name, check=False)
    equal(shown(gone.name, "LoadState"), "not-found", "LoadState of the unit that was removed")
    for stray in found.values():
        strays.aged(stray)

    call = world.run("--json")

    lacks(told_text(call, world), "systemctl stop clawdbot", "what is said")
    for name, stray in found.items():
        check(set(kinds(call, name)) & {"process-stray", "poller-duplicate-token"},
              f"the findings on {name} are {kinds(call, name)}")
        if stray.alive():
            contains(told_text(call, world), f"`kill {stray.pid}`", f"what is said of {name}")
        check(world.fleet[name].ready(), f"{name} does not answer")


# Of nobody known

CONFLICT = ("[telegram] getUpdates conflict: Call to 'getUpdates' failed! (409: Conflict: terminated by "
            "other getUpdates request; make sure that only one bot instance is running); retrying in 30s.")


@test("of an agent whose token is not known here, a conflict is told, and no other host is blamed",
      (SYSTEM, OWN))
def unknown_token(world):
    agent = world.create("blind", token_in=())
    lacks(agent.unit_file.read_text() + agent.config.read_text(), "botToken", "unit and config")
    breaks._set_fault(agent, exit=1, after=86_400, lines=[CONFLICT])
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)
    start = agent.state()["InvocationID"]
    call = world.run("--json", status=1)
    check("poller-conflict" in kinds(call, "blind"), f"the findings are {kinds(call, 'blind')}")
    said = told_text(call, world)
    for words in ("polled somewhere else", "used somewhere else"):
        lacks(said, words, "what is said")
    found = call.agent("blind")["findings"]
    contains(next(each["summary"] for each in found if each["kind"] == "poller-conflict"), "not known",
             "what was found")
    equal(agent.state()["InvocationID"], start, "the start of the unit")
    equal(world.ledger.actions(), [], "what was done")
