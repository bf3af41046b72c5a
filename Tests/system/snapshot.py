"""What a command that touches nothing must leave as it is: files, units, processes."""
import hashlib
import os
from pathlib import Path

from expect import check


def tree(*roots, but=()):
    """Kind, owner, mode and content of everything below, by path."""
    found = {}
    for root in roots:
        for folder, names, files in os.walk(root):
            for path in [folder, *(os.path.join(folder, name) for name in names + files)]:
                if not any(path == str(one) or path.startswith(f"{one}/") for one in but):
                    found[path] = _described(path)
    return found


def _described(path):
    status = os.lstat(path)
    if os.path.islink(path):
        content = os.readlink(path)
    elif os.path.isfile(path):
        content = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    else:
        content = ""
    return oct(status.st_mode), status.st_uid, status.st_gid, content


def units(agents):
    """State and processes of each unit."""
    return {agent.name: (agent.state(), sorted(agent.processes())) for agent in agents}


def same(before, after, what):
    changed = sorted(str(key) for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    check(not changed, f"{what} changed: {', '.join(changed[:10])}")
