"""What a person wants wins: units that were stopped, disabled or masked stay so.

Doing nothing is easy, so beside each of them a second agent breaks in the same moment, by itself: that one
is healed in the same pass.
"""
import json
import subprocess

import breaks
from agents import Agent, run
from catalogue import EVERYWHERE, OWN, SYSTEM, USER, test
from expect import check, equal


def by_itself(world):
    """An agent that will be down without anybody's wish."""
    return world.create("fallen", restart="no")


def untouched(world, agent, state):
    """One pass that leaves the agent alone, heals the other one, and tells of the other one only."""
    fallen = world.fleet["fallen"]
    breaks.crash(fallen, times=0)
    before = world.ledger.actions(agent.name)
    call = world.run("--json", status=0)
    equal(call.verdict(agent.name), "held", f"the verdict on {agent.name}")
    equal(call.verdict("fallen"), "healed", "the verdict on the agent that fell by itself")
    equal(agent.state()["ActiveState"], state, f"the state of {agent.name}")
    equal(world.ledger.actions(agent.name), before, f"what was done to {agent.name}")
    equal([(alert["agent"], alert["event"]) for alert in world.doubles.alerts()], [("fallen", "healed")],
          "what was told")
    world.doubles.forget()
    again = world.run(status=0)
    equal((again.out, again.err), ("", ""), "what the next pass printed")
    equal(agent.state()["ActiveState"], state, f"the state of {agent.name} after the next pass")
    equal(world.doubles.alerts(), [], "what the next pass told")


@test("an agent that a person stopped stays stopped", EVERYWHERE)
def stopped(world):
    agent = world.create("coder")
    world.learn(agent, by_itself(world))
    breaks.stop(agent)
    untouched(world, agent, "inactive")


@test("an agent that ended by itself with status 0 is started", EVERYWHERE)
def ended(world):
    agent = world.learned("coder", restart="no")
    # SIGTERM from a stranger ends it as a stop would, but nobody asked its manager for it.
    run("kill", str(agent.state()["MainPID"]))
    breaks.wait("the unit to be inactive", lambda: agent.state()["ActiveState"] == "inactive")
    call = world.run("--json", status=0)
    equal(call.verdict("coder"), "healed", "the verdict")
    equal(agent.state()["ActiveState"], "active", "the state of the unit")


@test("an agent that a person disabled and stopped stays so", EVERYWHERE)
def disabled(world):
    agent = world.create("coder")
    world.learn(agent, by_itself(world))
    agent.systemctl("disable", "--now", agent.unit)
    untouched(world, agent, "inactive")


@test("an agent that a person disabled while it was broken stays failed", EVERYWHERE)
def disabled_while_failed(world):
    agent = world.create("coder", restart="no")
    world.learn(agent, by_itself(world))
    breaks.crash(agent)
    agent.systemctl("disable", agent.unit)
    untouched(world, agent, "failed")


@test("an agent that a person masked stays so", EVERYWHERE)
def masked(world):
    agent = world.create("coder")
    by_itself(world)
    # systemd masks by a link in /etc: a unit that lies there itself cannot be masked.
    vendor = (agent.home / ".local/share/systemd/user" if agent.user else
              agent.unit_file.parents[3] / "usr/local/lib/systemd/system") / agent.unit
    text = agent.unit_file.read_text()
    agent.systemctl("disable", agent.unit)
    agent.unit_file.unlink()
    if agent.user:
        agent.write(vendor, text)
    else:
        vendor.parent.mkdir(parents=True, exist_ok=True)
        vendor.write_text(text)
    agent.unit_file = vendor
    agent.systemctl("daemon-reload")
    agent.systemctl("enable", agent.unit)
    world.learn(*world.fleet.values())
    agent.systemctl("mask", "--now", agent.unit)
    equal(agent.systemctl("show", "-P", "LoadState", agent.unit).stdout.strip(), "masked", "LoadState")
    untouched(world, agent, "inactive")


