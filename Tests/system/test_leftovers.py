"""Children that outlive a restart of their agent."""
import os
import subprocess
from pathlib import Path

import breaks
from agents import run
from catalogue import EVERYWHERE, SYSTEM, test
from expect import check, equal


def drop_in(agent):
    return agent.unit_file.with_name(agent.unit + ".d") / "90-agent-watchdog.conf"


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def start_of(agent):
    state = agent.state()
    return state["MainPID"], state["InvocationID"]


def helper_in(agent):
    """A process that the running agent could have made by a double fork: in its cgroup, parent 1, younger
    than the main process."""
    group = Path(f"/sys/fs/cgroup{agent.state()['ControlGroup']}/cgroup.procs")
    done = subprocess.run(["sh", "-c", 'echo $$ >"$1" && { sleep 600 >&2 & echo $!; }', "sh", str(group)],
                          text=True, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return int(done.stdout)


@test("only the child of an earlier start is ended, and children cannot outlive a restart any more", EVERYWHERE)
def leftover(world):
    agent = world.create("left", kill_mode="process", children=2)
    leftovers = breaks.leftover(agent)
    # Out of two, so that "all the others" can be told from "all".
    equal(len(leftovers), 2, "the number of leftovers of the break")
    helper = helper_in(agent)
    before = agent.state()
    own = set(agent.processes()) - set(leftovers)
    equal(len(own), 4, "the number of the agent's own processes: itself, two children, a helper")

    call = world.run("--json", status=0)

    equal([pid for pid in leftovers if alive(pid)], [], "the leftovers that still live")
    equal(set(agent.processes()), own, "the processes in the unit")
    check(all(alive(pid) for pid in own), "a process of the present start was ended")
    check(alive(helper), "a helper that the present start made was ended")
    after = agent.state()
    equal((after["MainPID"], after["InvocationID"]), (before["MainPID"], before["InvocationID"]),
          "main process and start of the unit")
    equal(after["KillMode"], "control-group", "KillMode as the manager has it now")
    found = drop_in(agent)
    check(found.exists(), f"there is no {found}")
    owner = agent.account if agent.user else "root"
    equal((found.owner(), oct(found.stat().st_mode & 0o777)), (owner, "0o644"), "owner and mode of the drop-in")
    equal(sorted(action["remedy"] for action in call.agent("left")["actions"]),
          ["endProcess", "endProcess", "writeKillMode"], "what was done")
    equal([alert["event"] for alert in world.doubles.alerts()], ["healed"], "what was told")

    identity = (found.stat().st_ino, found.stat().st_mtime_ns, found.read_bytes())
    world.doubles.forget()
    actions = world.ledger.actions()
    again = world.run(status=0)
    equal((again.out, again.err), ("", ""), "what the second pass printed")
    equal(world.ledger.actions(), actions, "what was done after the second pass")
    equal(world.doubles.alerts(), [], "what the second pass told")
    equal(set(agent.processes()), own, "the processes in the unit after the second pass")
    equal((found.stat().st_ino, found.stat().st_mtime_ns, found.read_bytes()), identity,
          "the drop-in after the second pass")


@test("in groups of its own below the unit, too, only the child of an earlier start is ended", EVERYWHERE, seconds=7)
def below(world):
    for name, delegate, group in (("plain", False, "worker"), ("deep", False, "worker/deep"),
                                  ("delegated", True, "worker/deep")):
        agent = world.create(name, kill_mode="process", children=2, delegate=delegate)
        leftovers = breaks.leftover(agent, below=group)
        equal(len(leftovers), 2, f"the number of leftovers of {name}")
        main = agent.state()["MainPID"]
        one, two = sorted(set(agent.processes()) - set(leftovers) - {main})
        # One where the leftovers are, and one in a group of its own: the place proves nothing.
        breaks.descend(agent, [one], group)
        breaks.descend(agent, [two], "worker/deep/own")
        agent.leftovers, agent.own = leftovers, {main, one, two, helper_in(agent)}
    agents = list(world.fleet.values())
    before = {agent.name: start_of(agent) for agent in agents}

    call = world.run("--json", status=0)

    for agent in agents:
        equal([pid for pid in agent.leftovers if alive(pid)], [], f"the leftovers of {agent.name} that still live")
        equal(set(agent.processes()), agent.own, f"the processes in the unit of {agent.name}")
        equal(start_of(agent), before[agent.name], f"main process and start of {agent.name}")
        equal(call.verdict(agent.name), "healed", f"the verdict on {agent.name}")
        ended = [action["target"] for action in call.agent(agent.name)["actions"] if action["remedy"] == "endProcess"]
        equal(sorted(ended), sorted(f"PID {pid}" for pid in agent.leftovers), f"what was ended of {agent.name}")
    again = world.run(status=0)
    equal((again.out, again.err), ("", ""), "what the second pass printed")
    equal([set(agent.processes()) for agent in agents], [agent.own for agent in agents],
          "the processes in the units after the second pass")


@test("after the drop-in a restart leaves nothing behind", EVERYWHERE)
def nothing_left(world):
    agent = world.create("left", kill_mode="process", children=1)
    world.run(status=0)
    before = set(agent.processes())
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)
    equal([pid for pid in before if alive(pid)], [], "processes of the start before")


@test("a dead agent that left children behind is started, and rid of them", EVERYWHERE)
def dead_with_children(world):
    agent = world.create("left", kill_mode="process", children=2, restart="no")
    left = set(agent.processes()) - {agent.state()["MainPID"]}
    breaks.crash(agent)
    equal(left & set(agent.processes()), left, "the children that outlived the crash")
    world.run()
    breaks.wait("the agent to be ready", agent.ready, 5)
    world.run()
    equal([pid for pid in left if alive(pid)], [], "the children of the earlier start after two passes")
    equal(agent.state()["KillMode"], "control-group", "KillMode")
    equal(world.run("--json", status=0).verdict("left"), "healthy", "the verdict of the third pass")


@test("KillMode=mixed is safe and stays as it is", (SYSTEM,))
def mixed(world):
    agent = world.learned("fine", kill_mode="mixed")
    check(not drop_in(agent).exists(), "a drop-in was written for a unit that needs none")
    equal(agent.state()["KillMode"], "mixed", "KillMode")
    equal(world.doubles.alerts(), [], "what was told")


@test("a user's drop-in folder that is a link to root's units is not followed", ("user unit, as root",))
def linked_drop_in(world):
    agent = world.create("left", kill_mode="process", children=1)
    target = Path("/etc/systemd/system/target.d")
    target.mkdir()
    run("runuser", "-u", agent.account, "--", "ln", "-s", str(target),
        str(agent.unit_file.with_name(agent.unit + ".d")))
    call = world.run("--json")
    equal(os.listdir(target), [], "what was written where the link leads")
    actions = call.agent("left")["actions"]
    check(actions and all(action["outcome"] in ("failed", "refused") for action in actions),
          f"the drop-in was not tried and refused: {actions}")
    check("link" in actions[0]["reason"], f"the reason does not speak of a link: {actions[0]['reason']}")
    check(call.verdict("left") != "healed", "the agent is called healed")
