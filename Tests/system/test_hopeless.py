"""Units that nothing heals: the budget holds, a person is asked once, and then there is silence."""
import os
import re
import signal
import time

import breaks
from catalogue import EVERYWHERE, SYSTEM, USER, test
from expect import check, contains, equal


def quiet_pass(world):
    """One more pass over an outage that a person knows of."""
    actions, alerts = world.ledger.actions(), len(world.doubles.alerts())
    questions = len(world.doubles.questions())
    call = world.run(status=2)
    equal((call.out, call.err), ("", ""), "what the next pass printed")
    equal(world.ledger.actions(), actions, "what was done after the next pass")
    equal(len(world.doubles.alerts()), alerts, "the number of messages after the next pass")
    equal(len(world.doubles.questions()), questions, "the number of questions to the model after the next pass")


@test("a unit that nothing heals is escalated once, with what was tried; then it is quiet", EVERYWHERE)
def hopeless(world):
    world.settings(advisor=True)
    agent = world.learned("hopeless", restart="no")
    breaks.hopeless(agent)
    world.doubles.propose("restartUnit")

    call = world.run("--json", status=2)

    equal(call.json["verdict"], "failing", "the verdict on the fleet")
    equal(call.verdict("hopeless"), "failing", "the verdict")
    equal(world.ledger.actions("hopeless"), [
        ("rule:unit-failed", "resetFailed", "done"), ("rule:unit-failed", "startUnit", "done"),
        ("advisor", "resetFailed", "done"), ("advisor", "startUnit", "done")], "what was done")
    alerts = world.doubles.alerts()
    equal([(alert["agent"], alert["event"]) for alert in alerts], [("hopeless", "escalated")], "what was told")
    contains(alerts[0]["text"], "rule:unit-failed", "the message")
    contains(alerts[0]["text"], "advisor", "the message")
    quiet_pass(world)
    quiet_pass(world)
    equal(world.watchdog("status", status=2).out.splitlines()[0].split()[:2], ["hopeless", "failing"], "`status`")


@test("a unit that systemd restarts until its start limit, and that nothing heals, is escalated once, too",
      EVERYWHERE, seconds=8)
def hopeless_with_restarts(world):
    world.settings(advisor=True)
    agent = world.learned("hopeless", start_limit="3/60", restart_sec="100ms")
    breaks.start_limit(agent)
    breaks._set_fault(agent, exit=1, times=-1, lines=list(breaks.UNKNOWN_LINES))
    world.doubles.propose("restartUnit")
    call = world.run("--json", status=2)
    equal(call.verdict("hopeless"), "failing", "the verdict")
    # What systemd is about to start anew just then is left to it, and looked at by the next pass.
    if [alert["event"] for alert in world.doubles.alerts()] == ["opened"]:
        contains(call.out, "a job of systemd is queued for it", "why nothing more was done")
        breaks.wait("systemd to give up", lambda: agent.state()["ActiveState"] == "failed")
        world.run(status=2)
    equal([alert["event"] for alert in world.doubles.alerts()][-1:], ["escalated"], "what was told")
    equal([action[:2] for action in world.ledger.actions("hopeless")][:2],
          [("rule:unit-start-limit", "resetFailed"), ("rule:unit-start-limit", "startUnit")], "what was done")
    check(len(world.doubles.questions()) == 1, "the model was not asked")
    breaks.wait("systemd to give up again", lambda: agent.state()["ActiveState"] == "failed")
    quiet_pass(world)
    quiet_pass(world)


@test("with actions_per_agent = 1 there is one start and no more, then a person is asked", EVERYWHERE)
def one_action(world):
    world.settings(advisor=True, actions_per_agent=1)
    agent = world.learned("hopeless", restart="no")
    breaks.hopeless(agent)
    world.doubles.propose("restartUnit")
    call = world.run("--json", status=2)
    equal(call.verdict("hopeless"), "failing", "the verdict")
    equal(world.ledger.actions("hopeless"), [
        ("rule:unit-failed", "resetFailed", "done"), ("rule:unit-failed", "startUnit", "done")], "what was done")
    alerts = world.doubles.alerts()
    equal([alert["event"] for alert in alerts], ["escalated"], "what was told")
    contains(alerts[0]["text"], "1 healing action", "the message")
    quiet_pass(world)
    quiet_pass(world)


@test("with actions_per_agent = 0 nothing is ever started")
def no_action(world):
    world.settings(actions_per_agent=0)
    agent = world.learned("hopeless", restart="no")
    breaks.crash(agent, times=0)
    world.run(status=2)
    equal(world.ledger.actions(), [], "what was done")
    equal(agent.state()["ActiveState"], "failed", "the state of the unit")
    equal([alert["event"] for alert in world.doubles.alerts()], ["escalated"], "what was told")
    quiet_pass(world)


@test("by default an agent is healed three times in six hours, and the fourth outage is a person's")
def three_times(world):
    agent = world.learned("flaky", restart="no")
    for number in (1, 2, 3):
        breaks.crash(agent, times=0)
        equal(world.run("--json", status=0).verdict("flaky"), "healed", f"the verdict on outage {number}")
    breaks.crash(agent, times=0)
    done = world.ledger.actions()
    call = world.run("--json", status=2)
    equal(call.verdict("flaky"), "failing", "the verdict on outage 4")
    equal(world.ledger.actions(), done, "what was done")
    equal(agent.state()["ActiveState"], "failed", "the state of the unit")
    equal([alert["event"] for alert in world.doubles.alerts()], ["healed"] * 3 + ["escalated"], "what was told")
    check("3 healing actions" in world.doubles.alerts("escalated")[0]["text"], "the message does not name the limit")
    quiet_pass(world)


