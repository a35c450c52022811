"""The functions that users reach by name, and by NumPy function object.

`FUNCTIONS` maps ``"sum"``, ``"linalg.inv"`` or ``"special.erf"`` to a callable on nodes; front ends resolve names here
and nowhere else, never by getattr on a module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from symdiff.graph.op import OPS

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Entry:
    """A function of the vocabulary: what is called, and which NumPy function it means."""

    name: str
    call: Callable[..., Any]
    numpy: Any
    doc: str


FUNCTIONS: dict[str, Entry] = {}
BY_NUMPY: dict[Any, Entry] = {}
BY_SCIPY: dict[str, Entry] = {}


def numpy_function(name: str, numpy: Any = None, *aliases: str) -> Callable[[F], F]:
    """Registers the decorated function under `name` (and `aliases`) as the meaning of `numpy`."""

    def register(call: F) -> F:
        doc = (call.__doc__ or "").strip().split("\n")[0]
        if not doc:
            raise ValueError(f"function {name!r} lacks a docstring")
        _add(Entry(name, call, numpy, doc), aliases)
        return call

    return register


def _add(entry: Entry, aliases: tuple[str, ...] = ()) -> None:
    for name in (entry.name, *aliases):
        if name in FUNCTIONS:
            raise ValueError(f"function {name!r} is defined twice")
        FUNCTIONS[name] = entry
    if callable(entry.numpy):
        BY_NUMPY.setdefault(entry.numpy, entry)
    elif entry.numpy:
        BY_SCIPY.setdefault(entry.numpy.replace(":", "."), entry)


def also(name: str, *numpy: Any) -> None:
    """Other NumPy functions that mean the function `name`; those that this NumPy lacks are None."""
    for function in numpy:
        if function is not None:
            BY_NUMPY.setdefault(function, FUNCTIONS[name])


_ALIASES = {
    "absolute": ("abs",), "power": ("pow",), "arcsin": ("asin",), "arccos": ("acos",), "arctan": ("atan",),
    "arctan2": ("atan2",), "arcsinh": ("asinh",), "arccosh": ("acosh",), "arctanh": ("atanh",),
    "divide": ("true_divide",), "mod": ("remainder",), "conjugate": ("conj",),
    "invert": ("bitwise_not",), "sigmoid": ("expit",), "digamma": ("psi",),
}  # fmt: skip


WITH_ARGUMENTS = ("angle", "real", "nan_to_num")  # functions of their own reach these rows


def add_elementwise_rows() -> None:
    """Every elementwise row is a function under its own name, if a plain call is all there is to it."""
    for op in OPS.values():
        if op.family == "elementwise" and op.name not in ("where", "clip", "polygamma", "abs2", *WITH_ARGUMENTS):
            _add(Entry(op.name, op, op.fn, op.doc), _ALIASES.get(op.name, ()))


def find(name: str) -> Entry | None:
    """The function called `name`: one of the table, or an elementwise row that a user has added."""
    entry = FUNCTIONS.get(name)
    if entry is None and name in OPS and OPS[name].family == "elementwise":
        entry = Entry(name, OPS[name], OPS[name].fn, OPS[name].doc)
    return entry
