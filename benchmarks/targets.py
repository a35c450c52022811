"""Other targets than NumPy on the programs of `loops`: value and gradient beside an adjoint by hand in NumPy."""

from __future__ import annotations

import importlib.util
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.loop_programs.row import difference
from benchmarks.loops import ROWS, cpu
from benchmarks.runner import table
from benchmarks.workloads import NAMES
from benchmarks.workloads.case import Case
from symdiff.functions.function import Function

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


def workload(case: Case, rounds: int, targets: Sequence[str]) -> list[str]:
    """One row of the table of workloads, of which the second column is the expert's time."""
    case.difference()  # compiles it
    expert, ours = case.times(rounds)
    cells = [case.name, f"{expert * 1e3:.3g} ms", f"{ours / expert:.2f}"]
    for target in targets:
        other = replace(case, ours=jitted(case.ours) if target == "jax" else case.ours.to(target))
        start = time.perf_counter()
        apart = other.difference()
        first = time.perf_counter() - start
        expert, ours = other.times(rounds)
        cells += [f"{first:.2f} s", f"{ours / expert:.2f}", f"{apart:.0e}"]
    return cells


BY_NUMBA = {"GARCH(1,1), T = 100,000": "garch", "LSTM, 1,024 steps": "lstm"}


def beside_numba(name: str, rounds: int, quick: bool) -> list[str]:
    """A loop beside the same as an expert compiles it with Numba, in turns."""
    import symdiff as sd
    from benchmarks import by_numba

    row, expert = ROWS[name], getattr(by_numba, BY_NUMBA[name])
    arguments = row.data(quick)
    calls = [expert, *(sd.value_and_grad(row.program, wrt=row.wrt, target=target) for target in TARGETS)]
    apart = max(difference(call(*arguments), row.by_hand(*arguments)) for call in calls)
    taken = [[cpu(call, arguments, 1) for call in calls] for _ in range(rounds)]
    best = [min(column) for column in zip(*taken, strict=True)]
    return [name, f"{best[0] * 1e3:.3g} ms", *(f"{ours / best[0]:.2f}" for ours in best[1:]), f"{apart:.0e}"]


def jitted(function: Function) -> Callable[..., Any]:
    """A Function as JAX compiles it, which is asked for its results."""
    import jax

    jax.config.update("jax_enable_x64", True)
    run = jax.jit(function.to("jax"))
    return lambda *arguments: jax.block_until_ready(run(*arguments))


def workload_table(quick: bool, rounds: int) -> str:
    """The workloads for each target, JAX among them where it is installed."""
    targets = [*TARGETS, *["jax"] * (importlib.util.find_spec("jax") is not None)]
    cases = [case for name in NAMES for case in importlib.import_module(f"benchmarks.workloads.{name}").cases(quick)]
    plain = [case for case in cases if isinstance(case.ours, Function) and ", fast" not in case.name]
    head = ["workload", "expert's NumPy", "ours", *(c for name in targets for c in (f"{name}: first", "ratio", "diff"))]
    return table([head, *(workload(case, rounds, targets) for case in plain)])


def report(rounds: int, quick: bool) -> str:
    """The table; what was compiled before is compiled again."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        rows = [measured(name, rounds, quick) for name in ROWS]
        others = workload_table(quick, rounds)
        loops = []
        if importlib.util.find_spec("numba") is not None:
            loops = [["loop", "expert's Numba", *TARGETS, "difference"]]
            loops += [beside_numba(name, rounds, quick) for name in BY_NUMBA]
    last = f"CPU seconds, least of {rounds} rounds; first calls by the clock; ratios to what is written by hand"
    parts = [table([HEADER, *rows]), others, *([table(loops)] if loops else [])]
    return "\n\n".join(parts) + f"\n{last}"
