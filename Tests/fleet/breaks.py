"""The ways in which agents break in the field. Each returns once the break has taken effect."""
import itertools
import json
import os
import shutil
import time

from agents import FleetError, run, wait

UNKNOWN_LINES = ("[plugins] hydra: unexpected frame 0x5f in shard 3",
                 "gateway stopped: state machine left in phase 'merge'")


def _set_fault(agent, **fault):
    agent.write(agent.faults, json.dumps(fault) + "\n")


def _clear_fault(agent):
    run("runuser", "-u", agent.account, "--", "rm", "-f", str(agent.faults))


def _restart(agent):
    # A unit type that waits for the start reports its failure here; the state says it, too.
    agent.systemctl("restart", agent.unit, check=False)


def _wait_failed(agent, seconds=90):
    return wait(f"{agent.unit} to be failed",
                lambda: agent.state()["ActiveState"] == "failed", seconds)


_edits = itertools.count(100)  # no rollback is made twice from the same file


def config(agent, age=0):
    """A bad value in its configuration, written by its own account: it exits 78 and stays down.
    `age` dates the edit back by so many seconds, for a watchdog that waits for an edit to settle."""
    before, number = agent.config.read_text(), next(_edits)
    again = ["-e", f's/"maxConcurrent": [0-9]*/"maxConcurrent": {number}/'] if number > 100 else []
    run("runuser", "-u", agent.account, "--",
        "sed", "-i", "-e", 's/"mode": "safeguard"/"mode": "auto"/', *again, str(agent.config))
    if agent.config.read_text() == before:
        raise FleetError(f"{agent.config} has no compaction mode \"safeguard\" to break")
    if age:
        os.utime(agent.config, (time.time() - age,) * 2)
    _restart(agent)
    _wait_failed(agent)
    if (status := agent.state()["ExecMainStatus"]) != 78:
        raise FleetError(f"{agent.unit} exited {status} where 78 was expected")


def start_limit(agent):
    """Crashes until its manager refuses to start it. Once that is reset it would start fine."""
    since = time.time()
    _set_fault(agent, exit=1, times=-1, lines=list(UNKNOWN_LINES))
    agent.systemctl("reset-failed", agent.unit, check=False)
    _restart(agent)
    _wait_failed(agent)
    wait(f"the manager to refuse {agent.unit} (does it restart at all?)",
         lambda: agent.manager_said("Start request repeated too quickly", since), 5)
    _clear_fault(agent)


def descend(agent, pids, below="worker"):
    """Moves processes of the unit into a cgroup below the unit's own, such as "worker/deep"."""
    place = agent.cgroup
    for name in below.split("/"):
        place /= name
        place.mkdir(exist_ok=True)
        if agent.user:  # or its manager could not remove it
            shutil.chown(place, agent.account)
    for pid in pids:
        (place / "cgroup.procs").write_text(str(pid))


def leftover(agent, below=None):
    """A restart that leaves children of the previous start behind. Returns their PIDs. With `below` they
    were moved before into a cgroup of that name below the unit's own."""
    before = agent.state()
    children = set(agent.processes()) - {before["MainPID"]}
    if before["KillMode"] not in ("process", "none") or not children:
        raise FleetError(f"{agent.unit} leaves nothing behind: it has KillMode="
                         f"{before['KillMode']} and {len(children)} children; "
                         "create it with --kill-mode process --children 1")
    if below:
        descend(agent, children, below)
    _restart(agent)
    wait(f"{agent.unit} to be ready again",
         lambda: agent.state()["MainPID"] not in (0, before["MainPID"]) and agent.ready())
    left = sorted(children & set(agent.processes()))
    if not left:
        raise FleetError(f"no child of {agent.unit} outlived the restart")
    return left


def stop(agent):
    """Stopped by an operator."""
    agent.systemctl("stop", agent.unit)
    wait(f"{agent.unit} to be stopped",
         lambda: agent.state()["ActiveState"] in ("inactive", "failed"))


def crash(agent, times=0, lines=UNKNOWN_LINES, code=1):
    """Dead, for a reason that no rule knows. The next `times` starts die as well, then one holds.
    With a policy that restarts, it is dead once the start limit is reached."""
    _set_fault(agent, exit=code, times=-1, lines=list(lines))
    _restart(agent)
    _wait_failed(agent)
    if times:
        _set_fault(agent, exit=code, times=times, lines=list(lines))
    else:
        _clear_fault(agent)


def hopeless(agent, lines=UNKNOWN_LINES):
    """Crashes at every start, for ever: failed, or on its way round for the third time."""
    _set_fault(agent, exit=1, times=-1, lines=list(lines))
    _restart(agent)

    def seen():
        state = agent.state()
        return state["ActiveState"] == "failed" or state["NRestarts"] >= 3
    wait(f"{agent.unit} to fail for good or to crash three times", seen, 90)


def unready(agent):
    """Active and alive, but its channels are down."""
    _set_fault(agent, unready=True)
    wait(f"{agent.unit} to say that it is not ready", lambda: not agent.ready())


def mend(agent):
    """Takes away every fault and starts it, as a person would."""
    _clear_fault(agent)
    run("runuser", "-u", agent.account, "--",
        "sed", "-i", 's/"mode": "auto"/"mode": "safeguard"/', str(agent.config))
    agent.systemctl("reset-failed", agent.unit, check=False)
    _restart(agent)
    wait(f"{agent.unit} to be ready", agent.ready)
