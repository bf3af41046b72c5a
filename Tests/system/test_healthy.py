"""A fleet in which all is well is left in peace."""
import os

from agents import bot_token
from catalogue import EVERYWHERE, test
from expect import check, equal


@test("while all is well a pass writes itself down and nothing else, prints nothing, tells nothing", EVERYWHERE)
def healthy(world):
    agents = [world.create(name, children=number) for number, name in enumerate(("one", "two", "three"))]
    world.learn(*agents)
    for agent in agents:
        check(agent.ready(), "the agent does not answer")
    world.run(status=0)  # what is learnt is learnt by now
    before, passes = world.ledger.everything(), world.ledger.value("SELECT count(*) FROM passes")
    states = [agent.state() for agent in agents]
    files = sorted(os.listdir(world.state))

    call = world.run(status=0)

    equal((call.out, call.err), ("", ""), "what the pass printed")
    equal(world.ledger.value("SELECT count(*) FROM passes"), passes + 1, "the number of passes")
    newest = world.ledger.row("SELECT * FROM passes ORDER BY id DESC LIMIT 1")
    equal((newest["verdict"], newest["agents"]), ("healthy", 3), "the newest pass")
    after = world.ledger.everything()
    for table in before:
        equal(after[table], before[table], f"the table {table}")
    for table in ("incidents", "actions", "outbox", "consultations"):
        equal(after[table], [], f"the table {table}")
    equal(world.doubles.alerts(), [], "what was told")
    equal([agent.state() for agent in agents], states, "the units")
    equal(sorted(os.listdir(world.state)), files, "the files in the state directory")
    check(os.stat(world.state).st_mode & 0o777 == 0o700, "the state directory is open to others")


@test("agents of several users and of the system are watched in one pass, and told apart")
def several_scopes(world):
    import fleet
    world.fleet["ops"] = fleet.create("ops", user="fleet")
    world.fleet["coder"] = fleet.create("coder", user="second", token=bot_token("coder of second"))
    world.create("coder")
    report = world.run("--json", status=0).json
    equal([(agent["name"], agent["user"], agent["verdict"]) for agent in report["agents"]],
          [("coder", None, "healthy"), ("ops", "fleet", "healthy"), ("coder@second", "second", "healthy")],
          "the agents")
