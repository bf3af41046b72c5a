"""Processes outside every agent's unit that poll with an agent's token, listen on its port, or only know it.

Each function starts one and returns it as a Stray, once it polls or listens. They run as `account`, which has to
exist; the token is in their environment, and in no other process unless the function says so. `of` is the agent's
program that they count as: "gateway", which OpenClaw's is and which polls by itself, or "poller"; or the path of a
script that is none.
"""
import os
import pty
import pwd
import re
import shlex
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from agents import PROGRAMS, SYSTEM_UNITS, TELEGRAM_API, FleetError, command, install_programs, may_poll, run, wait

GROUPS = Path("/sys/fs/cgroup")
OLD = 61  # seconds; the watchdog leaves whatever is younger than a minute alone
OTHERS = Path("/opt/others")  # what runs under the name of an agent's program


class Stray:
    """A process, by its PID. `unit` is the unit or scope that it is in, if somebody gave it one."""

    def __init__(self, pid, account, log=None, unit=None, holder=None):
        self.pid, self.account, self.unit, self.log, self.holder = pid, account, unit, log, holder

    def alive(self):
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False

    @property
    def cgroup(self):
        return re.search(r"^0::(.*)$", Path(f"/proc/{self.pid}/cgroup").read_text(), re.M).group(1)

    @property
    def parent(self):
        return int(Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[1])

    def said(self):
        """What it printed, standard error included."""
        return self.log.read_text(errors="replace") if self.log else ""

    def log_out(self):
        """Ends the login session that it is in as a line does that is cut: the shell ends, su closes the session."""
        for child in Path(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGHUP)
        self.holder.wait(timeout=30)
        self.holder = None

    def end(self):
        """Ends it, and the login session that it is in."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        if self.holder:
            self.log_out()
        wait(f"process {self.pid} to end", lambda: not self.alive(), 10)


def aged(stray, seconds=OLD):
    """Waits until a process, a Stray or a PID, is that old. Other work in the meantime shortens it."""
    pid = stray.pid if isinstance(stray, Stray) else stray
    try:
        started = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19])
    except FileNotFoundError:
        raise FleetError(f"process {pid} has ended before it was {seconds} s old") from None
    left = started / os.sysconf("SC_CLK_TCK") + seconds - time.clock_gettime(time.CLOCK_BOOTTIME)
    time.sleep(max(left, 0))
    if not Path(f"/proc/{pid}").exists():
        raise FleetError(f"process {pid} has ended before it was {seconds} s old")
    return stray


def installed(kind, of, text):
    """The words, behind an interpreter, for a program with this text that counts as `of`."""
    if of.startswith("/"):
        path = Path(of)
    else:
        path = OTHERS / kind
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(text)
    if of.startswith("/"):
        return [of]
    install_programs()
    return [f"{PROGRAMS}/{of}", *["gateway"] * (of == "gateway"), f"--as={path}"]


def _poller(of, port=None, in_child=False, detach=False):
    """How something that polls is started. The fleet's gateway does not: what polls for it has only its name."""
    install_programs()
    words = command("poller", port, in_child, detach)
    if of != "poller":
        words[1:2] = installed("polling", of, Path(words[1]).read_text())
    return words


