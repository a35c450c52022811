"""``symdiff bench``: what the value and the gradient cost, at random arguments."""

from __future__ import annotations

import argparse
import json
import time
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.cli.commands import Result
from symdiff.cli.inputs import function_of, joined, sizes_of, wrt_of
from symdiff.functions.function import Function
from symdiff.functions.grad import value_and_grad
from symdiff.functions.points import lengths_of, points

LENGTH = 100  # of axes whose length is a name
ROUNDS = 5
SECONDS = 0.05  # of one round


def run(options: argparse.Namespace) -> Result:
    """Prints a table: compiling, the value, value and gradient."""
    f = function_of(options)
    lengths = lengths_of(f, sizes_of(joined(options.size)), LENGTH)
    point = next(points(f, lengths, {}, np.random.default_rng(0)))
    arguments = [array if array.ndim else array.item() for array in (point[name] for name in f.inputs)]
    started = time.perf_counter()
    g = value_and_grad(f, wrt_of(options, f))
    compiling = time.perf_counter() - started + _first(g, arguments)
    _first(f, arguments)
    value, both = _measured(f, arguments), _measured(g, arguments)
    found = {"compile": compiling, "value": value, "value_and_grad": both, "ratio": both / value}
    if options.json:
        return Result(f"{json.dumps({**found, 'lengths': lengths}, indent=2)}\n")
    at = f", at {', '.join(f'{name} = {n}' for name, n in lengths.items())}" if lengths else ""
    return Result(
        f"{g.recipe.title}{at}\n"
        f"compiling            {_shown(compiling)}\n"
        f"value                {_shown(value)}\n"
        f"value and gradient   {_shown(both)}   {both / value:.2f} times the value\n"
    )


def _first(f: Function, arguments: list[Any]) -> float:
    """The time of the first call; two more open the short way for calls of the same types."""
    started = time.perf_counter()
    with np.errstate(all="ignore"):
        f(*arguments)
        passed = time.perf_counter() - started
        f(*arguments)
        f(*arguments)
    return passed


def _measured(f: Callable[..., Any], arguments: list[Any]) -> float:
    """Seconds of a call: the least of several rounds, since whatever else the machine does adds to it."""
    timer = timeit.Timer(lambda: f(*arguments))
    with np.errstate(all="ignore"):
        once = max(timer.timeit(1), 1e-7)
        calls = max(1, int(SECONDS / once))
        return min(timer.repeat(ROUNDS, calls)) / calls


def _shown(seconds: float) -> str:
    """``12.3 µs``, right-aligned."""
    scale, unit = next((s, u) for s, u in ((1e-6, "µs"), (1e-3, "ms"), (1.0, "s ")) if seconds < 1000 * s or s == 1.0)
    return f"{seconds / scale:8.3g} {unit}"
