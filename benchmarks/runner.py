"""Measures tools against each other: every tool in a process of its own, the tools interleaved over several rounds.

A workload is a module with a ``TITLE``, a function ``report(rounds, quick)`` that gives the text to print, and
``TOOLS``: name -> ``make(quick)``, which prepares everything and returns ``(call, arguments)``, what is to be timed.
`make` may raise ImportError; the tool is then left out of the run, and the table says so.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
import timeit
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log
from statistics import fmean, median
from typing import Any

import numpy as np

SAMPLES = 7  # per process
SLOW = 1.0  # seconds: of a call that takes longer, the first is the only sample
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass
class Result:
    """What the processes of one tool measured.

    Attributes:
        times: seconds per call, all samples of all rounds.
        peak: bytes that a call had allocated at most, the smallest of all rounds.
        facts: what `call.count`, where there is one, says of a result, such as its number of nodes.
        error: why there are no times.
    """

    times: list[float] = field(default_factory=list)
    peak: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    error: str = ""

    @property
    def min(self) -> float:
        return min(self.times)

    @property
    def median(self) -> float:
        return median(self.times)


# ------------------------------------------------------------------------------------------------ in the tool's process


def work(workload: str, tool: str, quick: bool) -> dict[str, Any]:
    """Times one tool in this process."""
    try:
        call, arguments = importlib.import_module(f"benchmarks.{workload}").TOOLS[tool](quick)
    except ImportError as missing:
        return {"error": f"skipped: {missing.name} is not installed"}
    start = time.perf_counter()
    result = call(*arguments)
    first = time.perf_counter() - start
    facts = call.count(result) if hasattr(call, "count") else {}
    del result
    times = [first] if first > SLOW else sample(call, arguments, 0.02 if quick else 0.1)
    return {"times": times, "peak": peak_memory(call, arguments), "facts": facts}


def sample(call: Callable[..., Any], arguments: Sequence[Any], seconds: float) -> list[float]:
    """Seconds per call, in samples of at least `seconds`, on a warm process. The collector stays on."""
    names = [f"a{k}" for k in range(len(arguments))]
    scope = {"call": call, **dict(zip(names, arguments, strict=True))}
    timer = timeit.Timer(f"call({', '.join(names)})", "import gc; gc.enable()", globals=scope)
    number, taken = 1, timer.timeit(1)
    while taken < seconds:
        number = int(number * min(10, 1.2 * seconds / taken)) + 1
        taken = timer.timeit(number)
    return [t / number for t in (taken, *timer.repeat(SAMPLES - 1, number))]


def peak_memory(call: Callable[..., Any], arguments: Sequence[Any]) -> int:
    """The most bytes that one call holds at a time; 0 for calls that ask not to be traced."""
    if getattr(call, "untraced", False):
        return 0
    tracemalloc.start()
    call(*arguments)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def largest_difference(workload: str, quick: bool) -> dict[str, float | str]:
    """For each tool, how far its result is from the first tool's, relative to the largest element."""
    tools = importlib.import_module(f"benchmarks.{workload}").TOOLS
    found: dict[str, float | str] = {}
    reference: list[np.ndarray] = []
    for tool, make in tools.items():
        try:
            call, arguments = make(quick)
        except ImportError:
            continue
        values = flat(call(*arguments))
        reference = reference or values
        pairs = zip(values, reference, strict=True)
        found[tool] = max(float(np.max(np.abs(a - b)) / np.max(np.abs(b))) for a, b in pairs)
    return found


def flat(result: Any) -> list[np.ndarray]:
    """The arrays of a nested tuple."""
    if isinstance(result, (tuple, list)):
        return [array for part in result for array in flat(part)]
    return [np.asarray(result)]


# ----------------------------------------------------------------------------------------------------------- the parent


def spawn(*arguments: str) -> Any:
    """Runs this module in a fresh process, on one BLAS thread, and returns what it printed."""
    command = [sys.executable, "-m", "benchmarks.runner", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **ONE_THREAD}, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        return {"error": f"failed: {last[0][:100]}"}
    return json.loads(done.stdout)


def measure(workload: str, tools: Iterable[str], rounds: int, quick: bool) -> dict[str, Result]:
    """Round after round, a process for each tool."""
    results = {tool: Result() for tool in tools}
    for _ in range(rounds):
        for tool, result in results.items():
            if not result.error:
                add(result, spawn("time", workload, tool, *["quick"] * quick))
    return results


def add(result: Result, found: dict[str, Any]) -> None:
    """Adds what one process found."""
    result.error = found.get("error", "")
    result.times += found.get("times", [])
    result.peak = min(result.peak or found.get("peak", 0), found.get("peak", 0))
    result.facts = found.get("facts", {})


def compare(workload: str, results: dict[str, Result], quick: bool, memory: bool = False) -> str:
    """The table of times beside the first tool, the yardstick, and how far the results are from its results."""
    yardstick = next(iter(results.values()))
    differences = spawn("difference", workload, *["quick"] * quick)
    rows = [["tool", "min", "median", "ratio of mins", "of medians", *["peak", "of peaks"] * memory, "difference"]]
    for tool, r in results.items():
        if r.error:
            rows.append([tool, r.error])
            continue
        times = [seconds(r.min), seconds(r.median), ratio(r.min, yardstick.min), ratio(r.median, yardstick.median)]
        peaks = [f"{r.peak / 2**20:.2f} MiB", ratio(r.peak, yardstick.peak)] * memory
        rows.append([tool, *times, *peaks, f"{differences.get(tool, float('nan')):.0e}"])
    return table(rows)


def ratio(a: float, b: float) -> str:
    """``a / b``, as the tables show it."""
    return f"{a / b:.2f}" if b else "-"


def seconds(t: float) -> str:
    """A time with a unit that suits it."""
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if t * scale >= 1:
            return f"{t * scale:.3g} {unit}" if t * scale < 100 else f"{t * scale:.0f} {unit}"
    return f"{t * 1e9:.0f} ns"


def exponent(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The p of ``time = c * size**p``, by least squares on logarithms."""
    x, y = [log(n) for n in sizes], [log(t) for t in times]
    mx, my = fmean(x), fmean(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sum((a - mx) ** 2 for a in x)


def last_exponent(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The same between the two largest sizes, where a growing term shows first."""
    (n, m), (s, t) = list(pairwise(sizes))[-1], list(pairwise(times))[-1]
    return log(t / s) / log(m / n)


def table(rows: list[list[str]]) -> str:
    """Aligned columns, the first to the left; a last cell of a short row may run on."""
    count = max(map(len, rows))
    whole = [row for row in rows if len(row) == count]
    widths = [max(len(row[k]) for row in (rows if k == 0 else whole)) for k in range(count)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *[cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=False)]])
        for row in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def heading(title: str) -> str:
    """The title of a workload, underlined."""
    return f"{title}\n{'=' * len(title)}"


if __name__ == "__main__":
    what, name, *rest = sys.argv[1:]
    fast = rest[-1:] == ["quick"]
    print(json.dumps(work(name, rest[0], fast) if what == "time" else largest_difference(name, fast)))
