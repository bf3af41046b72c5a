"""Whose word counts: what an ordinary user says of units and files, or has a manager of their own say, is no
word of root's, and none on anybody else's processes."""
import os
import subprocess
from pathlib import Path

import agents
import breaks
import strays
from agents import Agent, bot_token, run
from catalogue import test
from expect import check, equal, lacks

ROGUE, OTHERS = "rogue", "guest"
REFUSE = Path("/run/refuse-config")  # as long as it is there, the agent of `pointed` ends with 78
PROGRAM = Path("/opt/tools/gateway")


def of(call, agent):
    """What a report says of the system manager's agent of this unit, whatever it is called there."""
    found = [each for each in call.json["agents"] if (each["unit"], each["user"]) == (agent.unit, None)]
    equal(len(found), 1, f"how often the report names {agent.unit} of the system manager")
    return found[0]


def kinds(found):
    return [finding["kind"] for finding in found["findings"]]


def namesake(account=ROGUE):
    """A gateway in the account's own manager, whose unit is called as that of the agent "coder" is."""
    return agents.create("coder", user=account, token=bot_token(account))


# Files

def pointed():
    """A system unit that runs as the rogue, and takes variables from a file of the rogue's own."""
    agents._make_account(ROGUE, linger=True)
    agent = Agent("coder", account=ROGUE)
    PROGRAM.parent.mkdir(mode=0o755, exist_ok=True)
    PROGRAM.write_text(f"#!/bin/sh\n[ ! -e {REFUSE} ] || exit 78\nexec sleep infinity\n")
    PROGRAM.chmod(0o755)
    agent.unit_file.write_text(
        f"[Service]\nUser={ROGUE}\nEnvironmentFile={agent.home}/gateway.env\nExecStart={PROGRAM}\n"
        "Environment=OPENCLAW_SERVICE_MARKER=openclaw OPENCLAW_SERVICE_KIND=gateway\n"
        "[Install]\nWantedBy=multi-user.target\n")
    agent.write(agent.home / "gateway.env", "")
    agent.systemctl("enable", agent.unit)
    return agent


def aim(agent, config):
    """The rogue's file names this one, and root starts the agent."""
    REFUSE.unlink(missing_ok=True)
    agent.write(agent.home / "gateway.env", f"OPENCLAW_CONFIG_PATH={config}\n")
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be given its path", lambda: f"OPENCLAW_CONFIG_PATH={config}".encode() in
                Path(f"/proc/{agent.state()['MainPID']}/environ").read_bytes().split(b"\0"))


def changed_by_root(world, agent, config, text):
    """Two passes while the agent runs, and one after root has changed the file, some time ago, and the agent
    refuses to start."""
    for _ in range(2):
        verdict = of(world.run("--json"), agent)["verdict"]
        check(verdict in ("healthy", "degraded"), f"before anything is changed the agent is {verdict}")
    config.write_text(text)
    os.utime(config, (config.stat().st_mtime - 600,) * 2)
    REFUSE.touch()
    agent.systemctl("restart", agent.unit, check=False)
    breaks._wait_failed(agent)
    equal(agent.state()["ExecMainStatus"], 78, "what the agent ended with")
    return of(world.run("--json"), agent)


@test("an environment file of a user's cannot have root keep, show or put back a file of root's, whatever "
      "else that user runs", seconds=6)
def roots_files(world):
    agent = pointed()
    run("groupadd", "operators")
    run("gpasswd", "--add", ROGUE, "operators")
    namesake()
    # Everybody may read this one, and what it said before would give the rogue something.
    group = Path("/etc/group")
    aim(agent, group)
    lines = group.read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("operators:"))
    changed_by_root(world, agent, group, text)
    check(group.read_text() == text, "a group from which root took the rogue is in /etc/group again")

    secret = Path("/etc/outside/config.json")
    secret.parent.mkdir(mode=0o755)
    secret.touch(mode=0o600)
    secret.write_text('{"motto": "what-root-wrote-first"}\n')
    aim(agent, secret)
    text = '{"motto": "what-root-wrote-second"}\n'
    changed_by_root(world, agent, secret, text)
    equal((secret.read_text(), os.listdir(secret.parent)), (text, [secret.name]),
          "root's secret file and its folder")
    equal(world.ledger.versions(secret), [], "what was kept of root's secret file")
    words = (["status"], ["incidents"], ["doctor"], ["run"], ["config", "history", "coder"])
    for each in (*map(str, world._calls), *(str(world.watchdog(*each)) for each in words),
                 str(world.doubles.alerts()), world.ledger.text()):
        lacks(each, "what-root-wrote", "what was said")


