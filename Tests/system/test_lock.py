"""`watchdog lock`: one poller per bot token on a host, which then is the agent itself."""
import os
import pwd
import re
import signal
import subprocess
import time
from pathlib import Path

import agents
import breaks
import secrets_of
from agents import SYSTEM_UNITS, bot_token, run
from catalogue import SYSTEM, USER, test
from checkouts import install
from expect import check, contains, equal, lacks
from world import ACCOUNT, PROGRAM

REPOSITORY = Path("/srv/watchdog")
FOLDER = Path("/run/lock/agent-watchdog")
NAME = "TELEGRAM_BOT_TOKEN"
TOKEN = bot_token("locked")
BUSY, USAGE, UNABLE, MISSING, NOT_STARTED = 75, 64, 3, 127, 126


def make_folder():
    """As scripts/install does."""
    run("systemd-tmpfiles", "--create", str(REPOSITORY / "units/agent-watchdog.tmpfiles"))


def identity(account):
    """In the same process: runuser would stay in between."""
    return [] if account == "root" else ["setpriv", "--reuid", account, "--regid", account, "--init-groups"]


def variables(account, token=TOKEN, **more):
    given = {NAME: token} if token is not None else {}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": pwd.getpwnam(account).pw_dir, **given, **more}


def lock(*words, command=("true",), account="root", token=TOKEN, env=(f"--token-env={NAME}",), **more):
    """Calls it and waits for its end, or that of the command it became."""
    line = [*identity(account), PROGRAM, "lock", *env, *words, "--", *command]
    return subprocess.run(line, env=variables(account, token, **more), text=True, capture_output=True, cwd="/",
                          stdin=subprocess.DEVNULL, timeout=30)


