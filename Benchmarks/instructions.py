#!/usr/bin/env python3
"""Processor instructions of our pure parts, each time the same, whatever the machine has to do: counted by callgrind.

Against the figures in instructions.json, or, with --update, into them. A part that takes a tenth more than it did
fails, and one that takes less than half: it may do nothing any more.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
BIN = Path(os.environ.get("FIREDRILL_BIN_DIR", HERE.parent / ".build/release"))
KNOWN = HERE / "instructions.json"
# A tenth is more than another compiler's patch release moved, and less than one more allocation in a short loop.
MORE = 0.10
# What is that much quicker was meant to be, or is no longer done.
LEAST = 0.5
# How often a part is done in the two runs, from the first that does: what start and end of a program differ by from
# run to run, some thousand instructions, may not show.
RUNS = [(1, 5, 200_000), (50, 250, 5_000), (500, 10_500, 0)]


def counted(driver, name, times):
    """Instructions of the whole program, doing one part so many times."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", str(driver), "pure", name,
             "--times", str(times)],
            capture_output=True, text=True, timeout=120, check=False,
            # Hashes that differ from run to run would count differently.
            env={**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"})
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found:
        raise SystemExit(f"instructions: {name}: {done.stderr[-2000:]}")
    return int(found.group(1))


def each(driver, name, known):
    """Instructions of one part, once: start and end of the program are in both counts."""
    for few, many, enough in RUNS:
        # What is known to be short need not be tried a few times first.
        if known and known < enough:
            continue
        once = (counted(driver, name, many) - counted(driver, name, few)) / (many - few)
        if known or once >= enough:
            break
    return round(once)


def judged(count, before):
    """A count beside the one that is known of the part, if any, in a word."""
    if before is None:
        return "new"
    if count > before * (1 + MORE):
        return "MORE"
    return "LESS" if count < before * LEAST else "ok"


def main():
    """Counts, and compares."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--update", action="store_true", help="write the figures down instead of comparing")
    update = options.parse_args().update
    if not shutil.which("valgrind"):
        raise SystemExit("instructions: valgrind is missing: run scripts/bootstrap instructions")
    known = {} if update else json.loads(KNOWN.read_text(encoding="utf-8"))
    found, worse = {}, []
    with tempfile.TemporaryDirectory() as folder:
        # Valgrind can't read what Swift's compiler writes for debuggers.
        driver = Path(folder) / "bench-driver"
        subprocess.run(["strip", "-g", "-o", driver, BIN / "bench-driver"], check=True, timeout=60)
        names = subprocess.run([driver, "pure"], capture_output=True, text=True, check=True, timeout=60)
        for name in names.stdout.splitlines():
            found[name] = each(driver, name, known.get(name))
            verdict = "" if update else judged(found[name], known.get(name))
            print(f"{name:40} {found[name]:>10,} {known.get(name, 0):>10,} {verdict}", flush=True)
            if verdict not in ("", "ok"):
                worse.append(name)
    if update:
        KNOWN.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    gone = sorted(set(known) - set(found))
    if worse or gone:
        print(f"instructions: a tenth more, less than half, new or gone: {', '.join(worse + gone)}; if that is meant, "
              "run Benchmarks/instructions.py --update and commit instructions.json", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
