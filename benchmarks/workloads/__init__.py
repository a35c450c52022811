"""Derivatives of programs as users write them, beside the NumPy that an expert writes by hand for the same.

``python -m benchmarks workloads`` prints how long ours takes, over the expert, and whether the goal is reached; CPU
time, minima of rounds in which the two take turns. How long it takes to compile is not in it.
"""

from __future__ import annotations

import importlib

from benchmarks.runner import ratio, seconds, table

TITLE = "workloads: value and derivative beside an expert's NumPy, CPU time"
NAMES = (
    *("small_net", "staged", "arm", "black_scholes", "chain", "gmm"),
    *("bundle", "sparse_bundle", "lstm", "kmeans", "log_sum_exp", "rk4", "logistic", "heston"),
)


def report(rounds: int, quick: bool) -> str:
    """The table."""
    rows = [["workload", "expert", "ours", "ratio", "goal", "difference", "where it is missed"]]
    for name in NAMES:
        for case in importlib.import_module(f"benchmarks.workloads.{name}").cases(quick):
            difference = case.difference()
            expert, ours = case.times(rounds)
            why = case.why if ours > case.goal * expert else ""
            numbers = [seconds(expert), seconds(ours), ratio(ours, expert), f"{case.goal:.2f}", f"{difference:.0e}"]
            rows.append([case.name, *numbers, why])
    return table(rows)
