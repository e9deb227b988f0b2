"""Our clients and our load generator alone, against a plain C loop and wrk."""
import json
import os
import shutil
import subprocess

from measure import Bound, Run, Series, pair
from servers import BIN, ROOT, tool
from tools import hey, watched, wrk


def loop_program(work):
    """`loop.c`, compiled."""
    program = work.folder / "loop"
    include = subprocess.run([tool("pg_config"), "--includedir"], capture_output=True, text=True, check=True, timeout=10)
    compiler = shutil.which("cc") or shutil.which("clang") or tool("gcc")
    subprocess.run(
        [compiler, "-O2", f"-I{include.stdout.strip()}", ROOT / "Benchmarks/loop.c", "-lpq", "-lhiredis", "-o", program],
        check=True, timeout=60)
    return program


def timed(words, environment, seconds, weighs=True):
    """Runs a loop that prints `count` and `rate`, with the processor time and memory that it used itself. A look at its
    memory holds it up for a moment, so there is none where moments are what is measured."""
    before = os.times()
    output, memory = watched(words, seconds, {"PATH": "/usr/bin:/bin", **environment}, None if weighs else [])
    after = os.times()
    found = json.loads(output)
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(found["rate"], cpu=used / max(1, found["count"]), memory=memory, extra=found)


def logins(work):
    """What a client of the lab's Postgres, and one of its Redis, has in its environment."""
    password = work.secret("inventory-db-password").read_text(encoding="utf-8").strip()
    secret = work.secret("redis-password").read_text(encoding="utf-8").strip()
    server = {
        "PGHOST": work.node("postgres")[0], "PGUSER": "inventory", "PGDATABASE": "inventory", "PGPASSWORD": password}
    return server, {"REDISCLI_AUTH": secret}


def clients(work, seconds):
    """PostgresClient and RedisClient against the libraries below them."""
    address, _ = work.node("postgres")
    cache, _ = work.node("redis")
    loop = loop_program(work)
    driver = BIN / "bench-driver"
    server, store = logins(work)
    timed(["redis-cli", "-h", cache, "--no-auth-warning", "EVAL",
           "redis.call('SET', KEYS[1], string.rep('x', 200)); return '{\"count\": 1, \"rate\": 1}'", 1, "bench"], store, 1)

    def ours(kind, connections, depth=1):
        where = ["--host", address, "--user", "inventory", "--database", "inventory"] if kind == "postgres" else [
            "--host", cache, "--key", "bench"]
        secrets = server if kind == "postgres" else store
        return lambda: timed(
            [driver, kind, *where, "--connections", connections, "--depth", depth, "--seconds", seconds], secrets,
            seconds)

    def theirs(kind, connections, depth=1):
        if kind == "postgres":
            return lambda: timed([loop, kind, connections, depth, seconds], server, seconds)
        return lambda: timed([loop, kind, cache, "bench", connections, depth, seconds], store, seconds)

    for kind, name, library in (("postgres", "PostgresClient", "libpq"), ("redis", "RedisClient", "hiredis")):
        for connections in (1, 16):
            plural = "s" if connections > 1 else ""
            yield pair(
                f"{name}, {connections} connection{plural}", "queries/s", ours(kind, connections),
                theirs(kind, connections), f"a C loop over {library}")
        # RedisClient sends what comes together in one write; PostgresClient gives a connection to one statement.
        yield pair(
            f"{name}, 1 connection, 16 tasks", "queries/s", ours(kind, 1, depth=16), theirs(kind, 1, depth=16),
            f"a C loop over {library}, a pipeline of 16")


def reactor(work, seconds):
    """How long the clients' thread is held up while names are looked up and statements are cancelled."""
    server, _ = logins(work)

    def stall(kind):
        where = ["--host", server["PGHOST"], "--user", "inventory", "--database", "inventory", "--connections", 16]
        run = timed(
            [BIN / "bench-driver", "stall", *where, "--beside", kind, "--seconds", seconds], server, seconds,
            weighs=False)
        return [run.extra["p99_us"], run.extra["longest_us"] / 1000]

    yield Series(
        "The clients' thread, held up beside 16 connections at work", ["beside", "p99 us", "longest ms"],
        [(kind, lambda kind=kind: stall(kind)) for kind in ("nothing", "lookups", "cancels")],
        {(kind, "longest ms"): Bound(f"a stall of the reactor's thread beside {kind}", most=10, unit="ms")
         for kind in ("lookups", "cancels")}, takes=5)


def generator(work, seconds, connections=16):
    """The load generator: its closed loop against wrk, and how late its open loop is."""
    cache, _ = work.node("redis")
    target, _ = work.fleet("inventory", {
        "INVENTORY_DATABASE_HOST": work.node("postgres")[0], "INVENTORY_DATABASE_NAME": "inventory",
        "INVENTORY_DATABASE_USER": "inventory",
        "INVENTORY_DATABASE_PASSWORD_FILE": work.secret("inventory-db-password"), "INVENTORY_POOL_MAX": 2,
        "INVENTORY_REDIS_HOST": cache, "INVENTORY_REDIS_PASSWORD_FILE": work.secret("redis-password"),
        "INVENTORY_CACHE_TTL": 600_000})
    quick = work.quick_server()
    driver = BIN / "bench-driver"

    def closed(port):
        return lambda: timed(
            [driver, "closed", "--base", f"http://127.0.0.1:{port}", "--connections", connections, "--seconds", seconds],
            {}, seconds)

    for name, port in (("an inventory", target), ("nginx", quick)):
        yield pair(
            f"closed loop against {name}", "requests/s", closed(port),
            lambda port=port: wrk(
                f"http://127.0.0.1:{port}/products/SKU-0001", connections, seconds, [], counts_itself=True), "wrk")
    yield pair(
        "closed loop against nginx, beside hey", "requests/s", closed(quick),
        lambda: hey(f"http://127.0.0.1:{quick}/products/SKU-0001", connections, seconds), "hey")

    def lateness(rate):
        run = timed(
            [driver, "open", "--base", f"http://127.0.0.1:{quick}", "--rate", rate, "--seconds", seconds], {}, seconds,
            weighs=False)
        return [run.extra["rate"], run.extra["lateness_p50_us"], run.extra["lateness_p99_us"], run.cpu * 1e6]

    yield Series(
        "Open loop: how late requests go out",
        ["requests/s", "answered /s", "p50 us late", "p99 us late", "CPU us each"],
        [(rate, lambda rate=rate: lateness(rate)) for rate in (1_000, 5_000, 10_000)],
        {(10_000, "p99 us late"): Bound("open loop, 10,000 requests/s: lateness, p99", most=1000, unit="us")}, takes=5)
