"""Units that only need a start."""
import breaks
from catalogue import EVERYWHERE, test
from expect import check, equal


@test("a unit that systemd refuses to start again is reset, started and watched", EVERYWHERE, seconds=7)
def start_limit(world):
    agent = world.learned("scout", start_limit="3/60", restart_sec="100ms")
    breaks.start_limit(agent)
    refused = agent.systemctl("start", agent.unit, check=False)
    check(refused.returncode != 0, "the break is none: systemd would have started the unit")

    call = world.run("--json", status=0)

    equal(call.verdict("scout"), "healed", "the verdict")
    equal(world.ledger.actions("scout"), [("rule:unit-start-limit", "resetFailed", "done"),
                                          ("rule:unit-start-limit", "startUnit", "done")], "what was done")
    equal(agent.state()["ActiveState"], "active", "the state of the unit")
    check(agent.ready(), "the agent does not answer")
    equal([(alert["event"], alert["kinds"]) for alert in world.doubles.alerts()],
          [("healed", ["unit-start-limit"])], "what was told")
