"""What a trainee waits for: a lab's start, and a grade; and what a lab weighs."""
import json
import os
import shutil
import signal
import subprocess
import time

from growth import memory
from measure import Bound, NotHere, Published, Series, proportional_memory, wait_until
from servers import BIN, ROOT, answers, free_port, tool

# Named in notes.py.
INSTANCES = 20


def starts(work, _):
    """Labs from nothing, and their memory."""
    def baseline(key):
        return json.loads((work.lab / ".firedrill/baseline.json").read_text(encoding="utf-8"))[key]

    def started(scenario, more):
        try:
            work.firedrill("start", scenario, "--plain")
            # A healthy shop has no symptom to wait for.
            shown = 0.0 if scenario == "base" else baseline("symptomSeconds")
            taken = [baseline("healthySeconds"), shown, memory(work)]
            if more:
                work.firedrill("runbook", "--run", "cap-300")
                work.firedrill("scale", f"inventory={more}", "--plain")
                taken.append(memory(work))
            return taken
        finally:
            work.remove_lab()

    base, broken = "base", "one-bad-instance"
    header = ["lab", "s to healthy", "s to symptom", "PSS MB"]
    yield Series(
        "The healthy shop from nothing", header, [(base, lambda: started(base, None))],
        {
            (base, "s to healthy"): Bound("base lab, start to every node healthy", most=3, unit="s"),
            (base, "PSS MB"): Bound("memory of the base lab", most=250, unit="MB")}, takes=5)
    yield Series(
        "101 instances from nothing, and what 200 weigh", [*header, "PSS MB of 200"], [(broken, lambda: started(broken, 200))],
        {
            (broken, "s to symptom"): Bound("one-bad-instance, start to symptom shown", most=6, unit="s"),
            (broken, "PSS MB"): Bound("memory of one-bad-instance, 101 instances", most=900, unit="MB"),
            (broken, "PSS MB of 200"): Bound("memory of one-bad-instance, 200 instances", most=1434, unit="MB")})


def grades(work, _):
    """A grade of what nobody has repaired, and one of a repair."""
    def graded(repair):
        try:
            work.firedrill("start", "one-bad-instance", "--plain")
            if repair:
                work.firedrill("runbook", "--run", repair)
            begun = time.monotonic()
            work.firedrill("grade", "--plain", codes=(0, 1))
            return [time.monotonic() - begun]
        finally:
            work.remove_lab()

    # Once each, and of one scenario: what a grade may take is said of all of them, see `certification`.
    yield Series(
        "Grades of one-bad-instance", ["lab", "s"],
        [("untouched", lambda: graded(None)), ("repaired", lambda: graded("cap-300"))], takes=1)


def certification(*_):
    """Grades of all scenarios: a certification runs hundreds, so its figures are taken from what it published."""
    file = "docs/certification.json"
    try:
        found = json.loads((ROOT / file).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotHere(f"there is no {file} (`make certify` writes it)") from None
    grade = found.get("grade")
    if not grade:
        raise NotHere(f"{file} has no seconds of grades (`make certify` writes them)")
    source = f"by {file}" + (f" of commit {found['commit']}" if found.get("commit") else "")
    runs = f"of {grade['runs']} grades of all scenarios, {source}"
    yield Published([
        Bound(f"the median {runs}", most=15, unit="s").row(grade["median"]),
        Bound(f"the longest {runs}", most=40, unit="s").row(grade["worst"])])


def binaries(work, _):
    """The fleet's program as it is built, and without its symbols: some instances started together."""
    stripped = work.folder / "fleet"
    shutil.copy(BIN / "fleet", stripped)
    subprocess.run([tool("strip"), stripped], check=True, timeout=60)

    def started(program):
        ports = [free_port() for _ in range(INSTANCES)]
        begun = time.monotonic()
        running = [
            subprocess.Popen(
                [program, "proxy"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={"PATH": os.environ["PATH"], "HTTP_HOST": "127.0.0.1", "HTTP_PORT": str(port),
                     "PROXY_LINKS": f"bench={free_port()}:127.0.0.1:{port}", "LOG_LEVEL": "error"})
            for port in ports]
        try:
            for port in ports:
                wait_until(lambda port=port: answers(f"http://127.0.0.1:{port}/readyz"), f"an instance of {program}")
            took = time.monotonic() - begun
            weight = proportional_memory([process.pid for process in running])
            return [os.path.getsize(program) / 2**20, took, weight / 2**20 / INSTANCES]
        finally:
            for process in running:
                process.send_signal(signal.SIGTERM)
            for process in running:
                process.wait(10)

    yield Series(
        f"{INSTANCES} instances of a proxy, started together", ["program", "MB on disk", "s until all are ready", "PSS MB each"],
        [("as built", lambda: started(BIN / "fleet")), ("stripped", lambda: started(stripped))], takes=5)
