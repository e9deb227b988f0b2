"""Where a service's processor time goes: samples by perf(1), each counted for who wrote the function it was in."""
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from measure import NotHere, Series
from servers import SKU, tool
from tools import wrk

SAMPLES_A_SECOND = 999
SECONDS = 3
# Percent. A server's kernel part is tens of them; where perf may not look into the kernel, none but strays are left.
LEAST_KERNEL = 1
LAYERS = ["kernel", "libc", "Swift's runtime", "swift-nio", "Hummingbird", "other packages", "libpq, hiredis", "ours"]
# Modules by the beginnings of their names; what stands in no row here is of some other package.
MODULES = {
    "swift-nio": ("NIO", "_NIO"), "Hummingbird": ("Hummingbird",), "ours": ("Clients", "Inventory", "ServiceKit", "LoopTasks", "CPlatform")}


def layer(program, symbol):
    """Who wrote a function."""
    if symbol.startswith("[k]"):
        return "kernel"
    if re.match(r"libpq|libhiredis", program):
        return "libpq, hiredis"
    if program != "fleet":
        return "libc"
    # $s, the length of the module's name, the name: mangling.rst of Swift's. Other functions are the runtime's in C++,
    # or the standard library's and its specializations, which name no module first.
    mangled = re.match(r"\[\.\] \$s(\d+)(\w+)", symbol)
    if not mangled:
        return "swift-nio" if "c_nio_" in symbol else "Swift's runtime"
    module = mangled.group(2)[:int(mangled.group(1))]
    if module.startswith(("Foundation", "Synchronization")):
        return "Swift's runtime"
    return next((name for name, starts in MODULES.items() if module.startswith(starts)), "other packages")


def refused(why):
    """That perf gives nothing to go by, with the setting that usually is the cause; in a container it may be the engine,
    which forbids the call."""
    try:
        setting = Path("/proc/sys/kernel/perf_event_paranoid").read_text(encoding="utf-8").strip()
    except OSError:
        setting = "unknown"
    return NotHere(f"{why} (kernel.perf_event_paranoid is {setting})")


def shares(recording):
    """Percent of the samples by layer, in the order of `LAYERS`."""
    done = subprocess.run(
        [tool("perf"), "report", "--input", recording, "--no-children", "--no-demangle", "--stdio", "--quiet",
         "--field-separator", ";", "--sort", "dso,sym"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=60)
    found = dict.fromkeys(LAYERS, 0.0)
    for line in done.stdout.splitlines():
        parts = [part.strip() for part in line.split(";")]
        if len(parts) >= 3:
            found[layer(parts[1], parts[2])] += float(parts[0].rstrip("%"))
    if found["kernel"] < LEAST_KERNEL:
        raise refused("perf sees nothing of the kernel here")
    return list(found.values())


def layers(work, _, connections=16):
    """Of an inventory that answers for one product without end."""
    # Some distributions have it for the kernels that they make only.
    if not shutil.which("perf"):
        raise NotHere("perf is missing: Debian has it in linux-perf, Ubuntu in linux-tools of the kernel that runs")
    cache, _ = work.node("redis")
    sides = {
        "product by Postgres": work.inventory({"INVENTORY_POOL_MAX": connections}),
        "product by Redis": work.inventory({
            "INVENTORY_POOL_MAX": 2, "INVENTORY_REDIS_HOST": cache,
            "INVENTORY_REDIS_PASSWORD_FILE": work.secret("redis-password"), "INVENTORY_CACHE_TTL": 600_000})}

    def sampled(port, pid):
        recording = work.folder / f"{pid}.perf"
        with ThreadPoolExecutor(1) as other:
            load = other.submit(wrk, f"http://127.0.0.1:{port}/products/{SKU}", connections, SECONDS + 2, [pid])
            done = subprocess.run(
                [tool("perf"), "record", "--freq", str(SAMPLES_A_SECOND), "--pid", str(pid), "--output", recording,
                 "sleep", str(SECONDS)],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS + 30)
            load.result()
        if done.returncode != 0:
            said = [line.strip(" .") for line in done.stderr.splitlines() if line.strip() not in ("", "Error:")]
            raise refused(f"perf does not record here: {said[0] if said else done.returncode}")
        return shares(recording)

    yield Series(
        "Where an inventory's processor time goes, in percent", ["load", *LAYERS],
        [(name, lambda side=side: sampled(*side)) for name, side in sides.items()])
