"""The walk over all processes of the host: many of them, and such as come and go meanwhile."""
import subprocess

import breaks
import strays
from agents import SYSTEM_UNITS, bot_token, run
from catalogue import test
from expect import check, equal
from test_leftovers import alive

# Processes that come and go as fast as they can. With a token, each has it in its environment and holds a connection
# until it ends. Whoever reads how many there have been finds it in the file.
BOMB = """\
import os, socket, sys
counter, token, number = sys.argv[1], os.environ.pop("HANDED", ""), 0
connection = socket.create_connection(("127.0.0.1", 9900))
connection.set_inheritable(True)
while True:
    if token:
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {"TELEGRAM_BOT_TOKEN": token}), 0)
    elif not os.fork():
        os._exit(0)
    else:
        os.wait()
    number += 1
    if number % 50 == 0:
        with open(counter, "w") as file:
            file.write(str(number))
        os.rename(counter, counter + ".read")
"""


class Bomb:
    def __init__(self, name, token=""):
        self.counter = f"/run/bomb-{name}"
        self.process = subprocess.Popen(["/usr/bin/python3", "-IS", "-c", BOMB, self.counter],
                                        env={"HANDED": token}, cwd="/")

    def count(self):
        check(self.process.poll() is None, "the bomb has ended")
        try:
            with open(f"{self.counter}.read", encoding="ascii") as file:
                return int(file.read())
        except FileNotFoundError:
            return 0

    def end(self):
        self.process.kill()
        self.process.wait()


@test("thousands of processes that come and go during its passes make no finding and hide none", seconds=25)
def coming_and_going(world):
    calm = world.learned("calm", children=2)
    left = world.create("left", kill_mode="process", children=2)
    leftovers = breaks.leftover(left)
    bombs = [Bomb("plain"), Bomb("knowing", bot_token("calm"))]
    try:
        for bomb in bombs:
            breaks.wait("processes to come and go", bomb.count)
        first = world.run("--json", status=0)
        passes = 0
        # Each kind, and as many passes.
        while min(bomb.count() for bomb in bombs) < 1000 or sum(bomb.count() for bomb in bombs) < 5000 or passes < 5:
            call = world.run("--json", status=0)
            for name in ("calm", "left"):
                equal((call.verdict(name), call.agent(name)["findings"]), ("healthy", []),
                      f"verdict and findings of pass {passes + 1} on {name}")
            equal(call.json["findings"], [], "what could not be seen of the host")
            passes += 1
    finally:
        for bomb in bombs:
            bomb.end()
    equal(first.verdict("left"), "healed", "the verdict on the agent with something left of an earlier start")
    equal([pid for pid in leftovers if alive(pid)], [], "the leftovers that still live")
    equal((first.verdict("calm"), first.agent("calm")["findings"]), ("healthy", []),
          "verdict and findings of the first pass")
    equal([(alert["agent"], alert["event"]) for alert in world.doubles.alerts()], [("left", "healed")], "what was told")
    check(calm.ready(), "the agent does not answer")


MANY = 200
UNIT = """\
[Service]
User=fleet
ExecStart=/bin/sh -c 'sleep infinity & sleep infinity & sleep infinity & exec sleep infinity'
Restart=always
Environment=TELEGRAM_BOT_TOKEN=7000000%i:AAa-crowd-of-agents-each-its-own%i
[Install]
WantedBy=multi-user.target
"""


@test("two hundred healthy agents are found to be healthy, every one of them, without a word", seconds=8)
def crowd(world):
    (SYSTEM_UNITS / "crowd@.service").write_text(UNIT)
    units = [f"crowd@{number:03}.service" for number in range(MANY)]
    run("systemctl", "enable", "--quiet", *units)
    run("systemctl", "start", *units)
    group = strays.GROUPS / "system.slice/system-crowd.slice"

    def processes():
        return [pid for path in group.glob("*/cgroup.procs") for pid in path.read_text().split()]
    breaks.wait("all of their processes", lambda: len(processes()) == 4 * MANY, 60)
    before = sorted(processes())
    world.settings(fleet='units = ["crowd@*.service"]')

    call = world.run(status=0)
    report = world.run("--json", status=0).json

    equal((call.out, call.err), ("", ""), "what the first pass printed")
    equal(len(report["agents"]), MANY, "the number of agents")
    equal([agent for agent in report["agents"] if agent["verdict"] != "healthy" or agent["findings"]], [],
          "the agents that are not simply healthy")
    equal(report["findings"], [], "what could not be seen of the host")
    equal(world.doubles.alerts(), [], "what was told")
    equal(sorted(processes()), before, "the processes of all agents")
    # They were all looked at: one that has the token of another is found among them.
    copy = SYSTEM_UNITS / "crowd@copy.service"
    copy.write_text(UNIT.replace("%i:AAa", "100:AAa").replace("own%i", "own100"))
    run("systemctl", "enable", "--quiet", "--now", copy.name)
    report = world.run("--json", status=1).json
    equal({agent["name"]: [finding["kind"] for finding in agent["findings"]]
           for agent in report["agents"] if agent["findings"]},
          dict.fromkeys(["crowd@100", "crowd@copy"], ["poller-duplicate-token"]), "the findings")
