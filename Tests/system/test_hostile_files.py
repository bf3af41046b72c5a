"""Configs that lead somewhere else: nothing outside is read, followed or written."""
import os
import shutil
from pathlib import Path

import breaks
from agents import run
from catalogue import EVERYWHERE, SYSTEM, USER, test
from expect import Skip, check, contains, equal
from snapshot import same, tree


def as_agent(agent, *words):
    run("runuser", "-u", agent.account, "--", *words)


def refused(world, agent, *words):
    """A pass over an agent that is dead because of its config: it says why it does not touch the file."""
    breaks.wait("the unit to be down", lambda: agent.state()["ActiveState"] in ("failed", "inactive"))
    call = world.run("--json", status=2)
    equal(call.verdict("coder"), "failing", "the verdict")
    check(call.seconds < 30, f"the pass took {call.seconds:.0f} s")
    alerts = world.doubles.alerts()
    equal([alert["event"] for alert in alerts], ["escalated"], "what was told")
    for word in words:
        contains(call.agent("coder")["reason"], word, "the reason")
        contains(alerts[0]["text"], word, "the message")
    return call


@test("a config folder that was replaced by a link to /etc is refused, and nothing there is touched", EVERYWHERE)
def link_to_etc(world):
    agent = world.learned("coder")
    folder, aside = agent.config.parent, agent.config.parent.with_name("aside")
    as_agent(agent, "mv", str(folder), str(aside))
    as_agent(agent, "ln", "-s", "/etc", str(folder))
    # As its user, the watchdog has its own ledger in the home.
    before = tree("/etc", agent.home, but=[world.state])
    agent.systemctl("restart", agent.unit, check=False)
    breaks._wait_failed(agent)
    refused(world, agent, str(folder), "ymbolic link")
    same(before, tree("/etc", agent.home, but=[world.state]), "/etc or the home")


@test("a config folder that is swapped for a link to a folder of root's leads nowhere", (SYSTEM, USER))
def link_to_prepared(world):
    """With a file of the right name at the other end, which a watchdog that follows would replace."""
    agent = world.learned("coder")
    outside = Path("/root/outside")
    outside.mkdir()
    (outside / "openclaw.json").write_text('{"agents": {"defaults": {"compaction": {"mode": "auto"}}}}\n')
    os.utime(outside / "openclaw.json", (1, 1))
    before = tree(outside)
    folder = agent.config.parent
    as_agent(agent, "mv", str(folder), str(folder.with_name("aside")))
    as_agent(agent, "ln", "-s", str(outside), str(folder))
    agent.systemctl("restart", agent.unit, check=False)
    breaks._wait_failed(agent)
    refused(world, agent, "ymbolic link")
    same(before, tree(outside), "the folder outside")


@test("a config that is a link to /etc/shadow is neither read nor replaced", EVERYWHERE)
def link_to_shadow(world):
    agent = world.learned("coder")
    before = tree("/etc")
    agent.config.unlink()
    as_agent(agent, "ln", "-s", "/etc/shadow", str(agent.config))
    agent.systemctl("restart", agent.unit, check=False)
    breaks._wait_failed(agent)
    call = refused(world, agent, "ymbolic link")
    same(before, tree("/etc"), "/etc")
    check(agent.config.is_symlink(), "the link was replaced")
    line = Path("/etc/shadow").read_text().splitlines()[0]
    check(line not in call.out and line not in str(world.doubles.alerts()), "a line of /etc/shadow was told")
    kept = b"".join(row["bytes"] for row in world.ledger.versions(agent.config))
    check(line.encode() not in kept, "/etc/shadow was kept in the ledger")


@test("a config that is a FIFO does not hang the pass", (SYSTEM, USER))
def fifo(world):
    agent = world.learned("coder")
    agent.config.unlink()
    # The agent itself would wait for it, too: it is stopped by its start limit before.
    breaks._set_fault(agent, exit=78, times=-1, lines=[])
    agent.systemctl("restart", agent.unit, check=False)
    breaks._wait_failed(agent)
    as_agent(agent, "mkfifo", str(agent.config))
    refused(world, agent, "not a regular file")
    check(agent.config.is_fifo(), "the FIFO was replaced")


@test("a config of five megabytes is neither kept nor replaced", (SYSTEM, USER))
def too_large(world):
    agent = world.learned("coder")
    size = world.ledger.path.stat().st_size
    agent.write(agent.config, "{" + " " * (5 << 20) + "\n")
    os.utime(agent.config, (1, 1))
    agent.systemctl("restart", agent.unit, check=False)
    breaks._wait_failed(agent)
    refused(world, agent, "longer than")
    equal(agent.config.stat().st_size, (5 << 20) + 2, "the size of the config")
    check(world.ledger.path.stat().st_size < size + (1 << 20), "the ledger grew with it")


def slowly(world, agent, meanwhile):
    """A pass whose rename of the restored config takes two seconds, and what happens in that time."""
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    breaks.config(agent, age=600)
    process = world.begin("run", "--json", within=[
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat2", "-e",
        "inject=renameat2:delay_enter=2000000:when=1"])
    breaks.wait("the new file to be written beside the old one",
                lambda: len(list(agent.config.parent.glob(".openclaw.json.*"))) == 1 and asleep(process.pid))
    meanwhile()
    return world.ended(process, "run", "--json")


def asleep(pid):
    """Whether the tracer has stopped the program at the rename."""
    children = run("pgrep", "-f", "^/usr/local/bin/watchdog").stdout.split()
    return any(Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[0] == "t" for child in children)


@test("an edit that is made in the very moment of a rollback is not lost", EVERYWHERE)
def edit_meanwhile(world):
    agent = world.learned("coder")
    newer = agent.config.read_bytes().replace(b'"maxConcurrent": 4', b'"maxConcurrent": 7')

    def edit():
        agent.write(agent.config, newer.decode())
    call = slowly(world, agent, edit)
    equal(agent.config.read_bytes(), newer, "the config")
    check(call.verdict("coder") != "healed", "the agent is called healed")
    contains(str(call.agent("coder")["actions"]), "changed", "what was done")
    equal(os.listdir(agent.config.parent), ["openclaw.json"], "what lies beside the config")


@test("a folder that becomes a link to /etc in the very moment of a rollback leads nowhere", (SYSTEM, USER))
def link_meanwhile(world):
    agent = world.learned("coder")
    folder = agent.config.parent
    before = tree("/etc")

    def swap():
        as_agent(agent, "mv", str(folder), str(folder.with_name("aside")))
        as_agent(agent, "ln", "-s", "/etc", str(folder))
    slowly(world, agent, swap)
    same(before, tree("/etc"), "/etc")


@test("a config of another user, put in the agent's place, is left alone", (SYSTEM, USER))
def not_the_owner(world):
    agent = world.learned("coder")
    text = agent.config.read_bytes().replace(b'"safeguard"', b'"auto"')
    as_agent(agent, "rm", str(agent.config))
    agent.config.write_bytes(text)  # root's now
    agent.config.chmod(0o644)
    os.utime(agent.config, (1, 1))
    agent.systemctl("restart", agent.unit, check=False)
    breaks._wait_failed(agent)
    call = world.run("--json", status=2)
    equal((agent.config.read_bytes(), agent.config.owner()), (text, "root"), "config and its owner")
    equal(call.agent("coder")["actions"], [], "what was done")
    contains(call.agent("coder")["reason"], "belongs to uid 0", "why nothing was done")
    shutil.rmtree(agent.config.parent)
