"""What a user, or a bad hour, may not make root's watchdog do."""
import json
import os
import pwd
import signal
import subprocess
from pathlib import Path

import agents
import breaks
from catalogue import SYSTEM, USER, test
from expect import check, contains, equal
from snapshot import same, tree


@test("a user's unit cannot have root keep, show or put back a file of root's", (USER,))
def roots_files(world):
    agent = world.create("coder")
    # A path that the user may name in a unit of their own, to a folder that is root's alone.
    secret = Path("/etc/outside")
    secret.mkdir(mode=0o755)
    (secret / "config.json").write_text('{"token": "what-root-wrote-first"}\n')
    (secret / "config.json").chmod(0o600)
    world.drop_in(agent, f"Environment=OPENCLAW_CONFIG_PATH={secret}/config.json")
    world.run()
    world.run()
    (secret / "config.json").write_text('{"token": "what-root-wrote-second"}\n')
    before = tree(secret)
    agent.systemctl("restart", agent.unit, check=False)
    breaks._wait_failed(agent)
    call = world.run("--json")
    same(before, tree(secret), "root's folder")
    check("what-root-wrote" not in call.out + str(world.doubles.alerts()), "root's file was shown")
    equal(world.ledger.versions(secret / "config.json", "known-good"), [], "what was kept of root's file")


@test("without patterns only the agents of the settings are watched, and no other service")
def no_patterns(world):
    agent = world.create("coder")
    world.settings(fleet="units = []", more=f'[[agent]]\nname = "coder"\nunit = "{agent.unit}"\n')
    call = world.run("--json", status=0)
    equal([each["name"] for each in call.json["agents"]], ["coder"], "the agents")


@test("an operator's stop while the model is being asked is respected", (SYSTEM, USER))
def stopped_meanwhile(world):
    world.settings(advisor=True)
    agent = world.learned("flaky", restart="no")
    breaks.hopeless(agent)
    world.doubles.propose("restartUnit")
    world.doubles.behave(model={"delay": 3})
    running = subprocess.Popen(world.command("run", "--json"), stdout=subprocess.PIPE, text=True, cwd="/")
    breaks.wait("the model to be asked", lambda: world.doubles.questions())
    breaks._clear_fault(agent)
    agent.systemctl("reset-failed", agent.unit, check=False)
    agent.systemctl("start", agent.unit)
    agent.systemctl("stop", agent.unit)
    running.communicate(timeout=60)
    equal(agent.state()["ActiveState"], "inactive", "the state of the unit that was stopped")


@test("agents whose probes hang do not cost another agent its answer")
def hanging_probes(world):
    agent = world.create("coder")
    # A port that takes connections and never answers: the backlog of a socket that nobody accepts from.
    silent = subprocess.Popen(
        ["/usr/bin/python3", "-c",
         "import socket, sys\ns = socket.create_server(('127.0.0.1', 9977), backlog=4096)\n"
         "print('ready', flush=True)\nsys.stdin.read()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    silent.stdout.readline()
    hanging = world.create("hanging")
    addresses = ", ".join(f'"http://127.0.0.1:9977/{number}"' for number in range(64))
    world.settings(warm_up="0s", more=(
        f'[[agent]]\nname = "a"\nunit = "{hanging.unit}"\nhealth = [{addresses}]\n'
        f'[[agent]]\nname = "z"\nunit = "{agent.unit}"\nhealth = ["http://127.0.0.1:{agent.port}/readyz"]\n'))
    call = world.run("--json", status=1)
    silent.kill()
    equal(call.verdict("a"), "degraded", "the agent whose probes hang")
    equal(call.verdict("z"), "healthy", "the agent that answers")


@test("on a full disk people are told all the same, once an hour")
def full_disk(world):
    agent = world.learned("coder", restart="no")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "small", str(world.state)], check=True)
    # As after many passes: the lock is there, and nothing was ever said.
    (world.state / "lock").touch()
    os.utime(world.state / "lock", (0, 0))
    subprocess.run(["dd", "if=/dev/zero", f"of={world.state}/filler", "bs=4k"], capture_output=True, check=False)
    breaks.crash(agent)
    world.run(status=3)
    world.run(status=3)
    told = [alert["title"] for alert in world.doubles.alerts()]
    equal(len(told), 1, "how often people were told")
    contains(told[0], "cannot do its job", "the message")


@test("a user's manager that hangs does not keep another agent from being healed", (SYSTEM,), seconds=12)
def hung_manager(world):
    agents._make_account("guest", linger=True)
    uid = pwd.getpwnam("guest").pw_uid
    agent = world.learned("coder", restart="no")
    breaks.crash(agent)
    manager = int(agents.run("systemctl", "show", "--property=MainPID", "--value", f"user@{uid}.service").stdout)
    os.kill(manager, signal.SIGSTOP)
    try:
        call = world.run("--json")
    finally:
        os.kill(manager, signal.SIGCONT)
    equal(call.verdict("coder"), "healed", "the verdict on the agent of another manager")
    contains(json.dumps(call.json["findings"]), f"the user manager of uid {uid}", "what is said of the one that hangs")
    # sd-bus's own patience is a minute and a half.
    check(call.json["seconds"] < 30, f"the pass took {call.json['seconds']} s")