@test("that the config of an agent is missing is told under its name, also beside a user's unit of that name")
def missing_config(world):
    agent = world.create("coder")
    gone = agent.home / "not-there.json"
    world.settings(more=f'[[agent]]\nname = "coder"\nunit = "{agent.unit}"\nconfig = ["{gone}"]\n')
    # A dry run writes nothing down that later passes would go by.
    alone = of(world.run("--dry-run", "--json"), agent)
    equal(kinds(alone), ["config-missing"], "what is found without the namesake")
    namesake()
    call = world.run("--json")
    found = of(call, agent)
    equal(kinds(found), ["config-missing"], "what is found beside the namesake")
    equal(found["name"], "coder", "the name of the system unit")
    told = [alert["agent"] for alert in world.doubles.alerts() if "config-missing" in alert["kinds"]]
    equal(told, ["coder"], "of whom it was told")


@test("a config to which a user's own environment file leads, and which that user may read, is watched under "
      "its agent's name")
def own_file(world):
    agent = world.create("coder")
    file = agent.home / "gateway.env"
    agent.write(file, f"OPENCLAW_CONFIG_PATH={agent.config}\n")
    world.drop_in(agent, f"EnvironmentFile={file}")
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)
    namesake()
    world.learn(agent)
    good = agent.config.read_bytes()
    breaks.config(agent, age=600)
    call = world.run("--json")
    equal(call.verdict("coder"), "healed", "the verdict")
    equal(agent.config.read_bytes(), good, "the config")
    equal(agent.config.stat().st_uid, agent.uid, "whose the config is")
    equal(agent.state()["ActiveState"], "active", "the state of the unit")


# Managers

class Liar:
    """The manager of the rogue, as far as anybody who asks can tell: it has one unit, of the agent "lie"."""

    SOURCE, PROGRAM = Path(__file__).with_name("liar.c"), "/opt/tools/liar"

    def __init__(self, main):
        agents._make_account(ROGUE, linger=True)
        self.agent = Agent("lie", account=ROGUE, user=True)
        Path(self.PROGRAM).parent.mkdir(mode=0o755, exist_ok=True)
        run("cc", "-o", self.PROGRAM, str(self.SOURCE), "-lsystemd")
        uid = self.agent.uid
        group = f"/user.slice/user-{uid}.slice/user@{uid}.service/app.slice/{self.agent.unit}"
        words = [self.PROGRAM, f"/run/user/{uid}/systemd/private", self.agent.unit, str(main), group]
        self.process = subprocess.Popen(
            ["runuser", "-u", ROGUE, "--", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, cwd="/")
        equal(self.process.stdout.readline(), "lying\n", "what the liar said")
        equal(run("systemctl", "is-active", f"user@{uid}.service").stdout, "active\n", "the real manager")
        heard = self.agent.systemctl("show", "-P", "MainPID", self.agent.unit).stdout
        equal(heard, f"{main}\n", "what the liar says when it is asked")


def not_believed(world, call):
    """Nobody is told that the liar's agent has the token of any other."""
    found = [kind for each in call.json["agents"] for kind in kinds(each)]
    found += [kind for alert in world.doubles.alerts() for kind in alert["kinds"]]
    equal([kind for kind in found if kind.startswith(("poller-", "process-", "secret-"))], [],
          "what was found of processes and tokens")
    for each in call.json["agents"]:
        if each["unit"] == "openclaw-gateway-lie.service":
            equal(each["verdict"], "unknown", "the verdict on the agent of the liar")


@test("a user's manager that claims another user's process does not get that process's bot token")
def claimed_process(world):
    agent = world.create("coder")
    Liar(agent.state()["MainPID"])
    call = world.run("--json")
    not_believed(world, call)
    equal(of(call, agent)["verdict"], "healthy", "the verdict on the agent whose process was claimed")
    check(agent.ready(), "the agent whose process was claimed does not answer")


@test("a user's manager that claims another user's process does not have root end any process of that user's",
      seconds=80, waits=True, limit=150)
def claimed_victim(world):
    agents._make_account(OTHERS, linger=False)
    token = bot_token(OTHERS)
    claimed, victim = (strays.Puppet(token, OTHERS) for _ in range(2))
    victim.connect()
    Liar(claimed.pid)
    strays.aged(victim)
    call = world.run("--json")
    equal([each.alive() for each in (claimed, victim)], [True, True], "whether the two processes live")
    check("asked to end" not in victim.said(), "the process was asked to end")
    equal(world.ledger.actions(), [], "what was done")
    equal([each["path"] for each in world.doubles.requests("telegram") if token in each["path"]], [],
          "what Telegram was asked with the token of that user")
    not_believed(world, call)
