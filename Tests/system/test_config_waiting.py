"""Changes of configs that meet with something on their way: a mask, a missing file, a program that died, a late word."""
import json
import os
import subprocess
from pathlib import Path

import agents
import breaks
from catalogue import SYSTEM, USER, test
from expect import check, contains, equal, lacks
from test_config import (BUSY, REFUSED, alone, apply, described, edited, handed, open_changes, over, timers, waiting,
                         with_mode)


def untimed(world):
    """The timers are gone, as after a reboot."""
    for systemctl, name in timers(world):
        systemctl("stop", name)


def told(world):
    return [alert["kinds"] for alert in world.doubles.alerts()]


@test("what `config show` prints, with its secrets masked, never becomes a config")
def masked(world):
    agent = with_mode(world)
    before, state = described(agent), agent.state()
    shown = world.watchdog("config", "show", "coder", status=0).out
    contains(shown, "[secret 1]", "what is shown")
    call = world.watchdog("config", "apply", "coder", handed(world, shown, "shown.json"), status=1)
    contains(call.err, "config-redacted", "what was said")
    equal((described(agent), agent.state()), (before, state), "the config and the agent")
    check(json.loads(agent.config.read_text())["gateway"]["auth"]["token"] not in call.out + call.err, "a secret was told")


@test("a config that is missing when nobody has confirmed it in time is put back, and that is told", seconds=15)
def missing_at_the_end(world):
    agent = with_mode(world)
    old = described(agent)
    end = waiting(world, agent, edited(agent, runs=7))
    untimed(world)
    agent.config.unlink()
    over(end)
    world.run(status=0)
    equal((described(agent), open_changes(world)), (old, []), "the config, and the open changes")
    equal(told(world), [["config-undone"]], "what was told")


@test("a config that cannot be read when its time is over stays to be taken back, and is once it can be", seconds=15)
def unreadable_at_the_end(world):
    agent = with_mode(world)
    old = described(agent)
    end = waiting(world, agent, edited(agent, runs=7))
    untimed(world)
    aside = agent.config.with_name("aside.json")
    agent.config.rename(aside)
    os.mkfifo(agent.config)
    over(end)
    call = world.run("--json", status=1)
    contains([finding["kind"] for finding in call.agent("coder")["findings"]], "config-undone", "the findings")
    equal(len(open_changes(world)), 1, "the number of open changes")
    agent.config.unlink()
    aside.rename(agent.config)
    world.run(status=0)
    equal((described(agent), open_changes(world)), (old, []), "the config and the open changes once it can be read")


@test("a config that the settings name no more is taken back all the same when nobody has confirmed it", seconds=15)
def unnamed_at_the_end(world):
    agent = with_mode(world)
    old = described(agent)
    end = waiting(world, agent, edited(agent, runs=7))
    untimed(world)
    other = agent.config.with_name("other.json")
    agent.write(other, "{}\n")
    world.settings(more=f'[[agent]]\nname = "coder"\nunit = "{agent.unit}"\nconfig = ["{other}"]\n')
    over(end)
    world.run()
    equal((described(agent), open_changes(world)), (old, []), "the config, and the open changes")


@test("a change that a program left unfinished is said to be that, and can be made again after a pass", seconds=8)
def left_unfinished(world):
    agent = with_mode(world)
    old, new = described(agent), edited(agent, runs=7)
    apply(world, new, within=["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=unlinkat", "-e",
                              "inject=unlinkat:signal=KILL:when=1"])
    equal((agent.config.read_text(), len(open_changes(world))), (new, 1), "the config and the open changes after the kill")
    call = apply(world, new, status=BUSY)
    contains(call.err, "was left unfinished: `watchdog run --agent coder` takes it back", "what was said")
    world.run("--agent", "coder", status=0)
    equal((described(agent), open_changes(world)), (old, []), "the config, and the open changes")
    alone(agent)
    apply(world, new, status=0)
    equal(agent.config.read_text(), new, "the config at the end")


@test("a config that was deleted while its agent runs is put back by a rollback, and the agent goes on", (SYSTEM, USER))
def deleted(world):
    agent = with_mode(world)
    old, state = described(agent), agent.state()
    agent.config.unlink()
    call = world.watchdog("config", "rollback", "coder", status=0)
    contains(call.out, "was not restarted", "what was said")
    equal((described(agent), agent.state()), (old, state), "the config and the agent")
    world.run(status=0)


