"""Gateways that are like the fleet's own in all but a few pieces of their text."""
import re

import agents
from expect import check


def install(name, *changes):
    """Writes a gateway in which each `(old, new)` piece of text is changed. Returns its path."""
    agents.install_programs()
    text = (agents.PROGRAMS / "gateway").read_text()
    for old, new in changes:
        check(text.count(old) == 1, f"the fleet's gateway has {text.count(old)} times {old!r}")
        text = text.replace(old, new)
    path = agents.PROGRAMS / name / "gateway"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def run_instead(world, agent, program, more=""):
    """From its next start on the agent runs this program, with the same words behind it. `more` are further
    lines of its [Service]."""
    start = re.search(r"^ExecStart=(.*)$", agent.unit_file.read_text(), re.M).group(1)
    words = start.replace(f"{agents.PROGRAMS}/gateway", str(program), 1)
    check(words != start, f"{agent.unit} does not run the fleet's gateway")
    world.drop_in(agent, f"{more}\nExecStart=\nExecStart={words}")
