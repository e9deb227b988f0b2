"""What is measured of a side: how much it did, its processor time, and how runs of two sides are compared."""
import math
import os
import statistics
import sys
import time
from dataclasses import dataclass, field

TICKS = os.sysconf("SC_CLK_TCK")
# A row whose ratios differ by more than a quarter of their median says little.
NOISY = 0.25


class NotHere(Exception):
    """Why a group can't be measured on this machine; a group raises it, and the page says it."""


@dataclass
class Run:
    """One run of one side. `rate` is what it did a second, or whatever its pair compares; `cpu` the processor seconds
    of each, `memory` the bytes of its program at the end."""

    rate: float
    cpu: float = 0.0
    memory: int = 0
    extra: dict = field(default_factory=dict)


@dataclass
class Bound:
    """What a figure must not miss; DESIGN has them."""

    what: str
    least: float = -math.inf
    most: float = math.inf
    unit: str = ""

    def row(self, value):
        """The bound and what was measured, for the table and for the JSON file."""
        limit = f">= {self.least:g}" if self.least > -math.inf else f"<= {self.most:g}"
        return {
            "what": self.what, "limit": f"{limit} {self.unit}".strip(), "measured": value, "unit": self.unit,
            "isHeld": self.least <= value <= self.most}


def processor_seconds(pids):
    """Processor time that the processes, their threads and their children have used, in seconds."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        # utime, stime and those of children that were waited for: proc(5).
        total += sum(int(fields[index]) for index in (11, 12, 13, 14))
    return total / TICKS


def proportional_memory(pids):
    """Memory (PSS) of the processes, in bytes."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
                total += sum(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def family(pid):
    """The process and everything below it, such as a server's workers."""
    found = [pid]
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
            for child in file.read().split():
                found += family(int(child))
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def families(pids):
    """The processes and everything below them."""
    return [member for pid in pids for member in family(pid)]


def families_seconds(pids):
    """Processor time of the processes and of everything that is or was below them, in seconds: a server's workers that
    come and go count too. One that ends while it is read would count twice or not at all; then it is read again."""
    while True:
        members = families(pids)
        used = processor_seconds(members)
        if families(pids) == members:
            return used


@dataclass
class Side:
    """One that is measured: `run` gives a `Run`."""

    name: str
    run: object
    bound: Bound = None
    cpu_bound: Bound = None
    runs: list = field(default_factory=list)


class Contest:
    """Sides that do the same as another, which all of them are compared with: run in turn, A B C A B C."""

    def __init__(self, unit, sides, against, theirs):
        self.unit, self.sides = unit, sides
        self.theirs = Side(against, theirs)

    def measure(self, rounds):
        """Runs each `rounds` times, after one time that does not count."""
        everyone = [*self.sides, self.theirs]
        for side in everyone:
            side.run()
        for _ in range(rounds):
            for side in everyone:
                side.runs.append(side.run())
            print(".", end="", file=sys.stderr, flush=True)
        print(f" {', '.join(side.name for side in self.sides)}", file=sys.stderr)

    def row(self, side):
        """A side beside the one that it is compared with, for the table and for the JSON file."""
        ours, theirs = ([run.rate for run in runs] for runs in (side.runs, self.theirs.runs))
        ratios = [a / b for a, b in zip(ours, theirs)]
        middle = statistics.median(ratios)
        row = {
            "name": side.name,
            "unit": self.unit,
            "against": self.theirs.name,
            "ours": statistics.median(ours),
            "theirs": statistics.median(theirs),
            "ratio": middle,
            "ratioMin": min(ratios),
            "ratioMax": max(ratios),
            "noisy": (max(ratios) - min(ratios)) > NOISY * middle,
        }
        for key in ("cpu", "memory"):
            for whose, runs in (("Ours", side.runs), ("Theirs", self.theirs.runs)):
                values = [getattr(run, key) for run in runs if getattr(run, key)]
                row[key + whose] = statistics.median(values) if values else None
        return row

    def rows(self):
        """Every side's."""
        return [self.row(side) for side in self.sides]

    def limits(self):
        """The bounds of these sides, each with what was measured."""
        for side in self.sides:
            row = self.row(side)
            if side.bound:
                yield side.bound.row(row["ratio"])
            if side.cpu_bound:
                yield side.cpu_bound.row(row["cpuOurs"] * 1e6)


def pair(name, unit, ours, theirs, against, bound=None):
    """Two sides."""
    return Contest(unit, [Side(name, ours, bound)], against, theirs)


class Series:
    """One figure after another of the same kind: a row for each of `points`, a name and what gives its values.

    `bounds` are of the middle of a point's column: {(point, column): Bound}."""

    def __init__(self, name, header, points, bounds=None, takes=3):
        self.name, self.header, self.points, self.bounds, self.takes = name, header, points, bounds or {}, takes
        self.rows = []

    def measure(self, rounds):
        """Takes each point a few times: the middle of each value counts."""
        for point, take in self.points:
            taken = [take() for _ in range(min(rounds, self.takes))]
            self.rows.append([point] + [
                {"median": statistics.median(values), "min": min(values), "max": max(values)} for values in zip(*taken)])
            print(".", end="", file=sys.stderr, flush=True)
        print(f" {self.name}", file=sys.stderr)

    def result(self):
        """The rows of this table."""
        return {"name": self.name, "header": self.header, "rows": self.rows}

    def limits(self):
        """The bounds of this table, each with what was measured."""
        for (point, column), bound in self.bounds.items():
            row = next(row for row in self.rows if row[0] == point)
            yield bound.row(row[self.header.index(column)]["median"])


@dataclass
class Published:
    """Bounds of figures that something else has measured: nothing is left to do."""

    rows: list

    def measure(self, _):
        """They are there."""

    def limits(self):
        """The bounds, each with what was measured."""
        return self.rows


def wait_until(condition, what, seconds=15.0):
    """Waits for a condition; a server that never comes is an error that names it."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"bench: waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.02)
