#!/usr/bin/python3
"""Measures Firedrill's parts beside what people use instead, in turn on the same machine, and writes the ratios.

Usage: bench.py [--only databases,gateways,...] [--seconds 1] [--rounds 5] [--json FILE] [--page FILE]

Status: 0 everything is measured, but for what can't be on this machine; 1 something failed or the time was over. What
was measured is written, with a reason for each group that was not; nothing where a program failed.
"""
import argparse
import json
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pairs
from measure import Contest, NotHere, Series
from report import machine, page
from servers import Workplace


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(pairs.ALL), help="groups of pairs, with commas between")
    parser.add_argument("--seconds", type=int, default=1, help="of each run")
    parser.add_argument("--rounds", type=int, default=5, help="of each pair")
    parser.add_argument("--minutes", type=float, default=10, help="when to stop: what is not measured by then is named")
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--page", type=Path, help="where the table goes")
    chosen = parser.parse_args()
    chosen.only = chosen.only.split(",")
    unknown = [name for name in chosen.only if name not in pairs.ALL]
    if unknown or not 1 <= chosen.seconds <= 60 or not 1 <= chosen.rounds <= 50 or not 0 < chosen.minutes <= 600:
        parser.error(
            f"--only: some of {', '.join(pairs.ALL)}; --seconds 1 to 60; --rounds 1 to 50; --minutes up to 600")
    return chosen


def main():
    chosen = arguments()
    # As Ctrl-C does: labs and servers end on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begun = time.time()
    measured, left, is_late = [], {}, False
    with tempfile.TemporaryDirectory(prefix="firedrill-bench-") as folder:
        for name in chosen.only:
            if time.time() - begun > 60 * chosen.minutes:
                left[name] = f"the {chosen.minutes:g} minutes were over"
                is_late = True
                continue
            group = Path(folder) / name
            group.mkdir()
            try:
                with Workplace(group, has_lab=name not in pairs.WITHOUT_LAB) as work:
                    for item in pairs.ALL[name](work, chosen.seconds):
                        item.measure(chosen.rounds)
                        measured.append(item)
            except NotHere as reason:
                left[name] = str(reason)
    added = list(pairs.latencies(measured))
    limits = [limit for item in measured for limit in item.limits()]
    limits += [bound.row(statistics.median(values)) for _, values, bound in added if bound]
    figures = {
        "schema": 1,
        "machine": machine(),
        "rounds": chosen.rounds,
        "secondsOfARun": chosen.seconds,
        "seconds": round(time.time() - begun),
        "pairs": [row for contest in measured if isinstance(contest, Contest) for row in contest.rows()],
        "tables": [series.result() for series in measured if isinstance(series, Series)],
        "added": [
            {"name": name, "medianMicroseconds": statistics.median(values), "min": min(values), "max": max(values)}
            for name, values, _ in added],
        "limits": limits,
        "notMeasured": left,
    }
    if chosen.json:
        chosen.json.parent.mkdir(parents=True, exist_ok=True)
        chosen.json.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    text = page(figures)
    if chosen.page:
        chosen.page.parent.mkdir(parents=True, exist_ok=True)
        chosen.page.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    for name, reason in left.items():
        print(f"bench: not measured: {name}: {reason}", file=sys.stderr)
    if is_late:
        sys.exit(1)


if __name__ == "__main__":
    main()
