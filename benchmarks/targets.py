"""Other targets than NumPy on the programs of `loops`: value and gradient beside an adjoint by hand in NumPy."""

from __future__ import annotations

import importlib
import os
import tempfile
import time
from dataclasses import replace

from benchmarks.loop_programs.row import difference
from benchmarks.loops import ROWS, cpu
from benchmarks.runner import table
from benchmarks.workloads import NAMES
from benchmarks.workloads.case import Case

TITLE = "targets: programs with loops, and workloads, printed for C and for Numba, compiled, and called from Python"
TARGETS = ("c", "numba")
HEADER = ["program", "by hand", *(cell for name in TARGETS for cell in (f"{name}: first call", "ratio", "difference"))]


def measured(name: str, rounds: int, quick: bool) -> list[str]:
    """One row of the table."""
    import symdiff as sd

    row = ROWS[name]
    arguments = row.data(quick)
    by_hand = min(cpu(row.by_hand, arguments, 1) for _ in range(rounds))
    cells = [name, f"{by_hand * 1e3:.3g} ms"]
    for target in TARGETS:
        start = time.perf_counter()  # compilers are processes of their own
        f = sd.value_and_grad(row.program, wrt=row.wrt, target=target)
        found = f(*arguments)
        first = time.perf_counter() - start
        ours = min(cpu(f, arguments, 1) for _ in range(rounds))
        apart = difference(found, row.by_hand(*arguments))
        cells += [f"{first:.2f} s", f"{ours / by_hand:.3f}", f"{apart:.0e}"]
    return cells


def workload(case: Case, rounds: int) -> list[str]:
    """One row of the table of workloads, of which the second column is the expert's time."""
    case.difference()  # compiles it
    expert, ours = case.times(rounds)
    cells = [case.name, f"{expert * 1e3:.3g} ms", f"{ours / expert:.2f}"]
    for target in TARGETS:
        other = replace(case, ours=case.ours.to(target))
        apart = other.difference()
        expert, ours = other.times(rounds)
        cells += [f"{ours / expert:.2f}", f"{apart:.0e}"]
    return cells


def report(rounds: int, quick: bool) -> str:
    """The table; what was compiled before is compiled again."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        rows = [measured(name, rounds, quick) for name in ROWS]
        cases = [
            case for name in NAMES for case in importlib.import_module(f"benchmarks.workloads.{name}").cases(quick)
        ]
        others = [workload(case, rounds) for case in cases]
    head = ["workload", "expert's NumPy", "ours", *(cell for name in TARGETS for cell in (name, "difference"))]
    last = f"CPU seconds, least of {rounds} rounds; first calls by the clock; ratios to what is written by hand"
    return f"{table([HEADER, *rows])}\n\n{table([head, *others])}\n{last}"
