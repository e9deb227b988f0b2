"""The page of figures."""
import os
import platform
import subprocess
import textwrap
from pathlib import Path

from notes import notes
from servers import RUN_FOLDERS


def file_system():
    """What the databases of labs are on; ext4 without a journal is another thing than ext4 (see `starts` in notes.py).
    The doctor looks for the journal in the same place."""
    folder = next(path for path in (RUN_FOLDERS, *RUN_FOLDERS.parents) if path.exists())
    kind = subprocess.run(
        ["stat", "--file-system", "--format", "%T", folder], capture_output=True, text=True, check=True, timeout=10)
    number = os.stat(folder).st_dev
    device = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    name = kind.stdout.strip()
    task = Path("/sys/fs/ext4") / device.resolve().name / "journal_task"
    if not task.exists():
        return name
    return "ext4 without a journal" if task.read_text(encoding="utf-8").startswith("<none>") else "ext4 with a journal"


def machine():
    """What it ran on."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    with open("/proc/meminfo", encoding="utf-8") as file:
        memory = int(file.readline().split()[1]) // 1024
    return {
        "processors": os.cpu_count(), "model": model, "memoryMB": memory, "kernel": platform.release(),
        "load": round(os.getloadavg()[0], 2), "files": file_system()}


def table(header, rows):
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def micro(seconds):
    return "-" if seconds is None else f"{seconds * 1e6:.1f}"


def megabytes(size):
    return "-" if size is None else f"{size / 2**20:.1f}"


def number(value):
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def spread(value):
    """A point's name, or the middle of what was measured with the least and the greatest."""
    if not isinstance(value, dict):
        return number(value)
    middle, least, greatest = (number(float(value[key])) for key in ("median", "min", "max"))
    return middle if least == greatest else f"{middle} ({least}-{greatest})"


def page(figures):
    """`docs/benchmarks.md`."""
    about = figures["machine"]
    rows = [
        [
            row["name"], f"{row['ours']:,.0f}", row["against"], f"{row['theirs']:,.0f}",
            f"{row['ratio']:.2f} ({row['ratioMin']:.2f}-{row['ratioMax']:.2f}){' noisy' if row['noisy'] else ''}",
            micro(row["cpuOurs"]), micro(row["cpuTheirs"]), megabytes(row["memoryOurs"]), megabytes(row["memoryTheirs"]),
        ]
        for row in figures["pairs"]]
    text = f"""# Benchmarks

Each row compares two sides that ran in turn (A B A B) on one machine: medians of {figures['rounds']} runs of
{figures['secondsOfARun']} s. The ratio is ours to theirs, with the least and the greatest of the runs; a pair whose
ratios differ by more than a quarter is marked noisy. CPU is the processor time of the measured program (not of the
load, but where the load generator is what is measured) for each request, in microseconds; MB is its memory (PSS)
towards the end of a run. Generated; `make bench` writes it anew, in {figures['seconds']} s.

Machine: {about['processors']} processors ({about['model']}), {about['memoryMB']} MB, Linux {about['kernel']};
labs' files on {about['files']}.

"""
    if figures["limits"]:
        text += "What the parts must hold, with what was measured now, or by the file that a row names:\n\n"
        text += table(
            ["what", "limit", "measured", ""],
            [[row["what"], row["limit"], f"{number(row['measured'])} {row['unit']}".strip(),
              "held" if row["isHeld"] else "**missed**"] for row in figures["limits"]]) + "\n"
    if figures["notMeasured"]:
        left = "; ".join(f"{name}, for {reason}" for name, reason in figures["notMeasured"].items())
        text += textwrap.fill(f"Not measured: {left}.", 118) + "\n\n"
    if rows:
        text += table(
            ["what", "ours /s", "against", "theirs /s", "ratio", "CPU us", "their CPU us", "MB", "their MB"], rows) + "\n"
    for series in figures["tables"]:
        text += f"{series['name']}:\n\n"
        text += table(series["header"], [[spread(value) for value in row] for row in series["rows"]]) + "\n"
    if figures["added"]:
        text += "What a proxy adds to the median latency of a small request at one connection:\n\n"
        text += table(
            ["what", "added us", "range"],
            [[row["name"], f"{row['medianMicroseconds']:.1f}", f"{row['min']:.1f} to {row['max']:.1f}"]
             for row in figures["added"]]) + "\n"
    # A command must not be cut at its hyphens.
    tried = "\n".join(
        textwrap.fill(f"- {note}", 118, subsequent_indent="  ", break_on_hyphens=False) for note in notes(figures))
    if tried:
        text += f"What was tried, and where the time goes:\n\n{tried}\n"
    return text.rstrip("\n") + "\n"
