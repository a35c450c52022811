"""Specs: what is declared of an input: shape, dtype, assumptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length, Shape, parse_dim
from symdiff.graph.tree import put_together, take_apart

ASSUMPTIONS = ("positive", "nonnegative", "symmetric", "sums_to_one", "orthogonal")


@dataclass(frozen=True)
class Spec:
    """A declared input. `dtype` None means: whatever comes, float64 until something does."""

    shape: Shape
    dtype: np.dtype | None = None
    assume: tuple[str, ...] = ()

    @property
    def aval(self) -> Aval:
        return Aval(self.dtype or np.float64, self.shape)


def spec(shape: Any = (), dtype: Any = None, assume: str | tuple[str, ...] = ()) -> Spec:
    """Declares an input.

    Args:
        shape: ``"n d"``, ``("n", 3)``, ``5``, or ``()`` for a scalar. Two names are two different lengths.
        dtype: a NumPy dtype; None takes what comes.
        assume: properties of the values, such as ``"positive"``; kept with the input; no rule uses them yet.

    Raises:
        ArgumentError, ShapeError: for anything else.

    >>> spec("n 3").shape
    (n, 3)
    """
    if isinstance(shape, Spec):
        return shape
    try:
        kind = None if dtype is None else np.dtype(dtype)
    except TypeError:
        raise ArgumentError(f"{dtype!r} is not a dtype", help='for instance "float32"') from None
    if kind is not None:
        Aval(kind)  # refuses what cannot be computed with
    words = tuple(assume.replace(",", " ").split()) if isinstance(assume, str) else tuple(assume)
    for word in words:
        if word not in ASSUMPTIONS:
            raise ArgumentError(f"unknown assumption {word!r}", help=f"the assumptions are {', '.join(ASSUMPTIONS)}")
    return Spec(_shape(shape), kind, words)


def is_nested(value: Any) -> bool:
    """Whether a spec is a container of specs: a dict, or a list or tuple with specs or containers inside."""
    if isinstance(value, dict):
        return True
    return isinstance(value, (list, tuple)) and any(isinstance(v, Spec) or is_nested(v) for v in value)


def nested_spec(value: Any) -> Any:
    """The specs in a container, in the same container."""
    if not is_nested(value):
        return spec(value)
    parts = take_apart(value)
    assert parts is not None
    kind, keys, items = parts
    return put_together(kind, keys, [nested_spec(item) for item in items])


def _shape(shape: Any) -> Shape:
    if isinstance(shape, str):
        return tuple(parse_dim(part) for part in shape.replace(",", " ").split())
    if isinstance(shape, (tuple, list)):
        return tuple(map(_dim, shape))
    return (_dim(shape),)


def _dim(dim: Any) -> Dim:
    if isinstance(dim, Length):
        return dim
    if isinstance(dim, str):
        return parse_dim(dim)
    if isinstance(dim, (int, np.integer)) and not isinstance(dim, bool) and dim >= 0:
        return int(dim)
    raise ArgumentError(f"{dim!r} is not a length", help='a shape is "n d", ("n", 3), 5, or () for a scalar')
