"""What is over is no reason to act: lines of a conflict that ended, crashes of an agent that was mended."""
import time

import breaks
from agents import bot_token
from catalogue import EVERYWHERE, OWN, SYSTEM, test
from expect import check, equal
from test_causes import edited
from test_pollers import conflict, kinds, start_of
from test_proof import age

SUSTAINED = 20.5  # so many seconds from the first line to the last count as a conflict that goes on
QUIET = 15  # with a settle time of one second a conflict is over after twelve


def goes_on(agent, since):
    """Waits until the agent has met the conflict for long enough that it counts."""
    breaks.wait(f"the conflict of {agent.name} to go on for {SUSTAINED} s",
                lambda: "terminated by other getUpdates" in agent.journal(since + SUSTAINED), 60)


def is_over(world, agent):
    """The other poller ends: the agent polls well, and has logged no conflict for a while."""
    world.doubles.poll_elsewhere()
    polls = len(world.doubles.polls())
    breaks.wait("the agent to poll on", lambda: len(world.doubles.polls()) >= polls + 2, 40)
    breaks.wait(f"no line of a conflict for {QUIET} s",
                lambda: "terminated by other getUpdates" not in agent.journal(time.time() - QUIET), 60)


def left_alone(world, agent):
    """Two passes that find nothing to do to the agent."""
    before = start_of(agent)
    for number in (1, 2):
        call = world.run("--json")
        equal(start_of(agent), before, f"main process and start of the unit after pass {number}")
        equal(world.ledger.actions(), [], f"what pass {number} did")
        equal(call.verdict(agent.name), "healthy", f"the verdict of pass {number}")
    equal(world.doubles.alerts(), [], "what was told")


@test("an agent whose conflict went on for long and is over is not restarted by the first pass that sees it",
      (SYSTEM, OWN), seconds=60, waits=True, limit=160)
def conflict_is_over(world):
    agent = world.create("shared", program="poller")
    world.run(status=0)
    world.doubles.poll_elsewhere(bot_token("shared"))
    began = time.time()
    conflict(agent, began)
    goes_on(agent, time.time())
    is_over(world, agent)
    left_alone(world, agent)


@test("an agent whose conflict one pass remarked, and which then ended, is not restarted by the next one",
      (SYSTEM, OWN), seconds=60, waits=True, limit=160)
def remarked_conflict_is_over(world):
    agent = world.create("shared", program="poller")
    world.doubles.poll_elsewhere(bot_token("shared"))
    conflict(agent)
    call = world.run("--json", status=0)
    equal(kinds(call, "shared"), ["poller-conflict"], "the findings while it had just begun")
    goes_on(agent, time.time())
    is_over(world, agent)
    left_alone(world, agent)


@test("an agent whose conflict goes on in this minute is still restarted, once", seconds=40, waits=True,
      limit=120)
def conflict_goes_on(world):
    agent = world.create("shared", program="poller")
    world.doubles.poll_elsewhere(bot_token("shared"))
    conflict(agent)
    goes_on(agent, time.time())
    before = start_of(agent)
    world.doubles.leave_with_start()
    world.run()
    equal([remedy for _, remedy, _ in world.ledger.actions()], ["restartUnit"], "what was done")
    check(start_of(agent) != before, "the agent was not restarted")


@test("an agent that was mended in a crash loop, and has run well since, keeps its config, and its process",
      EVERYWHERE, seconds=40, waits=True)
def loop_is_over(world):
    agent = world.learned("loop", restart_sec="300ms", start_limit="1000/1000")
    mine = edited(agent)
    breaks.hopeless(agent)
    breaks._clear_fault(agent)  # what was missing is there again
    breaks.wait("systemd to have restarted the agent", agent.ready)
    check(agent.state()["NRestarts"] >= 3, "it was in no loop")
    first = agent.state()["InvocationID"]
    breaks.wait("the agent to have run for 25 s", lambda: age(agent) > 25, 40)
    equal(agent.state()["InvocationID"], first, "the agent's start before the pass")
    for number in (1, 2):
        world.run("--json")
        equal(world.ledger.actions(), [], f"what pass {number} did")
        equal(agent.config.read_bytes(), mine, f"the config after pass {number}")
        equal(agent.state()["InvocationID"], first, f"the agent's start after pass {number}")
