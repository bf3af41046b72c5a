"""The world of one test: the doubles, the settings, the agents and the program, in one of three scopes."""
import json
import re
import subprocess
import time
from pathlib import Path

import agents
import fleet
from catalogue import OWN, SYSTEM
from doubles_client import Doubles
from expect import check, equal
from ledger import LedgerCopy

PROGRAM = "/usr/local/bin/watchdog"
ACCOUNT = "fleet"
HOME = Path("/home") / ACCOUNT

POLICY = {"settle": "1s", "warm_up": "20s", "known_good_after": "0s", "brake_share": 1.0,
          "edit_grace": "0s"}


class Call:
    """One call of the program that has ended."""

    def __init__(self, words, status, out, err, seconds):
        self.words, self.status, self.out, self.err, self.seconds = words, status, out, err, seconds

    @property
    def json(self):
        """Standard output as one JSON value."""
        try:
            return json.loads(self.out)
        except ValueError:
            raise AssertionError(f"`watchdog {' '.join(self.words)}` printed no JSON value: "
                                 f"{self.out[:500]!r} {self.err[:500]!r}") from None

    def agent(self, name):
        """What a report in JSON says of one agent."""
        found = [agent for agent in self.json["agents"] if agent["name"] == name]
        check(len(found) == 1, f"the report names agent {name} {len(found)} times")
        return found[0]

    def verdict(self, name):
        return self.agent(name)["verdict"]

    def __str__(self):
        text = f"$ watchdog {' '.join(self.words)}\n{self.out}{self.err}".rstrip("\n")
        return f"{text}\n[status {self.status}, {self.seconds:.2f} s]"


