"""The programs that make load, and what they print."""
import os
import re
import subprocess

from measure import Run, families, families_seconds, proportional_memory
from servers import tool

# When in a run memory is looked at: servers have a process or a buffer for each connection only while there are some.
LATE = 0.8
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


def watched(words, seconds, environment=None, pids=None):
    """Runs a program: what it printed, and the memory of `pids`, or its own, when most of `seconds` are over; of a run
    that ends sooner there is none."""
    memory = 0
    with subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=environment) as process:
        try:
            try:
                output, errors = process.communicate(timeout=seconds * LATE)
            except subprocess.TimeoutExpired:
                memory = proportional_memory(families([process.pid] if pids is None else pids))
                output, errors = process.communicate(timeout=seconds * 3 + 30)
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise SystemExit(f"bench: {words[0]}: {(errors or output).strip()[-500:]}")
    return output, memory


def measured(words, pids, seconds, parse, environment=None, counts_itself=False):
    """Runs a load program, and gives its figures with the processor time of `pids`, or its own, for each thing done."""
    def used_so_far():
        if counts_itself:
            times = os.times()
            return times.children_user + times.children_system
        return families_seconds(pids)
    before = used_so_far()
    output, memory = watched(words, seconds, environment, None if counts_itself else pids)
    used = used_so_far() - before
    run = parse(output)
    run.memory = memory or proportional_memory(families(pids))
    run.cpu = used / (run.extra.get("count") or run.rate * seconds)
    return run


def wrk(url, connections, seconds, pids, counts_itself=False):
    """HTTP requests in a closed loop, one thread; the latency's median and 99th percentile are in `extra`."""
    def parse(text):
        failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        broken = re.search(r"Socket errors: (.*)", text)
        if failed or broken:
            raise SystemExit(f"bench: {url}: {(failed or broken).group(0)}")
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
        count = int(re.search(r"(\d+) requests in", text).group(1))
        def at(share):
            value, unit = re.search(rf"\s{share}%\s+([\d.]+)(us|ms|s|m)", text).groups()
            return float(value) * UNITS[unit]
        return Run(rate, extra={"count": count, "p50": at(50), "p99": at(99)})
    words = [tool("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]
    return measured(words, pids, seconds, parse, counts_itself=counts_itself)


def hey(url, connections, seconds):
    """HTTP requests in a closed loop, with its own processor time."""
    def parse(text):
        statuses = re.findall(r"\[(\d+)\]\s+(\d+) responses", text)
        if [status for status, _ in statuses] != ["200"] or "Error distribution" in text:
            raise SystemExit(f"bench: hey {url}: {text.strip()[-500:]}")
        return Run(float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)), extra={"count": int(statuses[0][1])})
    return measured(
        [tool("hey"), "-z", f"{seconds}s", "-c", connections, url], [], seconds, parse, counts_itself=True)


def pgbench(server, script, clients, seconds, pids):
    """Statements in a closed loop, prepared, one thread."""
    def parse(text):
        return Run(float(re.search(r"tps = ([\d.]+)", text).group(1)))
    words = [
        tool("pgbench"), "-n", "-M", "prepared", "-f", script, "-c", clients, "-j", 1, "-T", seconds,
        "-h", server["host"], "-U", server["user"], server["database"]]
    return measured(words, pids, seconds, parse, {"PGPASSWORD": server["password"], "PATH": "/usr/bin:/bin"})


def redis_benchmark(server, key, clients, count, pids):
    """GETs of one key without pipelining, one thread."""
    def parse(text):
        return Run(float(re.search(r'"([\d.]+)"', text.splitlines()[-1].split(",", 1)[1]).group(1)),
                   extra={"count": count})
    # It takes the password in no other way; this one ends with the lab, in a minute.
    words = [
        tool("redis-benchmark"), "-h", server["host"], "-a", server["password"], "-c", clients, "-n", count, "-P", 1,
        "--csv", "GET", key]
    return measured(words, pids, 30, parse)