@test("once a person has mended what was escalated, it is told to be over, once", EVERYWHERE)
def mended(world):
    agent = world.learned("hopeless", restart="no")
    breaks.hopeless(agent)
    world.run(status=2)
    world.doubles.forget()
    breaks.mend(agent)
    call = world.run("--json", status=0)
    equal(call.verdict("hopeless"), "healthy", "the verdict")
    equal([(alert["agent"], alert["event"]) for alert in world.doubles.alerts()], [("hopeless", "healed")],
          "what was told")
    contains(world.doubles.alerts()[0]["text"], "without the watchdog", "the message")
    equal(world.ledger.value("SELECT count(*) FROM incidents WHERE closed IS NULL"), 0, "the open incidents")
    after = world.run(status=0)
    equal((after.out, after.err), ("", ""), "what the next pass printed")
    equal(len(world.doubles.alerts()), 1, "the number of messages")


@test("a unit in a crash loop is not started against systemd's own restarts; a person is asked", EVERYWHERE)
def crash_loop(world):
    agent = world.learned("loop", restart_sec="300ms", start_limit="1000/1000")
    breaks.hopeless(agent)
    call = world.run("--json", status=2)
    report = call.agent("loop")
    equal([finding["kind"] for finding in report["findings"]], ["unit-crash-loop"], "the findings")
    equal(world.ledger.actions(), [], "what was done")
    equal([alert["event"] for alert in world.doubles.alerts()], ["escalated"], "what was told")
    quiet_pass(world)


@test("a crash loop that a person has just mended is left alone, and no success before it has held", EVERYWHERE)
def crash_loop_mended(world):
    world.settings(edit_grace="2min")
    agent = world.learned("loop", restart_sec="300ms", start_limit="1000/1000")
    mended = agent.config.read_text().replace('"maxConcurrent": 4', '"maxConcurrent": 9')
    agent.write(agent.config, mended)  # so lately that it is not rolled back
    breaks.hopeless(agent)
    call = world.run("--json", status=2)
    equal((call.verdict("loop"), world.ledger.actions()), ("failing", []), "the verdict, and what was done")
    breaks._clear_fault(agent)
    breaks.wait("systemd to have restarted the agent", agent.ready)
    os.utime(agent.config, (time.time() - 300,) * 2)
    report = world.run("--json", status=2).agent("loop")
    contains(report["findings"][0]["summary"], "has not held for five minutes yet", "what is found")
    contains(report["reason"], "left alone until it has held", "why nothing is done")
    equal((agent.config.read_text(), world.ledger.actions()), (mended, []), "the config, and what was done")
    agent.systemctl("restart", agent.unit)  # a start by hand begins the count anew
    breaks.wait("the agent to be ready", agent.ready)
    equal(world.run("--json", status=0).verdict("loop"), "healthy", "the verdict after a restart by hand")


def looping(world, text):
    """An agent that crashed three times with another config and then runs with this one, which came after that."""
    agent = world.learned("loop", restart_sec="2s", start_limit="1000/1000")
    agent.write(agent.config, text(agent.config.read_text(), 8))
    breaks.hopeless(agent)
    breaks.wait("a restart to be pending", lambda: agent.state()["SubState"] == "auto-restart")
    breaks._clear_fault(agent)
    agent.write(agent.config, text(agent.config.read_text(), 9))
    breaks.wait("systemd to have restarted the agent", agent.ready)
    os.utime(agent.config, (time.time() - 300,) * 2)
    return agent


@test("a config that a person put in place after the last crash is not rolled back by the first pass that sees the loop",
      EVERYWHERE, seconds=32, waits=True)
def repaired_before_the_pass(world):
    agent = looping(world, lambda text, runs: re.sub(r'"maxConcurrent": \d+', f'"maxConcurrent": {runs}', text))
    time.sleep(21)  # so long it has to have outlived the loop
    mended, first = agent.config.read_text(), agent.state()["InvocationID"]
    call = world.run("--json", status=2)
    contains(call.agent("loop")["reason"], "left alone until it has held", "why nothing is done")
    equal((agent.config.read_text(), world.ledger.actions()), (mended, []), "the config, and what was done")
    equal(agent.state()["InvocationID"], first, "the agent's start")


@test("an agent that ends well three times to be started anew is in no crash loop", (SYSTEM, USER), seconds=8)
def ends_well(world):
    agent = world.learned("fresh", restart="always", restart_sec="100ms", start_limit="1000/1000")
    for _ in range(3):
        pid = agent.state()["MainPID"]
        os.kill(pid, signal.SIGTERM)
        breaks.wait("the agent to be started anew", lambda: agent.state()["MainPID"] not in (0, pid) and agent.ready())
    equal(agent.state()["NRestarts"], 3, "the counter of restarts")
    equal(world.run("--json", status=0).verdict("fresh"), "healthy", "the verdict")
