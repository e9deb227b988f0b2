"""What is measured, running: a lab for its databases, and programs of ours and others beside it, on 127.0.0.1."""
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from measure import wait_until

ROOT = Path(__file__).resolve().parent.parent
RUN_FOLDERS = Path(os.environ.get("FIREDRILL_RUN", f"/var/tmp/firedrill-{os.getuid()}"))
BIN = Path(os.environ.get("FIREDRILL_BIN_DIR", ROOT / ".build/release"))

# A product that every lab has.
SKU = "SKU-0001"


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port, host="127.0.0.1"):
    """Whether somebody accepts connections there."""
    with contextlib.closing(socket.socket()) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def answers(url):
    """Whether a GET is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=1) as reply:
            return reply.status == 200
    except (OSError, urllib.error.URLError):
        return False


class Workplace:
    """A lab of the healthy shop, if one is needed, and the processes started beside it; all of it ends with the `with`
    block."""

    def __init__(self, folder, has_lab=True):
        self.folder = Path(folder)
        self.lab = self.folder / "lab"
        self.has_lab = has_lab
        self.started = []

    def __enter__(self):
        if self.has_lab:
            try:
                self.firedrill("start", "base", "--plain")
            except BaseException:
                # Interrupted or too slow: `with` does not end what it has not begun.
                self.remove_lab()
                raise
        return self

    def __exit__(self, *_):
        try:
            for process in reversed(self.started):
                process.send_signal(signal.SIGTERM)
            for process in reversed(self.started):
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        finally:
            if self.has_lab:
                self.firedrill("stop", "--purge", "--plain")

    def remove_lab(self):
        """Ends a lab, however far its start came."""
        # 64: there is none.
        self.firedrill("stop", "--purge", "--plain", codes=(0, 64))

    def firedrill(self, *words, codes=(0,)):
        """Runs a command of the console on the lab, and gives its output; it must end with one of `codes`."""
        done = subprocess.run(
            [BIN / "firedrill", *words, "--lab", self.lab], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=120)
        if done.returncode not in codes:
            raise SystemExit(f"bench: firedrill {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def node(self, name):
        """Address and process of a node of the lab."""
        nodes = json.loads(self.firedrill("status", "--json", "--all"))["nodes"]
        found = next(node for node in nodes if node["name"] == name)
        return found["address"], found["pid"]

    def secret(self, name):
        """The file of a secret of the lab's, as only its owner can read it."""
        identity = json.loads((self.lab / ".firedrill/lab.json").read_text(encoding="utf-8"))["id"]
        run = RUN_FOLDERS / identity
        return next(path for folder in ("secrets", "judge-secrets") for path in (run / folder).rglob(f"{name}*"))

    def start(self, words, ready, what, environment=None):
        """Starts a program and waits until it is ready; its output goes to a file named in the error."""
        log = self.folder / f"{what}.log"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env={"PATH": os.environ["PATH"], **{key: str(value) for key, value in (environment or {}).items()}})
        self.started.append(process)
        def is_up():
            if process.poll() is not None:
                raise SystemExit(f"bench: {what} ended: {log.read_text(encoding='utf-8')[-2000:]}")
            return ready()
        wait_until(is_up, what)
        return process.pid

    def fleet(self, service, settings):
        """Starts one of our services on a port of its own: its port and process."""
        port = free_port()
        host = f"127.0.0.1:{port}"
        environment = {"HTTP_HOST": "127.0.0.1", "HTTP_PORT": port, "HOSTNAME": f"{service}-1", "LOG_LEVEL": "warning"}
        name = f"{service}-{port}"
        pid = self.start(
            [BIN / "fleet", service], lambda: answers(f"http://{host}/readyz"), name, environment | settings)
        # It goes on without a setting that it doesn't know, as something else than what is to be measured.
        log = (self.folder / f"{name}.log").read_text(encoding="utf-8")
        if "unknown setting" in log:
            raise SystemExit(f"bench: {name}: {log[-2000:]}")
        return port, pid

    def inventory(self, settings):
        """An inventory of ours on the lab's databases: its port and process."""
        address, _ = self.node("postgres")
        return self.fleet("inventory", {
            "INVENTORY_DATABASE_HOST": address, "INVENTORY_DATABASE_NAME": "inventory",
            "INVENTORY_DATABASE_USER": "inventory",
            "INVENTORY_DATABASE_PASSWORD_FILE": self.secret("inventory-db-password"), **settings})

    def nginx(self, text):
        """Starts nginx with a configuration, one worker, as what it is compared with has one loop: its process."""
        path = self.folder / f"nginx-{free_port()}.conf"
        path.write_text(
            "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n"
            f"daemon off; worker_processes 1; pid {path}.pid; error_log {path}.log; user {os.environ.get('USER', 'root')};\n"
            f"events {{ worker_connections 4096; }}\n{text}\n", encoding="utf-8")
        port = int(text.split("listen 127.0.0.1:")[1].split(";")[0])
        return self.start([tool("nginx"), "-c", path], lambda: listens(port), f"nginx-{port}")

    def quick_server(self):
        """A server that answers any request at once with a small body: its port."""
        (self.folder / "small").write_bytes(b"x" * 100)
        port = free_port()
        self.nginx(f"""http {{ access_log off; keepalive_requests 100000000; default_type application/json;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 '{{"sku":"SKU-0001"}}'; }} }} }}""")
        return port

    def edit(self, name, key, value):
        """Gives a setting of a file of the lab's another value: the last line wins."""
        path = self.lab / name
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{key} = {value}\n", encoding="utf-8")

    def haproxy(self, text, port):
        """Starts HAProxy with a configuration, one thread: its process."""
        path = self.folder / f"haproxy-{port}.cfg"
        path.write_text(
            "global\n  nbthread 1\n  maxconn 2048\ndefaults\n  timeout connect 5s\n  timeout client 60s\n"
            f"  timeout server 60s\n{text}\n", encoding="utf-8")
        return self.start([tool("haproxy"), "-db", "-f", path], lambda: listens(port), f"haproxy-{port}")


def tool(name):
    """The path of a program of Debian's."""
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not found:
        raise SystemExit(f"bench: {name} is missing: run scripts/bootstrap bench")
    return found
