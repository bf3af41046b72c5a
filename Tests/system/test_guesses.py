"""Health addresses that nobody has told the watchdog: where they come from, and what a silent one proves.

The address of an OpenClaw gateway is put together from its port. Where its config says that it listens
elsewhere, or speaks TLS, no answer is to be expected there; and what the watchdog itself cannot ask says
nothing of an agent.
"""
import json
import re

import breaks
import variants
from agents import Agent
from catalogue import EVERYWHERE, SYSTEM, USER, test
from expect import check, contains, equal, lacks
from test_proof import age

BIND = 'listener.bind(("127.0.0.1", PORT))'
# Loopback's second address takes the place of one in a tailnet: on the first one nothing listens.
ON_ANOTHER_ADDRESS = (BIND, BIND.replace("127.0.0.1", "127.0.0.2"))
# What a TLS server says to a plain request: a fatal alert, and no more.
WITH_TLS = ("    connection.settimeout(1)\n",
            "    connection.settimeout(1)\n    connection.recv(8192)\n"
            "    return connection.sendall(bytes((21, 3, 3, 0, 2, 2, 10)))\n")
PORT_OF = 'PORT = int(os.environ.get("OPENCLAW_GATEWAY_PORT") or 18789)\n'
# As OpenClaw looks for its port: an option, a variable, the config.
ANY_PORT = [(PORT_OF, ""), ("FAULTS = os.path", '''\
if "--port" in sys.argv:
    PORT = int(sys.argv[sys.argv.index("--port") + 1])
elif os.environ.get("OPENCLAW_GATEWAY_PORT"):
    PORT = int(os.environ["OPENCLAW_GATEWAY_PORT"])
else:
    with open(CONFIG, encoding="utf-8") as file:
        PORT = json.load(file)["gateway"].get("port", 18789)
FAULTS = os.path''')]


def kinds(call, name):
    return [finding["kind"] for finding in call.agent(name)["findings"]]


def configured(agent, change):
    """Changes the `gateway` section of its config."""
    config = json.loads(agent.config.read_text())
    change(config["gateway"])
    agent.write(agent.config, json.dumps(config, indent=2) + "\n")


def started_anew(agent):
    agent.systemctl("restart", agent.unit)
    line = f"listening on ws://127.0.0.1:{agent.port} (PID {agent.state()['MainPID']})"
    breaks.wait("the agent to listen", lambda: line in agent.journal())


# Nothing answers where nothing is to be expected

def never_restarted(world, agent):
    """Three passes over an agent that cannot be asked at http://127.0.0.1:PORT, and is well."""
    check(not agent.ready(), "it answers there after all")
    first = agent.state()["InvocationID"]
    calls = [world.run("--json") for _ in range(3)]
    equal(agent.state()["InvocationID"], first, "the agent's start after three passes")
    for number, call in enumerate(calls, 1):
        report = call.agent(agent.name)
        equal({finding["severity"] for finding in report["findings"]} - {"info"}, set(),
              f"how grave the findings of pass {number} are")
        equal(report["verdict"], "healthy", f"the verdict of pass {number}")
    equal(world.ledger.actions(), [], "what was done")
    equal(world.doubles.alerts(), [], "what was told")


@test("a gateway that listens on its tailnet address alone is not restarted for its silence on loopback",
      EVERYWHERE)
def tailnet(world):
    world.settings(warm_up="0s")
    agent = world.create("coder")
    configured(agent, lambda gateway: gateway.update(bind="tailnet"))
    variants.run_instead(world, agent, variants.install("tailnet", ON_ANOTHER_ADDRESS))
    started_anew(agent)
    never_restarted(world, agent)


@test("a gateway that speaks TLS is not restarted because it does not answer a plain request", EVERYWHERE)
def with_tls(world):
    world.settings(warm_up="0s")
    agent = world.create("coder")
    configured(agent, lambda gateway: gateway.update(tls={"enabled": True, "autoGenerate": True}))
    variants.run_instead(world, agent, variants.install("tls", WITH_TLS))
    started_anew(agent)
    never_restarted(world, agent)


# Wherever its port stands

def only_in(world, place):
    """An agent whose port stands in the config alone ("config"), or in its ExecStart= ("option") or in an
    EnvironmentFile= ("file") alone."""
    agent = world.create("mute")
    text = agent.unit_file.read_text()
    port = agent.port
    # In a comment the fleet still finds it, and systemd does not.
    text = text.replace("Environment=OPENCLAW_GATEWAY_PORT=", "# OPENCLAW_GATEWAY_PORT=")
    start = re.search(r"^ExecStart=(.*)$", text, re.M).group(0)
    program = variants.install("any-port", *ANY_PORT)
    line = f"ExecStart={program} gateway" + (f" --port {port}" if place == "option" else "")
    if place == "file":
        file = agent.config.with_name("port.env")
        agent.write(file, f"OPENCLAW_GATEWAY_PORT={port}\n")
        line += f"\nEnvironmentFile={file}"
    text = text.replace(start, f"{line}\nExecStartPre=/bin/rm -f {agent.faults}")  # mended by any restart
    agent.write(agent.unit_file, text) if agent.user else agent.unit_file.write_text(text)
    if place != "config":
        configured(agent, lambda gateway: gateway.pop("port"))
    agent.systemctl("daemon-reload")
    started_anew(agent)
    shown = agent.systemctl("show", "-P", "Environment", agent.unit).stdout
    lacks(shown, "OPENCLAW_GATEWAY_PORT", "the unit's Environment=")
    check(agent.ready(), "the agent does not answer")
    return agent