@test("an agent that a person stopped in the middle of a crash loop stays stopped", EVERYWHERE)
def stopped_in_a_loop(world):
    agent = world.create("coder", restart_sec="700ms")
    world.learn(agent, by_itself(world))
    breaks._set_fault(agent, exit=1, times=-1)
    agent.systemctl("restart", agent.unit, check=False)
    breaks.wait("an automatic restart to be pending", lambda: agent.state()["SubState"] == "auto-restart"
                and agent.state()["NRestarts"] >= 1)
    agent.systemctl("stop", agent.unit)
    breaks._clear_fault(agent)  # a start would hold: that it is down is the person's doing
    state = agent.state()["ActiveState"]
    check(state in ("inactive", "failed"), f"the stop did not stop it: {state}")
    untouched(world, agent, state)


@test("an agent that a person stopped, and that failed while it ended, stays down", EVERYWHERE)
def failed_to_stop(world):
    agent = world.create("coder")
    world.drop_in(agent, "ExecStop=/bin/false")
    world.learn(agent, by_itself(world))
    agent.systemctl("stop", agent.unit, check=False)
    equal(agent.state()["ActiveState"], "failed", "the state after the stop")
    untouched(world, agent, "failed")


@test("a stop is remembered for as long as it lasts, even when the journal has forgotten it")
def journal_forgot(world):
    agent = world.create("coder")
    world.learn(agent, by_itself(world))
    breaks.stop(agent)
    equal(world.run("--json", status=0).verdict("coder"), "held", "the verdict on coder")
    run("journalctl", "--rotate", "--vacuum-time=1us")
    left = run("journalctl", "--quiet", "--output=cat", f"UNIT={agent.unit}",
               check=False).stdout
    check("Stopp" not in left, f"the journal still knows of the stop: {left}")
    untouched(world, agent, "inactive")


@test("a stopped agent that its manager has forgotten is still listed as held", EVERYWHERE)
def forgotten(world):
    agent = world.create("coder")
    world.learn(agent, by_itself(world))
    agent.systemctl("disable", "--now", agent.unit)
    agent.systemctl("daemon-reload")

    def listed():
        return agent.unit in agent.systemctl("list-units", "--all", "--plain", "--no-legend",
                                             "--type=service").stdout
    breaks.wait("the manager to forget the unit", lambda: not listed())
    call = world.run("--json", status=0)
    equal(call.verdict("coder"), "held", "the verdict on coder")
    check("coder" in world.watchdog("status", status=0).out, "`status` does not list it any more")


@test("an agent that a person starts again is watched again", EVERYWHERE)
def started_again(world):
    agent = world.learned("coder", restart="no")
    breaks.stop(agent)
    equal(world.run("--json", status=0).verdict("coder"), "held", "the verdict while it is stopped")
    agent.systemctl("start", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)
    breaks.crash(agent)
    equal(world.run("--json", status=0).verdict("coder"), "healed", "the verdict after it broke")


FORGED_STOP = {"MESSAGE_ID": "de5b426a63be47a7b6ac3eaac82e2f6f", "JOB_TYPE": "stop", "JOB_RESULT": "done",
               "PRIORITY": "6", "CODE_FUNC": "unit_status_log_starting_stopping_reloading"}


def forge(account, fields):
    text = "".join(f"{name}={value}\n" for name, value in fields.items())
    done = subprocess.run(["runuser", "-u", account, "--", "logger", "--journald"], input=text, text=True,
                          capture_output=True)
    check(done.returncode == 0, f"logger cannot write to the journal: {done.stderr}")
    run("journalctl", "--sync")
    found = run("journalctl", "--quiet", "-o", "json", f"MESSAGE={fields['MESSAGE']}").stdout
    check(any(json.loads(line).get("JOB_TYPE") == "stop" for line in found.splitlines()),
          "the forged line did not come into the journal")


@test("a forged journal line cannot make an outage look like an operator's stop", (SYSTEM, USER, OWN))
def forged(world):
    agent = world.learned("coder", restart="no")
    run("useradd", "--create-home", "mallory")
    breaks.crash(agent)
    message = f"Stopping {agent.unit} - OpenClaw Gateway (profile: coder)..."
    fields = {"MESSAGE": message, "UNIT": agent.unit, "USER_UNIT": agent.unit} | FORGED_STOP
    forge("mallory", fields)
    if world.scope == SYSTEM:
        # The account that the agent itself runs as can write more into its own journal, and no more there.
        forge(Agent("coder").account, fields | {"MESSAGE": message + "."})
    call = world.run("--json", status=0)
    equal(call.verdict("coder"), "healed", "the verdict")
    equal(agent.state()["ActiveState"], "active", "the state of the unit")
