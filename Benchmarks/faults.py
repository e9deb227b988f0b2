"""The TCP proxy's faults: how true an injected latency is, and how soon all is cleared."""
import json
import os
import socket
import time
import urllib.request

from measure import Bound, Series
from servers import free_port
from tools import wrk

TOKEN = "bench-token-of-this-run"
READERS = 50


class Link:
    """The proxy with one link before a server, and its control API."""

    def __init__(self, work, source):
        token = work.folder / "token"
        token.write_text(TOKEN, encoding="utf-8")
        token.chmod(0o600)
        self.port = free_port()
        self.control, _ = work.fleet(
            "proxy", {"PROXY_LINKS": f"bench={self.port}:127.0.0.1:{source}", "PROXY_TOKEN_FILE": token})

    def ask(self, method, body=None):
        """Orders or lists toxics."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.control}/v1/toxics", method=method,
            data=json.dumps(body).encode() if body else None,
            headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=5) as reply:
            return reply.read()

    def delay(self, milliseconds):
        """Injects latency."""
        self.ask("POST", {"link": "bench", "kind": "latency", "latency_ms": milliseconds, "lease_seconds": 60})


def accuracy(work, seconds):
    """An injected latency, as one connection sees it."""
    link = Link(work, work.quick_server())

    def delayed(milliseconds):
        plain = wrk(f"http://127.0.0.1:{link.port}/small", 1, seconds, []).extra
        link.delay(milliseconds)
        slow = wrk(f"http://127.0.0.1:{link.port}/small", 1, seconds, []).extra
        link.ask("DELETE")
        return [1e3 * (slow["p50"] - plain["p50"]), 1e3 * (slow["p99"] - plain["p50"])]

    yield Series(
        "Injected latency, as one connection sees it", ["ms injected", "p50 ms added", "p99 ms added"],
        [(milliseconds, lambda milliseconds=milliseconds: delayed(milliseconds)) for milliseconds in (5, 50)], takes=5)


def clearing(work, _):
    """How long it takes to clear a fault that readers who have stopped reading stand in."""
    source = free_port()
    with open(work.folder / "large", "wb") as file:
        os.truncate(file.fileno(), 1 << 30)
    work.nginx(f"""http {{ access_log off; sendfile on;
  server {{ listen 127.0.0.1:{source}; root {work.folder}; }} }}""")
    link = Link(work, source)

    def stalled():
        reader = socket.create_connection(("127.0.0.1", link.port), timeout=5)
        reader.sendall(b"GET /large HTTP/1.1\r\nHost: bench\r\n\r\n")
        reader.recv(1)
        return reader

    def cleared(count):
        link.delay(20)
        readers = [stalled() for _ in range(count)]
        begun = time.perf_counter()
        link.ask("DELETE")
        took = time.perf_counter() - begun
        for reader in readers:
            reader.close()
        return [took * 1e3]

    yield Series(
        "Clearing all faults beside readers that have stopped reading", ["stalled readers", "ms"],
        [(count, lambda count=count: cleared(count)) for count in (0, READERS)],
        {(READERS, "ms"): Bound(f"clear all faults beside {READERS} stalled readers", most=100, unit="ms")}, takes=5)