def restarted_once_silent(world, place):
    world.settings(warm_up="1s")
    agent = only_in(world, place)
    equal(world.run("--json", status=0).verdict("mute"), "healthy", "the verdict while it answers")
    breaks.unready(agent)
    breaks.wait("the agent to be past its warm-up", lambda: age(agent) > 1.1)
    before = agent.state()
    first = world.run("--json")
    contains(kinds(first, "mute"), "probe-failed", "the findings of the first pass")
    equal(agent.state()["InvocationID"], before["InvocationID"], "the agent's start after the first pass")
    second = world.run("--json")
    check(agent.state()["InvocationID"] != before["InvocationID"], "the second pass did not restart it")
    equal(second.verdict("mute"), "healed", "the verdict of the second pass")
    equal(world.ledger.actions(), [("rule:probe-failed", "restartUnit", "done")], "what was done")
    check(agent.ready(), "the agent is not ready")


@test("an agent whose port stands in its command alone is asked for its health there", EVERYWHERE, seconds=8)
def port_in_command(world):
    restarted_once_silent(world, "option")


@test("an agent whose port stands in an environment file alone is asked for its health there", EVERYWHERE,
      seconds=8)
def port_in_file(world):
    restarted_once_silent(world, "file")


@test("an agent whose port stands in its config alone is asked for its health there", EVERYWHERE, seconds=8)
def port_in_config(world):
    restarted_once_silent(world, "config")


# Nothing to ask

def said_of(name, text):
    """The lines of a report that are about one agent."""
    found = re.search(rf"^{name} .*\n((?: .*\n)*)", text, re.M)
    check(found, f"nothing is said of {name}: {text}")
    return found.group(0)


@test("doctor says of an agent without a known port that nobody asks for its health", EVERYWHERE)
def nobody_asks(world):
    world.settings(fleet='units = ["openclaw-gateway-*.service", "plain-*.service"]')
    world.create("coder")
    plain = Agent("one", user=world.scope != SYSTEM)
    plain.unit = "plain-one.service"
    plain.unit_file = plain.unit_file.with_name(plain.unit)
    text = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=default.target\n"
    plain.write(plain.unit_file, text) if plain.user else plain.unit_file.write_text(text)
    plain.systemctl("daemon-reload")
    plain.systemctl("start", plain.unit)
    call = world.watchdog("doctor")
    check(re.search(r"\bhealth\b", said_of("plain-one", call.out)),
          f"doctor does not say that nobody asks for its health: {call.out}")
    check(not re.search(r"\bhealth\b", said_of("coder", call.out)),
          f"doctor says so of an agent that is asked, too: {call.out}")
    equal(world.run("--json", status=0).verdict("plain-one"), "healthy", "the verdict of a pass")
    equal(world.doubles.alerts(), [], "what was told")


# What the watchdog itself cannot ask

FEW_FILES = ("prlimit", "--nofile=24:24")  # of twenty connections at once eight are too many then


@test("a watchdog that may open few files does not take its own want for silence of its agents",
      (SYSTEM, USER), seconds=20, limit=120)
def few_files(world):
    world.settings(warm_up="0s")
    names = [f"agent{number:02}" for number in range(20)]
    fleet = [world.create(name, wait_ready=False) for name in names]
    for agent in fleet:
        breaks.wait(f"{agent.unit} to be ready", agent.ready, 60)
    before = {agent.name: agent.state()["InvocationID"] for agent in fleet}
    calls = [world.run("--json", before=FEW_FILES) for _ in range(2)]
    moved = [agent.name for agent in fleet if agent.state()["InvocationID"] != before[agent.name]]
    equal(moved, [], "the agents that were started again")
    equal(world.ledger.actions(), [], "what was done")
    for number, call in enumerate(calls, 1):
        if call.status == 3 and not call.out:
            continue  # it said that it could not work at all
        accused = [name for name in names if "probe-failed" in kinds(call, name)]
        equal(accused, [], f"the agents that are called silent by pass {number}")
    equal({name: world.run("--json").verdict(name) for name in names}, dict.fromkeys(names, "healthy"),
          "the verdicts of a pass that may open what it needs")