def orphan(token, account="root", place=None, port=None, program="poller", of="gateway", api=TELEGRAM_API,
           **environment):
    """One whose parent has ended, in no login session and without a terminal. `place` says in which cgroup:
    None        where the test itself is, which belongs to no unit
    "system"    a scope of the system manager
    "user"      a scope of the account's manager, which is also its parent then; the account has to linger
    "/a/b"      this one, which is made when it is missing
    `program` is "poller", or "gateway", which only listens, or the words of any other command, which is not waited
    for; more variables are given by name."""
    log, other = _log(account), not isinstance(program, str)
    words = list(program) if other else command(program, port)
    if program == "poller":
        words = _poller(of, port, detach=True)
    if program != "poller":
        words = ["sh", "-c", 'setsid "$@" & echo $!', "sh", *words]
    if program == "gateway":
        environment = {"OPENCLAW_GATEWAY_PORT": str(port)} | environment
    variables = _variables(account, token, api, environment)
    if place == "system":
        words = ["systemd-run", "--quiet", "--scope", f"--uid={account}", f"--gid={_group(account)}", *words]
    elif place == "user":
        # By a short-lived service of the account's manager, or PID 1 would become the parent.
        words = ["systemd-run", "--user", "--quiet", "--wait", "--collect", *_setenv(variables),
                 f"--property=StandardOutput=append:{log}", f"--property=StandardError=append:{log}",
                 "systemd-run", "--user", "--quiet", "--scope", *words]
        variables["XDG_RUNTIME_DIR"] = f"/run/user/{pwd.getpwnam(account).pw_uid}"
    if place != "system":
        words = _as(account, words)
    if place and place.startswith("/"):
        (GROUPS / place[1:]).mkdir(parents=True, exist_ok=True)
        words = ["sh", "-c", f'echo $$ >"{GROUPS}{place}/cgroup.procs" && exec "$@"', "sh", *words]
    with open(log, "a", encoding="utf-8") as file:
        done = subprocess.run(words, env=variables, stdin=subprocess.DEVNULL, stdout=file, stderr=file, cwd="/",
                              start_new_session=True, timeout=60)
    found = re.match(r"(\d+)$", log.read_text(), re.M)
    if done.returncode or not found:
        raise FleetError(f"no orphan was started: {log.read_text().strip()}")
    stray = Stray(int(found[1]), account, log)
    if not other:
        _begun(stray, listens=program == "gateway")
    stray.unit = stray.cgroup.rsplit("/", 1)[-1] if place in ("system", "user") else None
    return stray


class Puppet(Stray):
    """A Python, as the agents are, orphaned, that does what it is told: so it can grow old before it becomes what the
    watchdog finds."""

    SCRIPT = """\
import os, signal, socket, subprocess, sys
orders = open(os.open(sys.argv[1], os.O_RDWR))  # so that there is always somebody who could write
print("a puppet waits", flush=True)
for line in orders:
    exec(line)
    print("obeyed", flush=True)
"""

    def __init__(self, token=None, account="root", place=None, of="gateway", **environment):
        self.orders = _log(account).with_name("orders")
        os.mkfifo(self.orders, 0o600)
        os.chown(self.orders, pwd.getpwnam(account).pw_uid, -1)
        self.of = of
        program = ["/usr/bin/python3", *installed("puppet", of, self.SCRIPT), str(self.orders)]
        stray = orphan(token, account, place, program=program, **environment)
        super().__init__(stray.pid, account, stray.log, stray.unit)
        wait(f"puppet {self.pid} to listen", lambda: "a puppet waits" in self.said())

    def tell(self, line):
        """Has it carry out a line of Python, and returns once it has."""
        before = self.said().count("obeyed")
        self._order(line)
        wait(f"puppet {self.pid} to obey", lambda: self.said().count("obeyed") > before)

    def connect(self):
        """From now on it has a connection to where Telegram is."""
        host, port = _telegram()
        self.tell(f"connection = socket.create_connection(({host!r}, {port}))")

    def on_term(self, ends):
        """From now on it says when it gets a SIGTERM, and ends by it or does not."""
        then = "os._exit(0)" if ends else "None"
        self.tell(f"signal.signal(signal.SIGTERM, lambda *_: (print('asked to end', flush=True), {then}))")

    def become(self, token):
        """Has it turn into a poller: its PID and its age stay."""
        words = _poller(self.of)
        self._order(f"os.environ['TELEGRAM_BOT_TOKEN'] = {token!r}; os.execv({words[0]!r}, {words!r})")
        return _begun(self)

    def _order(self, line):
        with open(self.orders, "w", encoding="utf-8") as orders:
            orders.write(f"{line}\n")


def loop(token, account="root", knows=False, of="gateway"):
    """One whose parent, a shell, is still there and starts it again when it ends. Returns both, the shell last. With
    `knows` the token is in the environment of the shell, too."""
    file = _log(account).with_name("token")
    file.touch(mode=0o600)
    file.write_text(token)
    os.chown(file, pwd.getpwnam(account).pw_uid, -1)
    poller = f'TELEGRAM_BOT_TOKEN="$(cat {file})" {shlex.join(_poller(of))}'
    shell = orphan(token if knows else None, account, program=["sh", "-c", f"while :; do {poller}; sleep 0.1; done"])
    return polling(shell), shell


