"""What calls of NumPy cost, which decides between equal spellings: measured by ``python -m benchmarks.numpy_costs``."""

from __future__ import annotations

from typing import NamedTuple


class Cost(NamedTuple):
    """Microseconds per call, and nanoseconds per element; of products, per multiplication and addition."""

    call: float
    element: float


GAIN = 1.5  # times as fast must a spelling be that is longer to read

TABLE = {
    "add": Cost(0.64, 0.16),
    "multiply": Cost(0.33, 0.23),
    "square": Cost(0.35, 0.15),
    "power": Cost(0.71, 2.74),
    "sqrt": Cost(0.33, 1.19),
    "hypot": Cost(0.53, 6.33),
    "exp": Cost(0.34, 0.86),
    "log1p": Cost(0.34, 1.06),
    "logaddexp": Cost(0.53, 15.06),
    "absolute": Cost(0.32, 0.16),
    "maximum": Cost(0.55, 0.48),
    "sign": Cost(0.32, 0.62),
    "heaviside": Cost(0.52, 1.41),
    "outer": Cost(2.0, 0.27),
    "spread": Cost(1.3, 0.27),
    "einsum": Cost(2.38, 1.35),
    "matmul": Cost(0.99, 0.09),
    "transpose": Cost(0.46, 0.0),
    "gemm": Cost(0.0, 0.041),
    "gram": Cost(10.47, 0.022),
}


def microseconds(size: int, *calls: str) -> float:
    """What these calls take on arrays of `size` elements.

    >>> microseconds(100_000, "add", "square", "sqrt") < microseconds(100_000, "hypot")
    True
    """
    return sum(TABLE[name].call + TABLE[name].element * size / 1000 for name in calls)


def is_cheaper(size: int, old: str, *new: str) -> bool:
    """Whether the calls `new` take so much less than `old` that they are written instead."""
    return GAIN * microseconds(size, *new) < microseconds(size, old)
