"""Arrays from outside of a function, where constants are followed: symbolic arrays over NumPy's memory.

Numbers are written into that memory, as NumPy does. A symbolic value is not: what it would leave there is no number.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.storage import Storage
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.node import Node
from symdiff.ops.index import Index


class Captured(Storage):
    """The content of an array that was there before the function was called."""

    __slots__ = ()
    is_captured = True

    def write(self, index: Index, part: Node) -> None:
        raise written_outside()

    def replace(self, whole: Node) -> None:
        raise written_outside()


def captured(numbers: np.ndarray) -> Symbol:
    """The symbolic array over the memory of one of NumPy's."""
    symbol = Symbol(None, numbers)
    symbol._storage = Captured(None, numbers)
    return symbol


def is_plain_array(value: Any) -> bool:
    """Whether it is an array of numbers, and of no subclass."""
    return type(value) is np.ndarray and value.dtype.kind in "biufc"


def written_outside() -> UnsupportedError:
    """The error for a symbolic value that is written into an array from outside."""
    return UnsupportedError(
        "a symbolic value cannot be written into an array that was made outside of the function",
        help="copy it first, inside the function: y = np.array(y)",
    )