def polling(stray):
    """What polls on behalf of a stray, and writes to the same log: by now, if it is another than before."""
    _begun(stray)
    return Stray(int(re.findall(r"has begun \(PID (\d+)\)", stray.said())[-1]), stray.account, stray.log)


def terminal(token, account="root", of="gateway"):
    """One that is orphaned and in no login session, but has a terminal."""
    log = _log(account)
    keyboard, screen = pty.openpty()
    with open(log, "a", encoding="utf-8") as file:
        subprocess.run(_as(account, ["setsid", "--ctty", "--fork", *_poller(of)]), cwd="/", check=True,
                       env=_variables(account, token, TELEGRAM_API, {}), stdin=screen, stdout=file, stderr=file)
    os.close(screen)
    wait("a poller at a terminal", lambda: "polling has begun" in log.read_text())
    stray = polling(Stray(os.getpid(), account, log))
    stray.keyboard = keyboard  # as long as this is open, the terminal is there
    return stray


def session(token, account="fleet", tmux=True, logout=False, port=None, of="gateway", api=TELEGRAM_API,
            **environment):
    """One in a login session of the account: in tmux, detached, or without it a child of the login shell.
    With `logout` the session ends once it polls; what is in tmux lives on in the session's scope."""
    log = _log(account)
    variables = _variables(account, token, api, environment)
    # In a file: only the poller is to know the token, not the shell and tmux around it.
    file = log.with_suffix(".env")
    file.touch(mode=0o600)
    file.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()))
    os.chown(file, pwd.getpwnam(account).pw_uid, -1)
    start = f"set -a; . {file}; exec {shlex.join(_poller(of, port))} >>{log} 2>&1"
    pid_file = log.with_suffix(".pid")
    inner = f"sh -c {shlex.quote(f'echo $$ >{pid_file}; {start}')}"
    # Each session has a tmux server of its own, or the second one would be in the scope of the first.
    line = (f"tmux -L {log.parent.name} new-session -d {shlex.quote(inner)}; " if tmux else f"{inner} </dev/null & ")
    login = subprocess.Popen(["su", "-l", account, "-c", f"umask 022; {line} exec sleep infinity"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             env={"PATH": os.environ["PATH"]}, cwd="/", start_new_session=True)
    try:
        pid = wait("a poller in a login session", lambda: pid_file.exists() and pid_file.read_text().strip())
        stray = _begun(Stray(int(pid), account, log, holder=login))
        stray.unit = stray.cgroup.rsplit("/", 1)[-1]
        # Newer releases of tmux have a scope of the user's manager instead.
        if not re.fullmatch(r"(session-\w+|tmux-spawn-[\w-]+)\.scope", stray.unit):
            raise FleetError(f"the login of {account} got no session of its own, but the cgroup {stray.cgroup}")
    except FleetError:
        login.kill()
        raise
    if logout:
        stray.log_out()
    return stray


def service(token, unit="other.service", account="root", user=False, in_child=False, port=None, of="gateway",
            api=TELEGRAM_API, **environment):
    """One that is the main process of another service, or with `in_child` a child of that: of a system unit that
    runs as `account`, or with `user` of a unit of the account's manager."""
    may_poll(account)
    home = pwd.getpwnam(account).pw_dir
    path = (Path(home) / ".config/systemd/user" if user else SYSTEM_UNITS) / unit
    log = _log(account)
    variables = {"TELEGRAM_BOT_TOKEN": token, "TELEGRAM_API": api} | environment
    lines = ["[Service]", *(f'Environment="{name}={value}"' for name, value in variables.items()),
             f"ExecStart={' '.join(_poller(of, port, in_child))}",
             f"StandardOutput=append:{log}", f"StandardError=append:{log}"]
    lines += [] if user else [f"User={account}"]
    run(*_as(account if user else "root", ["sh", "-c", 'mkdir -p "$(dirname "$1")" && cat >"$1"', "sh", str(path)]),
        stdin="\n".join(lines) + "\n")
    systemctl = ["systemctl"]
    if user:
        systemctl = _as(account, ["env", f"XDG_RUNTIME_DIR=/run/user/{pwd.getpwnam(account).pw_uid}",
                                  "systemctl", "--user"])
    run(*systemctl, "daemon-reload")
    run(*systemctl, "restart", unit)
    main = int(run(*systemctl, "show", "--property=MainPID", "--value", unit).stdout)
    _begun(Stray(main, account, log, unit=unit))
    polling = re.findall(r"has begun \(PID (\d+)\)", log.read_text())[-1]
    return Stray(int(polling), account, log, unit=unit)


FORKING = """\
import os, socket, sys, time
for number in range(3):
    if os.fork() == 0:
        connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
        with open(f"{sys.argv[3]}.{number}", "w") as file:
            file.write(str(os.getpid()))
        time.sleep(86400)
while not all(os.path.exists(f"{sys.argv[3]}.{number}") and os.path.getsize(f"{sys.argv[3]}.{number}")
              for number in range(3)):
    time.sleep(0.02)
os.rename(f"{sys.argv[3]}.0", sys.argv[3])
"""


def forking(token, unit="forking.service", of="gateway"):
    """Three of a service of Type=forking: its main process, which PIDFile= names, and two workers beside that, all of
    which have a connection and were left to PID 1."""
    pid_file = _log("root").with_name("pid")
    words = ["/usr/bin/python3", *installed("forking", of, FORKING), *_telegram(), str(pid_file)]
    (SYSTEM_UNITS / unit).write_text(
        f"[Service]\nType=forking\nPIDFile={pid_file}\nEnvironment=TELEGRAM_BOT_TOKEN={token}\n"
        f"ExecStart={' '.join(words)}\n")
    run("systemctl", "daemon-reload")
    run("systemctl", "start", unit)
    files = [pid_file, *(pid_file.with_name(f"pid.{number}") for number in (1, 2))]
    return [Stray(int(file.read_text()), "root", unit=unit) for file in files]


def shell(token, account="root"):
    """No poller, only something that knows the token, as a shell does in which somebody has exported it."""
    log, variables = _log(account), _variables(account, token, TELEGRAM_API, {})
    variables.pop("TELEGRAM_API")
    run_by = _as(account, ["sh", "-c", 'sleep infinity >"$1" 2>&1 & echo $!', "sh", str(log)])
    done = subprocess.run(run_by, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          cwd="/", start_new_session=True, check=True)
    return Stray(int(done.stdout), account, log)


def _telegram():
    """Host and port."""
    return TELEGRAM_API.removeprefix("http://").split(":")


def connected_sleep():
    """The words of a program that is none of the agents' and holds a connection to where Telegram is."""
    host, port = _telegram()
    return ["bash", "-c", f"exec 4<>/dev/tcp/{host}/{port}; exec sleep infinity"]


def _variables(account, token, api, environment):
    install_programs()
    may_poll(account)
    given = {"TELEGRAM_BOT_TOKEN": token} if token else {}
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": pwd.getpwnam(account).pw_dir,
            "TELEGRAM_API": api, **given, **environment}


def _setenv(variables):
    """For systemd-run, without the values, which everybody could read in its arguments."""
    return [f"--setenv={name}" for name in variables if name != "PATH"]


def _as(account, words):
    return words if account == "root" else ["runuser", "-u", account, "--", *words]


def _group(account):
    return str(pwd.getpwnam(account).pw_gid)


def _log(account):
    """An empty file in a folder of its own, both of which are the account's."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="stray-"))
    folder.chmod(0o755)
    log = folder / "log"
    log.touch(mode=0o644)
    for path in (folder, log):
        os.chown(path, pwd.getpwnam(account).pw_uid, -1)
    return log


def _begun(stray, listens=False):
    """Returns it once it polls, or listens."""
    def begun():
        if not stray.alive():
            raise FleetError(f"stray {stray.pid} has ended: {stray.said().strip()[-2000:]}")
        return ("listening on" if listens else "polling has begun") in stray.said()
    wait(f"stray {stray.pid} to begin", begun)
    return stray
