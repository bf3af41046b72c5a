"""Healed means proven: what does not hold, or does not answer, is not called healed."""
import breaks
from catalogue import EVERYWHERE, SYSTEM, USER, test
from expect import check, contains, equal


def not_healed(world, agent, call):
    equal(call.status, 2, "the exit status")
    equal(call.verdict(agent.name), "failing", "the verdict")
    equal([alert["event"] for alert in world.doubles.alerts()], ["escalated"], "what was told")
    equal(world.ledger.value("SELECT count(*) FROM incidents WHERE outcome = 'healed'"), 0,
          "the incidents that the ledger calls healed")


@test("an agent that starts and dies again within the settle time is not called healed", EVERYWHERE, seconds=9)
def dies_again(world):
    world.settings(settle="3s")
    agent = world.learned("flaky", restart="no")
    breaks.crash(agent)
    breaks._set_fault(agent, exit=1, times=-1, after=1, lines=[])
    not_healed(world, agent, world.run("--json"))
    equal(world.ledger.actions(), [("rule:unit-failed", "resetFailed", "done"),
                                   ("rule:unit-failed", "startUnit", "done")], "what was done")


@test("an agent that dies within the settle time and is restarted by systemd is not called healed",
      (SYSTEM, USER), seconds=9)
def dies_and_is_restarted(world):
    world.settings(settle="3s")
    agent = world.learned("flaky", start_limit="3/60", restart_sec="100ms")
    breaks.start_limit(agent)
    breaks._set_fault(agent, exit=1, times=1, after=1, lines=[])  # the first start dies, the next one holds
    call = world.run("--json", status=2)
    equal(call.verdict("flaky"), "failing", "the verdict")
    equal(world.doubles.alerts("healed"), [], "what was told to be healed")
    equal(len(world.doubles.alerts()), 1, "the number of messages")
    # The second start holds, and the next pass sees that.
    breaks.wait("the agent to be ready", agent.ready)
    equal(world.run("--json", status=0).verdict("flaky"), "healthy", "the verdict of the next pass")
    equal(len(world.doubles.alerts("healed")), 1, "the messages that it is over")
    equal(world.ledger.value("SELECT outcome FROM incidents"), "recovered", "what the ledger calls it")


@test("an agent that holds for the settle time and then is ready late is healed", (SYSTEM,), seconds=7)
def ready_late(world):
    agent = world.learned("slow", restart="no", ready_after=3)
    breaks.crash(agent)
    call = world.run("--json", status=0)
    equal(call.verdict("slow"), "healed", "the verdict")
    check(agent.ready(), "it is called healed before it was ready")
    check(call.seconds >= 3, f"the pass took {call.seconds:.1f} s: it did not wait")


@test("an agent that runs and is not ready is restarted only when a second pass confirms it", EVERYWHERE, seconds=7)
def unready(world):
    world.settings(warm_up="1s")
    agent = world.learned("mute")
    world.drop_in(agent, f"ExecStartPre=/bin/rm -f {agent.faults}")  # mended by any restart
    breaks.unready(agent)
    breaks.wait("the agent to be past its warm-up", lambda: age(agent) > 1.1)
    before = agent.state()

    first = world.run("--json", status=1)
    equal(first.verdict("mute"), "degraded", "the verdict of the first pass")
    equal([finding["kind"] for finding in first.agent("mute")["findings"]], ["probe-failed"], "the findings")
    equal(world.ledger.actions(), [], "what the first pass did")
    equal(agent.state()["MainPID"], before["MainPID"], "the main process after the first pass")
    equal(world.doubles.alerts(), [], "what the first pass told")

    second = world.run("--json", status=0)
    equal(second.verdict("mute"), "healed", "the verdict of the second pass")
    equal(world.ledger.actions(), [("rule:probe-failed", "restartUnit", "done")], "what the second pass did")
    check(agent.state()["MainPID"] != before["MainPID"], "the agent was not restarted")
    check(agent.ready(), "the agent is not ready")
    equal([alert["event"] for alert in world.doubles.alerts()], ["healed"], "what was told")


def age(agent):
    """Seconds since its unit became active."""
    import time
    since = agent.systemctl("show", "-P", "ActiveEnterTimestampMonotonic", agent.unit).stdout
    return time.clock_gettime(time.CLOCK_MONOTONIC) - int(since) / 1e6


@test("an agent that stays unready after its restart is escalated, and not restarted again")
def unready_for_ever(world):
    world.settings(warm_up="1s")
    agent = world.learned("mute")
    breaks.unready(agent)
    breaks.wait("the agent to be past its warm-up", lambda: age(agent) > 1.1)
    world.run(status=1)
    not_healed(world, agent, world.run("--json"))
    contains(world.doubles.alerts()[0]["text"], "does not answer", "the message")
    world.doubles.forget()
    pid = agent.state()["MainPID"]
    breaks.wait("the agent to be past its warm-up", lambda: age(agent) > 1.1)
    again = world.run(status=2)
    equal((again.out, again.err), ("", ""), "what the next pass printed")
    equal(agent.state()["MainPID"], pid, "the main process after the next pass")
    equal(world.doubles.alerts(), [], "what the next pass told")


@test("an agent that is still warming up is not judged by its probes")
def warming_up(world):
    world.settings(warm_up="1h")
    agent = world.learned("slow")
    breaks.unready(agent)
    for _ in range(3):
        equal(world.run("--json", status=0).verdict("slow"), "healthy", "the verdict")
    equal(world.ledger.actions(), [], "what was done")


@test("a probe that failed once and answers again is forgotten")
def one_failure(world):
    world.settings(warm_up="1s")
    agent = world.learned("mute")
    breaks.unready(agent)
    breaks.wait("the agent to be past its warm-up", lambda: age(agent) > 1.1)
    world.run(status=1)
    breaks._clear_fault(agent)
    equal(world.run("--json", status=0).verdict("mute"), "healthy", "the verdict in between")
    breaks.unready(agent)
    equal(world.run("--json", status=1).verdict("mute"), "degraded", "the verdict on a new failure")
    equal(world.ledger.actions(), [], "what was done")
