"""What a call of a Function costs beyond the generated function itself, and what a first gradient costs."""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.runner import ratio, seconds, table

TITLE = "calls: a warm Function beside the generated function itself, and first gradients (CPU time)"
SCALAR = "(x + sigmoid(y)) / (sigmoid(x) + (x + y)**2)"


def logistic(w, X, y):
    return np.sum(np.logaddexp(0.0, X @ w) - y * (X @ w))


def network(W1, b1, W2, b2, X, y):
    return np.mean((np.tanh(X @ W1 + b1) @ W2 + b2 - y) ** 2)


def cases() -> dict[str, tuple[Any, Sequence[Any], str]]:
    """Functions, arguments, and what is to be reached."""
    import symdiff as sd

    rng = np.random.default_rng(0)
    data = rng.random(3), rng.random((10, 3)), rng.random(10)
    weights = (
        rng.random((2, 8)),
        rng.random(8),
        rng.random((8, 1)),
        rng.random(1),
        rng.random((4, 2)),
        rng.random((4, 1)),
    )
    xs = list(rng.random((6, 10)))
    return {
        "1 array": (sd.function(lambda a: a + 1), xs[:1], "0.4 us beyond"),
        "3 arrays": (sd.function(lambda a, b, c: a + b + c), xs[:3], "0.8 us beyond"),
        "6 arrays": (sd.function(lambda a, b, c, d, e, f: a + b + c + d + e + f), xs, "1.5 us beyond"),
        "3 arrays, declared": (sd.function("X @ w - y", X="n d", w="d", y="n"), (data[1], data[0], data[2]), ""),
        "gradient of sum(sin(x)**2), n = 10": (sd.grad(lambda x: np.sum(np.sin(x) ** 2)), xs[:1], "ratio 1.15"),
        "gradient of a logistic loss, 10 x 3": (sd.grad(logistic), data, "ratio 1.15"),
        "value and gradient, MLP 2-8-1": (sd.value_and_grad(network, (0, 1, 2, 3)), weights, "ratio 1.15"),
        "scalar gradient, two floats": (sd.grad(SCALAR, ("x", "y")), (3.0, -4.0), "ratio 1.3"),
    }


def least(calls: Sequence[tuple[Callable[..., Any], Sequence[Any]]], rounds: int) -> list[float]:
    """Seconds per call of each, the least of many short samples that take turns."""
    timers = []
    for call, arguments in calls:
        names = [f"a{k}" for k in range(len(arguments))]
        scope = {"call": call, **dict(zip(names, arguments, strict=True))}
        timers.append(timeit.Timer(f"call({', '.join(names)})", globals=scope, timer=time.process_time))
    number = 2000
    samples = [[timer.timeit(number) / number for timer in timers] for _ in range(rounds)]
    return [min(column) for column in zip(*samples, strict=True)]


def first_gradients(rounds: int) -> str:
    """From the user's function to the first value, in a process that has done so before."""
    import symdiff as sd

    found = cases()
    data = found["gradient of a logistic loss, 10 x 3"][1]
    weights = found["value and gradient, MLP 2-8-1"][1]
    firsts = {
        "scalar expression": (lambda: sd.grad(SCALAR, ("x", "y"))(3.0, -4.0), "4 ms"),
        "logistic loss": (lambda: sd.grad(logistic)(*data), "5 ms"),
        "MLP": (lambda: sd.grad(network, (0, 1, 2, 3))(*weights), "8 ms"),
    }
    rows = [["first gradient", "min", "target, at most"]]
    for name, (make, target) in firsts.items():
        taken = min(timeit.repeat(make, number=1, repeat=4 * rounds, timer=time.process_time))
        rows.append([name, seconds(taken), target])
    return table(rows)


def report(rounds: int, quick: bool) -> str:
    count = (4 if quick else 20) * rounds
    rows = [["call", "bare", "Function", "beyond", "ratio", "target, at most"]]
    for name, (f, arguments, target) in cases().items():
        for _ in range(3):
            f(*arguments)
        bare, whole = least([(f.stages.bare, arguments), (f, arguments)], count)
        rows.append([name, seconds(bare), seconds(whole), seconds(whole - bare), ratio(whole, bare), target])
        if isinstance(arguments[0], float):
            items = tuple(np.array(arguments))
            of_floats, of_items = least([(f, arguments), (f, items)], count)
            rows.append(["the same, elements of an array", seconds(of_floats), seconds(of_items),
                         seconds(of_items - of_floats), ratio(of_items, of_floats), "ratio 1.5 to floats"])  # fmt: skip
    return f"{table(rows)}\n\n{first_gradients(max(2, rounds))}"
