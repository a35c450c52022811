"""Functions in pieces, functions in parts, and questions about numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ShapeError, UnsupportedError, ValueDomainError
from symdiff.graph.node import Node, as_node, constant
from symdiff.ops import elementwise as ew, reductions as red, shapes, splitting
from symdiff.ops.api.convert import asarray, refuse_out
from symdiff.ops.api.creation import check_size
from symdiff.ops.api.selection import getitem
from symdiff.ops.api.shapes import ravel
from symdiff.ops.inference import broadcast_shapes
from symdiff.ops.table import numpy_function

# ---------------------------------------------------------------------------------------------------------------- pieces


@numpy_function("select", np.select)
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Node:
    """For each element the first choice whose condition holds."""
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ArgumentError(f"select takes as many choices as conditions, not {len(choicelist)} and {len(condlist)}")
    result = as_node(default)
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = ew.where(as_node(condition), choice, result)
    return result


@numpy_function("choose", np.choose, method=True)
def choose(a: Any, choices: Sequence[Any], out: None = None, mode: str = "raise") -> Node:
    """For each element the choice of that number; a number out of range selects the first or the last."""
    refuse_out(out)
    k = asarray(a)
    items = [as_node(c) for c in choices] if isinstance(choices, (tuple, list)) else _rows(asarray(choices))
    if k.aval.kind not in "iub":
        raise ArgumentError(f"choose needs integers, not {k.aval!r}")
    if mode == "wrap":
        k = ew.mod(k, len(items))
    result = items[-1]
    for i in range(len(items) - 2, -1, -1):
        result = ew.where(k <= i, items[i], result)
    return red.spread(result, broadcast_shapes("choose", [k.aval, *(item.aval for item in items)]))


def _rows(x: Node) -> list[Node]:
    n = x.shape[0]
    if not isinstance(n, int):
        raise UnsupportedError(f"choose among {n} choices", help="declare their number")
    check_size(n)
    return [getitem(x, i) for i in range(n)]


@numpy_function("piecewise", np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Node:
    """A function in pieces: each is a number, or a function of all of x whose values elsewhere do not matter."""
    v = asarray(x)
    conditions = [as_node(c) for c in condlist] if isinstance(condlist, (tuple, list)) else [as_node(condlist)]
    if len(funclist) not in (len(conditions), len(conditions) + 1):
        raise ArgumentError(f"piecewise takes {len(conditions)} or {len(conditions) + 1} functions, not {len(funclist)}")
    pieces = [as_node(f(v, *args, **kw) if callable(f) else f) for f in funclist]
    result = pieces.pop() if len(pieces) > len(conditions) else as_node(v.dtype.type(0))
    for condition, piece in zip(conditions, pieces, strict=True):
        result = ew.where(condition, piece, result)
    result = red.spread(result, v.shape)
    return result if result.dtype == v.dtype else shapes.astype(result, dtype=v.dtype.name)


# ----------------------------------------------------------------------------------------------------------------- parts


@numpy_function("modf", np.modf)
def modf(x: Any) -> tuple[Node, ...]:
    """Fractional and integer part, both with the sign of x."""
    return splitting.modf(x).parts


@numpy_function("divmod", np.divmod)
def divmod_(x1: Any, x2: Any) -> tuple[Node, Node]:
    """Quotient towards minus infinity, and remainder."""
    return ew.floor_divide(x1, x2), ew.mod(x1, x2)


@numpy_function("frexp", np.frexp)
def frexp(x: Any) -> tuple[Node, ...]:
    """Mantissa and exponent: x = mantissa * 2**exponent."""
    return splitting.frexp(x).parts


@numpy_function("ldexp", np.ldexp)
def ldexp(x1: Any, x2: Any) -> Node:
    """x1 * 2**x2 for an integer x2."""
    x, n = _as_floats(x1), as_node(x2)
    if n.aval.kind not in "iub":
        raise ArgumentError(f"ldexp needs integers as exponents, not {n.aval!r}", help="write x * 2.0**n")
    scale = ew.exp2(shapes.astype(n, dtype=x.dtype.name) if not n.aval.weak else n)
    return x * scale


def _as_floats(x: Any) -> Node:
    v = as_node(x)
    return v if v.aval.inexact else v * 1.0


@numpy_function("float_power", np.float_power)
def float_power(x1: Any, x2: Any) -> Node:
    """Power in float64, or complex128."""
    x, p = (as_node(v) for v in (x1, x2))
    wide = np.result_type(np.float64, *(v.dtype for v in (x, p) if v.aval.kind == "c"))
    return ew.power(*(_widened(v, wide) for v in (x, p)))


def _widened(x: Node, dtype: np.dtype) -> Node:
    if x.literal is not None:
        return constant(x.literal.value.astype(dtype), weak=x.aval.weak and dtype == np.float64)
    return x if x.dtype == dtype and not x.aval.weak else shapes.astype(x, dtype=dtype.name)


@numpy_function("real", np.real, view="always")
def real(val: Any) -> Node:
    """Real part; a real array is its own."""
    x = as_node(val)
    return ew.real(x) if x.aval.kind == "c" else x


@numpy_function("angle", np.angle)
def angle(z: Any, deg: bool = False) -> Node:
    """Argument of a complex number."""
    result = ew.angle(z)
    return result * (180 / np.pi) if deg else result


@numpy_function("nan_to_num", np.nan_to_num, overwrites="copy")
def nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Node:
    """nan and infinities replaced by numbers."""
    values = {"nan": nan, "posinf": posinf, "neginf": neginf}
    if any(v is not None and not isinstance(v, (int, float)) for v in values.values()):
        raise UnsupportedError("nan_to_num with replacements that are arrays", help="write where(isnan(x), a, x)")
    return ew.nan_to_num(x, **{key: v if v is None else float(v) for key, v in values.items()})


@numpy_function("fix", np.fix)
def fix(x: Any, out: None = None) -> Node:
    """Integer part, towards 0."""
    refuse_out(out)
    return ew.trunc(x)


@numpy_function("fabs", np.fabs)
def fabs(x: Any) -> Node:
    """Absolute value of real numbers; derivative 0 at 0."""
    return ew.absolute(_as_floats(x))


@numpy_function("degrees", np.degrees)
def degrees(x: Any) -> Node:
    """Radians to degrees."""
    return ew.rad2deg(x)


@numpy_function("radians", np.radians)
def radians(x: Any) -> Node:
    """Degrees to radians."""
    return ew.deg2rad(x)


@numpy_function("real_if_close", np.real_if_close, view="perhaps")
def real_if_close(a: Any, tol: float = 100) -> Node:
    """A real array as it is; whether a complex one is nearly real is not known beforehand."""
    x = asarray(a)
    if x.aval.kind == "c":
        raise UnsupportedError("real_if_close of a complex array depends on its values", help="write real(x)")
    return x


# ------------------------------------------------------------------------------------------------------------- questions


@numpy_function("isclose", np.isclose, derivative=False)
def isclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> Node:
    """Whether |a - b| <= atol + rtol * |b|, elementwise."""
    x, y = as_node(a), as_node(b)
    near = ew.logical_and(ew.absolute(ew.subtract(x, y)) <= atol + rtol * ew.absolute(y), ew.isfinite(y))
    result = ew.logical_or(near, ew.equal(x, y))
    return ew.logical_or(result, ew.logical_and(ew.isnan(x), ew.isnan(y))) if equal_nan else result


def _all(x: Node) -> Node:
    return red.all_(x, axis=tuple(range(x.ndim)), keepdims=False)


@numpy_function("allclose", np.allclose, derivative=False)
def allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> Node:
    """Whether |a - b| <= atol + rtol * |b| for all elements."""
    return _all(isclose(a, b, rtol, atol, equal_nan))


@numpy_function("array_equal", np.array_equal, derivative=False)
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Node:
    """Whether two arrays have the same shape and elements."""
    x, y = asarray(a1), asarray(a2)
    if x.shape != y.shape:
        return as_node(False)
    same = ew.equal(x, y)
    return _all(ew.logical_or(same, ew.logical_and(ew.isnan(x), ew.isnan(y))) if equal_nan else same)


@numpy_function("array_equiv", np.array_equiv, derivative=False)
def array_equiv(a1: Any, a2: Any) -> Node:
    """Whether two arrays are equal after broadcasting."""
    try:
        return _all(ew.equal(asarray(a1), asarray(a2)))
    except ShapeError:
        return as_node(False)


@numpy_function("isposinf", np.isposinf, derivative=False)
def isposinf(x: Any, out: None = None) -> Node:
    """Whether x is plus infinity."""
    refuse_out(out)
    return ew.equal(x, np.inf)


@numpy_function("isneginf", np.isneginf, derivative=False)
def isneginf(x: Any, out: None = None) -> Node:
    """Whether x is minus infinity."""
    refuse_out(out)
    return ew.equal(x, -np.inf)


@numpy_function("iscomplex", np.iscomplex, derivative=False)
def iscomplex(x: Any) -> Node:
    """Whether the imaginary part is not zero."""
    return ew.not_equal(ew.imag(asarray(x)), 0)


@numpy_function("isreal", np.isreal, derivative=False)
def isreal(x: Any) -> Node:
    """Whether the imaginary part is zero."""
    return ew.equal(ew.imag(asarray(x)), 0)


@numpy_function("iscomplexobj", np.iscomplexobj, derivative=False)
def iscomplexobj(x: Any) -> bool:
    """Whether the dtype is complex."""
    return as_node(x).aval.kind == "c"


@numpy_function("isrealobj", np.isrealobj, derivative=False)
def isrealobj(x: Any) -> bool:
    """Whether the dtype is not complex."""
    return as_node(x).aval.kind != "c"


@numpy_function("isin", np.isin, derivative=False)
def isin(element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False, *, kind: str | None = None) -> Node:
    """Whether elements are among those of another array."""
    x, among = asarray(element), ravel(test_elements)
    found = red.any_(ew.equal(shapes.expand_dims(x, axis=(x.ndim,)), among), axis=(x.ndim,), keepdims=False)
    return ew.logical_not(found) if invert else found


def call_on_nodes(f: Callable[..., Any], *args: Any) -> Node:
    """The result of a user's function, which must be one array."""
    result = f(*args)
    if isinstance(result, (tuple, dict)):
        raise ValueDomainError("the function must return one array")
    return asarray(result)