class World:
    def __init__(self, scope):
        self.scope = scope
        self.by_user = scope == OWN
        base = HOME if self.by_user else Path("/")
        self.settings_path = base / (".config/agent-watchdog/watchdog.toml" if self.by_user
                                     else "etc/agent-watchdog/watchdog.toml")
        self.state = base / (".local/state/agent-watchdog" if self.by_user
                             else "var/lib/agent-watchdog")
        self.ledger = LedgerCopy(self.state)
        self.doubles = Doubles()
        self.fleet = {}
        self._calls = []

    def open(self):
        # The account and its manager come first: settings and state of the user lie in its home.
        agents._make_account(ACCOUNT, linger=self.scope != SYSTEM)
        self.doubles.start()
        self.settings()

    def close(self):
        self.doubles.stop()

    # Settings

    def settings(self, advisor=False, webhook=True, more="", fleet='units = ["openclaw-gateway-*.service"]',
                 **policy):
        """Writes the settings: short times, every agent for itself, and one webhook."""
        lines = ["[fleet]", fleet, "[policy]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in (POLICY | policy).items()]
        if advisor:
            lines += ["[[advisor.provider]]", 'name = "double"', f'url = "{self.doubles.url}/v1"',
                      'model = "small"']
        if webhook:
            lines += ["[[channel]]", 'kind = "webhook"', f'url = "{self.doubles.url}/webhook"']
        lines += ["[telegram]", f'api = "{self.doubles.url}"']
        self.write_settings("\n".join([*lines, more]) + "\n")

    def write_settings(self, text):
        self.as_owner("sh", "-c", 'mkdir -p "$(dirname "$1")" && cat >"$1"', "sh",
                      str(self.settings_path), input=text)

    def policy(self, **changes):
        """The same settings, with other values of keys that stand in [policy]."""
        text = self.settings_path.read_text()
        for key, value in changes.items():
            text, count = re.subn(rf"^{key} = .*$", f"{key} = {json.dumps(value)}", text, flags=re.M)
            equal(count, 1, f"how often {key} stands in the settings")
        self.write_settings(text)

    def as_owner(self, *words, input=None):
        """As whoever runs the watchdog."""
        return subprocess.run([*self.identity(), *words], input=input, text=True, check=True,
                              capture_output=True, cwd="/")

    def identity(self):
        if not self.by_user:
            return []
        uid = agents.pwd.getpwnam(ACCOUNT).pw_uid
        return ["runuser", "-u", ACCOUNT, "--", "env", f"HOME={HOME}", f"XDG_RUNTIME_DIR=/run/user/{uid}"]

    # Agents

    def create(self, name, **options):
        agent = fleet.create(name, user=None if self.scope == SYSTEM else ACCOUNT, **options)
        self.fleet[name] = agent
        return agent

    def drop_in(self, agent, text):
        """An administrator's drop-in for the agent's [Service], which its manager has read."""
        place = agent.unit_file.with_name(agent.unit + ".d") / "10-test.conf"
        if agent.user:
            agent.write(place, f"[Service]\n{text}\n")
        else:
            place.parent.mkdir(exist_ok=True)
            place.write_text(f"[Service]\n{text}\n")
        agent.systemctl("daemon-reload")

    def learned(self, name, **options):
        """A healthy agent whose config is the last-known-good one."""
        agent = self.create(name, **options)
        self.learn(agent)
        return agent

    def learn(self, *agents):
        """Two passes, after which the present config of each is known to be good."""
        for _ in range(2):
            call = self.run("--json")
            for agent in agents:
                equal(call.verdict(agent.name), "healthy", f"the verdict on {agent.name} before anything broke")
        for agent in agents:
            found = self.known_good(agent)
            check(found == agent.config.read_bytes(),
                  f"after two healthy passes the config of {agent.name} is not kept as known good")

    def known_good(self, agent):
        """The bytes of its newest known-good config."""
        kept = self.ledger.versions(agent.config, "known-good")
        return max(kept, key=lambda row: (row["since"], row["id"]))["bytes"] if kept else None

    # The program

    def command(self, *words, within=()):
        return [*self.identity(), *within, PROGRAM, *words]

    def watchdog(self, *words, status=None, before=(), within=()):
        """Calls the program with no terminal, as cron does, and checks its exit status if one is given.
        `before` is a command that runs all of it, e.g. in another mount namespace; `within` one that the
        account of the watchdog runs it by, e.g. a tracer."""
        # What agents have said by now has to be in the journal: only then all passes see the same.
        subprocess.run(["journalctl", "--sync"], check=False, capture_output=True)
        began = time.monotonic()
        done = subprocess.run([*before, *self.command(*words, within=within)], text=True, cwd="/",
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=80)
        call = Call(words, done.returncode, done.stdout, done.stderr, time.monotonic() - began)
        self._calls.append(call)
        if status is not None:
            equal(call.status, status, f"the exit status of `watchdog {' '.join(words)}`")
        return call

    def run(self, *words, status=None, **options):
        return self.watchdog("run", *words, status=status, **options)

    def begin(self, *words, within=()):
        """Starts the program and does not wait for it."""
        return subprocess.Popen(self.command(*words, within=within), text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/")

    def ended(self, process, *words, seconds=60):
        """Waits for what `begin` has started."""
        out, err = process.communicate(timeout=seconds)
        call = Call(words, process.returncode, out, err, 0)
        self._calls.append(call)
        return call

    # What a failure shows

    def shown(self):
        parts = [_cut(str(call)) for call in self._calls[-3:]]
        for agent in list(self.fleet.values())[:3]:
            match = ([f"_SYSTEMD_USER_UNIT={agent.unit}", "+", f"USER_UNIT={agent.unit}"] if agent.user
                     else ["-u", agent.unit])
            done = agents.run("journalctl", "--quiet", "--no-pager", "-o", "short-precise", "-n", "9", *match,
                              check=False)
            parts.append(f"journal of {agent.name}:\n{done.stdout.rstrip()}")
        return "\n".join(parts)


def _cut(text, most=1800):
    return text if len(text) <= most else f"{text[:most // 2]}\n…\n{text[-most // 2:]}"
