"""Units that something else starts: a timer, a path, a socket, another service. When they run is not the
watchdog's to say.
"""
import os
import time
from pathlib import Path

import breaks
from agents import SYSTEM_UNITS, run
from catalogue import test
from expect import check, contains, equal
from world import ACCOUNT, HOME

RUNS = Path("/var/tmp/runs")


def unit(name, text):
    (SYSTEM_UNITS / name).write_text(text)


def job(name, more=""):
    """A service that writes down that it has run, and fails."""
    unit(name, f"[Service]\n{more}ExecStart=/bin/sh -c 'echo {name} >>{RUNS}; exit 1'\n")


def runs(name):
    return RUNS.read_text().split().count(name)


def shown(name, what):
    return run("systemctl", "show", "-P", what, name).stdout.strip()


def failed(name):
    """Runs it once, as what triggers it does."""
    run("systemctl", "start", name, check=False)
    breaks.wait(f"{name} to be failed", lambda: shown(name, "ActiveState") == "failed")
    equal(runs(name), 1, f"how often {name} ran before the pass")


def not_run_again(world, *names):
    """Two passes that start none of them."""
    for number in (1, 2):
        call = world.run("--json")
        equal({name: runs(name) for name in names}, dict.fromkeys(names, 1),
              f"how often each ran after pass {number}")
        equal(world.ledger.actions(), [], f"what was done after pass {number}")
        if number == 1:
            first = call
    for agent in first.json["agents"]:
        check(agent["verdict"] not in ("healthy", "healed"),
              f"{agent['name']}, whose last run failed, is called {agent['verdict']}")
    return first


@test("a backup job of a timer's that failed is not run again by the watchdog")
def backup(world):
    job("openclaw-gateway-backup.service", "Type=oneshot\n")
    unit("openclaw-gateway-backup.timer",
         "[Timer]\nOnCalendar=2099-01-01\n[Install]\nWantedBy=timers.target\n")
    run("systemctl", "enable", "--now", "openclaw-gateway-backup.timer")
    failed("openclaw-gateway-backup.service")
    not_run_again(world, "openclaw-gateway-backup.service")


@test("a service that a timer, a path or a socket starts is not started when it has failed")
def triggered(world):
    world.settings(fleet='units = ["job-*.service"]')
    triggers = {"timed": ("timer", "[Timer]\nOnCalendar=2099-01-01\n"),
                "watched": ("path", "[Path]\nPathExists=/run/never\n"),
                "called": ("socket", "[Socket]\nListenStream=/run/job.sock\n")}
    for name, (kind, text) in triggers.items():
        job(f"job-{name}.service")
        unit(f"job-{name}.{kind}", text)
    run("systemctl", "daemon-reload")
    for name, (kind, _) in triggers.items():
        run("systemctl", "start", f"job-{name}.{kind}")
        equal(shown(f"job-{name}.service", "TriggeredBy"), f"job-{name}.{kind}", "TriggeredBy")
        failed(f"job-{name}.service")
    not_run_again(world, *(f"job-{name}.service" for name in triggers))


OWNER = "coordinator.service"


def owned(world, enabled):
    """An agent that only another service wants, and that has failed. Returns it with its last start."""
    wants = "" if enabled else "[Unit]\nWants=openclaw-gateway-helper.service\n"
    unit(OWNER, f"{wants}[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n")
    agent = world.create("helper", restart="no")
    agent.systemctl("disable", agent.unit)
    before, _, _ = agent.unit_file.read_text().partition("[Install]")
    agent.unit_file.write_text(before + (f"[Install]\nWantedBy={OWNER}\n" if enabled else ""))
    agent.systemctl("daemon-reload")
    if enabled:
        agent.systemctl("enable", agent.unit)
    equal(shown(agent.unit, "UnitFileState"), "enabled" if enabled else "static", "UnitFileState")
    run("systemctl", "start", OWNER)
    equal(shown(agent.unit, "WantedBy"), OWNER, "what wants it")
    world.learn(agent)
    breaks.crash(agent)
    return agent, agent.state()["InvocationID"]


def left_to_its_owner(world, enabled):
    agent, start = owned(world, enabled)
    call = world.run("--json")
    state = agent.state()
    equal((state["ActiveState"], state["InvocationID"]), ("failed", start), "state and start of the unit")
    equal(world.ledger.actions(), [], "what was done")
    alerts = world.doubles.alerts()
    equal([alert["agent"] for alert in alerts], ["helper"], "of whom was told")
    for word in (agent.unit, OWNER):
        contains(alerts[0]["text"], word, "the message")
    check(call.verdict("helper") in ("failing", "degraded"), f"the verdict is {call.verdict('helper')}")
    world.run()
    equal(agent.state()["InvocationID"], start, "the start of the unit after the next pass")
    equal(len(world.doubles.alerts()), 1, "the number of messages after the next pass")


@test("a service that another one wants in its own unit file is told when it has failed, and not started")
def wanted_statically(world):
    left_to_its_owner(world, enabled=False)


@test("a service that is enabled for another one alone is told when it has failed, and not started")
def wanted_by_install(world):
    left_to_its_owner(world, enabled=True)


def file_of_nobody(path, text):
    """Of the account that the service runs as, and old."""
    run("runuser", "-u", ACCOUNT, "--", "sh", "-c", 'mkdir -p "$(dirname "$1")" && cat >"$1"', "sh",
        str(path), stdin=text)
    os.utime(path, (time.time() - 600,) * 2)


def well(world, what):
    agent = world.run("--json", status=0).agent("backup")
    equal((agent["verdict"], agent["findings"]), ("healthy", []), what)


@test("a service that has only the name of a gateway is given no config and no probe")
def only_the_name(world):
    # Where a gateway of that name, or of none, would look.
    files = [HOME / folder / "openclaw.json" for folder in (".openclaw", ".openclaw-backup")]
    for file in files:
        file_of_nobody(file, '{"gateway": {"port": 48999}}\n')
    unit("openclaw-gateway-backup.service", f"[Service]\nUser={ACCOUNT}\nExecStart=/bin/sleep infinity\n"
         "[Install]\nWantedBy=multi-user.target\n")
    run("systemctl", "enable", "--now", "openclaw-gateway-backup.service")
    for _ in range(2):
        well(world, "verdict and findings")
    for file in files:
        file_of_nobody(file, "{ this is no config\n")
    well(world, "verdict and findings once those files are spoiled")
    kept = {str(file): len(world.ledger.versions(file)) for file in files}
    equal(kept, {str(file): 0 for file in files}, "how many versions were kept of files that are not its own")
