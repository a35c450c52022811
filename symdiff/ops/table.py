"""The functions that users reach by name, and by NumPy function object.

`FUNCTIONS` maps ``"sum"``, ``"linalg.inv"`` or ``"special.erf"`` to a callable on nodes; front ends resolve names here
and nowhere else, never by getattr on a module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np

from symdiff.graph.op import OPS

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Entry:
    """A function of the vocabulary: one row, in which all that is known of the NumPy function stands.

    Attributes:
        name: what it is called here.
        call: what is called, with nodes.
        numpy: the NumPy function that means the same; for SciPy's a text, ``"scipy.special:erf"``.
        doc: one sentence.
        view: NumPy answers with a view, "always" or "perhaps", as its operands lie in memory.
        reorders: the result may lie in another order than C though all operands lie in C order.
        ordered: its `order` says which element comes after which; for others, only where they lie.
        overwrites: the argument without which the result is written into the first one.
        method: arrays have a method of this name, and of its aliases where NumPy has them.
        may_fail: NumPy raises LinAlgError for some values, which a program may count on.
        derivative: there is something to differentiate: the result is no condition, no position and no number of elements.
    """

    name: str
    call: Callable[..., Any]
    numpy: Any
    doc: str
    view: Literal["", "perhaps", "always"] = ""
    reorders: bool = False
    ordered: bool = False
    overwrites: str = ""
    method: bool = False
    may_fail: bool = False
    derivative: bool = True


Making = Literal["new", "join", "as is"]


@dataclass(frozen=True)
class Creator:
    """A NumPy function that makes an array and asks no argument how.

    Attributes:
        making: "new" from numbers and lengths alone; "join" from values, as a new array; "as is" the same, but an array
            stays what it is.
        plain: what is called where all is known: the function itself, or one that also fills what it makes.
    """

    making: Making
    plain: Callable[..., Any]


FUNCTIONS: dict[str, Entry] = {}
METHODS: dict[str, Entry] = {}
BY_NUMPY: dict[Any, Entry] = {}
BY_SCIPY: dict[str, Entry] = {}
CREATORS: dict[Any, Creator] = {}


def numpy_function(
    name: str, numpy: Any = None, *aliases: str, creates: Making | None = None, **columns: Any
) -> Callable[[F], F]:
    """Registers the decorated function under `name` (and `aliases`) as the meaning of `numpy`.

    Args:
        name: what it is called here.
        numpy: the NumPy function, or where to find SciPy's.
        *aliases: other names.
        creates: how it makes arrays, see `Creator`; None if it asks its arguments what to return.
        **columns: of `Entry`.
    """

    def register(call: F) -> F:
        doc = (call.__doc__ or "").strip().split("\n")[0]
        if not doc:
            raise ValueError(f"function {name!r} lacks a docstring")
        _add(Entry(name, call, numpy, doc, **columns), aliases)
        if creates is not None:
            creator(numpy, creates)
        return call

    return register


def creator(function: Any, making: Making, plain: Callable[..., Any] | None = None) -> None:
    """Registers a NumPy function that makes arrays."""
    CREATORS[function] = Creator(making, plain or function)


def _add(entry: Entry, aliases: tuple[str, ...] = ()) -> None:
    for name in (entry.name, *aliases):
        if name in FUNCTIONS:
            raise ValueError(f"function {name!r} is defined twice")
        FUNCTIONS[name] = entry
        if entry.method and (name == entry.name or hasattr(np.ndarray, name)):
            METHODS[name] = entry
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


PARTS = (  # rows that only other functions reach
    "abs2", "airy_ai", "airy_aip", "airy_bi", "airy_bip", "bessel_k_order", "bessel_order", "betainc_bend", "betainc_shape", "betainc_shape_twice", "betainc_slope",
    "cosh_integral", "cosine_integral",
    "dawson_derivative", "dawson_slope", "digamma_rise", "dirichlet_average", "ellipem1", "expn", "fresnel_cosine", "fresnel_sine", "gammainc_order", "gammainc_slope", "lambertw",
    "polygamma_difference", "pseudo_huber_loss", "scaled_bessel", "scaled_bessel_far", "slope_of_hyperbola",
    "sine_integral", "sinh_integral", "spherical_in", "spherical_jn", "spherical_kn", "spherical_yn", "wofz", "zeta",
)  # fmt: skip


def add_elementwise_rows() -> None:
    """Every elementwise row is a function under its own name, unless a function with more arguments has that name."""
    for op in OPS.values():
        if op.family == "elementwise" and op.name not in PARTS and op.name not in FUNCTIONS:
            method = callable(getattr(np.ndarray, op.name, None))
            _add(Entry(op.name, op, op.fn, op.doc, method=method), _ALIASES.get(op.name, ()))


def find(name: str) -> Entry | None:
    """The function called `name`: one of the table, or an elementwise row that a user has added."""
    entry = FUNCTIONS.get(name)
    if entry is None and name in OPS and OPS[name].family == "elementwise":
        entry = Entry(name, OPS[name], OPS[name].fn, OPS[name].doc)
    return entry
