"""log(sum(exp(x))) of one long array, written as users write it, and its derivative."""

from __future__ import annotations

import numpy as np

import symdiff as sd
from benchmarks.workloads.case import Case


def log_sum_exp(x):
    return np.log(np.sum(np.exp(x)))


def expert(x):
    top = x.max()
    e = np.exp(x - top)
    s = e.sum()
    e /= s
    return np.log(s) + top, e


def cases(quick: bool) -> list[Case]:
    x = np.random.default_rng(7).standard_normal(160_000)
    return [Case("log-sum-exp of 160,000", 1.0, expert, sd.value_and_grad(log_sum_exp), (x,))]
