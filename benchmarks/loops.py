"""Loops and branches of unmodified functions: value and gradient beside an adjoint by hand, a process for each row."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.loop_programs import branches, iterations, recurrences, simulations, tables
from benchmarks.loop_programs.row import difference
from benchmarks.runner import ONE_THREAD, table

TITLE = "loops: value and gradient of programs with loops and branches, as people write them"
ROWS = recurrences.ROWS | simulations.ROWS | iterations.ROWS | tables.ROWS | branches.ROWS
PATIENCE = 300  # seconds for one row
HEADER = ["program", "lines", "first call", "by hand", "ratio", "peak", "ratio", "difference"]
UNITS = 1e3


def cpu(call: Callable[..., Any], arguments: Sequence[Any], rounds: int) -> float:
    """The least CPU seconds of a call."""
    best = float("inf")
    for _ in range(rounds):
        number, start = 0, time.process_time()
        while time.process_time() - start < 0.02:
            call(*arguments)
            number += 1
        best = min(best, (time.process_time() - start) / number)
    return best


def peak(call: Callable[..., Any], arguments: Sequence[Any]) -> int:
    """The most bytes that a call holds at a time beside its arguments."""
    tracemalloc.start()
    call(*arguments)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def measured(name: str, rounds: int, quick: bool) -> dict[str, Any]:
    """The numbers of one row, in this process."""
    import symdiff as sd

    row = ROWS[name]
    arguments, make = row.data(quick), sd.value_and_grad  # whose first mention imports what is behind it
    start = time.process_time()
    f = make(row.program, wrt=row.wrt)
    result = f(*arguments)
    first = time.process_time() - start
    by_hand = cpu(row.by_hand, arguments, 1)
    ours = cpu(f, arguments, 1)
    for _ in range(rounds - 1):
        by_hand, ours = min(by_hand, cpu(row.by_hand, arguments, 1)), min(ours, cpu(f, arguments, 1))
    return {
        "lines": f.source.split("def ", 1)[1].rstrip().count("\n"),
        "first": first,
        "by_hand": by_hand,
        "ours": ours,
        "peak": peak(f, arguments),
        "peak_by_hand": peak(row.by_hand, arguments),
        "difference": difference(result, row.by_hand(*arguments)),
    }


def spawned(name: str, rounds: int, quick: bool) -> dict[str, Any]:
    """The same, in a fresh process on one thread."""
    command = [sys.executable, "-m", "benchmarks.loops", name, str(rounds), *["quick"] * quick]
    environment = {**os.environ, **ONE_THREAD}
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return {"error": f"not within {PATIENCE} s"}
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        return {"error": last[0][:100]}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def shown(name: str, m: dict[str, Any]) -> list[str]:
    """One row of the table; what is more than was aimed at has a star."""
    if "error" in m:
        return [name, m["error"]]
    row = ROWS[name]
    ratio = m["ours"] / m["by_hand"]
    return [
        name,
        f"{m['lines']}{'*' * (m['lines'] > row.lines)}",
        f"{m['first']:.2f} s{'*' * (m['first'] > row.first)}",
        f"{m['by_hand'] * UNITS:.3g} ms",
        f"{ratio:.2f}{'*' * (round(ratio, 2) > row.ratio)}",
        f"{m['peak'] / 2**20:.2f} MiB",
        f"{m['peak'] / m['peak_by_hand']:.2f}",
        f"{m['difference']:.0e}",
    ]


def report(rounds: int, quick: bool) -> str:
    """The table."""
    rows = [shown(name, spawned(name, rounds, quick)) for name in ROWS]
    return f"{table([HEADER, *rows])}\nCPU seconds, least of {rounds} rounds. *: more than was aimed at"


if __name__ == "__main__":
    which, rounds_text, *rest = sys.argv[1:]
    print(json.dumps(measured(which, int(rounds_text), rest == ["quick"])))
