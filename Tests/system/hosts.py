"""Throwaway hosts, seen from outside: scripts/host, and one test in each."""
import json
import re
import subprocess
from pathlib import Path

SYSTEM = Path(__file__).resolve().parent
SCRIPT = SYSTEM.parents[1] / "scripts/host"
RUNNING = Path("/run/agent-watchdog-host")
INSIDE = "/srv/watchdog/Tests/system/inside.py"


class HostError(Exception):
    """The host, not the test, failed; the text is a sentence."""


def sweep():
    """Stops the hosts of runs that were killed before they could."""
    for path in RUNNING.glob("test-*-*"):
        if (found := re.fullmatch(r"test-(\d+)-\d+", path.name)) and not Path("/proc", found[1]).exists():
            subprocess.run([SCRIPT, "stop", path.name], stdout=subprocess.DEVNULL)


class Host:
    def __init__(self, name):
        self.name = name
        self.child = None
        self.abandoned = False

    def start(self):
        self._call("start", self.name, seconds=90)

    def install(self, program):
        """By a pipe: what is built anew meanwhile does not change under the test."""
        self._call("exec", self.name, "sh", "-c",
                   "cat >/usr/local/bin/watchdog && chmod 755 /usr/local/bin/watchdog", input=program)

    def test(self, case):
        """Runs one test inside, and returns its outcome."""
        text = self._call("exec", self.name, "/usr/bin/python3", "-B", INSIDE, case.key,
                          seconds=case.limit)
        try:
            return json.loads(text)
        except ValueError:
            raise HostError(f"the test ended without a result; it printed: {text[-2000:]!r}") from None

    def stop(self):
        subprocess.run([SCRIPT, "stop", self.name], stdout=subprocess.DEVNULL,
                       start_new_session=True)

    def abandon(self):
        """Ends what the host is busy with, so that whoever waits for it goes on to stop it."""
        self.abandoned = True
        child = self.child
        if child and child.poll() is None:
            child.kill()

    def _call(self, *words, input=None, seconds=60):
        if self.abandoned:
            raise HostError("stopped")
        # In a session of its own, or Ctrl-C would end it before its host is stopped in order.
        self.child = subprocess.Popen(
            [SCRIPT, *words], stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        try:
            out, err = self.child.communicate(input, timeout=seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            # What hangs inside holds the pipes; stopping the host ends it.
            self.stop()
            out, err = self.child.communicate()
            raise HostError(f"`host {words[0]}` took longer than {seconds} s. "
                            f"{_text(err)[-3000:]}") from None
        if self.child.returncode:
            raise HostError(f"`host {words[0]}` ended with {self.child.returncode}: "
                            f"{(_text(err) or _text(out))[-3000:].strip()}")
        return _text(out)


def _text(raw):
    return raw.decode("utf-8", "replace")
