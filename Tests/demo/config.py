#!/usr/bin/python3
"""The demonstration of config changes, inside the throwaway host: one that is kept, one that is refused, one that is
put back because the agent refuses it, and one that nobody confirms."""
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "fleet"))
from agents import create, wait  # noqa: E402
from demo import COLOUR, WATCHDOG, paint, start_doubles, title  # noqa: E402

SETTINGS = """
[fleet]
units = ["openclaw-gateway-*.service"]
[policy]
settle = "2s"            # an operator would give a changed agent longer
known_good_after = "0s"  # and a config much longer
edit_grace = "0s"        # and whoever edits one a while
[[channel]]
kind = "webhook"
url = "http://127.0.0.1:9900/webhook"
"""


def watchdog(*words, shown=True):
    """Runs the program as a person would, and shows what that sees."""
    if shown:
        print(paint(f"$ watchdog {' '.join(words)}", "1"), flush=True)
    # A terminal of its own, where the screen has one: only there the program uses colours.
    command = [WATCHDOG, *words]
    if COLOUR and shown:
        command = ["script", "-qec", " ".join(command), "/dev/null"]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/tmp",
                          env=os.environ | {"TERM": "xterm"})
    if shown:
        print("".join(f"  {line}\n" for line in done.stdout.replace("\r", "").splitlines()), end="")
        print(f"  [exit status {done.returncode}]", flush=True)
    return done


def edited(agent, name, change):
    """A new file in /tmp: the agent's config with a change."""
    path = Path("/tmp") / name
    path.write_text(change(agent.config.read_text()))
    return path.name


def told():
    records = [json.loads(line) for line in Path("/tmp/doubles.jsonl").read_text().splitlines()]
    return [record["body"] for record in records if record["role"] == "webhook"]


def expect(condition, sentence):
    if not condition:
        sys.exit(f"\nNot as it should be: {sentence}")


def main():
    Path("/etc/agent-watchdog").mkdir(exist_ok=True)
    Path("/etc/agent-watchdog/watchdog.toml").write_text(SETTINGS)
    start_doubles()

    title("1. An agent starts, and two passes learn that its config is good")
    coder = create("coder", start_limit="30/0")
    watchdog("run", shown=False)
    watchdog("run", shown=False)
    watchdog("status")

    title("2. A change that is good is applied, proven and kept")
    new = edited(coder, "faster.json", lambda text: text.replace('"maxConcurrent": 4', '"maxConcurrent": 8'))
    expect(watchdog("config", "apply", "coder", new).returncode == 0, "a good change was not kept")
    kept = coder.config.read_bytes()

    title("3. A file with an invisible character in a key is refused before anything is touched")
    pid = coder.state()["MainPID"]
    new = edited(coder, "pasted.json", lambda text: text.replace('"mode": "local"', '"mo\u200bde": "local"'))
    expect(watchdog("config", "apply", "coder", new).returncode == 1, "the pasted file was not refused")
    expect(coder.state()["MainPID"] == pid, "the agent was restarted")

    title('4. A plausible value that the agent refuses ("auto"): the old file is put back, and the agent with it')
    new = edited(coder, "auto.json", lambda text: text.replace('"safeguard"', '"auto"'))
    expect(watchdog("config", "apply", "coder", new).returncode == 1, "the bad change was not undone")
    expect(coder.config.read_bytes() == kept, "the old config is not back")
    wait("coder to answer", coder.ready)

    title("5. A change that has to be confirmed, and nobody does")
    new = edited(coder, "faster-still.json", lambda text: text.replace('"maxConcurrent": 8', '"maxConcurrent": 99'))
    expect(watchdog("config", "apply", "coder", new, "--confirm", "10s").returncode == 0, "it was not applied")
    print("\n  ... ten seconds later, by a timer of systemd's:", flush=True)
    wait("the old config to come back", lambda: coder.config.read_bytes() == kept)
    wait("the ops channel to be told", told)
    print(f"  {told()[-1]['title']}")
    print("".join(f"    {line}\n" for line in told()[-1]["text"].splitlines()), end="", flush=True)

    title("6. Nothing of it is lost")
    watchdog("config", "history", "coder")
    wait("coder to answer", coder.ready)
    print("\n" + paint("The agent runs with the config that was proven; the others are kept for whoever wants them.", "32"))


main()