@test("a confirmation needs the ledger alone, and one that comes too late is told so", (USER,), seconds=20, waits=True)
def confirmed_without_manager(world):
    agent = with_mode(world)
    new = edited(agent, runs=7)
    end = waiting(world, agent, new)
    untimed(world)
    manager = f"user@{agent.uid}.service"
    agents.run("systemctl", "stop", manager)
    world.watchdog("config", "confirm", "coder", status=0)
    equal(open_changes(world), [], "open changes")
    agents.run("systemctl", "start", manager)
    breaks.wait("the agent to be ready", agent.ready)
    over(end)
    world.run()
    equal(agent.config.read_text(), new, "the config after its time")
    end = waiting(world, agent, edited(agent, runs=9))
    untimed(world)
    over(end)
    call = world.watchdog("config", "confirm", "coder", status=REFUSED)
    contains(call.err, "The time for it ended at", "what is said of a late confirmation")


@test("a secret of the new file that the agent quotes is neither printed nor kept when it is put back", seconds=8)
def quoted(world):
    agent = with_mode(world)
    secret = "9a" * 24
    breaks._set_fault(agent, exit=78, times=-1, lines=[f"bad gateway token {secret} refused"], **{"while": secret})
    call = apply(world, edited(agent, token=secret), status=1)
    contains(call.out, "bad gateway token", "what was printed")
    lacks(call.out + call.err, secret, "what was printed")
    lacks(json.dumps([row["reason"] for row in world.ledger.rows("SELECT reason FROM config_changes")]), secret,
          "the ledger")


@test("the pass of a timer waits for one that is running, and then takes the config back", seconds=20, waits=True)
def timer_behind_a_pass(world):
    agent = with_mode(world)
    old = described(agent)
    end = waiting(world, agent, edited(agent, runs=7))
    holder = subprocess.Popen(["flock", str(world.state / "lock"), "cat"], stdin=subprocess.PIPE)
    breaks.wait("the timer's pass to wait", lambda: "run --agent coder" in agents.run("ps", "-eo", "args").stdout, 25)
    over(end)
    check(agent.config.read_bytes() != old[0], "the config was put back while another one had the lock")
    holder.communicate(b"")
    breaks.wait("the config to be put back", lambda: agent.config.read_bytes() == old[0], 20)
    breaks.wait("the change to be closed", lambda: not open_changes(world), 15)


@test("a fault that the agent does not mind can be passed over by its name, and no other")
def despite(world):
    agent = with_mode(world)
    odd = edited(agent, runs=7).replace('"mode": "local"', '"mode": "local", "mo\u200bde": 1')
    apply(world, odd, status=1)
    call = apply(world, odd, "--despite", "config-redacted", status=1)
    contains(call.err, "config-invisible-character", "what was said")
    before = agent.state()["MainPID"]
    apply(world, odd, "--despite", "config-invisible-character")
    check(agent.state()["MainPID"] != before, "the agent was not given the file")


@test("an apply says which variables the new file would miss")
def references(world):
    agent = with_mode(world)
    new = json.loads(edited(agent, runs=7))
    new["channels"]["telegram"]["botToken"] = "${NOPE_TOKEN}"
    call = apply(world, json.dumps(new, indent=2), status=0)
    contains(call.err, "NOPE_TOKEN", "what was said")


@test("the message of a rollback of one long line still holds the command that brings the other file back", seconds=8)
def long_line(world):
    agent = world.create("coder", start_limit="30/0")
    config = json.loads(agent.config.read_text())
    config["meta"] = {"note": "x" * 10_000}
    agent.write(agent.config, json.dumps(config))
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)
    world.learn(agent)
    breaks.config(agent, age=600)
    world.run(status=0)
    text = world.doubles.alerts()[-1]["text"]
    contains(text, "watchdog config rollback coder", "the message")
    check(len(text) <= 3_500, f"the message has {len(text)} characters")
    equal(Path(agent.config).read_text(), json.dumps(config), "the config")


@test("what an agent makes of a bad config when it starts does not keep that from being put back", seconds=8)
def rewritten(world):
    agent = world.create("coder", start_limit="30/0")
    script = Path("/opt/fleet/reformat")
    script.write_text("import json, sys\npath = sys.argv[1]\ntext = json.dumps(json.load(open(path)), indent=1)\n"
                      "open(path, 'w').write(text)\n")
    world.drop_in(agent, f"ExecStartPre=/usr/bin/python3 {script} {agent.config}")
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)
    before = json.loads(agent.config.read_text())
    call = apply(world, edited(agent, mode="auto"))
    equal(call.status, 1, "the exit status")
    equal(json.loads(agent.config.read_text()), before, "the config")
    breaks.wait("the agent to be ready with the old config", agent.ready)
    equal(open_changes(world), [], "open changes")
    modes = [json.loads(row["bytes"])["agents"]["defaults"]["compaction"]["mode"]
             for row in world.ledger.rows("SELECT bytes FROM config_versions")]
    check(modes.count("auto") >= 2, "what the agent has made of the bad config is not in the ledger")
