"""The agents of a fleet in the throwaway host: their accounts, units, configurations and states."""
import hashlib
import http.client
import json
import os
import pwd
import re
import shutil
import subprocess
import time
from glob import glob
from pathlib import Path

PROGRAMS = Path("/opt/fleet")
POLLERS_PYTHON = "/srv/watchdog/.build/pollers/bin/python3"  # Tests/system/pollers makes it
TELEGRAM_API = "http://127.0.0.1:9900"  # where the doubles are
SYSTEM_UNITS = Path("/etc/systemd/system")
FIRST_PORT = 48500
STATE = ("ActiveState", "SubState", "Result", "MainPID", "NRestarts", "KillMode", "ExecMainStatus",
         "InvocationID", "ControlGroup")

UNIT = """\
[Unit]
Description=OpenClaw Gateway (profile: {name})
After=network-online.target
Wants=network-online.target
StartLimitBurst={burst}
StartLimitIntervalSec={interval}

[Service]
ExecStart={command}
{more}Restart={restart}
RestartSec={restart_sec}
RestartPreventExitStatus=78
TimeoutStopSec=5
TimeoutStartSec=30
SuccessExitStatus=0 143
OOMPolicy=continue
KillMode={kill_mode}
Environment=OPENCLAW_SERVICE_MARKER=openclaw
Environment=OPENCLAW_SERVICE_KIND=gateway
Environment=OPENCLAW_PROFILE={name}
Environment=OPENCLAW_GATEWAY_PORT={port}
Environment=OPENCLAW_CONFIG_PATH={config}
Environment=GATEWAY_READY_AFTER={ready_after}
Environment=GATEWAY_CHILDREN={children}

[Install]
WantedBy={target}
"""


class FleetError(Exception):
    """Something in the fleet is not as it was asked to be; the text is a full sentence."""


def run(*command, stdin=None, check=True):
    done = subprocess.run(command, input=stdin, text=True, capture_output=True, cwd="/")
    if check and done.returncode:
        raise FleetError(f"`{' '.join(command)}` exited {done.returncode}: "
                         f"{(done.stderr or done.stdout).strip()}")
    return done


