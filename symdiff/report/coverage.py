"""What of NumPy is supported: every public callable of numpy, numpy.linalg, numpy.fft and every member of arrays.

A name is supported if the vocabulary has a meaning for it. Whether a supported one has a derivative, and why the others
are not supported, are data here; the test suite measures the first and refuses a name without a class.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from symdiff.frontends.tracing.numpy_calls import IN_PLACE
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.ops.api.attributes import ATTRIBUTES, METHODS
from symdiff.ops.table import BY_NUMPY
from symdiff.ops.unsupported import CONSTANTS, REASONS

SPACES: dict[str, Any] = {"numpy": np, "numpy.linalg": np.linalg, "numpy.fft": np.fft, "ndarray": np.ndarray}
DIFFERENTIABLE, NO_DERIVATIVE, NOT_SUPPORTED = "differentiable", "no derivative", "not supported"

# Supported, and there is nothing to differentiate: integers, positions, conditions, lengths.
WITHOUT_DERIVATIVE = """
    all any argmax argmin nanargmax nanargmin argsort argpartition lexsort searchsorted digitize count_nonzero
    equal not_equal less less_equal greater greater_equal logical_and logical_or logical_not logical_xor
    isnan isinf isfinite isposinf isneginf isreal iscomplex isrealobj iscomplexobj isclose allclose array_equal
    array_equiv isin in1d signbit bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_invert invert left_shift
    right_shift bitwise_left_shift bitwise_right_shift shape ndim size dtype eye arange zeros ones zeros_like
    ones_like ix_ matrix_rank fftfreq rfftfreq
"""


class Coverage(NamedTuple):
    """What becomes of one public name of NumPy."""

    space: str
    name: str
    kind: str
    why: str = ""


def public_names() -> Iterator[tuple[str, str]]:
    """Every public callable of the namespaces, and every member of arrays; exceptions and types are no functions."""
    for space, owner in SPACES.items():
        for name in sorted(dir(owner)):
            if not name.startswith("_") and _is_there(space, getattr(owner, name, None), name):
                yield space, name


def _is_there(space: str, thing: Any, name: str) -> bool:
    """Whether it can be called; arrays list some members that NumPy 2 has removed."""
    if space == "ndarray":
        return hasattr(np.empty((0, 0)), name)
    return callable(thing) and not isinstance(thing, type)


def is_supported(space: str, name: str) -> bool:
    """Whether the vocabulary has a meaning for it."""
    if space == "ndarray":
        return name in METHODS or name in ATTRIBUTES or name in vars(Symbol)
    return getattr(SPACES[space], name) in {*BY_NUMPY, *IN_PLACE}


def coverage() -> list[Coverage]:
    """The class of every public name; the reason is empty for a name that nobody has classified."""
    return [_classified(space, name) for space, name in public_names()]


def _classified(space: str, name: str) -> Coverage:
    key = name if space == "numpy" else f"{space.removeprefix('numpy.')}.{name}"
    why = REASONS.get(key, "") or (REASONS.get(name, "") if space.startswith("numpy.") else "")
    if is_supported(space, name) and not why:
        return Coverage(space, name, NO_DERIVATIVE if name in WITHOUT_DERIVATIVE.split() else DIFFERENTIABLE)
    if name in CONSTANTS:
        return Coverage(space, name, NO_DERIVATIVE, CONSTANTS[name])
    return Coverage(space, name, NOT_SUPPORTED, why)


def coverage_table() -> str:
    """The classes as text: how many there are of each, then one line per name."""
    rows = coverage()
    counts = Counter(row.kind for row in rows)
    head = [
        f"{kind}: {counts[kind]} of {len(rows)} ({100 * counts[kind] / len(rows):.0f} %)"
        for kind in (DIFFERENTIABLE, NO_DERIVATIVE, NOT_SUPPORTED)
    ]
    width = max(len(f"{row.space}.{row.name}") for row in rows)
    lines = [f"{f'{row.space}.{row.name}'.ljust(width)}  {row.kind}{': ' + row.why if row.why else ''}" for row in rows]
    return "\n".join([*head, "", *lines]) + "\n"
