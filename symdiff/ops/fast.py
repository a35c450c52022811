"""How rows are written where speed counts more than a short text: on large arrays, by helpers."""

from __future__ import annotations

from symdiff.graph.dims import Length, nominal_size
from symdiff.graph.node import Node

FEW = 4096  # elements of an array that two passes more are noticed in


def root_of_squares(node: Node) -> str:
    """A helper that looks whether `np.hypot` is needed, where that takes less time than `np.hypot` itself."""
    is_open = any(isinstance(n, Length) for n in node.shape)
    takes_long = node.ndim and (is_open or nominal_size(node.shape) >= FEW)
    return "hypotenuse(a, b)" if takes_long and node.dtype == "float64" else "np.hypot(a, b)"
