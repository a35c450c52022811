"""What of NumPy is supported: every public callable of numpy, numpy.linalg, numpy.fft and every member of arrays.

A name is supported if the vocabulary has a meaning for it. Whether a supported one has a derivative, and why the others
are not supported, are data here; the test suite measures the first and refuses a name without a class.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from symdiff.errors import DTypeError
from symdiff.frontends.tracing.numpy_calls import IN_PLACE
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.aval import Aval
from symdiff.graph.op import Op
from symdiff.ops.api.attributes import ATTRIBUTES
from symdiff.ops.table import BY_NUMPY, METHODS, Entry
from symdiff.ops.unsupported import CONSTANTS, REASONS

SPACES: dict[str, Any] = {"numpy": np, "numpy.linalg": np.linalg, "numpy.fft": np.fft, "ndarray": np.ndarray}
DIFFERENTIABLE, NO_DERIVATIVE, NOT_SUPPORTED = "differentiable", "no derivative", "not supported"


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
        ours = [kind for kind in Symbol.__mro__ if kind.__module__.startswith("symdiff.")]
        return name in METHODS or name in ATTRIBUTES or any(name in vars(kind) for kind in ours)
    return getattr(SPACES[space], name) in {*BY_NUMPY, *IN_PLACE}


def has_derivative(space: str, name: str) -> bool:
    """Whether there is something to differentiate in a function that is supported."""
    if space == "ndarray":
        known = ATTRIBUTES.get(name) or METHODS.get(name)
    else:
        known = BY_NUMPY.get(getattr(SPACES[space], name))
    if isinstance(known, Entry) and isinstance(known.call, Op):
        return _gives_numbers(known.call)
    return known is None or known.derivative


def _gives_numbers(op: Op) -> bool:
    """Whether an elementwise row makes floats of floats: no conditions, and no bits."""
    try:
        return bool(op.infer(*[Aval("float64")] * (op.arity or 1), **op.params).inexact)
    except DTypeError:
        return False


def coverage() -> list[Coverage]:
    """The class of every public name; the reason is empty for a name that nobody has classified."""
    return [_classified(space, name) for space, name in public_names()]


def _classified(space: str, name: str) -> Coverage:
    key = name if space == "numpy" else f"{space.removeprefix('numpy.')}.{name}"
    why = REASONS.get(key, "") or (REASONS.get(name, "") if space.startswith("numpy.") else "")
    if is_supported(space, name) and not why:
        return Coverage(space, name, DIFFERENTIABLE if has_derivative(space, name) else NO_DERIVATIVE)
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
