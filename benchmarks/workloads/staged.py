"""A staged expression of two numbers, and its derivative by both, on Python's floats."""

from __future__ import annotations

from math import exp

import symdiff as sd
from benchmarks.workloads.case import Case

TEXT = "(x + sigmoid(y)) / (sigmoid(x) + (x + y)**2)"


def expert(x, y):
    """Line by line, as in the lecture notes of the Stanford course CS231n."""
    sig_y = 1 / (1 + exp(-y))
    num = x + sig_y
    sig_x = 1 / (1 + exp(-x))
    s = x + y
    den = sig_x + s * s
    d_num = 1 / den
    d_den = -num * d_num * d_num
    d_s = 2 * s * d_den
    return d_num + d_s + sig_x * (1 - sig_x) * d_den, d_s + sig_y * (1 - sig_y) * d_num


def cases(quick: bool) -> list[Case]:
    return [Case("staged expression of two numbers", 1.15, expert, sd.grad(TEXT, wrt=("x", "y")), (3.0, -4.0))]
