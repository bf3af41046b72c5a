"""Two watchdogs over one agent: root's looks after those of all accounts, whose own leave them to it."""
import breaks
from catalogue import OWN, USER, test
from expect import contains, equal
from world import World


def both(world):
    """An agent that root's watchdog knows, and the account's own watchdog over it, which tells nobody."""
    agent = world.create("coder", restart="no")
    own = World(OWN)
    own.settings(webhook=False)
    world.learn(agent)
    equal([each["name"] for each in own.run("--json").json["agents"]], ["coder"],
          "the agents that the account's own watchdog sees")
    return agent, own


@test("an agent that root's watchdog looks after is mended by it, and not by its account's own", (USER,))
def by_root(world):
    agent, own = both(world)
    breaks.crash(agent)
    call = own.run("--json")
    world._calls.append(call)
    equal(agent.state()["ActiveState"], "failed", "the state after the account's own watchdog")
    equal((call.verdict("coder"), call.agent("coder")["actions"]), ("held", []),
          "the verdict of the account's own watchdog, and what it did")
    contains(call.agent("coder")["reason"] or "", "root", "its reason")
    call = world.run("--json", status=0)
    equal(call.verdict("coder"), "healed", "the verdict of root's watchdog")
    equal(agent.state()["ActiveState"], "active", "the state after root's watchdog")
    equal([alert["event"] for alert in world.doubles.alerts(agent="coder")], ["healed"], "what was told")


@test("a config that root's watchdog looks after is not rolled back by its account's own", (USER,))
def config_by_root(world):
    agent, own = both(world)
    good = agent.config.read_bytes()
    own.run("--json")  # so that it would know a good one, too
    breaks.config(agent, age=600)
    bad = agent.config.read_bytes()
    call = own.run("--json")
    world._calls.append(call)
    equal(agent.config.read_bytes(), bad, "the config after the account's own watchdog")
    equal(call.verdict("coder"), "held", "the verdict of the account's own watchdog")
    equal(world.run("--json", status=0).verdict("coder"), "healed", "the verdict of root's watchdog")
    equal(agent.config.read_bytes(), good, "the config after root's watchdog")


@test("doctor says to an account that root's watchdog is the one that acts", (USER,))
def doctor(world):
    _, own = both(world)
    call = own.watchdog("doctor")
    world._calls.append(call)
    contains(call.out, "root's watchdog", "what the account's doctor says")
