#!/usr/bin/python3
"""table.py SIZE=FILE… walk:SIZE=FILE: the tables of the benchmark, from the stopwatch's lines for each fleet size and
for the walk over so many processes.

The last size of a fleet is the one that the reach is measured at.
"""
import sys
from collections import defaultdict
from statistics import median

MOST_TIMES_FLOOR = 2
LEAST_TIMES_FASTER = 30
MOST_MEMORY = 30
MOST_TIMES_WALK = 2


def read(path):
    """Per program: wall time in ms by round, and the peak memory of any run, warm-ups included, in MiB."""
    walls, memory = defaultdict(dict), defaultdict(float)
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            name, number, wall, _, peak, _ = line.split("\t")
            memory[name] = max(memory[name], int(peak) / 1024)
            if int(number) >= 0:
                walls[name][int(number)] = float(wall)
    return walls, memory


def ratios(above, below):
    """Of runs of the same round, so that what slowed down a round slowed down both."""
    return [above[number] / below[number] for number in sorted(above.keys() & below.keys())]


def spread(values):
    return f"{median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def fleets(words):
    print(f"{'agents':>6} {'rounds':>6} {'floor ms':>9} {'watchdog ms':>12} {'bash ms':>9}"
          f"  {'watchdog/floor':<18} {'bash/watchdog':<22} {'peak MiB':>8}")
    for word in words:
        size, path = word.split("=", 1)
        walls, memory = read(path)
        floor, watchdog, bash = (walls[name] for name in ("floor", "watchdog", "bash"))
        to_floor, to_bash = ratios(watchdog, floor), ratios(bash, watchdog)
        print(f"{size:>6} {len(watchdog):>6} {median(floor.values()):>9.1f}"
              f" {median(watchdog.values()):>12.1f} {median(bash.values()):>9.0f}"
              f"  {spread(to_floor):<18} {spread(to_bash):<22} {memory['watchdog']:>8.1f}")
    print()
    print(f"Reach at {size} agents: at most {MOST_TIMES_FLOOR} × floor. Reached: {median(to_floor):.2f} ×.")
    print(f"Reach at {size} agents: at least {LEAST_TIMES_FASTER} × faster than bash. "
          f"Reached: {median(to_bash):.1f} ×.")
    print(f"Reach at {size} agents: under {MOST_MEMORY} MiB of memory. "
          f"Reached: {memory['watchdog']:.1f} MiB.")


def walk(word):
    size, path = word.split("=", 1)
    walls, _ = read(path)
    print(f"{'processes':>9} {'rounds':>6} {'C ms':>9} {'watchdog ms':>12}  watchdog/C")
    for name, note in ("walk", ""), ("once", "a program started for one walk"):
        floor, watchdog = walls[f"{name}-C"], walls[f"{name}-watchdog"]
        print(f"{size:>9} {len(watchdog):>6} {median(floor.values()):>9.1f} {median(watchdog.values()):>12.1f}"
              f"  {spread(ratios(watchdog, floor)):<18} {note}".rstrip())
    print()
    to_floor = median(ratios(walls["walk-watchdog"], walls["walk-C"]))
    print(f"Reach at {size} processes: at most {MOST_TIMES_WALK} × the C walk. Reached: {to_floor:.2f} ×.")


def main():
    *fleet_words, walk_word = sys.argv[1:]
    fleets(fleet_words)
    print()
    walk(walk_word.removeprefix("walk:"))


if __name__ == "__main__":
    main()
