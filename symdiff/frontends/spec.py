"""Specs: what is declared of an input: shape, dtype, assumptions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ShapeError, did_you_mean
from symdiff.frontends.names import plain
from symdiff.graph.assumptions import ASSUMPTIONS
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length, Shape, parse_dim
from symdiff.graph.tree import put_together, take_apart

_SIZED = re.compile(r"(float|complex|u?int)\d+")


@dataclass(frozen=True)
class Spec:
    """A declared input; `spec` makes it.

    Attributes:
        shape: lengths, numbers or names.
        dtype: None for whatever comes, float64 until something does.
        assume: what holds of the values.

    >>> spec("n 3", "float32", assume="positive")
    Spec(shape=(n, 3), dtype=dtype('float32'), assume=('positive',))
    """

    shape: Shape
    dtype: np.dtype | None = None
    assume: tuple[str, ...] = ()

    @property
    def aval(self) -> Aval:
        """The type that is declared."""
        return Aval(self.dtype or np.float64, self.shape)


def spec(shape: Any = (), dtype: Any = None, assume: str | tuple[str, ...] = (), **unknown: Any) -> Spec:
    """Declares an input.

    Args:
        shape: ``"n d"``, ``("n", 3)``, ``5``, or ``()`` for a scalar. Two names are two different lengths.
        dtype: a NumPy dtype; None takes what comes.
        assume: properties of the values, which rewriting may rely on: ``"positive"``, ``"nonnegative"``,
            ``"symmetric"`` (in the last two axes), ``"sums_to_one"`` (along the last axis), ``"orthogonal"`` (its
            columns have length one and stand at right angles); several as a tuple, or in one string.

    Raises:
        ArgumentError, ShapeError: for anything else.

    >>> spec("n 3").shape
    (n, 3)
    """
    for name in unknown:
        meant = did_you_mean(name, ("shape", "dtype", "assume"), "spec takes shape, dtype and assume")
        raise ArgumentError(f"there is no option {name!r}", help=meant)
    if isinstance(shape, Spec):
        return shape
    shape, dtype, assume = plain(shape), plain(dtype), plain(assume)
    if isinstance(shape, str) and (shape in ("float", "int", "bool") or _SIZED.fullmatch(shape)):
        raise ArgumentError(
            f"{shape!r} is a dtype, and a shape is meant", help=f'spec("n", dtype="{shape}")', code="SD315"
        )
    try:
        kind = None if dtype is None else np.dtype(dtype)
    except (TypeError, UnicodeEncodeError):
        raise ArgumentError(f"{dtype!r} is not a dtype", help='for instance "float32"') from None
    if kind is not None:
        Aval(kind)  # refuses what cannot be computed with
    if not isinstance(assume, (str, tuple, list)):
        raise ArgumentError(f"assume={assume!r} is no word", help='for instance assume="positive"')
    words = tuple(assume.replace(",", " ").split()) if isinstance(assume, str) else tuple(map(str, assume))
    declared = Spec(_shape(shape), kind, words)
    for word in words:
        _check_assumption(word, declared)
    return declared


def _check_assumption(word: str, declared: Spec) -> None:
    if word not in ASSUMPTIONS:
        meant = did_you_mean(word, ASSUMPTIONS, f"the assumptions are {', '.join(ASSUMPTIONS)}", 0.5)
        raise ArgumentError(f"there is no assumption {word!r}", help=meant)
    if len(declared.shape) < ASSUMPTIONS[word].axes:
        what = "a matrix" if ASSUMPTIONS[word].axes == 2 else "an array"
        raise ArgumentError(f"only {what} can be declared {word!r}, the shape has {len(declared.shape)} axes")
    if word == "symmetric" and declared.shape[-1] != declared.shape[-2]:
        raise ShapeError(f"a matrix of shape ({', '.join(map(str, declared.shape))}) is not symmetric")


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


def specs_in(value: Any) -> Any:
    """`value`, an array, a spec, or a container of them, with specs for the texts in it."""
    if isinstance(value, str) or (type(value) is tuple and not value):  # () is a number, as everywhere
        return spec(value)
    parts = None if isinstance(value, Spec) else take_apart(value)
    if parts is None:
        return value
    kind, keys, items = parts
    return put_together(kind, keys, [specs_in(item) for item in items])


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
