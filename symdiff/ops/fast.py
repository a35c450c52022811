"""How rows are written where speed counts more than a short text: by helpers, on large arrays and in compiled loops."""

from __future__ import annotations

from symdiff.graph.dims import Length, nominal_size
from symdiff.graph.node import Node

FEW = 4096  # elements of an array that two passes more are noticed in


def root_of_squares(node: Node) -> str:
    """A helper that looks whether `np.hypot` is needed, where that takes less time than `np.hypot` itself."""
    is_open = any(isinstance(n, Length) for n in node.shape)
    takes_long = node.ndim and (is_open or nominal_size(node.shape) >= FEW)
    return "hypotenuse(a, b)" if takes_long and node.dtype == "float64" else "np.hypot(a, b)"


def leg_by_leg(node: Node) -> str:
    """In loops over elements, a function that compilers can do for several elements at a time."""
    return "hypotenuse" if node.dtype == "float64" else "hypot"
