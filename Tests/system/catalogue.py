"""The list of all tests. A test is a function that takes the world of its host."""
import importlib
from pathlib import Path

SYSTEM = "system unit"
USER = "user unit, as root"
OWN = "user unit, as its user"
EVERYWHERE = (SYSTEM, USER, OWN)

_collected = []


class Case:
    def __init__(self, subject, name, scope, shows_scope, function, seconds, limit, long, waits):
        self.subject, self.name, self.scope, self.function = subject, name, scope, function
        self.seconds, self.limit, self.long, self.waits = seconds, limit, long, waits
        self.title = f"{subject}: {name} ({scope})" if shows_scope else f"{subject}: {name}"
        self.key = f"{subject}/{function.__name__}/{scope}"


def test(name, scopes=(SYSTEM,), seconds=5, limit=90, long=False, waits=False):
    """`name` says what an operator would notice. `seconds` is how long it takes, for the order in which
    tests are run; `limit` is when it is given up. A text that the function returns is shown behind the name.
    The ordinary run leaves out what is `long`; `waits` says that it mostly does nothing until a time is over."""
    def collect(function):
        subject = function.__module__.removeprefix("test_").replace("_", " ")
        for scope in scopes:
            _collected.append(Case(subject, name, scope, len(scopes) > 1, function, seconds, limit, long,
                                   waits))
        return function
    return collect


def cases():
    if not _collected:
        for path in sorted(Path(__file__).parent.glob("test_*.py")):
            importlib.import_module(path.stem)
    return list(_collected)


def find(key):
    return next(case for case in cases() if case.key == key)