def wait(what, condition, seconds=30):
    """Returns the first true value of condition(). `what` completes "waited for …" when none comes."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise FleetError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.03)
    return value


def bot_token(name):
    """Well formed, made up, and the same each time for the same name."""
    digest = hashlib.sha256(f"fleet {name}".encode()).hexdigest()
    return f"{7_000_000_000 + int(digest[:7], 16)}:AA{digest[7:40]}"


class Agent:
    """One agent. `account` owns its files; `user` says whether that account's manager runs it."""

    def __init__(self, name, account="fleet", user=False):
        self.name, self.account, self.user = name, account, user
        self.unit = f"openclaw-gateway-{name}.service"
        self.home = Path("/home") / account
        self.config = self.home / f".openclaw-{name}" / "openclaw.json"
        self.faults = self.config.with_name("faults.json")
        units = self.home / ".config/systemd/user" if user else SYSTEM_UNITS
        self.unit_file = units / self.unit

    @property
    def uid(self):
        return pwd.getpwnam(self.account).pw_uid

    @property
    def port(self):
        return int(re.search(r"OPENCLAW_GATEWAY_PORT=(\d+)", self.unit_file.read_text()).group(1))

    def systemctl(self, *words, check=True):
        if not self.user:
            return run("systemctl", *words, check=check)
        return run("runuser", "-u", self.account, "--", "env",
                   f"XDG_RUNTIME_DIR=/run/user/{self.uid}", "systemctl", "--user", *words,
                   check=check)

    def state(self):
        shown = self.systemctl("show", "--property", ",".join(STATE), self.unit).stdout
        found = dict(line.split("=", 1) for line in shown.splitlines())
        for key in ("MainPID", "NRestarts", "ExecMainStatus"):
            found[key] = int(found[key])
        return found

    @property
    def cgroup(self):
        """Its folder, as long as the unit has one."""
        group = self.state()["ControlGroup"]
        return Path(f"/sys/fs/cgroup{group}") if group else None

    @property
    def environment_file(self):
        """What create(token_in="file") writes: of a system unit it is root's, of a user unit the account's."""
        return self.config.with_name("gateway.env") if self.user else Path(f"/etc/fleet/{self.name}.env")

    def journal(self, since=None):
        """What its processes have logged, of all starts or since that time (epoch seconds)."""
        match = [("_SYSTEMD_USER_UNIT=" if self.user else "_SYSTEMD_UNIT=") + self.unit]
        if self.user:
            # Of a user's unit journald does not know which it was, once the process has ended before it looked.
            last = self.systemctl("show", "--value", "--property", "ExecMainPID", self.unit).stdout.strip()
            match += ["+", f"_PID={last}", f"_UID={self.uid}", "_TRANSPORT=stdout"]
        when = [] if since is None else [f"--since=@{since:.6f}"]
        run("journalctl", "--sync", check=False)
        return run("journalctl", "--quiet", "--output=cat", *when, *match, check=False).stdout

    def processes(self):
        """Every process in the unit's cgroup, and below it."""
        found = []
        for path in sorted(self.cgroup.rglob("cgroup.procs")) if self.cgroup else []:
            try:
                found += [int(pid) for pid in path.read_text().split()]
            except OSError:
                pass  # it went away meanwhile
        return found

    def ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return json.loads(connection.getresponse().read()).get("ready") is True
        except (OSError, ValueError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def write(self, path, text):
        """As the agent's account, all or nothing, readable by it alone."""
        run("runuser", "-u", self.account, "--", "sh", "-c",
            'umask 077; mkdir -p "$(dirname "$1")"; cat >"$1.new" && mv "$1.new" "$1"',
            "sh", str(path), stdin=text)

    def manager_said(self, text, since):
        """Whether the unit's manager has logged the text about it since that time (epoch seconds)."""
        match = ([f"USER_UNIT={self.unit}", f"_UID={self.uid}"] if self.user
                 else [f"UNIT={self.unit}", "_PID=1"])
        return text in run("journalctl", "--quiet", "--output=cat", f"--since=@{int(since)}",
                           *match, check=False).stdout


def find(name):
    """The agent of that name, wherever it was created."""
    if Agent(name).unit_file.exists():
        return Agent(name)
    for path in glob(f"/home/*/.config/systemd/user/openclaw-gateway-{name}.service"):
        return Agent(name, account=path.split("/")[2], user=True)
    raise FleetError(f"there is no agent '{name}'; `fleet.py create {name}` makes one")


def _free_port():
    files = [*SYSTEM_UNITS.glob("openclaw-gateway-*.service"),
             *map(Path, glob("/home/*/.config/systemd/user/openclaw-gateway-*.service"))]
    taken = {int(port) for file in files
             for port in re.findall(r"OPENCLAW_GATEWAY_PORT=(\d+)", file.read_text())}
    return next(port for port in range(FIRST_PORT, 65536) if port not in taken)


def _make_account(account, linger):
    try:
        pwd.getpwnam(account)
    except KeyError:
        uid = ["--uid", "1500"] if account == "fleet" else []
        run("useradd", "--create-home", "--shell", "/bin/bash", *uid, account)
    uid = pwd.getpwnam(account).pw_uid
    if linger and not Path(f"/var/lib/systemd/linger/{account}").exists():
        run("loginctl", "enable-linger", account)
    if linger:
        wait(f"the user manager of {account}", lambda: all(
            os.path.exists(f"/run/user/{uid}/{socket}") for socket in ("systemd/private", "bus")))


def install_programs():
    # Copies, because the way to the repository may be closed to other users.
    PROGRAMS.mkdir(mode=0o755, parents=True, exist_ok=True)
    for name in ("gateway", "poller"):
        scratch = PROGRAMS / f"{name}.{os.getpid()}"
        shutil.copyfile(Path(__file__).with_name(name), scratch)
        scratch.chmod(0o755)
        scratch.replace(PROGRAMS / name)


def command(program, port=None, in_child=False, detach=False):
    """How one of the fleet's programs is started."""
    listening = ["--port", str(port)] if port else []
    if program == "gateway":
        return [f"{PROGRAMS}/gateway", "gateway", *listening]
    return [POLLERS_PYTHON, f"{PROGRAMS}/poller", *listening, *["--in-child"] * in_child,
            *["--detach"] * detach]


def may_poll(account):
    """Complains when this account cannot use the pollers' virtual environment."""
    if run("runuser", "-u", account, "--", POLLERS_PYTHON, "-c", "", check=False).returncode:
        raise FleetError(f"{account} cannot use {POLLERS_PYTHON}; Tests/system/pollers makes it")


def configuration(agent, port, token=None):
    """Its text; without a token it names none."""
    telegram = {"enabled": True, "dmPolicy": "pairing"} | ({"botToken": token} if token else {})
    return json.dumps({
        "meta": {"lastTouchedVersion": "2026.9.1"},
        "agents": {"defaults": {
            "workspace": f"{agent.config.parent}/workspace",
            "model": {"primary": "anthropic/claude-sonnet-4-5"},
            "compaction": {"mode": "safeguard"},
            "maxConcurrent": 4}},
        "gateway": {
            "mode": "local", "bind": "loopback", "port": port,
            "auth": {"mode": "token", "token": hashlib.sha256(bot_token(agent.name).encode()).hexdigest()[:48]}},
        "channels": {"telegram": telegram},
    }, indent=2) + "\n"


def _environment(agent, token, token_in, program, api):
    """The lines of the unit that give it what it needs to know about Telegram."""
    lines = [f"Environment=TELEGRAM_BOT_TOKEN={token}"] if "unit" in token_in else []
    if "file" in token_in:
        text = f"TELEGRAM_BOT_TOKEN={token}\n"
        if agent.user:
            agent.write(agent.environment_file, text)
        else:
            agent.environment_file.parent.mkdir(mode=0o755, exist_ok=True)
            agent.environment_file.touch(mode=0o600)
            agent.environment_file.write_text(text)
        lines.append(f"EnvironmentFile={agent.environment_file}")
    if program == "poller":
        lines.append(f"Environment=TELEGRAM_API={api}")
    return lines


def create(name, user=None, port=None, children=0, kill_mode="mixed", restart="always",
           restart_sec="1", start_limit="10/300", ready_after=0, type=None, wait_ready=True,
           program="gateway", token=None, token_in=("unit", "config"), api=TELEGRAM_API,
           in_child=False, delegate=False):
    """Makes, enables and starts an agent: a system unit that runs as `fleet`, or, with `user`, a
    unit of that account's lingering manager. `program` is "gateway", or "poller", which really polls
    `api`, with `in_child` in a child of its main process. `token_in` names where its bot token is
    written: "unit" (Environment=), "file" (EnvironmentFile=), "config", or several of them."""
    token_in = {token_in} if isinstance(token_in, str) else set(token_in)
    if not token_in <= {"unit", "file", "config"}:
        raise FleetError(f"a token cannot be in {', '.join(token_in)}")
    if program == "poller" and not token_in & {"unit", "file"}:
        raise FleetError("a poller takes its token from its environment: token_in names 'unit' or 'file'")
    agent = Agent(name, account=user or "fleet", user=user is not None)
    _make_account(agent.account, linger=agent.user)
    install_programs()
    if program == "poller":
        may_poll(agent.account)
    token = token or bot_token(name)
    port = port or _free_port()
    burst, _, interval = start_limit.partition("/")
    more = [f"Type={type}"] if type else []
    more += [] if agent.user else [f"User={agent.account}"]
    more += ["Delegate=yes"] if delegate else []
    more += _environment(agent, token, token_in, program, api)
    agent.write(agent.config, configuration(agent, port, token if "config" in token_in else None))
    text = UNIT.format(
        name=name, burst=burst, interval=interval or 300, port=port, config=agent.config,
        command=" ".join(command(program, port, in_child)), more="".join(f"{line}\n" for line in more),
        restart=restart, restart_sec=restart_sec, kill_mode=kill_mode, ready_after=ready_after,
        children=children, target="default.target" if agent.user else "multi-user.target")
    if agent.user:
        agent.write(agent.unit_file, text)
    else:
        agent.unit_file.write_text(text)
    agent.systemctl("enable", agent.unit)  # which has the manager reload its units, too
    agent.systemctl("restart", agent.unit, check=wait_ready)  # it may have been there before
    if wait_ready:
        wait(f"{agent.unit} to be ready", agent.ready, 30 + ready_after)
    return agent
