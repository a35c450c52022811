"""Abstract values: what is known of an array before it exists. Printed as ``f64[n,3]``.

`weak` marks a value that came from a Python scalar: it takes the dtype of what it meets (NumPy's NEP 50), so that
float32 stays float32.
"""

from __future__ import annotations

from threading import Lock
from typing import NoReturn
from weakref import WeakValueDictionary

import numpy as np

from symdiff.errors import ArgumentError, DTypeError, LimitError, ShapeError
from symdiff.graph.dims import Dim, Shape, parse_dim, plain_lengths, show_shape

_SHORT = {
    "bool": "bool", "int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64",
    "uint8": "u8", "uint16": "u16", "uint32": "u32", "uint64": "u64",
    "float16": "f16", "float32": "f32", "float64": "f64", "complex64": "c64", "complex128": "c128",
}  # fmt: skip
_LONG = {short: long for long, short in _SHORT.items()}


class Aval:
    """dtype, shape and weakness of an array; interned, so equal ones are one object.

    >>> Aval("float64", (3, 2))
    f64[3,2]
    """

    __slots__ = ("__weakref__", "dtype", "inexact", "kind", "parts", "shape", "sort", "weak")
    dtype: np.dtype
    shape: Shape
    weak: bool
    kind: str  # NumPy's letter: b(ool), i(nt), u(nsigned), f(loat), c(omplex); none for several values
    sort: tuple[str, bool]  # the kind, and whether there are axes: by that, rules are found
    inexact: bool  # whether derivatives with respect to such a value make sense
    parts: tuple[Aval, ...]  # what each of several values is, see `Avals`; nothing for one array

    def __new__(cls, dtype: np.dtype | str | type, shape: Shape = (), weak: bool = False) -> Aval:
        dtype = np.dtype(dtype)
        key = (dtype, shape, weak)
        found = _interned.get(key)
        if found is not None:
            return found
        if dtype.name not in _SHORT:
            raise DTypeError(
                f"arrays of dtype {dtype} cannot be differentiated or computed with",
                help="convert to float64, float32, complex128, int64 or bool first",
            )
        for dim in shape:
            if isinstance(dim, int) and dim < 0:
                raise ShapeError(f"a length cannot be negative: [{show_shape(shape)}]")
            if isinstance(dim, int) and dim >= 2**63:
                raise LimitError("a length grows beyond what a machine can index")
        shape = plain_lengths(shape)
        key = (dtype, shape, weak)
        self = object.__new__(cls)
        kind = dtype.kind
        _put(self, dtype=dtype, shape=shape, weak=weak, kind=kind, inexact=kind in "fc", parts=())
        _put(self, sort=(kind, bool(shape)))
        with _lock:
            return _interned.setdefault(key, self)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("an Aval is immutable")

    def __reduce__(self) -> tuple[type[Aval], tuple[str, Shape, bool]]:
        return Aval, (self.dtype.name, self.shape, self.weak)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __repr__(self) -> str:
        return f"{_SHORT[self.dtype.name]}[{show_shape(self.shape)}]{'~' if self.weak else ''}"


def _put(aval: Aval, **values: object) -> None:
    """Says once what is known."""
    for name, value in values.items():
        object.__setattr__(aval, name, value)


_lock = Lock()
_interned: WeakValueDictionary[tuple[np.dtype, Shape, bool], Aval] = WeakValueDictionary()


class Avals(Aval):
    """What is known of several values that one operation gives; interned, too.

    Together they have no dtype and no shape: asking for one raises ArgumentError. They are of no kind, and not inexact.

    >>> Avals((Aval("float64", (3,)), Aval("float64", (3, 3))))
    (f64[3], f64[3,3])
    """

    __slots__ = ()

    def __new__(cls, parts: tuple[Aval, ...]) -> Avals:
        self = object.__new__(cls)
        _put(self, parts=parts, kind="", inexact=False, sort=("", False))
        with _lock:
            return _several.setdefault(parts, self)

    def __reduce__(self) -> tuple[type[Avals], tuple[tuple[Aval, ...]]]:  # type: ignore[override]  # made otherwise
        return Avals, (self.parts,)

    def __getattr__(self, name: str) -> NoReturn:
        if name in Aval.__slots__:  # of one array, and not set here
            raise ArgumentError(
                f"cannot compute with {len(self.parts)} values at once", help="take them apart first: a, b = …"
            )
        raise AttributeError(name)

    def __repr__(self) -> str:
        return f"({', '.join(map(repr, self.parts))}{',' * (len(self.parts) == 1)})"


_several: WeakValueDictionary[tuple[Aval, ...], Avals] = WeakValueDictionary()


def parse_aval(text: str) -> Aval:
    """Reads what `Aval` prints.

    >>> parse_aval("f32[n,2*n-1]")
    f32[n,2*n-1]
    """
    head, bracket, rest = text.strip().partition("[")
    weak = rest.endswith("~")
    body = rest.removesuffix("~")
    if not bracket or not body.endswith("]") or head not in _LONG:
        raise ShapeError(f"{text!r} is not a type", help="types look like f64[n,3]")
    dims = tuple(parse_dim(part) for part in body[:-1].split(",") if part.strip())
    return Aval(_LONG[head], dims, weak)


def broadcast(a: Shape, b: Shape) -> Shape | None:
    """NumPy's broadcasting of two shapes, or None. Only a literal 1 stretches."""
    if a == b or not b:
        return a
    if not a:
        return b
    n = max(len(a), len(b))
    out: list[Dim] = []
    for p, q in zip((1,) * (n - len(a)) + a, (1,) * (n - len(b)) + b, strict=True):
        if p == q or (isinstance(q, int) and q == 1):
            out.append(p)
        elif isinstance(p, int) and p == 1:
            out.append(q)
        else:
            return None
    return tuple(out)
