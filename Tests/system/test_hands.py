"""What a person does to an agent while the watchdog is at it, or in a way that leaves no stop behind."""
import shutil
import signal
import time

import agents
import breaks
from agents import PROGRAMS, run
from catalogue import test
from expect import check, contains, equal

REFUSED = ("safeguard", "auto")
SLOW = f"""#!/bin/sh
grep -q '"auto"' $OPENCLAW_CONFIG_PATH && exit 78
[ -e /run/slow ] && sleep 12
systemd-notify --ready
exec {PROGRAMS}/gateway gateway --port $OPENCLAW_GATEWAY_PORT
"""


def broken(world, agent):
    """Its config is one that it refuses. Returns the good one and that."""
    good = agent.config.read_text()
    bad = good.replace(*REFUSED)
    agent.write(agent.config, bad)
    agent.systemctl("restart", agent.unit, check=False)
    breaks._wait_failed(agent)
    return good, bad


def suspended(world, agent, command):
    """Two passes that leave the process as it is and tell of it once, with this command, which lets it go on."""
    time.sleep(1.2)  # the warm-up
    pid = agent.state()["MainPID"]
    for _ in range(2):
        call = world.run("--json", status=1)
    equal(agent.state()["MainPID"], pid, "the main process")
    equal(world.ledger.actions(), [], "what was done")
    found = {each["kind"]: each["summary"] for each in call.agent(agent.name)["findings"]}
    contains(found["probe-failed"], f"`{' '.join(command)}`", "the finding")
    equal(len(world.doubles.alerts()), 1, "how often it was told")
    run(*command)
    breaks.wait("it to answer again", agent.ready)


@test("an agent whose cgroup somebody has frozen is left alone, and told with the command that thaws it", seconds=8)
def frozen(world):
    world.settings(warm_up="1s")
    agent = world.learned("coder")
    run("systemctl", "freeze", agent.unit)
    suspended(world, agent, ["systemctl", "thaw", agent.unit])


@test("an agent whose main process a signal holds is left alone, and told with the command that lets it go on",
      seconds=8)
def held_by_signal(world):
    world.settings(warm_up="1s")
    agent = world.learned("coder")
    pid = agent.state()["MainPID"]
    run("kill", "-STOP", str(pid))
    suspended(world, agent, ["kill", "-CONT", str(pid)])


@test("restarts for which the unit declares a signal are no crashes, and undo no edit", seconds=10)
def declared_signal(world):
    agent = world.create("coder", restart="always", restart_sec="200ms", start_limit="1000/1000")
    world.drop_in(agent, "RestartForceExitStatus=SIGUSR1")
    breaks._restart(agent)
    breaks.wait("the agent to be ready", agent.ready)
    world.learn(agent)
    agent.write(agent.config, agent.config.read_text().replace('"maxConcurrent": 4', '"maxConcurrent": 7'))
    edited = agent.config.read_bytes()
    for _ in range(3):
        before = agent.state()["MainPID"]
        run("kill", "-USR1", str(before))
        breaks.wait("it to be started anew", lambda: agent.state()["MainPID"] not in (0, before) and agent.ready())
    call = world.run("--json", status=0)
    equal(call.verdict("coder"), "healthy", "the verdict")
    equal((world.ledger.actions(), agent.config.read_bytes()), ([], edited), "what was done, and the config")


@test("a stop during the start that a rollback asked for leaves the restored config in place, and claims nothing",
      seconds=30)
def stopped_while_starting(world):
    agents.install_programs()
    program = PROGRAMS / "slow-gateway"
    program.write_text(SLOW)
    program.chmod(0o755)
    agent = world.create("coder")
    world.drop_in(agent, f"Type=notify\nNotifyAccess=all\nExecStart=\nExecStart={program}\nTimeoutStartSec=60")
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)
    world.learn(agent)
    good, _ = broken(world, agent)
    run("touch", "/run/slow")
    going = world.begin("run", "--json")
    breaks.wait("the start to be under way", lambda: agent.state()["ActiveState"] == "activating", 20)
    agent.systemctl("stop", agent.unit)
    world.ended(going, "run")
    equal(agent.config.read_text(), good, "the config after the pass")
    check(not any(remedy == "restoreConfig" and "undo" in rung for rung, remedy, _ in world.ledger.actions()),
          f"the rollback was undone: {world.ledger.actions()}")
    for text in (str(each) for each in world.doubles.alerts()):
        check("Tried without success" not in text, f"a failure is claimed: {text}")
    world.run()
    equal((agent.config.read_text(), agent.state()["ActiveState"]), (good, "inactive"), "config and unit at last")


@test("a person's mending after a pass that was killed is not undone when the agent crashes for another reason",
      seconds=40)
def mended_after_kill(world):
    agent = world.learned("coder", restart="no")
    world.settings(settle="8s")
    good, _ = broken(world, agent)
    going = world.begin("run", "--json")
    breaks.wait("the agent to be started", lambda: agent.state()["ActiveState"] == "active", 20)
    going.send_signal(signal.SIGKILL)
    going.wait()
    time.sleep(4)  # what comes at once with a start is taken for the agent's own
    mended = good.replace('"maxConcurrent": 4', '"maxConcurrent": 2')
    agent.write(agent.config, mended)
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)
    run("kill", "-SEGV", str(agent.state()["MainPID"]))
    breaks._wait_failed(agent)
    world.settings()
    world.run("--json")
    equal(agent.config.read_text(), mended, "the config after the pass")
    check(agent.ready(), "the agent does not answer")


@test("a folder that is swapped under a running agent is no config that it has worked with", seconds=20)
def swapped_folder(world):
    agent = world.create("coder")
    folder = agent.config.parent
    ready, old = folder.with_name("conf.new"), folder.with_name("conf.old")
    run("cp", "-a", str(folder), str(ready))
    bad = agent.config.read_text().replace(*REFUSED)
    (ready / agent.config.name).write_text(bad)
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)
    world.learn(agent)
    good = world.known_good(agent)
    folder.rename(old)
    ready.rename(folder)
    for _ in range(3):
        world.run()
    equal(world.known_good(agent), good, "the last-known-good config")
    shutil.rmtree(old)


@test("an end with success while a rollback is being watched puts no refused config back", seconds=30)
def ended_well(world):
    agent = world.learned("coder", restart="no")
    world.settings(settle="8s")
    good, _ = broken(world, agent)
    going = world.begin("run", "--json")
    breaks.wait("the agent to be ready", agent.ready, 20)
    agent.systemctl("kill", agent.unit)
    world.ended(going, "run")
    equal(agent.config.read_text(), good, "the config after the pass")
    world.settings()
    call = world.run("--json", status=0)
    equal((call.verdict("coder"), agent.config.read_text()), ("healed", good), "verdict and config at last")
    check(agent.ready(), "the agent does not answer")
