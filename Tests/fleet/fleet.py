#!/usr/bin/python3
"""Makes and breaks fleets of agents inside the throwaway host, as root.

    fleet.py create NAME [--user ACCOUNT] [options]    a system unit, or ACCOUNT's user unit
    fleet.py break config|start-limit|leftover|stop|crash|hopeless|unready NAME [options]
    fleet.py state NAME      its properties, as JSON
    fleet.py mend NAME

As a module: create(name, …) and find(name) give an Agent, whose methods are systemctl, state,
processes, ready; the breaks are functions of breaks that take one.
"""
import argparse
import json
import sys

import breaks
from agents import TELEGRAM_API, Agent, FleetError, create, find, wait  # noqa: F401  (the module's interface)


def state(name):
    return find(name).state()


def systemctl(name, *words):
    """In the manager that runs the agent; {unit} in a word stands for its unit."""
    agent = find(name)
    return agent.systemctl(*(word.replace("{unit}", agent.unit) for word in words))


def _arguments():
    parser = argparse.ArgumentParser(prog="fleet.py")
    verbs = parser.add_subparsers(dest="verb", required=True)
    new = verbs.add_parser("create")
    new.add_argument("name")
    new.add_argument("--user", metavar="ACCOUNT")
    new.add_argument("--port", type=int)
    new.add_argument("--children", type=int, default=0)
    new.add_argument("--kill-mode", default="mixed")
    new.add_argument("--restart", default="always")
    new.add_argument("--restart-sec", default="1")
    new.add_argument("--start-limit", metavar="BURST/INTERVAL", default="10/300")
    new.add_argument("--ready-after", type=float, default=0)
    new.add_argument("--type")
    new.add_argument("--program", choices=("gateway", "poller"), default="gateway")
    new.add_argument("--token")
    new.add_argument("--token-in", nargs="+", choices=("unit", "file", "config"), default=["unit", "config"])
    new.add_argument("--api", default=TELEGRAM_API)
    new.add_argument("--in-child", action="store_true")
    new.add_argument("--delegate", action="store_true")
    new.add_argument("--no-wait", dest="wait_ready", action="store_false")
    broken = verbs.add_parser("break")
    ways = broken.add_subparsers(dest="way", required=True)
    for way in ("config", "start-limit", "leftover", "stop", "crash", "hopeless", "unready"):
        one = ways.add_parser(way)
        one.add_argument("name")
        if way == "config":
            one.add_argument("--age", type=int, default=0, metavar="SECONDS")
        if way == "leftover":
            one.add_argument("--below", metavar="CGROUP")
        if way == "crash":
            one.add_argument("--times", type=int, default=0)
            one.add_argument("--code", type=int, default=1)
        if way in ("crash", "hopeless"):
            one.add_argument("--lines", nargs="+", default=breaks.UNKNOWN_LINES)
    for verb in ("state", "mend"):
        verbs.add_parser(verb).add_argument("name")
    return vars(parser.parse_args())


def main():
    words = _arguments()
    verb, way, name = words.pop("verb"), words.pop("way", None), words.pop("name")
    try:
        if verb == "create":
            print(create(name, **words).unit)
        elif verb == "state":
            print(json.dumps(state(name), indent=2, sort_keys=True))
        else:
            done = getattr(breaks, (way or verb).replace("-", "_"))(find(name), **words)
            for pid in done or []:
                print(pid)
    except FleetError as error:
        sys.exit(f"fleet.py: {error}")


if __name__ == "__main__":
    main()
