"""What one user's units may cost the others: with many of them, large or broken, root's agents are healed and
told of as if they were alone."""
import os
import pwd
import subprocess
import time
from pathlib import Path

import agents
import breaks
from agents import run
from catalogue import test
from expect import check, equal

MANY = "many"  # the account that has them
CONFIGS, FAILING = 40, 120
LARGEST = 4 << 20  # bytes of a config that is still read
LONGEST = 60  # seconds that a pass over root's one agent may take beside them


def systemctl(*words):
    """Speaks to the manager of that account."""
    uid = pwd.getpwnam(MANY).pw_uid
    return run("runuser", "-u", MANY, "--", "env", f"XDG_RUNTIME_DIR=/run/user/{uid}", "systemctl", "--user",
               *words)


def units_of_many(number, lines):
    """Instances of one unit in the account's manager, started and not waited for. Returns their names."""
    agents._make_account(MANY, linger=True)
    template = Path(pwd.getpwnam(MANY).pw_dir) / ".config/systemd/user/openclaw-gateway-@.service"
    text = ("[Service]\nEnvironment=OPENCLAW_SERVICE_MARKER=openclaw OPENCLAW_SERVICE_KIND=gateway\n"
            f"{lines}\n[Install]\nWantedBy=default.target\n")
    agents.Agent("", account=MANY, user=True).write(template, text)
    names = [f"openclaw-gateway-@{place}.service" for place in range(number)]
    systemctl("enable", *names)
    systemctl("start", "--no-block", *names)
    return names


def in_state(names, state):
    shown = systemctl("show", "--property=ActiveState", "--value", *names).stdout.split()
    return len(shown) == len(names) and set(shown) == {state}


def large_configs():
    """Valid, each another one, as large as a config may be, and full of small things."""
    folder = Path(pwd.getpwnam(MANY).pw_dir) / "configs"
    line = "  {a: 'b', c: 0x1F}, [], [1, 2.5e1,], // one of very many\n"
    body = "{ channels: { }, workers: [\n" + line * ((LARGEST - 200) // len(line))
    run("runuser", "-u", MANY, "--", "mkdir", folder)
    for place in range(CONFIGS):
        path = folder / f"{place}.json"
        path.write_text(f"{body}] , number: {place} }}\n")
        check(LARGEST - 400 < path.stat().st_size <= LARGEST, f"the config has {path.stat().st_size} bytes")
        os.chown(path, pwd.getpwnam(MANY).pw_uid, -1)
        os.utime(path, (time.time() - 600,) * 2)
    return folder


def bounded(world, agent):
    """One pass, which heals root's agent in good time."""
    try:
        call = world.run("--json")
    except subprocess.TimeoutExpired as error:
        check(False, f"the pass was not over after {error.timeout:.0f} s")
    seconds = max(call.seconds, call.json["seconds"])
    equal(call.verdict(agent.name), "healed", f"after {seconds:.1f} s the verdict on root's agent")
    equal(agent.state()["ActiveState"], "active", "the state of root's agent")
    check(seconds < LONGEST, f"the pass took {seconds:.1f} s")
    return f"{seconds:.1f} s"


@test("an agent of root's is healed in good time beside a user's agents with the largest configs there are",
      seconds=40, limit=240)
def large(world):
    agent = world.learned("coder", restart="no")
    agents._make_account(MANY, linger=True)
    names = units_of_many(CONFIGS, f"Environment=OPENCLAW_CONFIG_PATH={large_configs()}/%i.json\n"
                                   "ExecStart=/bin/sleep infinity")
    breaks.wait("the units to be active", lambda: in_state(names, "active"))
    breaks.crash(agent)
    return bounded(world, agent)


@test("an agent of root's is healed in good time beside a user's agents whose validators hang, with the "
      "largest configs there are", seconds=80, limit=240)
def validators(world):
    agent = world.learned("coder", restart="no")
    agents._make_account(MANY, linger=True)
    folder = large_configs()
    names = units_of_many(CONFIGS, "ExecStart=/bin/sleep infinity")
    breaks.wait("the units to be active", lambda: in_state(names, "active"))
    world.settings(more="".join(
        f'[[agent]]\nname = "many-{place}"\nunit = "{name}"\nuser = "{MANY}"\n'
        f'config = ["{folder}/{place}.json"]\nvalidate = ["/bin/sleep", "100"]\n'
        for place, name in enumerate(names)))
    breaks.crash(agent)
    return bounded(world, agent)


# Broken ones

def failing():
    names = units_of_many(FAILING, "ExecStart=/bin/false")
    breaks.wait("the units to have failed", lambda: in_state(names, "failed"), 60)
    return names


@test("an agent of root's that can be healed is healed although most agents of the host are a user's broken "
      "ones", seconds=20, limit=150)
def healed(world):
    world.settings(brake_share=0.5)
    agent = world.learned("coder", restart="no")
    failing()
    breaks.crash(agent)
    call = world.run("--json")
    broken = [each for each in call.json["agents"] if each["user"] == MANY and each["verdict"] != "healthy"]
    equal(len(broken), FAILING, "how many of the user's agents are broken")
    equal(call.verdict("coder"), "healed", "the verdict on root's agent")
    equal(agent.state()["ActiveState"], "active", "the state of root's agent")
    told = [alert["event"] for alert in world.doubles.alerts(agent="coder")]
    equal(told, ["healed"], "what was told of root's agent")


@test("what is wrong with an agent of root's is told by the very pass that finds it, although a hundred "
      "messages of a user's broken agents wait", seconds=30, limit=200)
def told_at_once(world):
    agent = world.learned("coder", restart="no")
    failing()
    world.doubles.behave(webhook={"status": 500})
    world.run()
    waiting = world.ledger.value("SELECT count(*) FROM outbox WHERE delivered IS NULL")
    check(waiting, "no message waits")
    breaks.hopeless(agent)
    world.doubles.forget()  # from now on the receiver takes what it is sent
    call = world.run("--json")
    equal(call.verdict("coder"), "failing", "the verdict on root's agent")
    check(world.doubles.alerts(agent="coder"),
          f"nothing was told of root's agent by that pass: {waiting} messages waited before it")
