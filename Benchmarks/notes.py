"""What was tried to make it faster, and where a limit is missed: sentences around figures of the same run."""
import json
import re
from pathlib import Path

from layers import LAYERS

ROOT = Path(__file__).resolve().parent.parent

RUNTIME = "Swift's runtime"
# What two figures may differ by and still be called the same: few runs each.
EVEN = 1.1


def micro(seconds):
    return f"{seconds * 1e6:.1f} us"


def rate(number):
    return f"{number:,.0f}/s"


def notes(figures):
    """The sentences whose figures were measured."""
    rows = {row["name"]: row for row in figures["pairs"]}
    series = {table["name"]: {row[0]: row for row in table["rows"]} for table in figures["tables"]}
    for note in (
            splice, proxy_time, pipelines, auto_pipelining, stripped, service_time, redis_time, product_text, loop_tasks,
            across, growth, instances, starts, grades):
        try:
            yield note(rows, series)
        except (KeyError, FileNotFoundError):
            continue


def splice(rows, _):
    plain, spliced, ours = (
        rows[f"{name}, 64k, 32 connections"] for name in ("HAProxy, TCP mode", "HAProxy, spliced", "TCP proxy"))
    return (
        f"**splice(2) in the proxy: not used.** HAProxy has it: with it {rate(spliced['ours'])} and "
        f"{micro(spliced['cpuOurs'])} a request of 64 KiB, without it {rate(plain['ours'])} and "
        f"{micro(plain['cpuOurs'])}. Ours copies: {rate(ours['ours'])} and {micro(ours['cpuOurs'])}. On one machine there "
        "is no network card to hand pages to, and each splice is two more system calls.")


def proxy_time(rows, _):
    ours, haproxy, nginx = (
        rows[f"{name}, small, 32 connections"]["cpuOurs"] for name in ("TCP proxy", "HAProxy, TCP mode", "nginx, stream"))
    return (
        f"**The proxy's processor time.** A small request takes {micro(ours)} of it through ours, {micro(haproxy)} through "
        f"HAProxy and {micro(nginx)} through nginx here: four system calls on each side of the same kernel. The limit is "
        "of a machine on which they were faster. To be under it here, several connections' calls would have to share one "
        "visit to the kernel (io_uring), which containers usually forbid.")


def pipelines(rows, _):
    wide, narrow = rows["PostgresClient, 16 connections"], rows["PostgresClient, 1 connection, 16 tasks"]
    return (
        f"**Pipelines of libpq: not used.** On one connection a pipeline of 16 does {rate(narrow['theirs'])}, our client "
        f"{rate(narrow['ours'])}: it lends a connection to one statement or transaction at a time. In a pipeline an error "
        "takes along what stands behind it, a cancel hits whatever runs by then, and a slow statement holds up the rest: "
        "failures that this shop is made to show would be others. Whoever needs more has more connections: "
        f"with 16, {rate(wide['ours'])}.")


def auto_pipelining(rows, _):
    one, many = rows["RedisClient, 1 connection"], rows["RedisClient, 1 connection, 16 tasks"]
    return (
        "**Pipelining of Redis commands: kept.** What comes while the connection is busy goes out in one write: "
        f"{rate(many['ours'])} with 16 tasks on one connection, {rate(one['ours'])} with one task.")


def stripped(_, series):
    table = series["20 instances of a proxy, started together"]
    (_, size, start, memory), (_, small, soon, little) = table["as built"], table["stripped"]
    return (
        f"**Stripped programs: for packages and images only.** {size['median']:.0f} MB on disk become "
        f"{small['median']:.0f} MB; starts ({start['median']:.2f} s and {soon['median']:.2f} s) and memory "
        f"({memory['median']:.2f} MB and {little['median']:.2f} MB each) stay what they are, for nobody reads symbols.")


def service_time(rows, series):
    product, client = rows["product by Postgres"], rows["PostgresClient, 16 connections"]
    rest = product["cpuOurs"] - client["cpuOurs"]
    table = series["Where an inventory's processor time goes, in percent"]["product by Postgres"]
    share = dict(zip(LAYERS, (value["median"] for value in table[1:])))
    return (
        f"**Where an inventory's time goes.** A product by Postgres takes {micro(product['cpuOurs'])} of its processor "
        f"time; the client with the same libpq calls takes {micro(client['cpuOurs'])} of it, the other {micro(rest)} are "
        "HTTP: reading, routing, metrics, trace context, JSON, writing. No part of it stands out: "
        f"{share['kernel']:.0f} % are the kernel's, mostly TCP over loopback with the receiver's part of it; "
        f"{share[RUNTIME]:.0f} % Swift's runtime (reference counts, switching tasks, generic types), "
        f"{share['swift-nio'] + share['Hummingbird']:.0f} % swift-nio and Hummingbird, {share['libc']:.0f} % libc "
        f"(memory, mutexes), {share['ours']:.1f} % code of this shop. pgbench has no HTTP, and its one thread and the "
        "server's share two processors with nobody; here wrk, the inventory and the server share them. Half of the HTTP "
        "part would have to go to reach the limit: a server on swift-nio's channels without tasks, streams and generic "
        "middleware for each request, which Hummingbird is there to spare us.")


