"""The pairs: what is compared with what, and the bound where there is one."""
import clients
import faults
import growth
import layers
import starts
from measure import Bound, Contest, Side, pair
from servers import SKU, free_port
from tools import pgbench, redis_benchmark, wrk

PRODUCT_SQL = f"""SELECT sku, name, description, price_cents, updated_at::text FROM inventory.products
WHERE sku = '{SKU}';
"""


def databases(work, seconds, connections=16):
    """A product by HTTP from Postgres and from Redis, against the databases' own load programs."""
    address, postgres = work.node("postgres")
    cache, redis = work.node("redis")
    script = work.folder / "product.sql"
    script.write_text(PRODUCT_SQL, encoding="utf-8")
    server = {
        "host": address, "user": "inventory", "database": "inventory",
        "password": work.secret("inventory-db-password").read_text(encoding="utf-8").strip()}
    store = {"host": cache, "password": work.secret("redis-password").read_text(encoding="utf-8").strip()}
    plain, plain_pid = work.inventory({"INVENTORY_POOL_MAX": connections})
    cached, cached_pid = work.inventory({
        "INVENTORY_POOL_MAX": 2, "INVENTORY_REDIS_HOST": cache,
        "INVENTORY_REDIS_PASSWORD_FILE": work.secret("redis-password"), "INVENTORY_CACHE_TTL": 600_000})
    yield pair(
        "product by Postgres", "requests/s",
        lambda: wrk(f"http://127.0.0.1:{plain}/products/{SKU}", connections, seconds, [plain_pid]),
        lambda: pgbench(server, script, connections, seconds, [postgres]),
        "the same SELECT by pgbench -M prepared", Bound("product by Postgres, to pgbench", least=0.50))
    yield pair(
        "product by Redis", "requests/s",
        lambda: wrk(f"http://127.0.0.1:{cached}/products/{SKU}", connections, seconds, [cached_pid]),
        lambda: redis_benchmark(store, f"product:{SKU}", connections, 40_000 * seconds, [redis]),
        "redis-benchmark GET -P 1", Bound("product by Redis, to redis-benchmark", least=0.50))


def gateways(work, seconds, connections=16):
    """The gateway in front of an inventory, against nginx in front of the same one."""
    cache, _ = work.node("redis")
    secret = work.secret("redis-password")
    behind, _ = work.inventory({
        "INVENTORY_POOL_MAX": 2, "INVENTORY_REDIS_HOST": cache, "INVENTORY_REDIS_PASSWORD_FILE": secret,
        "INVENTORY_CACHE_TTL": 600_000})
    ours, pid = work.fleet("gateway", {
        "GATEWAY_REDIS_HOST": cache, "GATEWAY_REDIS_PASSWORD_FILE": secret,
        "GATEWAY_INVENTORY_INSTANCES": f"127.0.0.1:{behind}", "GATEWAY_ORDER_INSTANCES": f"127.0.0.1:{behind}"})
    theirs = free_port()
    nginx = work.nginx(f"""http {{
  access_log off;
  upstream shop {{ server 127.0.0.1:{behind}; keepalive 64; }}
  server {{ listen 127.0.0.1:{theirs};
    location / {{ proxy_pass http://shop; proxy_http_version 1.1; proxy_set_header Connection ""; }} }} }}""")
    yield pair(
        "gateway", "requests/s",
        lambda: wrk(f"http://127.0.0.1:{ours}/products/{SKU}", connections, seconds, [pid]),
        lambda: wrk(f"http://127.0.0.1:{theirs}/products/{SKU}", connections, seconds, [nginx]),
        "nginx as reverse proxy, the same instance behind")


def proxies(work, seconds):
    """The TCP proxy without toxics, HAProxy and nginx, each against no proxy at all."""
    source = free_port()
    for name, size in (("small", 100), ("64k", 65_536)):
        (work.folder / name).write_bytes(b"x" * size)
    work.nginx(f"""http {{ access_log off; sendfile on; keepalive_requests 100000000;
  server {{ listen 127.0.0.1:{source}; root {work.folder}; }} }}""")
    link, ha, spliced, stream = free_port(), free_port(), free_port(), free_port()
    _, ours = work.fleet("proxy", {"PROXY_LINKS": f"bench={link}:127.0.0.1:{source}"})
    haproxy = work.haproxy(
        f"listen bench\n  mode tcp\n  bind 127.0.0.1:{ha}\n  server source 127.0.0.1:{source}\n", ha)
    splicing = work.haproxy(
        f"listen bench\n  mode tcp\n  option splice-auto\n  bind 127.0.0.1:{spliced}\n"
        f"  server source 127.0.0.1:{source}\n", spliced)
    nginx = work.nginx(
        f"stream {{ server {{ listen 127.0.0.1:{stream}; proxy_pass 127.0.0.1:{source}; }} }}")
    sides = (("TCP proxy", link, ours), ("HAProxy, TCP mode", ha, haproxy), ("nginx, stream", stream, nginx))
    # What splice(2) brings, by somebody who has it.
    large = sides + (("HAProxy, spliced", spliced, splicing),)

    def through(port, pid, path, connections):
        return lambda: wrk(f"http://127.0.0.1:{port}/{path}", connections, seconds, [pid])

    for path, connections in (("small", 1), ("small", 32), ("64k", 1), ("64k", 32)):
        entered = [
            Side(f"{name}, {path}, {connections} connection{'s' if connections > 1 else ''}",
                 through(port, pid, path, connections))
            for name, port, pid in (large if path == "64k" else sides)]
        if path == "small" and connections == 32:
            entered[0].bound = Bound("TCP proxy, 32 connections, to no proxy", least=0.45)
            entered[0].cpu_bound = Bound("TCP proxy, 32 connections, processor time of a request", most=13, unit="us")
        yield Contest("requests/s", entered, "no proxy", through(source, 0, path, connections))


def latencies(measured):
    """What a proxy adds to the median at one connection: from the runs of the contests above, in microseconds."""
    for contest in measured:
        if not isinstance(contest, Contest):
            continue
        for side in contest.sides:
            if side.name.endswith("small, 1 connection"):
                added = [(a.extra["p50"] - b.extra["p50"]) * 1e6 for a, b in zip(side.runs, contest.theirs.runs)]
                bound = Bound("TCP proxy, added to the median at 1 connection", most=30, unit="us")
                yield side.name.split(", small")[0], added, bound if side is contest.sides[0] else None


ALL = {
    "databases": databases, "layers": layers.layers, "gateways": gateways, "proxies": proxies, "clients": clients.clients,
    "reactor": clients.reactor, "generator": clients.generator, "accuracy": faults.accuracy,
    "clearing": faults.clearing, "starts": starts.starts, "grades": starts.grades,
    "certification": starts.certification, "binaries": starts.binaries,
    "fleets": growth.fleets,
    "labs": growth.labs}
# A lab beside them would be measured too.
WITHOUT_LAB = {"proxies", "accuracy", "clearing", "starts", "grades", "certification", "binaries", "labs"}
