"""What follows a dot: attributes of arrays, and named constants. Methods are functions, see `symdiff.ops.table`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdiff.graph.node import Node
from symdiff.ops import elementwise as ew
from symdiff.ops.api.pieces import real
from symdiff.ops.api.shapes import matrix_transpose, transpose
from symdiff.ops.axes import count


@dataclass(frozen=True)
class Attribute:
    """What an array has behind a dot.

    Attributes:
        of: gives it, from a node.
        derivative: there is something to differentiate.
    """

    of: Callable[[Node], Any]
    derivative: bool = True


ATTRIBUTES = {
    "T": Attribute(transpose),
    "mT": Attribute(matrix_transpose),
    "shape": Attribute(lambda x: x.shape, derivative=False),
    "ndim": Attribute(lambda x: x.ndim, derivative=False),
    "size": Attribute(lambda x: count(x, tuple(range(x.ndim))), derivative=False),
    "dtype": Attribute(lambda x: x.dtype, derivative=False),
    "real": Attribute(real),
    "imag": Attribute(ew.imag),
}


def attribute(x: Node, name: str) -> Any:
    """``x.T``, ``x.shape`` and the like; AttributeError for anything else."""
    if name not in ATTRIBUTES:
        raise AttributeError(name)
    return ATTRIBUTES[name].of(x)


CONSTANTS = {"pi": np.pi, "e": np.e, "inf": np.inf, "nan": np.nan, "newaxis": None}
