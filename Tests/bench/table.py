#!/usr/bin/python3
"""table.py SIZE=FILE…: the table of the benchmark, from the stopwatch's lines for each fleet size.

The last size is the one that the reach is measured at.
"""
import sys
from collections import defaultdict
from statistics import median

MOST_TIMES_FLOOR = 2
LEAST_TIMES_FASTER = 30
MOST_MEMORY = 30


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


def main():
    print(f"{'agents':>6} {'rounds':>6} {'floor ms':>9} {'watchdog ms':>12} {'bash ms':>9}"
          f"  {'watchdog/floor':<18} {'bash/watchdog':<22} {'peak MiB':>8}")
    for word in sys.argv[1:]:
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


if __name__ == "__main__":
    main()
