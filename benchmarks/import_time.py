"""What `import symdiff` costs beyond `import numpy`, and what it must not import."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.runner import seconds, table

TITLE = "import_time: import symdiff beyond import numpy"
TARGET = 0.035  # seconds
HEAVY = ("sympy", "scipy")  # imported only where they are asked for
SLOWEST = 8

PROBE = f"""
import json, sys, time
start = time.perf_counter()
import numpy
middle = time.perf_counter()
import symdiff
end = time.perf_counter()
heavy = [name for name in {HEAVY!r} if name in sys.modules]
print(json.dumps({{"numpy": middle - start, "symdiff": end - middle, "heavy": heavy}}))
"""


def report(rounds: int, quick: bool) -> str:
    count = max(3, 2 * rounds if quick else 4 * rounds)
    with TemporaryDirectory() as bytecode:
        runs = [probe(bytecode) for _ in range(1 + count)][1:]  # the first one compiles the bytecode
        slowest = slowest_modules(bytecode)
    rows = [["import", "min", "median"]]
    for name in ("numpy", "symdiff"):
        times = [run[name] for run in runs]
        rows.append([name if name == "numpy" else "symdiff, beyond numpy", seconds(min(times)), seconds(median(times))])
    heavy = ", ".join(runs[0]["heavy"]) or "neither"
    notes = f"target: at most {seconds(TARGET)}; of {' and '.join(HEAVY)}, imported with it: {heavy}"
    return f"{table(rows)}\n{notes}\n\n{slowest}"


def probe(bytecode: str) -> dict[str, Any]:
    """The times of one fresh process."""
    return json.loads(run(bytecode, "-c", PROBE).stdout)


def run(bytecode: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python as users do, with bytecode at hand (installers compile it), here in a folder of its own."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-X", f"pycache_prefix={bytecode}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env)


def slowest_modules(bytecode: str) -> str:
    """The modules that take longest themselves, by Python's own account (which slows them down)."""
    log = run(bytecode, "-X", "importtime", "-c", "import numpy; import symdiff").stderr
    found = re.findall(r"^import time:\s*(\d+) \|\s*(\d+) \| (\s*)(\S+)$", log, re.MULTILINE)
    names = [name for *_, name in found]
    ours = found[names.index("numpy") + 1 :]
    ranked = sorted(ours, key=lambda row: -int(row[0]))[:SLOWEST]
    rows = [["slowest modules (-X importtime)", "self", "cumulative"]]
    rows += [[name, seconds(int(own) / 1e6), seconds(int(total) / 1e6)] for own, total, _, name in ranked]
    return table(rows)
