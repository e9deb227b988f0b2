"""What grows: instances of one lab, labs side by side."""
import contextlib
import json
import subprocess
import time

from measure import Series, wait_until
from servers import BIN, Workplace


def memory(work, service=None):
    """Proportional memory (PSS) of a lab's nodes, in MB."""
    rows = json.loads(work.firedrill("top", "--json"))
    return sum(row["memoryBytes"] for row in rows if service in (None, row["service"])) / 2**20


def fleets(work, _):
    """Seconds until all instances of a service are healthy, and what they weigh."""
    def scaled(count):
        work.firedrill("scale", "inventory=1")
        begun = time.monotonic()
        work.firedrill("scale", f"inventory={count}")
        def healthy():
            nodes = json.loads(work.firedrill("status", "--json", "--all"))["nodes"]
            return sum(node["service"] == "inventory" and node["state"] == "healthy" for node in nodes) == count
        wait_until(healthy, f"{count} instances", 60)
        took = time.monotonic() - begun
        weight = memory(work, "inventory")
        return [took, 1000 * took / count, weight, weight / count]

    # Each instance has a connection of its own now and then: more than the lab's Postgres has slots for.
    work.edit("postgres/postgresql.conf", "max_connections", 600)
    work.firedrill("apply", "--plain")
    yield Series(
        "Instances of one service", ["instances", "s to healthy", "ms each", "PSS MB", "MB each"],
        [(count, lambda count=count: scaled(count)) for count in (10, 50, 101, 200)], takes=2)


def ended(start):
    """Ends a start that is still under way: an interrupted one stops its lab itself."""
    if start.poll() is None:
        start.terminate()
        try:
            start.wait(30)
        except subprocess.TimeoutExpired:
            start.kill()
            start.wait()


def labs(work, _):
    """Labs side by side, started at the same time."""
    def started(count):
        places = [Workplace(work.folder / f"lab-{number}") for number in range(count)]
        for place in places:
            place.folder.mkdir(exist_ok=True)
        begun = time.monotonic()
        with contextlib.ExitStack() as ends:
            starts = []
            for place in places:
                ends.callback(place.remove_lab)
                starts.append(subprocess.Popen(
                    [BIN / "firedrill", "start", "base", "-q", "--lab", place.lab], stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
                ends.callback(ended, starts[-1])
            codes = [start.wait(120) for start in starts]
            took = time.monotonic() - begun
            if any(codes):
                raise SystemExit(f"bench: {count} labs side by side: {codes}")
            return [took, sum(memory(place) for place in places) / count]

    yield Series(
        "Labs side by side", ["labs", "s until all are healthy", "PSS MB each"],
        [(count, lambda count=count: started(count)) for count in (1, 2, 4)], takes=2)
