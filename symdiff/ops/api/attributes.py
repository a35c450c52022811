"""What follows a dot: attributes and methods of arrays, and named constants."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.graph.node import Node
from symdiff.ops import elementwise as ew
from symdiff.ops.api.pieces import real
from symdiff.ops.api.shapes import matrix_transpose, transpose
from symdiff.ops.axes import count


def attribute(x: Node, name: str) -> Any:
    """``x.T``, ``x.shape`` and the like; AttributeError for anything else."""
    if name == "T":
        return transpose(x)
    if name == "mT":
        return matrix_transpose(x)
    if name in ("shape", "ndim", "dtype"):
        return getattr(x, name)
    if name == "size":
        return count(x, tuple(range(x.ndim)))
    if name in ("real", "imag"):
        return real(x) if name == "real" else ew.imag(x)
    raise AttributeError(name)


ATTRIBUTES = ("T", "mT", "shape", "ndim", "size", "dtype", "real", "imag")
METHODS = (
    "all", "any", "argmax", "argmin", "argpartition", "argsort", "astype", "choose", "clip", "conj", "conjugate", "copy",
    "cumprod", "cumsum", "diagonal", "dot", "flatten", "max", "mean", "min", "prod", "ptp", "ravel", "repeat", "reshape",
    "round", "searchsorted", "squeeze", "std", "sum", "swapaxes", "take", "trace", "transpose", "var",
)  # fmt: skip
CONSTANTS = {"pi": np.pi, "e": np.e, "inf": np.inf, "nan": np.nan, "newaxis": None}