def redis_time(rows, series):
    product, client = rows["product by Redis"], rows["RedisClient, 1 connection, 16 tasks"]
    table = series["Where an inventory's processor time goes, in percent"]["product by Redis"]
    share = dict(zip(LAYERS, (value["median"] for value in table[1:])))
    return (
        f"**Where it goes by Redis.** {micro(product['cpuOurs'])} a product, of which the client, whose commands of many "
        f"requests share a write, takes {micro(client['cpuOurs'])}. The rest is the same HTTP as by Postgres: "
        f"{share['kernel']:.0f} % the kernel's, {share[RUNTIME]:.0f} % Swift's runtime. redis-benchmark has no HTTP, and "
        "Redis answers with one thread: the limit asks for the same half of the HTTP part.")


def product_text(rows, _):
    product = rows["product by Postgres"]["cpuOurs"]
    return (
        "**A product's JSON: written by hand, kept.** It is the shop's busiest answer, which takes "
        f"{micro(product)} of processor time by Postgres, HTTP and all. `make instructions` counts both ways: `product "
        "to JSON, by hand` and `by an encoder`.")


def loop_tasks(rows, _):
    product = rows["product by Redis"]["cpuOurs"]
    return (
        "**Tasks on the event loop's thread: kept, in services and in the load generator.** On Swift's own threads "
        "each request would change sides twice and wake a thread each time, on top of the "
        f"{micro(product)} that a product by Redis takes in all. What runs there must not block. No setting turns it "
        "off: whoever takes `withTaskExecutorPreference` out of `ServiceMain.swift` sees by `Benchmarks/bench.py --only "
        "databases` what it brings.")


def across(rows, _):
    ratio = rows["product by Postgres"]["ratio"]
    return (
        f"**Optimisation across modules: not used.** A product by Postgres has {ratio:.2f} of pgbench's rate here; "
        "this was tried to get nearer, and brought no gain for a longer build. To see it: `swift build -c release "
        "--static-swift-stdlib --scratch-path .build/across -Xswiftc -cross-module-optimization`, then "
        "`FIREDRILL_BIN_DIR=$PWD/.build/across/release Benchmarks/bench.py --only databases`.")


def growth(_, series):
    rows = series["Instances of one service"]
    table = {count: [value["median"] for value in values] for count, (_, *values) in rows.items()}
    (_, soon, _, little), (_, late, _, much) = table[10], table[200]
    (begun, _, before, _), (done, _, after, _) = table[101], table[200]
    grows = "no faster than" if late <= soon * EVEN and much <= little * EVEN else "faster than"
    return (
        f"**Cost of instances: it grows {grows} their number.** Of 10 each takes {soon:.0f} ms to start and "
        f"{little:.1f} MB, of 200 each {late:.0f} ms and {much:.1f} MB; from 101 to 200 one more takes "
        f"{1000 * (done - begun) / 99:.0f} ms and {(after - before) / 99:.1f} MB. What all share, such as the "
        "program's pages, counts for each in part.")


def instances(_, series):
    row = [value["median"] for value in series["Instances of one service"][200][1:]]
    (_, _, _, proxy) = series["20 instances of a proxy, started together"]["as built"]
    return (
        f"**Memory of an instance.** {row[3]:.2f} MB each at 200, {proxy['median']:.2f} MB each of 20 proxies, where "
        "below 3 MB were wished for. What is an instance's own is its heap and stacks, and the tables of pointers that a "
        "program of this size is given when it is loaded; a program without tracing and metrics would have less of both.")


def grades(*_):
    found = json.loads((ROOT / "docs/certification.json").read_text(encoding="utf-8"))
    grade = found["grade"]
    windows = {}
    for file in sorted(ROOT.glob("Chaos/*/scenario.yaml")):
        trials = file.read_text(encoding="utf-8").split("\ntrials:", 1)[1]
        windows[file.parent.name] = sum(int(seconds) for seconds in re.findall(r"length: (\d+)s", trials))
    told = ", ".join(f"{name} {seconds} s" for name, seconds in sorted(windows.items(), key=lambda pair: pair[1]))
    return (
        f"**How long a grade takes.** {grade['median']:.0f} s by the middle one, {grade['worst']:.0f} s by the longest. "
        f"The windows alone in which users are at work, for mitigated and resolved together, last: {told}. They are as "
        "long as what they show: a replica stops following twice for 6 s, an entry ends after 5 s, a company is slow for "
        "4 s and has 5 s to be well again. The longest grades are those of tier prevented: an alert has to be silent for "
        "12 s, and up to 75 s are waited for that. Shorter windows would show fewer of the moments that tell right from "
        "wrong.")


def starts(_, series):
    base = series["The healthy shop from nothing"]["base"][1]
    return (
        f"**Starts and the disk.** The base lab takes {base['min']:.1f} to {base['max']:.1f} s here. On ext4 without a "
        "journal the kernel passes over each inode that was freed in the last minutes (`recently_deleted`), for every new "
        "file; a lab makes and removes thousands, so starts soon after stops take up to four times as long. "
        "`firedrill doctor` tells of such a disk, `FIREDRILL_RUN` names another.")
