"""Kinds of agents: what is known of one is not assumed of another."""
import json
from pathlib import Path

from agents import run
from catalogue import SYSTEM, test
from expect import contains, equal, lacks

CONFIG = Path("/srv/writer/writer.json")


def writer(world, **keys):
    """A program of somebody's own, which nobody has heard of, with a config in JSON."""
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text(json.dumps({
        "prompt": "Write about ${TOPIC}", "source": {"source": "env", "id": "STYLE"}, "$include": "./chapters.json",
        "env": {"vars": {"MOOD": ""}}, "meta": {"lastTouchedVersion": "1"}}))
    unit = Path("/etc/systemd/system/writer.service")
    unit.write_text("[Service]\nExecStart=/usr/bin/python3 -c \"import time; time.sleep(1e6)\" gateway --port 18789\n[Install]\nWantedBy=multi-user.target\n")
    run("systemctl", "daemon-reload")
    run("systemctl", "enable", "--now", unit.name)
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    world.settings(more="\n".join(["[[agent]]", 'name = "writer"', f'unit = "{unit.name}"', f'config = ["{CONFIG}"]', *lines]))


def kinds(call):
    return sorted(found["kind"] for found in call.agent("writer")["findings"])


@test("of a program that nobody has heard of, what stands in its config is a text: nothing is said to be missing")
def plain(world):
    writer(world)
    for _ in range(2):
        call = world.run("--json", status=0)
        equal((kinds(call), call.verdict("writer")), ([], "healthy"), "findings and verdict")
    said = world.watchdog("doctor").out
    contains(said, "It is treated as a plain unit", "what `doctor` says")
    lacks(said, "TOPIC", "what `doctor` says")


@test("with `kind` in the settings it is read as that kind's, and \"plain\" takes everything away that looks like one")
def overridden(world):
    writer(world, kind="openclaw")
    equal(kinds(world.run("--json")), ["config-missing"], "the findings, with a file that is to be taken in and is not there")
    (CONFIG.parent / "chapters.json").write_text("{}")
    call = world.run("--json")
    equal(kinds(call), ["secret-missing"], "the findings")
    contains(json.dumps(call.agent("writer")["findings"]), "TOPIC", "what is said to be missing")
    writer(world, kind="plain")
    equal(kinds(world.run("--json")), [], "the findings of a plain one")
    agent = world.create("coder")
    world.settings(more=f'''[[agent]]
unit = "{agent.unit}"
kind = "plain"
''')
    doctor = world.watchdog("doctor").out
    lacks(doctor, str(agent.config), "what `doctor` says of a gateway that is to be plain")


@test("a kind that is none is refused with those that are")
def unheard(world):
    writer(world, kind="openclaws")
    contains(world.run(status=3).err, 'one of "openclaw", "plain" was expected', "what is said")
