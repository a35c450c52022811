"""``python -m benchmarks.numpy_costs``: what calls of NumPy cost, as the table in `symdiff/rewrite/costs.py`.

Microseconds per call, on one element, and nanoseconds per element beyond that, on arrays that stay in the cache; of
products of matrices, per multiplication and addition. Only ratios matter, and they differ little between machines.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

LARGE = 10_000
ROUNDS = 9
LENGTH = 8  # of the axes of stacked matrices
Call = Callable[[], object]


def seconds(call: Call) -> float:
    """CPU time of one call, the least of some rounds."""
    number, found = 1, []
    while len(found) < ROUNDS:
        start = time.process_time()
        for _ in range(number):
            call()
        taken = time.process_time() - start
        if taken < 0.01:
            number *= 2
            continue
        found.append(taken / number)
    return min(found)


def elementwise(n: int) -> dict[str, Call]:
    """Calls on arrays of that many elements."""
    x = np.random.default_rng(0).uniform(0.5, 1.5, n)
    y = x[::-1].copy()
    return {
        "add": lambda: 1 + x,
        "multiply": lambda: x * y,
        "square": lambda: x**2,
        "power": lambda: x**7,
        "sqrt": lambda: np.sqrt(x),
        "hypot": lambda: np.hypot(1.0, x),
        "exp": lambda: np.exp(x),
        "log1p": lambda: np.log1p(x),
        "logaddexp": lambda: np.logaddexp(0.0, x),
        "absolute": lambda: np.abs(x),
        "maximum": lambda: np.maximum(x, 0.0),
        "sign": lambda: np.sign(x),
        "heaviside": lambda: np.heaviside(x, 0.5),
        "outer": lambda: np.outer(x, y[:1]),
        "spread": lambda: x[:, None] * y[:1],
    }


def products(stack: int) -> tuple[int, dict[str, Call]]:
    """Multiplications and additions in a stack of so many products of matrices, and the calls."""
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((LENGTH, stack, LENGTH)), rng.standard_normal((stack, LENGTH, LENGTH))
    turned = np.transpose(a, (1, 0, 2))
    calls: dict[str, Call] = {
        "einsum": lambda: np.einsum("abc,bcd->abd", a, b),
        "matmul": lambda: turned @ b,
        "transpose": lambda: np.transpose(a, (1, 0, 2)),
    }
    return stack * LENGTH**3, calls


def matrices(n: int) -> tuple[int, dict[str, Call]]:
    """Multiplications and additions in a product of square matrices, and the calls: of two, and of one with itself."""
    a, b = np.random.default_rng(2).standard_normal((2, n, n))
    return n**3, {"gemm": lambda: a.T @ b, "gram": lambda: a.T @ a}


def costs() -> dict[str, tuple[float, float]]:
    """``(microseconds per call, nanoseconds per element)`` by name."""
    small, large = elementwise(1), elementwise(LARGE)
    (few, one), (many, some) = products(1), products(50)
    (less, low), (more, high) = matrices(100), matrices(300)
    pairs = {name: (1, small[name], LARGE, large[name]) for name in small}
    pairs |= {name: (few, one[name], many, some[name]) for name in one}
    pairs |= {name: (less, low[name], more, high[name]) for name in low}
    return {name: line(*pair) for name, pair in pairs.items()}


def line(n: int, first: Call, m: int, second: Call) -> tuple[float, float]:
    """The straight line through two sizes: microseconds at none, nanoseconds per element."""
    least, most = seconds(first), seconds(second)
    element = max(most - least, 0.0) / (m - n)
    return round(max(least - element * n, 0.0) * 1e6, 2), round(element * 1e9, 3)


if __name__ == "__main__":
    print("TABLE = {")
    for name, (call, element) in costs().items():
        print(f'    "{name}": Cost({call}, {element}),')
    print("}")
