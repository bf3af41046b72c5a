"""An agent that ends on purpose, to be started anew by systemd, has not crashed.

OpenClaw ends with status 75 for an update or a changed plugin; its unit says by RestartForceExitStatus= or
SuccessExitStatus= that this is planned.
"""
import os
import time

import breaks
import variants
from catalogue import EVERYWHERE, SYSTEM, USER, test
from expect import check, contains, equal, lacks

ON_USR1 = ("signal.signal(signal.SIGINT, signal.SIG_DFL)",
           "signal.signal(signal.SIGINT, signal.SIG_DFL)\n    "
           'signal.signal(signal.SIGUSR1, lambda *_: end(75, "[gateway] restarting as planned"))')
FORCED = "RestartForceExitStatus=75"
A_SUCCESS = "SuccessExitStatus=75"
TALKATIVE = ('print(f"[gateway] listening', 'for number in range(80):\n        '
             'print(f"[plugins] loaded plugin {number} of 80", flush=True)\n    print(f"[gateway] listening')


def planning(world, setting, *changes, name="coder"):
    """A known-good agent that ends with 75 when it is reloaded, and whose config has since been changed, well
    and long ago. With the bytes of that config."""
    agent = world.create(name, restart="always", restart_sec="200ms", start_limit="1000/1000")
    variants.run_instead(world, agent, variants.install("planned", ON_USR1, *changes),
                         f"{setting}\nExecReload=/bin/kill -USR1 $MAINPID")
    breaks._restart(agent)
    breaks.wait("the agent to be ready", agent.ready)
    world.learn(agent)
    agent.write(agent.config, agent.config.read_text().replace('"maxConcurrent": 4', '"maxConcurrent": 7'))
    os.utime(agent.config, (time.time() - 600,) * 2)
    check(world.known_good(agent) != agent.config.read_bytes(), "the config was not changed")
    return agent, agent.config.read_bytes()


def anew(agent, end):
    """Ends the agent's process, and waits for the one that systemd starts in its place."""
    before = agent.state()["MainPID"]
    end()
    breaks.wait("the agent to be started anew",
                lambda: agent.state()["MainPID"] not in (0, before) and agent.ready())


def reload(agent, times):
    for _ in range(times):
        # If the agent is gone before ExecReload= is, the reload itself counts as failed.
        anew(agent, lambda: agent.systemctl("reload", agent.unit, check=False))
    equal(agent.state()["NRestarts"], times, "the counter of restarts")


def crash(agent, times):
    """So many starts, one after the other, end with status 1."""
    since, before = time.time(), agent.state()["NRestarts"]
    breaks._set_fault(agent, exit=1, times=times, lines=list(breaks.UNKNOWN_LINES))
    agent.systemctl("kill", "--kill-who=main", "--signal=KILL", agent.unit)
    breaks.wait("the agent to have crashed and to be back",
                lambda: agent.state()["NRestarts"] >= before + times and agent.ready())
    check(agent.manager_said("status=1/FAILURE", since), "the agent did not crash")


def all_well(world, agent, mine):
    """A pass that finds no outage and does nothing."""
    before = agent.state()
    report = world.run("--json").agent("coder")
    equal(world.ledger.actions(), [], "what was done")
    lacks([finding["kind"] for finding in report["findings"]], "unit-crash-loop", "the findings")
    equal(report["verdict"], "healthy", "the verdict")
    equal(agent.config.read_bytes(), mine, "the config")
    equal(agent.state(), before, "the state of the unit")
    equal(world.doubles.alerts(), [], "what was told")


@test("an agent that was restarted as planned three times is well, and keeps its config "
      "(RestartForceExitStatus=)", EVERYWHERE, seconds=9)
def forced(world):
    agent, mine = planning(world, FORCED)
    since = time.time()
    reload(agent, 3)
    check(agent.manager_said("status=75/TEMPFAIL", since), "the agent did not end with 75")
    all_well(world, agent, mine)


@test("an agent that was restarted as planned three times is well, and keeps its config (SuccessExitStatus=)",
      EVERYWHERE, seconds=9)
def a_success(world):
    agent, mine = planning(world, A_SUCCESS)
    reload(agent, 3)
    contains(agent.journal(), "restarting as planned", "what the agent said")
    all_well(world, agent, mine)


@test("an agent that says much at each of three planned starts is well, and keeps its config", (SYSTEM, USER),
      seconds=9)
def talkative(world):
    agent, mine = planning(world, A_SUCCESS, TALKATIVE)
    reload(agent, 3)
    contains(agent.journal(), "loaded plugin 79 of 80", "what the agent said")
    all_well(world, agent, mine)


@test("planned restarts between which an agent crashed once are no loop, and it keeps its config",
      (SYSTEM, USER), seconds=9)
def between_crashes(world):
    agent, mine = planning(world, FORCED)
    reload(agent, 2)
    anew(agent, lambda: agent.systemctl("kill", "--kill-who=main", "--signal=KILL", agent.unit))
    equal(agent.state()["NRestarts"], 3, "the counter of restarts")
    all_well(world, agent, mine)


@test("three real crashes of an agent whose planned restarts are known are a loop", EVERYWHERE, seconds=9)
def real_crashes(world):
    agents = {setting: planning(world, setting, name=name)[0]
              for name, setting in (("forced", FORCED), ("success", A_SUCCESS))}
    for agent in agents.values():
        reload(agent, 1)
    world.run()
    for agent in agents.values():
        crash(agent, 3)
    call = world.run("--json")
    for setting, agent in agents.items():
        equal([finding["kind"] for finding in call.agent(agent.name)["findings"]], ["unit-crash-loop"],
              f"the findings after three crashes, with {setting}")
