"""One gateway as a system unit and as a user unit of the same account: the second one cannot have the port.

Nothing is wrong with either of them or with their config. There is one unit too many: which, is for a person.
"""
import json
import os

import agents
import breaks
import fleet
from catalogue import test
from expect import check, contains, equal
from world import ACCOUNT

BURST = "3/300"


def pair(world):
    """The same agent twice: as a system unit whose config is known to be good, and not yet as a user unit."""
    agents._make_account(ACCOUNT, linger=True)
    system = world.learned("coder", start_limit=BURST, restart_sec="100ms")
    return system, agents.Agent("coder", account=ACCOUNT, user=True)


def edited(agent):
    """A valid edit, long ago. Returns the bytes."""
    text = agent.config.read_text().replace('"maxConcurrent": 4', '"maxConcurrent": 5')
    agent.write(agent.config, text)
    os.utime(agent.config, (agent.config.stat().st_mtime - 600,) * 2)
    return agent.config.read_bytes()


def add_user_unit(system, wait_ready):
    """Makes, enables and starts the second unit, which has the port and the config of the first one."""
    return fleet.create("coder", user=ACCOUNT, port=system.port, start_limit=BURST, restart_sec="100ms",
                        wait_ready=wait_ready)


def lost(agent, status):
    """Waits until it has failed for good, and for that reason."""
    breaks._wait_failed(agent)
    equal(agent.state()["ExecMainStatus"], status, f"the status of the {agent_manager(agent)} unit that lost")
    contains(agent.journal(), f"already in use 127.0.0.1:{agent.port}", "what the unit that lost said")


def agent_manager(agent):
    return "user" if agent.user else "system"


def ends_with_78(world, agent):
    """As a newer OpenClaw does where another one has the port."""
    program = f"{agents.PROGRAMS}/gateway gateway --port {agent.port}"
    world.drop_in(agent, f"ExecStart=\nExecStart=/bin/sh -c '{program} || exit 78'")


def start_of(agent):
    state = agent.state()
    return state["ActiveState"], state["InvocationID"], state["NRestarts"]


def left_alone(world, winner, loser, config):
    """Two passes that touch neither unit, and tell of both, once."""
    before = start_of(winner), start_of(loser)
    equal(before[0][0], "active", "the state of the unit that serves")

    call = world.run("--json")

    equal(loser.config.read_bytes(), config, "the config that both have")
    equal(start_of(winner), before[0], "state, start and restarts of the unit that serves")
    equal(start_of(loser), before[1], "state, start and restarts of the unit that lost")
    equal(world.ledger.actions(), [], "what was done")
    found = [finding for agent in call.json["agents"] for finding in agent["findings"]
             if finding["kind"] == "instance-running"]
    check(found, f"nothing says instance-running: {json.dumps(call.json['agents'])[:1200]}")
    text = " ".join(finding["summary"] for finding in found)
    for word in (winner.unit, "system", ACCOUNT):
        contains(text, word, "what was found")
    told = [alert["kinds"] for alert in world.doubles.alerts()]
    equal(sum("instance-running" in kinds for kinds in told), 1, f"how often it was told, of {told}")
    check(call.status in (1, 2), f"the exit status is {call.status}")

    world.run()
    equal([alert["kinds"] for alert in world.doubles.alerts()], told, "what was told after the next pass")
    equal(world.ledger.actions(), [], "what was done after the next pass")
    equal(loser.config.read_bytes(), config, "the config after the next pass")
    equal((start_of(winner), start_of(loser)), before, "both units after the next pass")
    check(winner.ready(), "the unit that serves does not answer any more")


def system_unit_loses(world, status):
    system, _ = pair(world)
    # It gives way to the user unit, which goes on with a newer config; then somebody starts it again.
    system.systemctl("stop", system.unit)
    user = add_user_unit(system, wait_ready=True)
    config = edited(user)
    user.systemctl("restart", user.unit)
    breaks.wait("the user unit to be ready", user.ready)
    if status == 78:
        ends_with_78(world, system)
    system.systemctl("start", system.unit)
    lost(system, status)
    left_alone(world, user, system, config)


@test("a system unit that lost its port to a user unit of the same agent is not started, nothing is rolled "
      "back, and both are named")
def system_loses(world):
    system_unit_loses(world, 1)


@test("a system unit that ends with 78 because a user unit of the same agent serves is left alone with its "
      "config")
def system_refuses(world):
    system_unit_loses(world, 78)


@test("a user unit that lost its port to a system unit of the same agent is not started, and both are named")
def user_loses(world):
    system, user = pair(world)
    config = edited(system)
    system.systemctl("restart", system.unit)
    breaks.wait("the system unit to be ready", system.ready)
    add_user_unit(system, wait_ready=False)
    # Making it has written the first config again.
    user.write(user.config, config.decode())
    os.utime(user.config, (user.config.stat().st_mtime - 600,) * 2)
    lost(user, 1)
    left_alone(world, system, user, config)