class Holder:
    """A command that has the lock."""

    def __init__(self, *words, account="root", token=TOKEN, command="echo holds; exec sleep infinity", **more):
        line = [*identity(account), PROGRAM, "lock", f"--token-env={NAME}", *words, "--", "sh", "-c", command]
        self.process = subprocess.Popen(line, env=variables(account, token, **more), text=True, cwd="/",
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.pid = self.process.pid
        self.line = self.process.stdout.readline().strip()
        if not self.line.startswith("holds"):
            out, err = self.process.communicate(timeout=10)
            raise agents.FleetError(f"nothing got the lock: status {self.process.returncode}, {self.line!r} {out!r} "
                                    f"{err!r}")

    def end(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.communicate(timeout=10)


def refused(done, holder, unit, owner):
    equal(done.returncode, BUSY, "the exit status of the second start")
    equal(done.stdout, "", "what the second start's command printed")
    equal(len(done.stderr.splitlines()), 1, f"the number of lines that it says ({done.stderr!r})")
    for piece in (f"process {holder}", unit, f"user {owner}"):
        contains(done.stderr, piece, "what the second start says")


# The program that it becomes

PROBE = r"""
echo "PID $$"
while read -r line; do  # by the shell itself, which blocks signals while it waits for another program
    case $line in
    PPid*|Umask*|Uid*|Gid*|Groups*|Sig[BIC]*|Cap*|NoNew*|Seccomp*|Threads*|Cpus_allowed:*) echo "$line" ;;
    esac
done </proc/$$/status
tr '\0' '\n' </proc/$$/environ | LC_ALL=C sort | sed 's/^/ENV /'
tr '\0' '\n' </proc/$$/cmdline | head -n1 | sed 's/^/ARG /'
sed 's/^/LIMIT /' /proc/$$/limits
for fd in /proc/$$/fd/*; do echo "FD ${fd##*/} $(readlink $fd)"; done
echo "CWD $(readlink /proc/$$/cwd) $(cat /proc/$$/oom_score_adj) $(cut -d' ' -f19 /proc/$$/stat) $(cat /proc/$$/comm)"
cat | sed 's/^/STDIN /'
for pid in $(cat /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$$/cgroup)/cgroup.procs); do
    [ "$(cut -d' ' -f4 /proc/$pid/stat 2>/dev/null)" = $$ ] || [ $pid = $$ ] || [ ! -e /proc/$pid ] || echo "OTHER $pid"
done
"""


def unit(name, command, *lines, account="root"):
    """A system unit that was started, and has read its command from a file, as a unit's line is no shell's."""
    (SYSTEM_UNITS / name).write_text("\n".join([
        "[Service]", f"User={account}", f"Environment={NAME}={TOKEN}", *lines, f"ExecStart={command}"]) + "\n")
    run("systemctl", "daemon-reload")
    run("systemctl", "start", name)


def property_of(name, *names):
    shown = run("systemctl", "show", f"--property={','.join(names)}", name).stdout
    found = dict(line.split("=", 1) for line in shown.splitlines())
    return tuple(found[each] for each in names)


def normal(text, pid, name):
    """Without what two starts of one thing never share."""
    lines = []
    for line in text.splitlines():
        if line.startswith(("ENV INVOCATION_ID=", "ENV JOURNAL_STREAM=")):
            continue
        # The number of a descriptor may be the same as the PID.
        start, rest = re.match(r"((?:FD \d+ )?)(.*)", line.replace(name, "UNIT")).groups()
        line = start + re.sub(rf"(?<!\d){pid}(?!\d)", "PID", rest)
        lines.append(re.sub(r"(pipe|socket|anon_inode):\[?\d*\]?", r"\1", line))
    return lines


@test("the program it becomes finds everything as without it: PID, signals, umask, variables, files, standard input")
def exec_semantics(world):
    make_folder()
    probe = Path("/usr/local/bin/probe")
    probe.write_text(f"#!/bin/sh\n{PROBE}echo end\nexec sleep infinity\n")
    probe.chmod(0o755)
    # Ignored and default SIGPIPE; a mask, limits and a folder that are not the usual ones.
    for number, more in enumerate((
            ["IgnoreSIGPIPE=no", "UMask=0027", "StandardInputText=one line", "WorkingDirectory=/var/tmp", "Nice=3",
             "LimitNOFILE=512:1024", "Environment=LANG=C.UTF-8 'STRANGE=a b=c'", "SupplementaryGroups=games",
             "OOMScoreAdjust=150", "Environment=EMPTY="],
            ["IgnoreSIGPIPE=yes", "UMask=0077", "NoNewPrivileges=yes"])):
        seen = {}
        for kind, prefix in (("with", f"{PROGRAM} lock --token-env {NAME} -- "), ("without", "")):
            name, out = f"{kind}{number}.service", Path(f"/run/{kind}{number}.out")
            unit(name, f"{prefix}/bin/sh {probe}", *more, f"StandardOutput=file:{out}", "StandardError=journal",
                 account=ACCOUNT)
            breaks.wait("the program to have told all", lambda: out.exists() and out.read_text().endswith("end\n"), 10)
            text = out.read_text()
            lacks(text, "OTHER", "the processes in the unit")
            pid = int(re.search(r"^PID (\d+)$", text, re.M)[1])
            equal(property_of(name, "MainPID"), (str(pid),), f"the main process of {name}")
            seen[kind] = normal(text.replace(str(out), "OUT"), pid, name)
            # It is the only process, and stays so.
            group = Path(f"/sys/fs/cgroup/system.slice/{name}/cgroup.procs")
            equal(group.read_text().split(), [str(pid)], f"the processes in {name}")
            run("systemctl", "stop", name)
        extra = [line for line in seen["with"] if line not in seen["without"]]
        missing = [line for line in seen["without"] if line not in seen["with"]]
        equal(missing, [], "what the program does not find that it would find without the lock")
        equal([re.sub(r"\d+ .*/[0-9a-f]{32}$", "N LOCK", line) for line in extra], ["FD N LOCK"],
              "what the program finds that it would not find without the lock")
        check(int(extra[0].split()[1]) >= 200, f"the lock has a number that a program may use itself: {extra}")


@test("exit status and signals are the program's own")
def ends(world):
    make_folder()
    for number in (0, 1, 42, 75, 143):
        equal(lock(command=("sh", "-c", f"exit {number}")).returncode, number, "the exit status")
    for name in ("TERM", "INT", "HUP", "USR1", "PIPE", "KILL"):
        equal(lock(command=("sh", "-c", f"kill -{name} $$")).returncode, -getattr(signal, f"SIG{name}"),
              f"how a program ends by SIG{name}")
    unit("ends.service", f"{PROGRAM} lock --token-env {NAME} -- /bin/sleep infinity", "SuccessExitStatus=0")
    main = property_of("ends.service", "MainPID")[0]
    breaks.wait("the program to be there", lambda: Path(f"/proc/{main}/comm").read_text() == "sleep\n", 10)
    run("systemctl", "kill", "--signal=USR1", "ends.service")
    breaks.wait("the unit to have ended", lambda: property_of("ends.service", "ActiveState") == ("failed",), 10)
    equal(property_of("ends.service", "ExecMainPID", "ExecMainCode", "ExecMainStatus", "Result"),
          (main, "2", str(int(signal.SIGUSR1)), "signal"), "what systemd knows of the end")


@test("the program gets its words byte for byte, and its options are its own")
def words(world):
    make_folder()
    given = [b"--wait", b"5x", b"--token-env", b"NONE", b"--help", b"-h", b"--", b"--nonsense", b"", b"two  words",
             "ümläut".encode(), b"latin-\xe9\xff", b"new\nline"]
    done = subprocess.run([PROGRAM, "lock", "--token-env", NAME, "--", "sh", "-c", 'printf "%s\\0" "$@"', "sh", *given],
                          env=variables("root"), capture_output=True)
    equal((done.returncode, done.stderr), (0, b""), "status and complaint")
    equal(done.stdout.split(b"\0")[:-1], given, "the words of the program")
    # Without the two strokes the first word that is no option begins it.
    done = subprocess.run([PROGRAM, "lock", "--token-env", NAME, "echo", "--wait", "--help"], env=variables("root"),
                          text=True, capture_output=True)
    equal((done.returncode, done.stdout), (0, "--wait --help\n"), "the same without --")
    # Found in PATH, as a shell would.
    equal(lock(command=("echo", "-n", "found")).stdout, "found", "a program without a folder")


@test("a limit of open files that leaves no room for high numbers does not keep the agent from starting")
def few_files(world):
    make_folder()
    limited = subprocess.run(
        ["sh", "-c", 'ulimit -n 128; exec "$@"', "sh", PROGRAM, "lock", "--token-env", NAME, "--", "echo", "started"],
        env=variables("root"), text=True, capture_output=True)
    equal((limited.returncode, limited.stdout, limited.stderr), (0, "started\n", ""), "status, output and complaint")


@test("a program that is not there is 127, one that cannot be started 126, and no program 64")
def no_program(world):
    make_folder()
    done = lock(command=("/nowhere/agent", "--wait"))
    equal((done.returncode, done.stdout), (MISSING, ""), "status and output without such a program")
    contains(done.stderr, "/nowhere/agent", "what is said")
    equal(lock(command=("no-such-program",)).returncode, MISSING, "the status of a name that PATH has not")
    equal(lock(command=("/etc/passwd",)).returncode, NOT_STARTED, "the status of a file that is no program")
    equal(lock(command=()).returncode, USAGE, "the status without a command")
    contains(lock(command=()).stderr, "watchdog help lock", "what is said without a command")
    for wait in ("soon", "-5s", "5", "25h", ""):
        done = lock(f"--wait={wait}", command=("echo", "started"))
        equal((done.returncode, done.stdout), (USAGE, ""), f"status and output with --wait={wait}")
    equal(lock(env=(), command=("echo", "started")).returncode, USAGE, "the status without any token named")
    equal(lock("--token", TOKEN, command=("echo", "started")).returncode, USAGE, "the status of an unknown option")
    equal(lock(command=("echo", "started")).stdout, "started\n", "a start after all that")


@test("without a token nothing is started: 3, and a sentence")
def no_token(world):
    make_folder()
    for token in (None, "", "  \n"):
        done = lock(command=("echo", "started"), token=token)
        equal((done.returncode, done.stdout), (UNABLE, ""), f"status and output with {token!r}")
        contains(done.stderr, NAME, "what is said")
        equal(len(done.stderr.splitlines()), 1, "the number of lines that are said")
    equal(sorted(os.listdir(FOLDER)), [], "the locks")


@test("a token from a file is the same token; the variable comes first")
def token_file(world):
    make_folder()
    file = Path("/etc/bot.token")
    file.touch(mode=0o600)
    file.write_text(TOKEN + "\n")
    holder = Holder()
    done = lock(f"--token-file={file}", env=(), token=None)
    refused(done, holder.pid, "", "root")
    equal(lock(f"--token-file={file}", token=None).returncode, BUSY, "the status with a variable that is not set")
    equal(lock(f"--token-file={file}", token="").returncode, BUSY, "the status with an empty variable")
    equal(lock(f"--token-file={file}", token=bot_token("other")).returncode, 0, "the status with another token set")
    equal(lock("--token-file=/etc/none.token").returncode, BUSY, "the status with a file that is not needed")
    holder.end()
    equal(lock(f"--token-file={file}", env=(), token=None).returncode, 0, "the status after the holder's end")
    for content in (None, "", "\n"):
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_text(content)
            file.chmod(0o600)
        done = lock(f"--token-file={file}", env=(), token=None, command=("echo", "started"))
        equal((done.returncode, done.stdout), (UNABLE, ""), f"status and output with a file that holds {content!r}")
        contains(done.stderr, str(file), "what is said")
    # An account reads it with its own rights.
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    done = lock(f"--token-file={file}", env=(), token=None, account=ACCOUNT, command=("echo", "started"))
    equal((done.returncode, done.stdout), (UNABLE, ""), "status and output with a file that is closed to the account")


# Who has it

@test("a second start ends with 75 and names PID, unit and owner of the first, also across users and managers", (USER,),
      seconds=6)
def second_start(world):
    make_folder()
    agents.install_programs()
    uid = pwd.getpwnam(ACCOUNT).pw_uid
    as_user = ["setpriv", "--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups", "env",
               f"XDG_RUNTIME_DIR=/run/user/{uid}"]
    # By a unit of root's, which runs as another account.
    agents._make_account("second", linger=False)
    unit("first.service", f"{PROGRAM} lock --token-env {NAME} -- /bin/sleep infinity", account="second")
    main = int(property_of("first.service", "MainPID")[0])
    breaks.wait("the program to be there", lambda: Path(f"/proc/{main}/comm").read_text() == "sleep\n", 10)
    for account in ("root", ACCOUNT, "second"):
        refused(lock(account=account, command=("echo", "started")), main, "unit first.service", "second")
    run("systemctl", "stop", "first.service")
    # By a unit of a user's manager.
    folder = Path(f"/home/{ACCOUNT}/.config/systemd/user")
    run(*as_user, "sh", "-c", 'mkdir -p "$1" && cat >"$1/own.service"', "sh", str(folder), stdin="\n".join([
        "[Service]", f"Environment={NAME}={TOKEN}",
        f"ExecStart={PROGRAM} lock --token-env {NAME} -- /bin/sleep infinity"]) + "\n")
    run(*as_user, "systemctl", "--user", "daemon-reload")
    run(*as_user, "systemctl", "--user", "start", "own.service")
    main = int(run(*as_user, "systemctl", "--user", "show", "--property=MainPID", "--value", "own.service").stdout)
    breaks.wait("the program to be there", lambda: Path(f"/proc/{main}/comm").read_text() == "sleep\n", 10)
    for account in ("root", ACCOUNT, "second"):
        refused(lock(account=account, command=("echo", "started")), main, "unit own.service", ACCOUNT)
    run("systemctl", "start", "first.service")
    breaks.wait("the unit of root's to give up", lambda: property_of("first.service", "ActiveState") == ("failed",), 10)
    equal(property_of("first.service", "ExecMainStatus"), (str(BUSY),), "the status of root's unit")
    # Another token is nobody's business.
    equal(lock(account="second", token=bot_token("other")).returncode, 0, "the status with another token")
    run(*as_user, "systemctl", "--user", "stop", "own.service")
    for account in (ACCOUNT, "root", "second"):
        equal(lock(account=account).returncode, 0, f"the status of {account} after the holder's stop")


@test("with --wait it starts as soon as the holder ends, and gives up when its time is over", seconds=8)
def waiting(world):
    make_folder()
    holder = Holder()
    began = time.monotonic()
    done = lock("--wait", "2s", command=("echo", "started"))
    took = time.monotonic() - began
    refused(done, holder.pid, "", "root")
    check(2 <= took < 4, f"it gave up after {took:.1f} s")
    began = time.monotonic()
    equal(lock(command=("echo", "started")).returncode, BUSY, "the status without --wait")
    check(time.monotonic() - began < 1, "it waited without being asked to")
    patient = subprocess.Popen([PROGRAM, "lock", "--token-env", NAME, "--wait", "1min", "--", "sh", "-c", "echo $$"],
                               env=variables("root"), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    fds = Path(f"/proc/{patient.pid}/fd")
    breaks.wait("it to be at it", lambda: "sh" not in Path(f"/proc/{patient.pid}/comm").read_text() and fds.exists(), 5)
    equal(patient.poll(), None, "whether it gave up before its time")
    ended = time.monotonic()
    holder.end()
    out, err = patient.communicate(timeout=10)
    equal((patient.returncode, out.strip(), err), (0, str(patient.pid), ""), "status, output and complaint")
    check(time.monotonic() - ended < 1.5, "it did not start soon after the holder's end")


@test("one that waits can be told to end", seconds=6)
def waiting_ended(world):
    make_folder()
    holder = Holder()
    for number in (signal.SIGTERM, signal.SIGINT):
        patient = subprocess.Popen([PROGRAM, "lock", "--token-env", NAME, "--wait", "1min", "--", "echo", "started"],
                                   env=variables("root"), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        breaks.wait("it to be the program", lambda: Path(f"/proc/{patient.pid}/comm").read_text() == "watchdog\n", 5)
        patient.send_signal(number)
        out, _ = patient.communicate(timeout=5)
        equal((patient.returncode, out), (-number, ""), f"status and output after {number.name}")
    holder.end()


@test("the lock goes with its holder, however that ends; children that stay do not keep it")
def freed(world):
    make_folder()
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV):
        holder = Holder()
        equal(lock().returncode, BUSY, "the status while it is held")
        holder.end(number)
        equal(lock().returncode, 0, f"the status after the holder ended by {number.name}")
    # A child that keeps every file of its parent open, and one that was there when the parent became the program.
    holder = Holder(command="setsid sleep infinity </dev/null >/dev/null 2>&1 & echo holds $!; exec sleep infinity")
    child = int(holder.line.split()[1])
    equal(lock().returncode, BUSY, "the status while the parent lives")
    holder.end()
    check(Path(f"/proc/{child}").exists(), "the child ended with its parent: this proves nothing")
    equal(lock().returncode, 0, "the status while only the child lives")
    os.kill(child, signal.SIGKILL)
    # A child that ends, with the file among what it closes, takes nothing away either.
    holder = Holder(command="sh -c 'exit 0' 200>&-; (exit 0); echo holds; exec sleep infinity")
    equal(lock().returncode, BUSY, "the status after children have ended")
    # The lock outlives another execution of the holder.
    refused(lock(), holder.pid, "", "root")
    holder.end()


@test("of starts at the same moment one wins")
def race(world):
    make_folder()
    many = [subprocess.Popen([*identity(account), PROGRAM, "lock", "--token-env", NAME, "--", "sleep", "infinity"],
                             env=variables(account), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for _ in range(10) for account in ("root", ACCOUNT)]
    breaks.wait("all but one to give up", lambda: sum(each.poll() is None for each in many) <= 1, 20)
    equal(sorted(each.poll() for each in many if each.poll() is not None), [BUSY] * 19, "the status of the others")
    last = next(each for each in many if each.poll() is None)
    breaks.wait("the winner to be the program",
                lambda: Path(f"/proc/{last.pid}/comm").read_text() == "sleep\n", 5)
    last.kill()
    last.wait()


# What is seen of it

@test("the token is in no file name, no file, no argument and no message", seconds=6)
def hidden(world):
    make_folder()
    holder = Holder(account=ACCOUNT)
    shown = ""
    for account in ("root", ACCOUNT):
        done = lock(account=account)
        equal(done.returncode, BUSY, "the status")
        shown += done.stdout + done.stderr
    shown += lock(command=("/nowhere",), token=bot_token("other")).stderr
    shown += lock("--wait=x").stderr
    names = os.listdir(FOLDER)
    equal(len(names), 2, "the number of locks")
    for name in names:
        check(re.fullmatch("[0-9a-f]{32}", name), f"a lock is called {name!r}")
        lacks(shown, name, "what was said")
        equal((FOLDER / name).stat().st_size, 0, "the size of a lock")
    arguments = Path(f"/proc/{holder.pid}/cmdline").read_text()
    import hashlib
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()[:32]
    check(digest not in names, "a lock has the bare digest of a token for its name")
    secrets_of.search({"the token": TOKEN, "its key": TOKEN.split(":")[1]}, what_was_said=shown,
                      the_names="\n".join(names), the_arguments=arguments)
    holder.end()


@test("another user can neither list the locks nor take one without its token")
def hostile(world):
    make_folder()
    equal((oct(FOLDER.stat().st_mode), FOLDER.owner()), (oct(0o41733), "root"), "mode and owner of the folder")
    holder = Holder()
    (name,) = os.listdir(FOLDER)
    done = run("setpriv", "--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups", "ls", str(FOLDER), check=False)
    equal((done.returncode, done.stdout), (2, ""), "what listing the folder gives")
    # Even one who knows the name cannot remove it, or put another file in its place.
    for words in (("rm", "-f", str(FOLDER / name)), ("mv", str(FOLDER / name), str(FOLDER / "elsewhere"))):
        done = run("setpriv", "--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups", *words, check=False)
        check(done.returncode != 0, f"another user could call {words}")
    equal(lock(account=ACCOUNT).returncode, BUSY, "the status of a start by that user")
    holder.end()
    # Files of other names, as many as they like, are in nobody's way.
    run("setpriv", "--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups", "sh", "-c",
        'for n in 1 2 3; do : >"$1/$(printf %032x $n)"; done; mkfifo "$1/fifo"; ln -s /etc/passwd "$1/link"',
        "sh", str(FOLDER))
    equal(lock(command=("echo", "started")).stdout, "started\n", "a start beside foreign files")


def planted(kind, path, account):
    """A thing of that kind in the lock's place, made by the account. Some the kernel itself refuses to make."""
    lines = {"link": 'ln -s /etc/outside "$1"', "dangling link": 'ln -s /var/tmp/made-by-root "$1"',
             "hard link": ': >"$2" && ln "$2" "$1"', "folder": 'mkdir "$1"', "FIFO": 'mkfifo "$1"',
             "socket": 'python3 -c "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])" "$1"'}
    own = FOLDER / f"other-{kind.split()[0]}"
    run(*identity(account), "sh", "-c", lines[kind], "sh", str(path), str(own))


@test("what somebody planted in a lock's place is refused with a sentence, and the program is not started", seconds=7)
def in_its_place(world):
    make_folder()
    Path("/etc/outside").write_text("root's\n")
    lock()
    (name,) = os.listdir(FOLDER)
    path = FOLDER / name
    for owner, victim in ((ACCOUNT, "root"), ("root", ACCOUNT)):
        for kind in ("link", "dangling link", "hard link", "folder", "FIFO", "socket"):
            if owner == "root" and kind == "hard link":
                continue  # its file is closed to others: nothing to be opened
            run("rm", "-rf", *map(str, FOLDER.iterdir()))
            planted(kind, path, owner)
            before = (path.lstat().st_mode, path.lstat().st_uid, path.lstat().st_ino)
            began = time.monotonic()
            done = lock(command=("echo", "started"), account=victim)
            equal((done.returncode, done.stdout), (UNABLE, ""), f"status and output of {victim} with a {kind}")
            check(len(done.stderr.splitlines()) == 1 and done.stderr.startswith("watchdog lock: "),
                  f"{victim} is not told one sentence about a {kind}: {done.stderr!r}")
            lacks(done.stderr, name, "the sentence")
            check(time.monotonic() - began < 3, f"a {kind} held {victim} up")
            equal((path.lstat().st_mode, path.lstat().st_uid, path.lstat().st_ino), before, f"the {kind} after that")
    equal(Path("/etc/outside").read_text(), "root's\n", "the file of root's that a link leads to")
    check(not Path("/var/tmp/made-by-root").exists(), "root made a file where a link leads")


@test("a plain file that another user planted in a lock's place serves as the lock", seconds=6)
def plain_file(world):
    make_folder()
    lock()
    (name,) = os.listdir(FOLDER)
    (FOLDER / name).unlink()
    first = Holder(account=ACCOUNT)
    equal((FOLDER / name).owner(), ACCOUNT, "the owner of the lock")
    refused(lock(), first.pid, "", ACCOUNT)
    first.end()
    equal(lock(command=("echo", "started")).stdout, "started\n", "a start by root after that")


@test("a folder for locks of another owner, kind or mode is refused with a sentence, and the program is not started",
      seconds=6)
def wrong_folder(world):
    account = pwd.getpwnam(ACCOUNT)

    def checked(what, accounts=("root", ACCOUNT)):
        for each in accounts:
            # With a place of its own at hand: a folder that cannot be trusted must not lead there in silence.
            done = lock(command=("echo", "started"), account=each, XDG_RUNTIME_DIR="/var/tmp")
            equal((done.returncode, done.stdout), (UNABLE, ""), f"status and output of {each} with {what}")
            contains(done.stderr, str(FOLDER), f"what {each} is told")
            equal(len(done.stderr.splitlines()), 1, f"the lines that {each} is told with {what}")

    # Anybody may make it before root does: /run/lock is open to all.
    run(*identity(ACCOUNT), "mkdir", "-m", "1733", str(FOLDER))
    checked("a folder of another user's")
    FOLDER.rmdir()
    target = Path(f"/home/{ACCOUNT}/locks")
    run(*identity(ACCOUNT), "sh", "-c", 'mkdir "$1" && ln -s "$1" "$2"', "sh", str(target), str(FOLDER))
    checked("a link to a folder of another user's")
    equal(os.listdir(target), [], "what was made where the link leads")
    FOLDER.unlink()
    FOLDER.symlink_to("/root")
    checked("a link of root's")
    FOLDER.unlink()
    FOLDER.write_text("")
    checked("a file")
    FOLDER.unlink()
    FOLDER.mkdir()
    for mode in (0o1777, 0o755, 0o1737, 0o1773):
        FOLDER.chmod(mode)
        checked(f"a folder of mode {mode:o}")
    FOLDER.chmod(0o1733)
    os.chown(FOLDER, account.pw_uid, account.pw_gid)
    checked("a folder that was given away")
    os.chown(FOLDER, 0, 0)
    FOLDER.chmod(0o1733)  # which a change of owner may have taken from it
    equal(lock(command=("echo", "started")).stdout, "started\n", "a start with the right folder")
    FOLDER.chmod(0o733)  # where anybody who knows the name may remove the lock
    checked("a folder of mode 733")


@test("root makes the folder itself; without it a user's locks are the user's own, with a remark")
def no_folder(world):
    uid = pwd.getpwnam(ACCOUNT).pw_uid
    place = Path("/run/user-of-test")
    place.mkdir(mode=0o700)
    os.chown(place, uid, -1)
    check(not FOLDER.exists(), "the folder is there already")
    holder = Holder(account=ACCOUNT, XDG_RUNTIME_DIR=str(place))
    own = place / "agent-watchdog"
    equal((oct(own.stat().st_mode & 0o7777), own.owner(), len(os.listdir(own))), ("0o700", ACCOUNT, 1),
          "mode, owner and content of the user's own folder")
    done = lock(account=ACCOUNT, XDG_RUNTIME_DIR=str(place))
    equal(done.returncode, BUSY, "the status of a second start")
    contains(done.stderr, f"process {holder.pid}", "what it says")
    contains(done.stderr, "other users", "the remark")
    contains(done.stderr, str(FOLDER), "the remark")
    check(not FOLDER.exists(), "a user made the folder")
    holder.end()
    done = lock(account=ACCOUNT, command=("echo", "started"), XDG_RUNTIME_DIR=str(place))
    equal((done.returncode, done.stdout), (0, "started\n"), "status and output after that")
    contains(done.stderr, "other users", "the remark of a start that succeeds")
    # No place at all.
    for directory in ({}, {"XDG_RUNTIME_DIR": ""}, {"XDG_RUNTIME_DIR": "relative"}):
        done = lock(account=ACCOUNT, command=("echo", "started"), **directory)
        equal((done.returncode, done.stdout), (UNABLE, ""), f"status and output with {directory}")
        contains(done.stderr, "scripts/install", "what is said")
    os.chmod(own, 0o755)
    equal(lock(account=ACCOUNT, XDG_RUNTIME_DIR=str(place)).returncode, UNABLE, "the status with an open folder")
    # Root makes it, as scripts/install would.
    equal(lock(command=("echo", "started")).stdout, "started\n", "a start by root")
    equal((oct(FOLDER.stat().st_mode), FOLDER.owner()), (oct(0o41733), "root"), "mode and owner of the folder")
    done = lock(account=ACCOUNT, command=("echo", "started"), XDG_RUNTIME_DIR=str(place))
    equal((done.returncode, done.stdout, done.stderr), (0, "started\n", ""), "a start by the user then")


# Agents

def under_lock(agent, token):
    """The agent has this token, and is started through the lock from its next start on."""
    text = agent.unit_file.read_text().replace(bot_token(agent.name), token)
    text = text.replace("ExecStart=", f"ExecStart={PROGRAM} lock --token-env {NAME} -- ")
    agent.write(agent.unit_file, text) if agent.user else agent.unit_file.write_text(text)
    agent.systemctl("daemon-reload")


@test("of two agents with one token only one polls, and the other takes over when that one is stopped", (USER,),
      seconds=15)
def two_agents(world):
    import fleet
    make_folder()
    first = fleet.create("first", program="poller", token_in="unit", start_limit="100/10")
    second = world.create("second", program="poller", token_in="unit", start_limit="100/10", restart_sec="200ms")
    for agent in (first, second):
        agent.systemctl("stop", agent.unit)
        under_lock(agent, TOKEN)
    world.doubles.forget()
    since = time.time()
    first.systemctl("start", first.unit)
    breaks.wait("the first agent to be ready", first.ready)
    main = first.state()["MainPID"]
    equal(first.processes(), [main], "the processes of the first agent")
    second.systemctl("start", second.unit)
    breaks.wait("the second agent to be turned away three times", lambda: second.state()["NRestarts"] >= 3)
    check(second.manager_said(f"status={BUSY}/TEMPFAIL", since), "the second agent's exit status is another one")
    contains(second.journal(since), f"process {main} (unit {first.unit}, user {first.account})",
             "what the second agent says")
    check(not second.ready(), "the second agent runs, too")
    equal(first.state()["MainPID"], main, "the main process of the first agent")
    first.systemctl("stop", first.unit)
    breaks.wait("the second agent to take over", second.ready)
    check(world.doubles.polls(TOKEN), "nobody polled: this proves nothing")
    for agent in (first, second):
        lacks(agent.journal(since), "Conflict", f"what {agent.name} said")
    first.systemctl("start", first.unit, check=False)
    breaks.wait("the first agent to be turned away", lambda: first.manager_said(f"status={BUSY}/TEMPFAIL", since))
    lacks(first.journal(since) + second.journal(since), TOKEN, "what the agents said")


@test("what the lock starts is watched as without it", (SYSTEM, USER), seconds=7)
def watched(world):
    make_folder()
    agent = world.create("locked", token_in="unit", restart="no")
    under_lock(agent, bot_token("locked"))
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)
    for _ in range(2):
        equal(world.run("--json", status=0).verdict("locked"), "healthy", "the verdict")
    breaks.crash(agent)
    equal(world.run("--json", status=0).verdict("locked"), "healed", "the verdict after a crash")
    equal(lock(token=bot_token("locked")).returncode, BUSY, "the status of another start")


@test("installing makes the folder, and uninstalling refuses while a unit starts through the lock", seconds=8)
def installed(world):
    install()
    equal((oct(FOLDER.stat().st_mode), FOLDER.owner()), (oct(0o41733), "root"), "mode and owner of the folder")
    agent = world.create("locked", token_in="unit")
    under_lock(agent, bot_token("locked"))
    done = run(str(REPOSITORY / "scripts/uninstall"), check=False)
    equal(done.returncode, 1, "the exit status of uninstalling")
    contains(done.stderr, agent.unit, "what it says")
    check(Path(PROGRAM).exists() and FOLDER.exists(), "it took away what the unit needs")
    # In a package's folder, with a line that goes on in the next one.
    other = Path("/usr/lib/systemd/system/packaged.service")
    other.write_text(f"[Service]\nExecStart={PROGRAM} \\\n  lock --token-env {NAME} -- /bin/true\n")
    contains(run(str(REPOSITORY / "scripts/uninstall"), check=False).stderr, str(other), "what it says of both")
    other.unlink()
    agent.unit_file.write_text(agent.unit_file.read_text().replace(f"{PROGRAM} lock --token-env {NAME} -- ", ""))
    agent.systemctl("daemon-reload")
    run(str(REPOSITORY / "scripts/uninstall"))
    check(not FOLDER.exists() and not Path("/etc/tmpfiles.d/agent-watchdog.conf").exists(),
          "the folder, or what makes it at boot, is left behind")


@test("the lock works in a unit that systemd forbids openat2: RestrictSUIDSGID=")
def restricted(world):
    make_folder()
    done = run("systemd-run", "--wait", "--pipe", "-q", "-p", "RestrictSUIDSGID=yes", f"--setenv={NAME}={TOKEN}", PROGRAM,
               "lock", f"--token-env={NAME}", "--", "echo", "started", check=False)
    equal((done.returncode, done.stdout), (0, "started\n"), f"status and output ({done.stderr})")
