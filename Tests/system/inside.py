#!/usr/bin/python3
"""Runs inside a throwaway host: one test, whose outcome it prints as JSON."""
import json
import os
import signal
import sys
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "fleet")]
import catalogue  # noqa: E402
from agents import FleetError  # noqa: E402
from expect import Failure, Skip  # noqa: E402
from world import World  # noqa: E402


def place(error):
    """Where in the test it happened."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__)
              if Path(frame.filename).name.startswith("test_")]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "before the test"


def late(*_):
    raise TimeoutError("the test took too long, and hung here")


def run(case):
    world = World(case.scope)
    outcome = attempt(case, world)  # which has stopped the doubles: nothing can come any more
    return judged(outcome, world.doubles.forbidden())


def attempt(case, world):
    # Well before the host is stopped from outside, so that it can be said where it hung.
    signal.signal(signal.SIGALRM, late)
    signal.alarm(case.limit - 10)
    try:
        world.open()
        return {"state": "passed", "reason": case.function(world) or ""}
    except Skip as error:
        return {"state": "skipped", "reason": str(error)}
    except (Failure, FleetError) as error:
        return {"state": "failed", "reason": f"{error} ({place(error)})", "shown": world.shown()}
    except Exception as error:  # the test itself is wrong: everything about it is shown
        return {"state": "failed", "reason": f"{type(error).__name__}: {error} ({place(error)})",
                "shown": traceback.format_exc() + world.shown()}
    finally:
        signal.alarm(0)
        world.close()


def judged(outcome, polled):
    """Whatever a test is about: it fails when the watchdog polled, which would end an agent's own poll."""
    if not polled:
        return outcome
    sentence = f"calls of getUpdates, which the watchdog must never make: {len(polled)}"
    if outcome["state"] == "failed":
        return outcome | {"reason": f"{outcome['reason']}; and {sentence}"}
    return {"state": "failed", "reason": sentence, "shown": json.dumps(polled[0], indent=2)}


if __name__ == "__main__":
    # Standard output is for the outcome alone.
    answer = os.dup(1)
    os.dup2(2, 1)
    outcome = run(catalogue.find(sys.argv[1]))
    os.write(answer, json.dumps(outcome).encode())
